// One timer's values over time, from where the file has them: merged histograms of the seconds, or in
// an old file the values of the rows themselves. Asked by step, so that charts and tables each get the
// longest interval they need and the percentiles of a longer interval are still true ones.

import type { CellKind } from "../stats/cell.ts";
import { chartIntervalS, intervalTallies } from "../stats/series.ts";
import { summarise } from "../stats/summary.ts";
import type { Results, StoredInterval } from "../store/results.ts";
import type { HeatModel } from "./detail-types.ts";
import { exactSummary } from "./exact.ts";
import { rowHeat, storedHeat } from "./heat.ts";
import {
  type Column,
  type FineColumns,
  type IntervalFigures,
  type IntervalTable,
  REPORT_LIMIT,
  type TimerCharts,
} from "./types.ts";

export interface IntervalSource {
  /** Seconds from the start of the run to the end of the last value. */
  readonly spanS: number;
  /** Seconds below which nothing is known apart. */
  readonly baseS: number;
  /** Intervals that hold something, ascending. `measuredS` ends the last interval early. */
  figures(stepS: number, measuredS: number): IntervalFigures[];
  sums(stepS: number): Map<number, Sums>;
  heat(stepS: number): HeatModel;
}

interface Sums {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** Of a file of ours. */
export function storedSource(options: {
  readonly results: Results;
  readonly kind: CellKind;
  readonly name: string;
}): IntervalSource {
  const { results, kind, name } = options;
  const intervals = results.intervals(kind, name);
  const baseS = Math.max(1, results.facts.baseIntervalS);
  const last = intervals.at(-1);
  return {
    baseS,
    spanS: last === undefined ? 0 : last.second + baseS,
    figures: (stepS, measuredS) => storedFigures({ intervals, kind, stepS, measuredS }),
    heat: (stepS) => storedHeat(intervals, stepS),
    sums(stepS) {
      const sums = new Map<number, Sums>();
      for (const interval of intervals)
        addSums(sums, Math.floor(interval.second / stepS), interval);
      return sums;
    },
  };
}

function storedFigures(options: {
  readonly intervals: readonly StoredInterval[];
  readonly kind: CellKind;
  readonly stepS: number;
  readonly measuredS: number;
}): IntervalFigures[] {
  const { intervals, kind, stepS, measuredS } = options;
  return Array.from(intervalTallies(kind, intervals, stepS), ({ startS, tally }) => ({
    startS,
    ratePerSec: tally.count / lengthOf(startS, stepS, measuredS),
    ...summarise(tally),
  }));
}

/** The values of one timer in an old file, in row order. */
export interface RowValues {
  readonly second: number[];
  readonly valueS: number[];
  readonly isError: boolean[];
}

/** The values of these timers from the rows of an old file; "" is the transaction itself. */
export function rowValues(
  results: Results,
  names: ReadonlySet<string>,
): ReadonlyMap<string, RowValues> {
  const found = new Map<string, RowValues>();
  for (const name of names) found.set(name, { second: [], valueS: [], isError: [] });
  const zeroS = Math.floor(results.facts.firstEpochS ?? 0);
  for (const row of results.rows()) {
    const second = Math.max(0, Math.floor(row.epochS) - zeroS);
    if (!Number.isFinite(second)) continue;
    const isError = row.error !== "";
    const add = (name: string, valueS: number) => {
      const values = found.get(name);
      if (values === undefined || !Number.isFinite(valueS)) return;
      values.second.push(second);
      values.valueS.push(valueS);
      values.isError.push(isError);
    };
    add("", row.scriptrunS);
    for (const [name, valueS] of row.timers) if (name !== "") add(name, valueS);
  }
  return found;
}

/** Of an old file. */
export function rowSource(values: RowValues): IntervalSource {
  const last = values.second.reduce((max, second) => Math.max(max, second), -1);
  return {
    baseS: 1,
    spanS: last + 1,
    figures: (stepS, measuredS) => rowFigures(values, stepS, measuredS),
    heat: (stepS) => rowHeat(values, stepS),
    sums(stepS) {
      const sums = new Map<number, Sums>();
      values.second.forEach((second, i) => {
        const us = (values.valueS[i] as number) * 1e6;
        addSums(sums, Math.floor(second / stepS), { count: 1, sum: us, min: us, max: us });
      });
      return sums;
    },
  };
}

function rowFigures(values: RowValues, stepS: number, measuredS: number): IntervalFigures[] {
  const groups = new Map<number, { values: number[]; errorCount: number }>();
  values.second.forEach((second, i) => {
    const key = Math.floor(second / stepS);
    let group = groups.get(key);
    if (group === undefined) {
      group = { values: [], errorCount: 0 };
      groups.set(key, group);
    }
    group.values.push(values.valueS[i] as number);
    if (values.isError[i]) group.errorCount++;
  });
  return [...groups.entries()]
    .sort(([a], [b]) => a - b)
    .map(([key, group]) => ({
      startS: key * stepS,
      ratePerSec: group.values.length / lengthOf(key * stepS, stepS, measuredS),
      ...exactSummary(Float64Array.from(group.values), group.errorCount),
    }));
}

function addSums(sums: Map<number, Sums>, key: number, added: Sums): void {
  if (added.count === 0) return;
  const known = sums.get(key);
  if (known === undefined) {
    const { count, sum, min, max } = added;
    sums.set(key, { count, sum, min, max });
    return;
  }
  known.count += added.count;
  known.sum += added.sum;
  known.min = Math.min(known.min, added.min);
  known.max = Math.max(known.max, added.max);
}

/** The last interval is as long as the run was in it, at least a second. */
function lengthOf(startS: number, stepS: number, measuredS: number): number {
  return Math.max(1, Math.min(stepS, measuredS - startS));
}

export interface IntervalChoice {
  readonly intervalS: number;
  readonly measuredS: number;
  readonly pointsMax: number;
  readonly rowsMax: number;
  readonly heatColumns: number;
}

export interface TimerDetail {
  readonly charts: TimerCharts;
  readonly heat: HeatModel;
  readonly table: IntervalTable;
}

/** Charts and interval table of one timer; undefined without values. */
export function chartsAndTable(
  source: IntervalSource,
  choice: IntervalChoice,
): TimerDetail | undefined {
  if (source.spanS <= 0) return undefined;
  const stepFor = (intervalS: number, pointsMax: number) =>
    chartIntervalS({
      durationS: source.spanS,
      intervalS: Math.ceil(Math.max(1, intervalS) / source.baseS) * source.baseS,
      pointsMax,
    });
  const chartStepS = stepFor(choice.intervalS, choice.pointsMax);
  const tableStepS = stepFor(choice.intervalS, choice.rowsMax);
  const fineStepS = stepFor(source.baseS, choice.pointsMax);
  const rows = source.figures(chartStepS, choice.measuredS);
  const tableRows = tableStepS === chartStepS ? rows : source.figures(tableStepS, choice.measuredS);
  return {
    charts: chartsOf({ rows, stepS: chartStepS, source, fineStepS, measuredS: choice.measuredS }),
    heat: source.heat(stepFor(source.baseS, choice.heatColumns)),
    table: { stepS: tableStepS, rows: tableRows },
  };
}

/** Of a second, so much must have been measured. */
const SECOND_MIN = 0.9;

function chartsOf(options: {
  readonly rows: readonly IntervalFigures[];
  readonly stepS: number;
  readonly source: IntervalSource;
  readonly fineStepS: number;
  readonly measuredS: number;
}): TimerCharts {
  const { rows, stepS, source, fineStepS, measuredS } = options;
  const slots = Math.ceil(source.spanS / stepS);
  const column = (gap: number | null, pick: (row: IntervalFigures) => number): Column => {
    const values: (number | null)[] = new Array(slots).fill(gap);
    for (const row of rows) values[Math.floor(row.startS / stepS)] = pick(row);
    return values;
  };
  // A last step of which less than a second was measured has no rate: the line would fall to nothing.
  const isWhole = (slot: number) => slot === 0 || measuredS - slot * stepS >= SECOND_MIN;
  const rates = (pick: (row: IntervalFigures) => number): Column =>
    column(0, pick).map((value, slot) => (isWhole(slot) ? value : null));
  const sums = source.sums(fineStepS);
  return {
    stepS,
    ratePerSec: rates((row) => row.ratePerSec),
    errorsPerSec: rates((row) => (row.errorCount * row.ratePerSec) / Math.max(1, row.count)),
    mean: column(null, (row) => row.meanUs),
    p50: column(null, (row) => row.p50Us),
    p90: column(null, (row) => row.p90Us),
    p95: column(null, (row) => row.p95Us),
    p99: column(null, (row) => row.p99Us),
    fine: fineColumns(sums, fineStepS, Math.ceil(source.spanS / fineStepS)),
  };
}

function fineColumns(sums: ReadonlyMap<number, Sums>, stepS: number, slots: number): FineColumns {
  const column = (pick: (sums: Sums) => number): Column => {
    const values: (number | null)[] = new Array(slots).fill(null);
    for (const [slot, found] of sums) values[slot] = pick(found);
    return values;
  };
  return {
    stepS,
    mean: column((found) => found.sum / found.count),
    min: column((found) => found.min),
    max: column((found) => found.max),
  };
}

/** How many points each of `charts` charts may have. */
export function pointsEach(charts: number): number {
  const share = (REPORT_LIMIT.pointsTotal - REPORT_LIMIT.points) / Math.max(1, charts);
  return Math.max(60, Math.min(REPORT_LIMIT.points, Math.floor(share)));
}
