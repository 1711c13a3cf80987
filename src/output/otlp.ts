// Metrics as OpenTelemetry wants them over HTTP: the JSON form of ExportMetricsServiceRequest. Counters
// and histograms are cumulative from the start of the run. 64-bit numbers are texts there.

import { BUCKETS_S, type Labels, type MetricFamily } from "./metrics.ts";

export const OTLP_HEADERS = { "Content-Type": "application/json" } as const;

const CUMULATIVE = 2;

export interface OtlpMoment {
  /** What the run is: project, id. */
  readonly resource: Labels;
  readonly version: string;
  readonly startWallMs: number;
  readonly wallMs: number;
}

/** All families at one moment. */
export function otlpBody(families: readonly MetricFamily[], moment: OtlpMoment): string {
  const times = {
    startTimeUnixNano: nanos(moment.startWallMs),
    timeUnixNano: nanos(moment.wallMs),
  };
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: { attributes: attributes({ "service.name": "oct", ...moment.resource }) },
        scopeMetrics: [
          {
            scope: { name: "oct", version: moment.version },
            metrics: families.map((family) => metricOf(family, times)),
          },
        ],
      },
    ],
  });
}

function metricOf(family: MetricFamily, times: Readonly<Record<string, string>>): unknown {
  const head = { name: family.name, description: family.help, unit: family.unit || "1" };
  if (family.type === "histogram") {
    const dataPoints = family.points.map(({ labels, buckets }) => ({
      attributes: attributes(labels),
      ...times,
      count: String(buckets.count),
      sum: buckets.sum,
      bucketCounts: buckets.counts.map(String),
      explicitBounds: BUCKETS_S,
    }));
    return { ...head, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  }
  const dataPoints = family.points.map(({ labels, value }) => ({
    attributes: attributes(labels),
    ...times,
    asDouble: value,
  }));
  if (family.type === "gauge") return { ...head, gauge: { dataPoints } };
  return {
    ...head,
    sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true },
  };
}

function attributes(labels: Labels): unknown[] {
  return Object.entries(labels).map(([key, text]) => ({
    key,
    value: { stringValue: text.toWellFormed() },
  }));
}

function nanos(wallMs: number): string {
  return `${BigInt(Math.round(wallMs * 1000)) * 1000n}`;
}
