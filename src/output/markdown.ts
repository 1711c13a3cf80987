// A run as Markdown for pull requests and GitHub's step summary: verdict, figures, thresholds, errors.
// It stays far below the 65,536 characters of a comment. Names and texts come from outside: they neither
// end a table, nor make a link, nor call people by an @.

import { clip } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import {
  formatMs,
  formatPercent,
  formatPerSec,
  formatSpan,
  oneLine,
  plural,
} from "../report/figures.ts";
import { thresholdFound } from "../report/threshold-text.ts";
import type { ReportModel, TimerModel } from "../report/types.ts";
import { CELL_KIND } from "../stats/cell.ts";
import type { FinishedFigures } from "./finished.ts";

export const MARKDOWN_LIMIT = {
  timers: 50,
  thresholds: 50,
  checks: 30,
  errors: 10,
  reasons: 10,
  /** Characters of a name, before it is escaped. */
  name: 80,
  text: 200,
} as const;

/** The whole text, from a heading of the second level. */
export function renderMarkdown(finished: FinishedFigures): string {
  const { model } = finished;
  const blocks = [
    `## ${escaped(model.title, MARKDOWN_LIMIT.name)}: ${model.verdict.word}`,
    model.verdict.sentence,
    list(model.verdict.reasons, MARKDOWN_LIMIT.reasons, (reason) => `- ${escaped(reason)}`),
    thresholdBlock(model),
    loadLine(model),
    timerBlock(model),
    checkBlock(finished),
    errorBlock(model),
  ];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function loadLine(model: ReportModel): string {
  const { figures, clock } = model.all;
  return (
    `**${formatCount(model.transactions)}** transactions in ${formatSpan(model.measuredUs)}, ` +
    `**${formatPerSec(figures.ratePerSec)}**/s, **${formatPercent(model.errorPercent)}** failed; ` +
    `${plural(model.turretsTotal, "turret")}, ${plural(model.cannons, "cannon")}. ` +
    `Durations in ms; all transactions: ${clock} time.`
  );
}

function timerBlock(model: ReportModel): string {
  const busiest = [...model.timers]
    .sort((a, b) => b.figures.count - a.figures.count)
    .slice(0, MARKDOWN_LIMIT.timers);
  const shown = model.timers.filter((timer) => busiest.includes(timer));
  const rest = model.timersTotal - shown.length;
  return [
    "| | count | /s | average | 50 % | 95 % | 99 % | max | errors |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    timerRow(`**${model.all.name}**`, model.all),
    ...(model.other === undefined ? [] : [timerRow(`All, ${model.other.clock} time`, model.other)]),
    ...shown.map((timer) => timerRow(escaped(timer.name, MARKDOWN_LIMIT.name), timer)),
    ...(rest > 0 ? ["", `and ${plural(rest, "more timer")} in the report`] : []),
  ].join("\n");
}

function timerRow(name: string, { figures }: TimerModel): string {
  const ms = (valueUs: number) => (figures.count === 0 ? "–" : formatMs(valueUs));
  const cells = [
    name,
    formatCount(figures.count),
    formatPerSec(figures.ratePerSec),
    ms(figures.meanUs),
    ms(figures.p50Us),
    ms(figures.p95Us),
    ms(figures.p99Us),
    ms(figures.maxUs),
    formatCount(figures.errorCount),
  ];
  return `| ${cells.join(" | ")} |`;
}

function thresholdBlock({ thresholds }: ReportModel): string {
  if (thresholds.length === 0) return "";
  const failed = thresholds.filter((threshold) => !threshold.holds);
  const shown = [...failed, ...thresholds.filter((threshold) => threshold.holds)];
  return [
    "| threshold | measured | |",
    "|---|---|---|",
    list(
      shown,
      MARKDOWN_LIMIT.thresholds,
      (threshold) =>
        `| ${escaped(threshold.text)} | ${escaped(thresholdFound(threshold))} | ` +
        `${threshold.holds ? "passed" : "**failed**"} |`,
    ),
  ].join("\n");
}

function checkBlock({ totals }: FinishedFigures): string {
  const checks = totals.filter((total) => total.kind === CELL_KIND.check);
  if (checks.length === 0) return "";
  const worst = [...checks].sort((a, b) => b.errorCount - a.errorCount);
  return [
    "| check | passed | failed |",
    "|---|--:|--:|",
    list(
      worst,
      MARKDOWN_LIMIT.checks,
      ({ name, count, errorCount }) =>
        `| ${escaped(name, MARKDOWN_LIMIT.name)} | ${formatCount(count - errorCount)} | ` +
        `${formatCount(errorCount)} |`,
    ),
  ].join("\n");
}

function errorBlock(model: ReportModel): string {
  if (model.errors.length === 0) return "";
  return [
    "<details><summary>Errors by text</summary>",
    "",
    "| count | error |",
    "|--:|---|",
    list(
      model.errors,
      MARKDOWN_LIMIT.errors,
      (error) => `| ${formatCount(error.count)} | ${escaped(error.text)} |`,
    ),
    "",
    "</details>",
  ].join("\n");
}

function list<T>(items: readonly T[], limit: number, toLine: (item: T) => string): string {
  const lines = items.slice(0, limit).map(toLine);
  const rest = items.length - lines.length;
  // A table ends at an empty line.
  return [...lines, ...(rest > 0 ? ["", `and ${formatCount(rest)} more`] : [])].join("\n");
}

// Characters that mean something to Markdown, as references: these hold also where a backslash would
// not, in tables and in names that look like addresses. GitHub looks for people and issues in what comes
// out: a mark that is not seen stands between.
function escaped(text: string, limit: number = MARKDOWN_LIMIT.text): string {
  return clip(oneLine(text), limit).replace(/[&<>|`*_~[\]()\\#@!$:]/g, (found) => {
    const reference = `&#${found.charCodeAt(0)};`;
    return found === "@" || found === "#" ? `${reference}&#8288;` : reference;
  });
}
