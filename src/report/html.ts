// The report as one HTML file that loads nothing: styles, scripts, charts and data are in it. It stays
// under a megabyte at any size: what does not fit is left out from the busy end of tables, and said.

import reportScript from "../../assets/report/report.js" with { type: "text" };
import tablesScript from "../../assets/report/tables.js" with { type: "text" };
import { clip, type OctError } from "../base/errors.ts";
import { formatBytes, formatCount } from "../base/units.ts";
import { CHART_SCRIPT, PAGE_STYLE } from "../page/parts.ts";
import { SLOWEST_LIMIT } from "../stats/slowest.ts";
import { limitText } from "../stats/threshold-check.ts";
import { chartJson, sparkPath } from "./charts.ts";
import { ERROR_GROUP_LIMIT } from "./error-groups.ts";
import {
  formatElapsed,
  formatMaybe,
  formatMs,
  formatNumber,
  formatPercent,
  formatPerSec,
  formatSpan,
  formatWall,
  oneLine,
  plural,
  printable,
} from "./figures.ts";
import { renderTemplate, templateError } from "./render-template.ts";
import { REQUESTS_LIMIT } from "./requests.ts";
import { SHIPPED_TEMPLATE } from "./template.ts";
import { thresholdFound, thresholdHeadline } from "./threshold-text.ts";
import { TURRET_CHARTS_LIMIT } from "./turret-charts.ts";
import { REPORT_LIMIT, type ReportModel } from "./types.ts";

/** Bytes that a report of ours may have. */
export const REPORT_BYTES_MAX = 1_000_000;

