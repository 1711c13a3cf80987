// Runs that never were, for what compares runs: log-normal durations whose level wanders from second to
// second (a first-order autoregression of its logarithm), so that neighbours resemble each other as
// they do against a real server.

import { Random } from "../../src/base/random.ts";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { Histogram } from "../../src/stats/histogram.ts";
import type { Results, RunFacts, StoredInterval, StoredTotal } from "../../src/store/results.ts";
import { sampleResults } from "./report-results.ts";

export interface SimulatedTimer {
  readonly name: string;
  readonly medianUs: number;
  /** Deviation of the logarithm of a single duration, wandering included. */
  readonly sigma?: number;
  /** Values a second. */
  readonly perSecond?: number;
  /** Values of a second are drawn around `perSecond` instead of exactly so many. */
  readonly isPoisson?: boolean;
  readonly errorShare?: number;
  /** What becomes of a duration, e.g. the delay to be found. */
  readonly change?: (valueUs: number, second: number) => number;
}

export interface SimulatedRun {
  readonly seed: number;
  readonly seconds?: number;
  readonly timers: readonly SimulatedTimer[];
  /** Deviation of the level's logarithm from second to second, and how much of it stays. */
  readonly wander?: number;
  readonly memory?: number;
  readonly facts?: Partial<RunFacts>;
  readonly more?: Partial<Results>;
}

/** The wandering of the simulations: see test/sim/compare.test.ts. */
export const WANDER = { deviation: 0.025, memory: 0.6 } as const;
export const SIMULATED_SECONDS = 600;

/** Results of the run; the same for the same options. */
export function simulateRun(run: SimulatedRun): Results {
  const { seconds = SIMULATED_SECONDS } = run;
  const levels = levelsOf(run, seconds);
  const made = run.timers.map((timer, i) => simulateTimer(timer, { run, levels, stream: i + 1 }));
  const all = made.find(({ total }) => total.name === "")?.total ?? made[0]?.total;
  const base = sampleResults({
    seconds,
    timers: [],
    facts: { transactions: all?.count ?? 0, errorCount: all?.errorCount ?? 0, ...run.facts },
  });
  return {
    ...base,
    totals: () => made.map(({ total }) => total),
    intervals: (kind, name) =>
      made.find(({ total }) => total.kind === kind && total.name === name)?.intervals ?? [],
    ...run.more,
  };
}

function levelsOf(run: SimulatedRun, seconds: number): Float64Array {
  const { wander = WANDER.deviation, memory = WANDER.memory } = run;
  const random = new Random(run.seed, 0, 0);
  const levels = new Float64Array(seconds);
  let level = random.normal(0, wander);
  const fresh = wander * Math.sqrt(1 - memory * memory);
  for (let second = 0; second < seconds; second++) {
    levels[second] = level;
    level = memory * level + random.normal(0, fresh);
  }
  return levels;
}

function simulateTimer(
  timer: SimulatedTimer,
  of: { run: SimulatedRun; levels: Float64Array; stream: number },
): { total: StoredTotal; intervals: StoredInterval[] } {
  const { run, levels, stream } = of;
  const { sigma = 0.5, perSecond = 20, errorShare = 0, change = (valueUs) => valueUs } = timer;
  const { wander = WANDER.deviation } = run;
  const own = Math.sqrt(Math.max(0, sigma * sigma - wander * wander));
  const random = new Random(run.seed, 1, stream);
  const normal = pairsOfNormals(random);
  const whole = newCell(new Histogram());
  const shared = new Histogram();
  const intervals: StoredInterval[] = [];
  for (const [second, level] of levels.entries()) {
    shared.clear();
    const cell = newCell(shared);
    const count = timer.isPoisson === true ? poisson(random, perSecond) : perSecond;
    for (let i = 0; i < count; i++) {
      const valueUs = timer.medianUs * Math.exp(level + own * normal());
      const isError = errorShare > 0 && random.unit() < errorShare;
      const wholeUs = Math.max(1, Math.round(change(valueUs, second)));
      record(cell, wholeUs, isError);
      record(whole, wholeUs, isError);
    }
    if (cell.count > 0) intervals.push({ second, ...stored(cell) });
  }
  const total = { kind: CELL_KIND.timer, name: timer.name, ...stored(whole), valuesS: undefined };
  return { total, intervals };
}

function newCell(histogram: Histogram) {
  return {
    count: 0,
    errorCount: 0,
    sum: 0,
    sumSquares: 0,
    min: Number.POSITIVE_INFINITY,
    max: 0,
    histogram,
  };
}

type SimulatedCell = ReturnType<typeof newCell>;

// A simulation is most of a test's time: no Tally, which counts more carefully.
function record(cell: SimulatedCell, valueUs: number, isError: boolean): void {
  cell.count++;
  if (isError) cell.errorCount++;
  cell.sum += valueUs;
  cell.sumSquares += valueUs * valueUs;
  if (valueUs < cell.min) cell.min = valueUs;
  if (valueUs > cell.max) cell.max = valueUs;
  cell.histogram.record(valueUs);
}

function stored(cell: SimulatedCell): Omit<StoredInterval, "second"> {
  const min = cell.count === 0 ? 0 : cell.min;
  return { ...cell, min, histogram: cell.histogram.payload() };
}

/** Standard normals; the method of Box and Muller makes two at once. */
function pairsOfNormals(random: Random): () => number {
  let kept: number | undefined;
  return () => {
    if (kept !== undefined) {
      const value = kept;
      kept = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random.next32() / 0x1_0000_0000));
    const angle = (2 * Math.PI * random.next32()) / 0x1_0000_0000;
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function poisson(random: Random, mean: number): number {
  let count = 0;
  for (let at = random.exponential(1); at < mean; at += random.exponential(1)) count++;
  return count;
}
