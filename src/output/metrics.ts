// What metric systems are told of a run, as plain families of points. They are made from totals, whether
// those still grow or are read from a database, so what is sent while a run goes ends with the very
// figures of its report. Durations are seconds, as such systems want them.

import { CELL_KIND, type CellKind } from "../stats/cell.ts";
import { type Summary, summarise } from "../stats/summary.ts";
import type { CellTotal } from "../stats/tally.ts";

export const METRICS_LIMIT = {
  /** Timers, checks, counters, gauges and statuses each: the first ones; the rest is counted. */
  names: 200,
} as const;

/** Upper ends of the buckets of histograms, in seconds. */
export const BUCKETS_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  30, 60,
] as const;

export type Labels = Readonly<Record<string, string>>;

export interface Buckets {
  /** Values up to each of BUCKETS_S and above the one before; the last is above all. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

export type MetricFamily =
  | {
      readonly name: string;
      readonly help: string;
      /** `s` is seconds, "" has none. */
      readonly unit: "s" | "";
      readonly type: "counter" | "gauge";
      readonly points: readonly { readonly labels: Labels; readonly value: number }[];
    }
  | {
      readonly name: string;
      readonly help: string;
      readonly unit: "s";
      readonly type: "histogram";
      readonly points: readonly { readonly labels: Labels; readonly buckets: Buckets }[];
    };

export interface MetricSource {
  totals(kind: CellKind): readonly CellTotal[];
  /** What rates are divided by. */
  readonly measuredS: number;
  readonly turrets: number;
  readonly lostTurrets: number;
  /** How figures are made of a total: as the report makes them. */
  summaryOf?(total: CellTotal): Summary;
}

export interface Metrics {
  readonly families: readonly MetricFamily[];
  /** Names past the limit, of which nothing is told. */
  readonly leftOut: number;
}

const US_PER_S = 1e6;

const STATISTICS: readonly (readonly [string, (summary: Summary) => number])[] = [
  ["mean", (summary) => summary.meanUs],
  ["min", (summary) => summary.minUs],
  ["p50", (summary) => summary.p50Us],
  ["p75", (summary) => summary.p75Us],
  ["p80", (summary) => summary.p80Us],
  ["p90", (summary) => summary.p90Us],
  ["p95", (summary) => summary.p95Us],
  ["p99", (summary) => summary.p99Us],
  ["p99.9", (summary) => summary.p999Us],
  ["max", (summary) => summary.maxUs],
  ["stdev", (summary) => summary.stdevUs],
];

/** Everything that is told of these totals. */
export function metricsOf(source: MetricSource): Metrics {
  let leftOut = 0;
  const named = (kind: CellKind): readonly CellTotal[] => {
    const found = source.totals(kind).filter((total) => total.name !== "");
    leftOut += Math.max(0, found.length - METRICS_LIMIT.names);
    return found.slice(0, METRICS_LIMIT.names);
  };
  const families = [
    ...transactionFamilies(source),
    ...timerFamilies(named(CELL_KIND.timer), source),
    ...countFamilies({
      checks: named(CELL_KIND.check),
      statuses: named(CELL_KIND.status),
      counters: named(CELL_KIND.counter),
      gauges: named(CELL_KIND.gauge),
    }),
    gauge("oct.turrets", "Turrets of the run.", [[{}, source.turrets]]),
    gauge("oct.turrets.lost", "Turrets that were lost.", [[{}, source.lostTurrets]]),
  ];
  return { families: families.filter((family) => family.points.length > 0), leftOut };
}

function transactionFamilies(source: MetricSource): MetricFamily[] {
  const service = find(source, CELL_KIND.timer);
  const response = find(source, CELL_KIND.response);
  const clocks = [
    { labels: { clock: "response" }, total: response },
    { labels: { clock: "service" }, total: service },
  ].flatMap(({ labels, total }) => (total === undefined ? [] : [{ labels, total }]));
  const count = service?.count ?? 0;
  return [
    counter("oct.transactions", "Transactions that have finished.", [[{}, count]]),
    counter("oct.transaction.errors", "Transactions that have failed.", [
      [{}, service?.errorCount ?? 0],
    ]),
    gauge("oct.transaction.rate", "Transactions a second, the whole run.", [
      [{}, source.measuredS > 0 ? count / source.measuredS : 0],
    ]),
    ...durations("oct.transaction", "transactions", { measured: clocks, source }),
  ];
}