/** A part of the page that is made elsewhere; its HTML is trusted. */
export interface ReportSection {
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

export interface RenderOptions {
  /** Shown after all transactions. */
  readonly sections?: readonly ReportSection[] | undefined;
  /** A project's own template instead of ours. */
  readonly template?: string | undefined;
  /** Where it came from, for errors in it. */
  readonly templatePath?: string | undefined;
  /**
   * Hears of an error in the project's template; the report is then made with ours. Without it the
   * error is thrown.
   */
  readonly onTemplateError?: ((error: OctError) => void) | undefined;
}

/** How many rows and characters the page may show. */
export interface PageLimits {
  readonly timers: number;
  readonly intervals: number;
  readonly errors: number;
  readonly errorText: number;
  readonly turrets: number;
  readonly samples: number;
  readonly sample: number;
  readonly events: number;
  readonly config: number;
  readonly charts: number;
  readonly statuses: number;
  readonly slowest: number;
  /** Texts shown of each group of errors. */
  readonly examples: number;
  readonly turretCharts: number;
  /** Timers whose heat map is in the page, beside that of all transactions. */
  readonly heatMaps: number;
}

const LIMITS: PageLimits = {
  timers: REPORT_LIMIT.timers,
  intervals: REPORT_LIMIT.intervals,
  errors: REPORT_LIMIT.errors,
  errorText: REPORT_LIMIT.errorText,
  turrets: REPORT_LIMIT.turrets,
  samples: REPORT_LIMIT.malformedSamples,
  sample: REPORT_LIMIT.sample,
  events: REPORT_LIMIT.events,
  config: REPORT_LIMIT.config,
  charts: REPORT_LIMIT.charts,
  statuses: REQUESTS_LIMIT.statuses,
  slowest: SLOWEST_LIMIT.requests,
  examples: ERROR_GROUP_LIMIT.examples,
  turretCharts: TURRET_CHARTS_LIMIT.turrets,
  heatMaps: REPORT_LIMIT.charts,
};

/** Each try to fit shows about half of the last one's. */
const FIT_TRIES = 8;

/** The report's HTML. */
export function renderReport(model: ReportModel, options: RenderOptions = {}): string {
  if (options.template !== undefined) {
    try {
      return renderTemplate(options.template, viewOf(model, LIMITS, options.sections));
    } catch (thrown) {
      const error = templateError(thrown, options.template, options.templatePath);
      if (options.onTemplateError === undefined) throw error;
      options.onTemplateError(error);
    }
  }
  let html = "";
  for (let attempt = 0; attempt < FIT_TRIES; attempt++) {
    html = renderTemplate(SHIPPED_TEMPLATE, viewOf(model, limitsOf(attempt), options.sections));
    if (Buffer.byteLength(html) <= REPORT_BYTES_MAX) break;
  }
  return html;
}

// What people miss least gives way first: the tails of long texts, then rows, then charts.
function limitsOf(attempt: number): PageLimits {
  const part = (limit: number, after = 0) =>
    Math.max(1, Math.floor(limit / 2 ** Math.max(0, attempt - after)));
  const text = (limit: number) => Math.max(80, Math.floor(limit / 4 ** attempt));
  return {
    errorText: text(LIMITS.errorText),
    sample: text(LIMITS.sample),
    config: text(LIMITS.config),
    intervals: part(LIMITS.intervals),
    samples: part(LIMITS.samples),
    events: part(LIMITS.events),
    turrets: part(LIMITS.turrets),
    errors: part(LIMITS.errors, 1),
    timers: part(LIMITS.timers, 1),
    charts: part(LIMITS.charts, 3),
    statuses: part(LIMITS.statuses),
    slowest: part(LIMITS.slowest, 2),
    examples: part(LIMITS.examples),
    turretCharts: part(LIMITS.turretCharts, 1),
    heatMaps: attempt === 0 ? LIMITS.heatMaps : 0,
  };
}

/** What a template sees as `it`. */
function viewOf(
  whole: ReportModel,
  limits: PageLimits,
  sections: readonly ReportSection[] = [],
): object {
  const model = withCharts(whole, limits);
  const timers = [model.all, ...(model.other === undefined ? [] : [model.other]), ...model.timers];
  return {
    model,
    limits,
    sections,
    fits: <T>(list: readonly T[], most: number): readonly T[] => list.slice(0, most),
    rest: (all: number, shown: number, what = "rows") =>
      all > shown ? ` ${formatCount(all - shown)} more ${what} are not shown.` : "",
    cut: clip,
    ms: formatMs,
    count: formatCount,
    maybe: formatMaybe,
    perSec: formatPerSec,
    percent: formatPercent,
    elapsed: formatElapsed,
    wall: formatWall,
    bytes: formatBytes,
    duration: formatSpan,
    step: (seconds: number) => (seconds === 1 ? "second" : `${formatCount(seconds)} s`),
    plural,
    thresholdsText: thresholdHeadline(model),
    found: thresholdFound,
    limitText,
    text: printable,
    line: oneLine,
    spark: sparkPath,
    share: (part: number, of: number) => (of > 0 ? Math.round((part / of) * 1000) / 10 : 0),
    number: formatNumber,
    css: PAGE_STYLE,
    script: `${CHART_SCRIPT}\n${reportScript}\n${tablesScript}`,
    data: chartJson(model, timers),
  };
}

/** The model with charts for the busiest timers and the first turrets only. */
function withCharts(model: ReportModel, limits: PageLimits): ReportModel {
  const turretCharts = model.details.turretCharts.slice(0, limits.turretCharts);
  const details = { ...model.details, turretCharts };
  const charted = model.timers.filter((timer) => timer.charts !== undefined);
  const byCount = [...charted].sort((a, b) => b.figures.count - a.figures.count);
  const kept = new Set(byCount.slice(0, limits.charts));
  const heated = new Set(byCount.slice(0, limits.heatMaps));
  const timers = model.timers.map((timer) => {
    if (!kept.has(timer)) return { ...timer, ...NO_CHARTS };
    return heated.has(timer) ? timer : { ...timer, heat: undefined };
  });
  return { ...model, details, timers };
}

const NO_CHARTS = {
  charts: undefined,
  heat: undefined,
  distribution: undefined,
  table: undefined,
};
