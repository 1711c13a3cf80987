// Whether oct itself keeps up: sentences for people, none where all is well.

import { formatCount, US_PER_S } from "../base/units.ts";
import { generatorReasons } from "../hq/generator-rules.ts";
import type { HqSnapshot } from "../hq/types.ts";
import type { Aggregate } from "../stats/aggregate.ts";
import { STATS_LIMIT } from "../stats/cell.ts";

/** Results come each second; older ones are no news until they are this late. */
const BEHIND_S = 5;

export function healthOf(snapshot: HqSnapshot, aggregate: Aggregate): string[] {
  const { received, journaled, malformed, phase, elapsedUs } = snapshot;
  const sentences = [...generatorReasons(aggregate)];
  if (received !== journaled) {
    sentences.push(
      `${formatCount(received)} transactions received and ${formatCount(journaled)} journaled differ`,
    );
  }
  if (malformed > 0) sentences.push(`${formatCount(malformed)} messages could not be read`);
  if (aggregate.overflowCount > 0) {
    sentences.push(
      `more than ${formatCount(STATS_LIMIT.names)} names of one kind: the rest is counted as (other)`,
    );
  }
  const behindS = Math.floor(elapsedUs / US_PER_S) - Math.max(0, aggregate.lastSecond);
  if (phase === "firing" && behindS > BEHIND_S && !isNothingDue(snapshot)) {
    sentences.push(`the newest results are ${formatCount(behindS)} s old`);
  }
  return sentences;
}

// Turrets of the link tell of each second, also of one in which nothing finished.
function isNothingDue({ turrets }: HqSnapshot): boolean {
  return turrets.every(({ wire, isLost, hasEnded }) => wire === "protocol 1" || isLost || hasEnded);
}
