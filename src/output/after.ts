// The kinds of output that are made of a finished run, as texts.

import { exactSummary } from "../report/exact.ts";
import { Histogram } from "../stats/histogram.ts";
import { summarise } from "../stats/summary.ts";
import type { CellTotal } from "../stats/tally.ts";
import type { StoredTotal } from "../store/results.ts";
import type { FinishedFigures } from "./finished.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { type Labels, metricsOf } from "./metrics.ts";
import { renderPrometheusText } from "./prometheus-text.ts";
import { summaryDocument } from "./summary.ts";
import type { OutputKind } from "./targets.ts";

/** Kinds that need the figures alone. */
export type TextKind = Extract<
  OutputKind,
  "json" | "junit" | "markdown" | "github" | "prometheus-text"
>;

export function renderFinished(kind: TextKind, finished: FinishedFigures): string {
  switch (kind) {
    case "json":
      return renderSummaryJson(finished);
    case "junit":
      return renderJunit(finished);
    case "markdown":
    case "github":
      return renderMarkdown(finished);
    case "prometheus-text":
      return renderMetrics(finished);
  }
}

export function renderSummaryJson(finished: FinishedFigures): string {
  return `${JSON.stringify(summaryDocument(finished), null, 2)}\n`;
}

// An old file has no histograms but all values: figures are made of these, as in its report.
function renderMetrics({ model, facts, totals }: FinishedFigures): string {
  const opened = totals.map((total) => ({ ...total, histogram: histogramOf(total) }));
  const values = new Map(opened.map((total) => [total as CellTotal, total.valuesS]));
  const { families } = metricsOf({
    totals: (kind) => opened.filter((total) => total.kind === kind),
    measuredS: model.measuredUs / 1e6,
    turrets: model.turretsTotal,
    lostTurrets: model.turrets.filter((turret) => turret.isLost).length,
    summaryOf: (total) => {
      const valuesS = values.get(total);
      if (valuesS === undefined) return summarise(total);
      return exactSummary(Float64Array.from(valuesS), total.errorCount);
    },
  });
  const labels: Labels = { project: facts.project ?? "", run: facts.runId ?? "" };
  return renderPrometheusText(families, labels);
}

function histogramOf({ histogram, valuesS }: StoredTotal): Histogram | undefined {
  if (histogram !== undefined) return Histogram.fromPayload(histogram);
  if (valuesS === undefined) return undefined;
  const made = new Histogram();
  for (const value of valuesS) made.record(value * 1e6);
  return made;
}
