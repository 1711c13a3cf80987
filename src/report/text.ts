// A finished run on one screen of a terminal: the same figures as the page, in the same words. What it
// opens with is OCT's; then what the figures are worth, what was asked and what came of it, and only what
// went wrong in detail.

import { formatCount } from "../base/units.ts";
import type { CheckModel, ErrorGroupModel } from "./detail-types.ts";
import {
  formatElapsed,
  formatPercent,
  formatPerSec,
  formatWall,
  oneLine,
  plural,
} from "./figures.ts";
import { type Paint, painter, type Style } from "./paint.ts";
import { tableLines } from "./text-table.ts";
import { cellsOf, fitCells, padCells, wrapCells } from "./text-width.ts";
import { thresholdLines } from "./threshold-text.ts";
import type { ReportModel, VerdictWord } from "./types.ts";

export interface SummaryOptions {
  readonly columns: number;
  /** Whether escape codes for colour may be used. */
  readonly color?: boolean;
  /** The load that was asked for, in words. */
  readonly asked?: readonly string[];
  /** What opens it; "none" where its caller says the same in other words. */
  readonly heading?: "oct" | "none";
}

const ERRORS_MAX = 5;
const CHECKS_MAX = 5;
const ASKED_MAX = 4;
const REASONS_MAX = 3;
const COLUMNS_MIN = 40;
const COLUMNS_MAX = 120;

const VERDICT_STYLE: Readonly<Record<VerdictWord, Style>> = {
  VALID: "green",
  "GENERATOR-LIMITED": "yellow",
  PARTIAL: "yellow",
  INVALID: "red",
  "NOT JUDGED": "dim",
};

interface Look {
  readonly model: ReportModel;
  readonly options: SummaryOptions;
  readonly width: number;
  readonly paint: Paint;
}

/** Lines for a terminal `columns` wide, without a newline at the end. */
export function renderSummary(model: ReportModel, options: SummaryOptions): string {
  const width = Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, options.columns || 80));
  const paint = painter(options.color);
  const look: Look = { model, options, width, paint };
  const lines = [
    ...headingLines(look),
    ...verdictLines(look),
    ...loadLines(look),
    "",
    ...tableLines(model, width, paint),
    ...errorLines(look),
    ...checkLines(look),
    ...thresholdLines(model, width, paint),
    ...malformedLines(look),
    ...countLines(look),
    ...generatorLines(look),
  ];
  return lines.join("\n");
}

/** OCT's five, the times beside the counts where there is place. */
function headingLines({ model, options, width }: Look): string[] {
  if (options.heading === "none") return [];
  const counts = [
    `transactions: ${model.transactions}`,
    `timers: ${model.timerValues}`,
    `errors: ${model.errorCount}`,
  ];
  const times = [
    `test start: ${formatWall(model.startWallMs)}`,
    `test finish: ${formatWall(model.finishWallMs)}`,
    ...(model.errorCount === 0 ? [] : [`failed: ${formatPercent(model.errorPercent)}`]),
  ];
  const left = Math.max(...counts.map(cellsOf)) + 4;
  const isWide = left + Math.max(...times.map(cellsOf)) <= width;
  if (!isWide) return [...counts, ...times, ""];
  return [
    ...counts.map((count, i) => {
      const time = times[i];
      return time === undefined ? count : padCells(count, left) + time;
    }),
    "",
  ];
}

function verdictLines({ model, width, paint }: Look): string[] {
  const { word, sentence, reasons } = model.verdict;
  const shown = reasons.slice(0, REASONS_MAX);
  const rest = reasons.length - shown.length;
  // The identity is the proof of the sentence, and shorter.
  const said = word === "VALID" ? (model.counts.lines[0] ?? sentence) : sentence;
  const [first = "", ...more] = wrapCells(`${word}  ${said}`, width);
  return [
    paint(VERDICT_STYLE[word], paint("bold", word)) + first.slice(word.length),
    ...more,
    ...shown.flatMap((reason) => wrapCells(`  ${oneLine(reason)}`, width)),
    ...(rest > 0 ? [`  and ${plural(rest, "more reason")}`] : []),
  ];
}

/** Changes of the load on the way that are told; the report has all. */
const CHANGES_MAX = 3;
/** Ends that say nothing: the plan was fired to its end. */
const USUAL_ENDS: ReadonlySet<string> = new Set(["run time", "all turrets have ended"]);

function loadLines({ model, options, width }: Look): string[] {
  const { figures, clock } = model.all;
  const asked = options.asked ?? [];
  const shown = asked.slice(0, ASKED_MAX);
  const rest = asked.length - shown.length;
  const isReached = clock === "service";
  const most = isReached ? "" : "at most ";
  const changes = model.details.marks.filter(({ kind }) => kind === "control");
  const planned = changes.length > 0 ? "the cannons" : most + plural(model.cannons, "cannon");
  const cannons = `${planned} of ${plural(model.turretsTotal, "turret")}`;
  const span = formatElapsed(model.measuredUs / 1e6);
  const rate = `${formatPerSec(figures.ratePerSec)} transactions/s over ${span}`;
  const given =
    options.heading === "none"
      ? `${cannons}, ${formatPercent(model.errorPercent)} failed`
      : `${rate}, ${isReached ? `what ${cannons} reached` : `by ${cannons}`}`;
  const ending = factOf(model, "Ended by");
  const ended = ending === undefined || USUAL_ENDS.has(ending) ? "" : `; ended: ${ending}`;
  const command = factOf(model, "Command");
  const lines = [
    options.heading === "none" || command === undefined ? "" : `${model.title}: ${command}`,
    ...shown.map((line) => `asked: ${line}`),
    rest > 0 ? `asked: and ${plural(rest, "more line")} (oct run --plan)` : "",
    ...changes
      .slice(0, CHANGES_MAX)
      .map(({ atS, text }) => `changed: ${text}, at ${formatElapsed(atS)}`),
    changes.length > CHANGES_MAX
      ? `changed: and ${plural(changes.length - CHANGES_MAX, "more time")}`
      : "",
    `given: ${given}${ended}`,
  ];
  return lines.filter((line) => line !== "").flatMap((line) => wrapCells(oneLine(line), width));
}

