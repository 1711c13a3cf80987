// Which browser a cannon is: a virtual user is one for the whole run.

import { hashUnit, weightedPlace } from "../base/random.ts";
import type { UserAgent } from "../config/load-model.ts";

/** Apart from what schedules and scripts draw. */
const AGENT_STREAM = 0xa6_e7;

/** The name, by weight; undefined where none are given. */
export function agentOf(
  agents: readonly UserAgent[],
  seed: number,
  cannon: number,
): string | undefined {
  if (agents.length === 0) return undefined;
  return agents[weightedPlace(agents, hashUnit(seed, cannon, AGENT_STREAM))]?.name;
}
