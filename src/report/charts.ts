// Charts as data for the page: columns of milliseconds and rates as one short text each, and the small
// lines in tables as SVG paths, which need no JavaScript.

import type {
  DetailModel,
  DistributionModel,
  HeatModel,
  TurretChartsModel,
} from "./detail-types.ts";
import type { Column, ReportModel, TimerCharts, TimerModel } from "./types.ts";

/** What assets/report/report.js reads; columns are `12,13,,14`, nothing between commas is a gap. */
export interface ChartData {
  readonly runS: number;
  readonly startWallMs: number | null;
  readonly timers: readonly TimerData[];
  /** Charts of the whole run beside those of its transactions: `load`, `clocks`, turrets by id. */
  readonly sets: readonly SetData[];
  readonly marks: readonly { readonly atS: number; readonly kind: string; readonly text: string }[];
}

interface SetData {
  readonly id: string;
  readonly stepS: number;
  readonly columns: Readonly<Record<string, string>>;
}

interface TimerData extends SetData {
  readonly name: string;
  readonly fineStepS: number;
  readonly heat: HeatData | undefined;
  readonly distribution: { readonly perDecade: number; readonly values: string } | undefined;
}

interface HeatData {
  readonly stepS: number;
  readonly perDecade: number;
  readonly firstBand: number;
  readonly bands: number;
  readonly most: number;
  /** Columns with ";" between them, each `first band:count,count`; empty where nothing was counted. */
  readonly cells: string;
}

/** The charts of these timers as JSON that may stand inside a script element. */
export function chartJson(model: ReportModel, timers: readonly TimerModel[]): string {
  const data: ChartData = {
    runS: model.measuredUs / 1e6,
    startWallMs: model.startWallMs ?? null,
    timers: timers.flatMap((timer) =>
      timer.charts === undefined ? [] : [timerData(timer, timer.charts)],
    ),
    sets: [...wholeSets(model.details), ...model.details.turretCharts.map(turretSet)],
    marks: model.details.marks,
  };
  return scriptJson(data);
}

function timerData(timer: TimerModel, charts: TimerCharts): TimerData {
  const { id, name, heat, distribution } = timer;
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
    heat: heat === undefined ? undefined : heatData(heat),
    distribution: distribution === undefined ? undefined : distributionData(distribution),
  };
}

function heatData(heat: HeatModel): HeatData {
  const { stepS, perDecade, firstBand, bands, most } = heat;
  const cells = heat.columns.map(cellsText).join(";");
  return { stepS, perDecade, firstBand, bands, most, cells };
}

function cellsText(counts: readonly number[]): string {
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return "";
  const last = counts.findLastIndex((count) => count > 0);
  const texts = counts.slice(first, last + 1).map((count) => (count === 0 ? "" : String(count)));
  return `${first}:${texts.join(",")}`;
}

function distributionData({ perDecade, valuesUs }: DistributionModel) {
  return { perDecade, values: columnText(valuesUs) };
}

function wholeSets({ load, clocks }: DetailModel): SetData[] {
  const sets: SetData[] = [];
  if (load !== undefined) {
    const { cannons, inFlight } = load;
    const columns = { cannons: columnText(cannons, 1), inFlight: columnText(inFlight, 1) };
    sets.push({ id: "load", stepS: load.stepS, columns });
  }
  if (clocks !== undefined) {
    const columns = {
      responseP99: columnText(clocks.responseP99),
      responseP50: columnText(clocks.responseP50),
      serviceP99: columnText(clocks.serviceP99),
      serviceP50: columnText(clocks.serviceP50),
    };
    sets.push({ id: "clocks", stepS: clocks.stepS, columns });
  }
  return sets;
}

function turretSet(turret: TurretChartsModel): SetData {
  return {
    id: turret.id,
    stepS: turret.stepS,
    columns: {
      cpu: columnText(turret.cpuPercent, 1),
      lag: columnText(turret.lagUs),
      sockets: columnText(turret.sockets, 1),
      inFlight: columnText(turret.inFlight, 1),
      cannons: columnText(turret.cannons, 1),
      batches: columnText(turret.batchesPerSec, 1),
      waiting: columnText(turret.waitingBatches, 1),
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