function timerFamilies(timers: readonly CellTotal[], source: MetricSource): MetricFamily[] {
  const { measuredS } = source;
  const labelled = timers.map((total) => ({ labels: { timer: total.name }, total }));
  const each = (pick: (total: CellTotal) => number) =>
    labelled.map(({ labels, total }): Point => [labels, pick(total)]);
  return [
    counter(
      "oct.timer.values",
      "Values of a named timer.",
      each((total) => total.count),
    ),
    counter(
      "oct.timer.errors",
      "Values of a named timer that ended in an error.",
      each((total) => total.errorCount),
    ),
    gauge(
      "oct.timer.rate",
      "Values of a named timer a second, the whole run.",
      each((total) => (measuredS > 0 ? total.count / measuredS : 0)),
    ),
    ...durations("oct.timer", "a named timer", { measured: labelled, source }),
  ];
}

function durations(
  name: string,
  what: string,
  of: {
    readonly measured: readonly { readonly labels: Labels; readonly total: CellTotal }[];
    readonly source: MetricSource;
  },
): MetricFamily[] {
  const { measured, source } = of;
  return [
    {
      name: `${name}.duration`,
      help: `Durations of ${what}, the whole run.`,
      unit: "s",
      type: "histogram",
      points: measured.map(({ labels, total }) => ({ labels, buckets: bucketsOf(total) })),
    },
    {
      name: `${name}.duration.statistic`,
      help: `Mean, percentiles and extremes of ${what}, the whole run.`,
      unit: "s",
      type: "gauge",
      points: measured.flatMap(({ labels, total }) => {
        const summary = source.summaryOf?.(total) ?? summarise(total);
        return STATISTICS.map(([statistic, pick]) => ({
          labels: { ...labels, statistic },
          value: pick(summary) / US_PER_S,
        }));
      }),
    },
  ];
}

function countFamilies(found: {
  readonly checks: readonly CellTotal[];
  readonly statuses: readonly CellTotal[];
  readonly counters: readonly CellTotal[];
  readonly gauges: readonly CellTotal[];
}): MetricFamily[] {
  return [
    counter(
      "oct.checks",
      "Evaluations of a check.",
      found.checks.flatMap(({ name, count, errorCount }): Point[] => [
        [{ check: name, result: "passed" }, count - errorCount],
        [{ check: name, result: "failed" }, errorCount],
      ]),
    ),
    counter(
      "oct.responses",
      "HTTP answers by method and status.",
      found.statuses.map(({ name, count }): Point => {
        const [method = "", ...status] = name.split(" ");
        return [{ method, status: status.join(" ") }, count];
      }),
    ),
    counter(
      "oct.count",
      "What a script, or oct itself, has counted.",
      found.counters.map(({ name, sum }): Point => [{ name }, sum]),
    ),
    gauge(
      "oct.gauge.statistic",
      "Samples of a gauge, one a second of each thread that has it.",
      found.gauges.flatMap(({ name, count, sum, min, max }): Point[] => [
        [{ name, statistic: "mean" }, count === 0 ? 0 : sum / count],
        [{ name, statistic: "min" }, min],
        [{ name, statistic: "max" }, max],
      ]),
    ),
  ];
}

/** Values in each bucket; exact where a bucket's end is one of a histogram's steps. */
export function bucketsOf(total: Pick<CellTotal, "count" | "sum" | "histogram">): Buckets {
  const counts = new Array<number>(BUCKETS_S.length + 1).fill(0);
  let bucket = 0;
  for (const { highUs, count } of total.histogram?.buckets() ?? []) {
    while (bucket < BUCKETS_S.length && highUs > (BUCKETS_S[bucket] as number) * US_PER_S) bucket++;
    counts[bucket] = (counts[bucket] as number) + count;
  }
  return { counts, count: total.count, sum: total.sum / US_PER_S };
}

type Point = readonly [labels: Labels, value: number];

function counter(name: string, help: string, points: readonly Point[]): MetricFamily {
  return { name, help, unit: "", type: "counter", points: points.map(toPoint) };
}

function gauge(name: string, help: string, points: readonly Point[]): MetricFamily {
  return { name, help, unit: "", type: "gauge", points: points.map(toPoint) };
}

function toPoint([labels, value]: Point): { labels: Labels; value: number } {
  return { labels, value };
}

function find(source: MetricSource, kind: CellKind): CellTotal | undefined {
  return source.totals(kind).find((total) => total.name === "" && total.count > 0);
}
