// Many comparisons of simulated runs, counted: how often equal runs raise an alarm, and how often a
// delay is found. Used by the test of the suite and by scripts/bench/compare.ts.

import { compareRuns } from "../../src/compare/compare.ts";
import { type Comparison, isDifference } from "../../src/compare/types.ts";
import { type SimulatedTimer, simulateRun } from "./compare-runs.ts";

export interface Trials {
  readonly pairs: number;
  /** Pairs of other trials must begin elsewhere. */
  readonly firstSeed: number;
  readonly timers: readonly SimulatedTimer[];
  /** What the NEW run does to every duration. */
  readonly change?: (valueUs: number) => number;
  readonly seconds?: number;
  readonly wander?: number;
  readonly memory?: number;
}

export interface Counted {
  readonly pairs: number;
  /** Comparisons with any difference at all, of any timer. */
  readonly alarms: number;
  /** Comparisons that call the first timer's 95 % slower. */
  readonly slowerAtP95: number;
}

export function countTrials(trials: Trials): Counted {
  let alarms = 0;
  let slowerAtP95 = 0;
  for (let pair = 0; pair < trials.pairs; pair++) {
    const comparison = trial(trials, trials.firstSeed + 2 * pair);
    if (isAlarm(comparison)) alarms++;
    const p95 = comparison.timers[0]?.figures.find(({ figure }) => figure === "p95");
    if (p95?.word === "slower") slowerAtP95++;
  }
  return { pairs: trials.pairs, alarms, slowerAtP95 };
}

function trial(trials: Trials, seed: number): Comparison {
  const { timers, change } = trials;
  const shape = {
    ...(trials.seconds === undefined ? {} : { seconds: trials.seconds }),
    ...(trials.wander === undefined ? {} : { wander: trials.wander }),
    ...(trials.memory === undefined ? {} : { memory: trials.memory }),
  };
  const changed =
    change === undefined ? timers : timers.map((timer): SimulatedTimer => ({ ...timer, change }));
  return compareRuns({
    base: simulateRun({ seed, timers, ...shape }),
    next: simulateRun({ seed: seed + 1, timers: changed, ...shape }),
  });
}

function isAlarm({ timers }: Comparison): boolean {
  return timers.some(({ figures }) => figures.some(({ word }) => isDifference(word)));
}

/** A run's timers: the transaction and two of its parts, 12,000 samples of each in 600 s. */
export const TRIAL_TIMERS: readonly SimulatedTimer[] = [
  { name: "", medianUs: 300_000, perSecond: 20, isPoisson: true, errorShare: 0.01 },
  { name: "Login", medianUs: 80_000, perSecond: 20, isPoisson: true },
  { name: "Search", medianUs: 150_000, perSecond: 20, isPoisson: true },
];
