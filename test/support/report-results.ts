// Results in memory, of any size: made of seconds as a database has them, without an object a result.
// For tests of what is made from results.

import { Random } from "../../src/base/random.ts";
import { CELL_KIND, type CellKind } from "../../src/stats/cell.ts";
import { Tally } from "../../src/stats/tally.ts";
import type { Results, RunFacts, StoredInterval, StoredTotal } from "../../src/store/results.ts";

export interface SampleTimer {
  readonly name: string;
  readonly kind?: CellKind;
  readonly medianUs: number;
  /** Deviation of the logarithm. */
  readonly sigma: number;
  /** Values in each second. */
  readonly perSecond: (second: number) => number;
  readonly errorShare?: number;
  /** Factor on the median at a second. */
  readonly slowness?: (second: number) => number;
}

export interface SampleOptions {
  readonly seconds: number;
  readonly timers: readonly SampleTimer[];
  readonly facts?: Partial<RunFacts>;
  readonly more?: Partial<Results>;
}

const QUANTILES = 40;
const START_WALL_MS = 1_795_243_200_000;

interface Sampled {
  readonly total: StoredTotal;
  readonly intervals: readonly StoredInterval[];
}

/** Results of a run that never was; the same for the same options. */
export function sampleResults(options: SampleOptions): Results {
  const sampled = options.timers.map((timer, i) => sampleTimer(timer, options.seconds, i));
  const transactions = sampled.find(({ total }) => total.name === "" && total.kind === 0)?.total;
  const count = transactions?.count ?? 0;
  const facts: RunFacts = {
    runId: "5f0c4c9e2f6b4d3c",
    octVersion: "1.0.0",
    project: "shop",
    command: "oct run shop",
    config: { run_time: options.seconds, results_ts_interval: 10, turrets: [{ name: "browsers" }] },
    seed: 7,
    host: "hq.example",
    platform: "linux x64",
    cores: 8,
    openedWallMs: START_WALL_MS - 1000,
    startWallMs: START_WALL_MS,
    endedWallMs: START_WALL_MS + options.seconds * 1000,
    durationUs: options.seconds * 1e6,
    runTimeUs: options.seconds * 1e6,
    intervalS: 10,
    reason: "run time",
    isKilled: false,
    transactions: count,
    errorCount: transactions?.errorCount ?? 0,
    rowsKept: Math.min(count, 2_000_000),
    rowsCounted: count,
    rowsMax: 2_000_000,
    baseIntervalS: 1,
    firstEpochS: count === 0 ? undefined : START_WALL_MS / 1000,
    lastEpochS: count === 0 ? undefined : START_WALL_MS / 1000 + options.seconds - 1,
    journal: {
      sizeBytes: 1_234_567,
      segments: 1,
      records: 321,
      batches: 280,
      tornBytes: 0,
      repeatedBatches: 0,
      unreadableRecords: 0,
    },
    scripts: undefined,
    ...options.facts,
  };
  return {
    path: "results.sqlite",
    origin: "oct",
    facts,
    turrets: () => [],
    totals: () => sampled.map(({ total }) => total),
    intervals: (kind, name) =>
      sampled.find(({ total }) => total.kind === kind && total.name === name)?.intervals ?? [],
    turretTotals: () => [],
    errors: () => [],
    rows: () => [],
    responses: () => [],
    counts: () => [],
    malformed: () => ({ counts: [], samples: [] }),
    events: () => [],
    controls: () => [],
    slowest: () => [],
    turretSteps: () => new Map(),
    close: () => {},
    ...options.more,
  };
}

function sampleTimer(timer: SampleTimer, seconds: number, seed: number): Sampled {
  const random = new Random(1000 + seed);
  const kind = timer.kind ?? CELL_KIND.timer;
  const whole = new Tally(kind);
  const intervals: StoredInterval[] = [];
  for (let second = 0; second < seconds; second++) {
    const cell = new Tally(kind);
    const count = Math.round(timer.perSecond(second));
    recordSecond(cell, { timer, second, count, random });
    if (cell.count === 0) continue;
    whole.mergeTally(cell);
    intervals.push({ second, ...numbersOf(cell) });
  }
  return {
    total: { kind, name: timer.name, ...numbersOf(whole), valuesS: undefined },
    intervals,
  };
}

function recordSecond(
  cell: Tally,
  of: { timer: SampleTimer; second: number; count: number; random: Random },
): void {
  const { timer, second, count, random } = of;
  const errors = Math.round(count * (timer.errorShare ?? 0));
  const groups = Math.min(QUANTILES, count);
  let left = count;
  for (let group = 0; group < groups; group++) {
    const share = group === groups - 1 ? left : Math.floor(count / groups);
    left -= share;
    const factor = Math.exp(random.normal(0, timer.sigma)) * (timer.slowness?.(second) ?? 1);
    const valueUs = Math.max(1, Math.round(timer.medianUs * factor));
    const squares = valueUs * valueUs * share;
    cell.mergeSums({
      count: share,
      errorCount: 0,
      sum: valueUs * share,
      sumSquares: squares,
      min: valueUs,
      max: valueUs,
    });
    cell.histogram?.recordCount(valueUs, share);
  }
  cell.errorCount += errors;
}

/** What the database keeps of a tally. */
export function numbersOf(tally: Tally): Omit<StoredInterval, "second"> {
  const { count, errorCount, sum, sumSquares, min, max, histogram } = tally;
  return { count, errorCount, sum, sumSquares, min, max, histogram: histogram?.payload() };
}
