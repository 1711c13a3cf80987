// Metrics in Prometheus' text format 0.0.4, for a file that a textfile collector reads or a page that is
// scraped. The names follow Prometheus' rules from those of metrics.ts: `oct.transactions` is
// `oct_transactions_total`, `oct.timer.duration` is `oct_timer_duration_seconds`.

import { BUCKETS_S, type Buckets, type Labels, type MetricFamily } from "./metrics.ts";

export function prometheusName(family: Pick<MetricFamily, "name" | "unit" | "type">): string {
  const base = family.name.replaceAll(".", "_");
  const unit = family.unit === "s" ? "_seconds" : "";
  return `${base}${unit}${family.type === "counter" ? "_total" : ""}`;
}

/** A series of one moment: what remote write and the text format have in common. */
export interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** All series of a family; a histogram's buckets add up, as Prometheus wants them. */
export function seriesOf(family: MetricFamily, common: Labels): Series[] {
  const name = prometheusName(family);
  if (family.type !== "histogram") {
    return family.points.map(({ labels, value }) => ({
      name,
      labels: { ...common, ...labels },
      value,
    }));
  }
  return family.points.flatMap(({ labels, buckets }) =>
    histogramSeries(name, { ...common, ...labels }, buckets),
  );
}

function histogramSeries(name: string, labels: Labels, buckets: Buckets): Series[] {
  let passed = 0;
  const series = buckets.counts.map((count, i): Series => {
    passed += count;
    const end = BUCKETS_S[i];
    const le = end === undefined ? "+Inf" : String(end);
    return { name: `${name}_bucket`, labels: { ...labels, le }, value: passed };
  });
  return [
    ...series,
    { name: `${name}_sum`, labels, value: buckets.sum },
    { name: `${name}_count`, labels, value: buckets.count },
  ];
}

/** The whole text, with help and types. */
export function renderPrometheusText(families: readonly MetricFamily[], common: Labels): string {
  const lines = families.flatMap((family) => {
    const name = prometheusName(family);
    return [
      `# HELP ${name} ${family.help}`,
      `# TYPE ${name} ${family.type}`,
      ...seriesOf(family, common).map(seriesLine),
    ];
  });
  return `${lines.join("\n")}\n`;
}

function seriesLine({ name, labels, value }: Series): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  const shown = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${shown} ${value}`;
}

// A label is any UTF-8; these three would end it. A lone surrogate is no UTF-8 at all.
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
