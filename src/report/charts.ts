// Charts as data for the page: columns of milliseconds and rates as one short text each, and the small
// lines in tables as SVG paths, which need no JavaScript.

import type { Column, ReportModel, TimerCharts, TimerModel } from "./types.ts";

/** What assets/report/report.js reads; columns are `12,13,,14`, nothing between commas is a gap. */
export interface ChartData {
  readonly runS: number;
  readonly startWallMs: number | null;
  readonly timers: readonly TimerData[];
}

interface TimerData {
  readonly id: string;
  readonly name: string;
  readonly stepS: number;
  readonly fineStepS: number;
  readonly columns: Readonly<Record<string, string>>;
}

/** The charts of these timers as JSON that may stand inside a script element. */
export function chartJson(model: ReportModel, timers: readonly TimerModel[]): string {
  const data: ChartData = {
    runS: model.measuredUs / 1e6,
    startWallMs: model.startWallMs ?? null,
    timers: timers.flatMap((timer) =>
      timer.charts === undefined ? [] : [timerData(timer, timer.charts)],
    ),
  };
  return scriptJson(data);
}

function timerData(timer: TimerModel, charts: TimerCharts): TimerData {
  const { id, name } = timer;
  return {
    id,
    name,
    stepS: charts.stepS,
    fineStepS: charts.fine.stepS,
    columns: {
      rate: columnText(charts.ratePerSec, 1),
      errors: columnText(charts.errorsPerSec, 1),
      mean: columnText(charts.mean),
      p50: columnText(charts.p50),
      p90: columnText(charts.p90),
      p95: columnText(charts.p95),
      p99: columnText(charts.p99),
      fineMean: columnText(charts.fine.mean),
      fineMin: columnText(charts.fine.min),
      fineMax: columnText(charts.fine.max),
    },
  };
}

const US_PER_MS = 1000;

/** Five places of meaning: no chart shows more, and columns are most of a large report. */
function columnText(column: Column, divisor = US_PER_MS): string {
  return column
    .map((value) => (value === null ? "" : String(Number((value / divisor).toPrecision(5)))))
    .join(",");
}

/** JSON that can not end its script element, nor open a comment in it. */
export function scriptJson(value: object): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/>/g, "\\u003e")
    .replace(/&/g, "\\u0026")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}

const SPARK = { width: 100, height: 24, points: 48 } as const;

/** Path of a small line of `column` in a 100 x 24 box; "" where there is no line to draw. */
export function sparkPath(column: Column | undefined): string {
  const values = coarse(column ?? []);
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return "";
  const high = Math.max(...known);
  const low = Math.min(0, ...known);
  const range = high - low || 1;
  let path = "";
  let isPenDown = false;
  values.forEach((value, i) => {
    if (value === null) {
      isPenDown = false;
      return;
    }
    const x = (i / (values.length - 1)) * SPARK.width;
    const y = SPARK.height - 1 - ((value - low) / range) * (SPARK.height - 2);
    path += `${isPenDown ? "L" : "M"}${round(x)} ${round(y)}`;
    isPenDown = true;
  });
  return path;
}

/** The largest of each group, so that no spike is lost. */
function coarse(column: Column): (number | null)[] {
  const size = Math.min(SPARK.points, column.length);
  return Array.from({ length: size }, (_, i) => {
    const from = Math.floor((i * column.length) / size);
    const to = Math.floor(((i + 1) * column.length) / size);
    const known = column.slice(from, to).filter((value) => value !== null);
    return known.length === 0 ? null : Math.max(...known);
  });
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
