// One timer of two runs, measured: its figures as the report prints them, and how far their
// differences may be off.

import { exactSummary } from "../report/exact.ts";
import { CELL_KIND, type CellKind } from "../stats/cell.ts";
import { Histogram } from "../stats/histogram.ts";
import { summarise } from "../stats/summary.ts";
import type { Results, StoredTotal } from "../store/results.ts";
import { CELLS_MIN, type PairSpread, type Spread, spreadOf } from "./bootstrap.ts";
import { type Cells, endOf, readCells, sumOf } from "./cells.ts";
import type { Measured } from "./judge.ts";
import { COMPARE_DEFAULT, type Figure } from "./types.ts";

/** Values that a side needs for a word on each percentile: five above the line, and more in the middle. */
const PERCENTILES = [
  { figure: "p50", percent: 50, needed: 20 },
  { figure: "p95", percent: 95, needed: 100 },
  { figure: "p99", percent: 99, needed: 500 },
] as const;

/** Runs whose lengths differ by no more than this, or two seconds, are of one length. */
const LENGTH_SHARE = 0.05;
const LENGTH_S = 2;
/** How far the length of a run is off, as a deviation. */
const END_S = 0.1;

export interface RunToMeasure {
  readonly results: Results;
  readonly measuredS: number;
  readonly totals: ReadonlyMap<string, StoredTotal>;
}

export interface TimerToMeasure {
  readonly kind: CellKind;
  readonly name: string;
  /** Times only, where rate and errors are told elsewhere. */
  readonly isTimesOnly: boolean;
  /** Which of the timers, for draws of its own. */
  readonly stream: number;
  readonly seed: number;
  readonly replicates: number;
}

export interface MeasuredTimer {
  readonly blockS: number | undefined;
  readonly baseCount: number;
  readonly nextCount: number;
  readonly figures: readonly Measured[];
}

/** The key of a total in `RunToMeasure.totals`. */
export function keyOf(kind: CellKind, name: string): string {
  return `${kind} ${name}`;
}

export function measureTimer(
  base: RunToMeasure,
  next: RunToMeasure,
  timer: TimerToMeasure,
): MeasuredTimer {
  const [before, after] = readPair(base, next, timer);
  const shortest = Math.min(before.length, after.length);
  const hasValues = before.values > 0 && after.values > 0;
  const spread =
    shortest < CELLS_MIN || !hasValues
      ? undefined
      : spreadOf(before, after, {
          percents: PERCENTILES.map(({ percent }) => percent),
          replicates: timer.replicates,
          seed: timer.seed,
          stream: timer.stream,
        });
  const why = shortest < CELLS_MIN ? `a run of ${CELLS_MIN} s or more is needed` : "no values";
  const sides = { base: figuresOf(base, timer), next: figuresOf(next, timer) };
  const least = Math.min(before.values, after.values);
  const figures: Measured[] = PERCENTILES.map(({ figure, needed }, i) => {
    const isEnough = least >= needed;
    return {
      ...shown(sides, figure),
      ...tested(isEnough ? spread?.percentiles[i] : undefined),
      why: isEnough ? why : `${needed} values a run are needed`,
    };
  });
  if (!timer.isTimesOnly) {
    const rate = spread && withEnds(spread.rate, Math.min(base.measuredS, next.measuredS));
    figures.push({ ...shown(sides, "rate"), ...tested(rate), why });
    // Failed transactions are told with the transaction; timers in them only where there are any.
    const failed = sumOf(before.errorCount) + sumOf(after.errorCount);
    if (timer.name === "" || failed > 0) {
      figures.push({ ...shown(sides, "errors"), ...errors({ before, after, spread, why }) });
    }
  }
  return {
    blockS: spread?.blockS,
    baseCount: sides.base.count,
    nextCount: sides.next.count,
    figures,
  };
}

type Sides = Readonly<Record<"base" | "next", SideFigures>>;
type SideFigures = Readonly<Record<Figure, number | undefined>> & { readonly count: number };
type Tested = Pick<Measured, "spread" | "step" | "word">;

function shown(sides: Sides, figure: Figure): Pick<Measured, "figure" | "base" | "next"> {
  return { figure, base: sides.base[figure], next: sides.next[figure] };
}