function factOf(model: ReportModel, label: string): string | undefined {
  return model.facts.flatMap((group) => group.facts).find((fact) => fact.label === label)?.value;
}

function errorLines({ model, width, paint }: Look): string[] {
  const { errorGroups, errorGroupsTotal } = model.details;
  if (errorGroups.length === 0) return [];
  const shown = errorGroups.slice(0, ERRORS_MAX);
  const countWidth = Math.max(...shown.map((group) => formatCount(group.count).length));
  const rest = errorGroupsTotal - shown.length;
  return [
    `errors by kind (${formatCount(errorGroupsTotal)}):`,
    ...shown.flatMap((group) => {
      const count = formatCount(group.count).padStart(countWidth);
      const at = ` (${textsOf(group)}from ${formatElapsed(group.firstSecond)})`;
      const text = fitCells(group.text, width - countWidth - 4 - cellsOf(at));
      const line = `  ${paint("red", count)}  ${text}${paint("dim", at)}`;
      const [example] = group.examples;
      if (group.textsTotal === 1 || example === undefined) return [line];
      const indent = " ".repeat(countWidth + 4);
      const said = fitCells(`e.g. ${example.text}`, width - indent.length);
      return [line, indent + paint("dim", said)];
    }),
    ...(rest > 0 ? [paint("dim", `  and ${plural(rest, "more kind")} in the report`)] : []),
  ];
}

function textsOf({ textsTotal }: ErrorGroupModel): string {
  return textsTotal === 1 ? "" : `${plural(textsTotal, "text")}, `;
}

/** One line where all passed; else those that did not. */
function checkLines({ model, width, paint }: Look): string[] {
  const { checks, checksTotal } = model.details;
  if (checks.length === 0) return [];
  const sum = (pick: (check: CheckModel) => number) =>
    checks.reduce((all, check) => all + pick(check), 0);
  const failing = checks.filter((check) => check.failed > 0);
  const times = `${formatCount(sum((check) => check.passed))} of ${formatCount(sum((check) => check.count))}`;
  if (failing.length === 0) {
    return [`${plural(checksTotal, "check")}: ${paint("green", "all passed")}, ${times}`];
  }
  const shown = [...failing].sort((a, b) => b.failed - a.failed).slice(0, CHECKS_MAX);
  const rest = failing.length - shown.length;
  return [
    `${plural(checksTotal, "check")}: ${times} passed`,
    ...shown.map((check) => {
      const found = ` ${formatCount(check.failed)} of ${formatCount(check.count)} failed (${formatPercent(100 - check.passedPercent)})`;
      const name = fitCells(check.name, width - cellsOf(found) - 5);
      return `  ${paint("red", "✗")} ${name}:${found}`;
    }),
    ...(rest > 0 ? [paint("dim", `  and ${plural(rest, "more check")} in the report`)] : []),
  ];
}

function malformedLines({ model, width, paint }: Look): string[] {
  const { total, kinds } = model.malformed;
  if (total === 0) return [];
  const each = kinds.map(({ kind, count }) => `${kind} ${formatCount(count)}`).join(", ");
  const text = `malformed messages: ${formatCount(total)} (${each})`;
  return [paint("yellow", fitCells(text, width))];
}

/** The identities, but for what the verdict has said and for rows that nobody misses. */
function countLines({ model, width }: Look): string[] {
  const [first, ...others] = model.counts.lines;
  const lines = model.verdict.word === "VALID" || first === undefined ? others : [first, ...others];
  return lines.filter((line) => !isKeptWhole(line)).flatMap((line) => wrapCells(line, width));
}

function isKeptWhole(line: string): boolean {
  const [, kept, counted] = /^rows kept: (\S+) of (\S+)$/.exec(line) ?? [];
  return kept !== undefined && (kept === counted || kept === "0");
}

/** What the report's table of the measurement says of the generator, in fewer words. */
const GENERATOR: Readonly<Record<string, string>> = {
  "Starts late, 99 %": "starts late p99",
  "Generator's loop stood still, 99 %": "loop lag p99",
  "Busiest thread's CPU": "CPU at most",
  "Clocks of turrets and HQ apart": "clocks",
};

function generatorLines({ model, width }: Look): string[] {
  const said = model.details.measurement.flatMap(({ what, value, limit, state }) => {
    const short = GENERATOR[what];
    if (short === undefined) return [];
    return [`${short} ${value}${state === "bad" ? ` (limit ${limit})` : ""}`];
  });
  return said.length === 0 ? [] : wrapCells(`generator: ${said.join(", ")}`, width);
}