function tested(spread: Spread | undefined): Tested {
  return { spread, step: 0, word: "cannot tell" };
}

// A run's ends are not sharp: what is in flight when it stops makes it a little longer or shorter, which
// its seconds do not show, least of all at a steady rate.
function withEnds(spread: Spread, measuredS: number): Spread {
  const ends = END_S / Math.max(END_S, measuredS);
  return { ...spread, deviation: Math.hypot(spread.deviation, ends) };
}

// Few failures come in whole numbers and by chance even where seconds show no spread of them: the
// deviation is at least that of coins that fall alike in both runs.
function errors(of: {
  readonly before: Cells;
  readonly after: Cells;
  readonly spread: PairSpread | undefined;
  readonly why: string;
}): Tested & Pick<Measured, "why"> {
  const { before, after, spread } = of;
  const counts = [sumOf(before.count), sumOf(after.count)] as const;
  const failed = sumOf(before.errorCount) + sumOf(after.errorCount);
  const least = Math.min(...counts);
  if (spread === undefined || least === 0) return { ...tested(undefined), why: of.why };
  if (failed === 0) {
    // Where none of n failed, fewer than 3 / n do (with 95 % certainty).
    const isSame = 3 / least <= COMPARE_DEFAULT.errorMargin;
    return {
      ...tested(undefined),
      word: isSame ? "same" : "cannot tell",
      why: isSame ? "no errors in either run" : "no errors in either run, but few transactions",
    };
  }
  const share = failed / (counts[0] + counts[1]);
  const inverse = 1 / counts[0] + 1 / counts[1];
  const chance = Math.sqrt(share * (1 - share) * inverse);
  const deviation = Math.max(spread.errors.deviation, chance);
  return {
    spread: { ...spread.errors, deviation },
    step: inverse / 2,
    word: "cannot tell",
    why: undefined,
  };
}

function readPair(
  base: RunToMeasure,
  next: RunToMeasure,
  timer: TimerToMeasure,
): readonly [Cells, Cells] {
  const sides = [base, next].map(({ results, measuredS }) => {
    const intervals = results.intervals(timer.kind, timer.name);
    const baseS = Math.max(1, results.facts.baseIntervalS);
    const spanS = Math.max(Math.ceil(measuredS), endOf(intervals, baseS));
    return { intervals, baseS, spanS, measuredS };
  });
  const spans = sides.map(({ spanS }) => spanS);
  const longest = Math.max(...spans);
  const isOneLength = longest - Math.min(...spans) <= Math.max(LENGTH_S, longest * LENGTH_SHARE);
  return sides.map(({ intervals, baseS, spanS, measuredS }) =>
    readCells(intervals, {
      kind: timer.kind,
      baseS,
      spanS: isOneLength ? longest : spanS,
      measuredS,
    }),
  ) as [Cells, Cells];
}

function figuresOf(run: RunToMeasure, timer: TimerToMeasure): SideFigures {
  const total = run.totals.get(keyOf(timer.kind, timer.name));
  if (total === undefined || total.count === 0) {
    const none = undefined;
    return { count: 0, p50: none, p95: none, p99: none, rate: none, errors: none };
  }
  const summary =
    total.valuesS === undefined
      ? summarise({
          ...total,
          histogram:
            total.histogram === undefined ? undefined : Histogram.fromPayload(total.histogram),
        })
      : exactSummary(Float64Array.from(total.valuesS), total.errorCount);
  return {
    count: summary.count,
    p50: summary.p50Us,
    p95: summary.p95Us,
    p99: summary.p99Us,
    rate: run.measuredS > 0 ? summary.count / run.measuredS : undefined,
    errors: summary.errorCount / summary.count,
  };
}

/** The kind of the clock that the headline runs on: response time where both runs have it. */
export function headlineKind(base: RunToMeasure, next: RunToMeasure): CellKind {
  const has = (run: RunToMeasure) =>
    (run.totals.get(keyOf(CELL_KIND.response, ""))?.count ?? 0) > 0;
  return has(base) && has(next) ? CELL_KIND.response : CELL_KIND.timer;
}
