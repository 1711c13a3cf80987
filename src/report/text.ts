// The report on one screen of a terminal: the same figures as the page, in the same words.

import { formatCount } from "../base/units.ts";
import {
  formatElapsed,
  formatMs,
  formatPercent,
  formatPerSec,
  formatWall,
  plural,
} from "./figures.ts";
import { cellsOf, fitCells, padCells } from "./text-width.ts";
import { thresholdLines } from "./threshold-text.ts";
import type { ReportModel, TimerModel, VerdictWord } from "./types.ts";

export interface SummaryOptions {
  readonly columns: number;
  /** Whether escape codes for colour may be used. */
  readonly color?: boolean;
  /** Paths of the files that were made. */
  readonly files?: readonly string[];
}

const TIMERS_MAX = 12;
const ERRORS_MAX = 5;
const LOST_MAX = 3;
const COLUMNS_MIN = 40;
const COLUMNS_MAX = 120;

type Style = "bold" | "dim" | "red" | "green" | "yellow";
type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

const VERDICT_STYLE: Readonly<Record<VerdictWord, Style>> = {
  VALID: "green",
  "GENERATOR-LIMITED": "yellow",
  PARTIAL: "yellow",
  INVALID: "red",
  "NOT JUDGED": "dim",
};

/** Lines for a terminal `columns` wide, without a newline at the end. */
export function renderSummary(model: ReportModel, options: SummaryOptions): string {
  const width = Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, options.columns || 80));
  const paint: Paint = (style, text) => {
    if (options.color !== true) return text;
    const [on, off] = CODES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
  const lines = [
    `transactions: ${model.transactions}`,
    `timers: ${model.timerValues}`,
    `errors: ${model.errorCount}`,
    `test start: ${formatWall(model.startWallMs)}`,
    `test finish: ${formatWall(model.finishWallMs)}`,
    "",
    ...verdictLines(model, width, paint),
    ...thresholdLines(model, width, paint),
    "",
    ...headlineLines(model, width),
    "",
    ...tableLines(model, width, paint),
    ...errorLines(model, width, paint),
    ...malformedLines(model, width, paint),
    "",
    ...model.counts.lines.flatMap((line) => wrap(line, width)),
    ...(options.files ?? []).map((file) => `created: ${file}`),
  ];
  return lines.join("\n");
}

function verdictLines(model: ReportModel, width: number, paint: Paint): string[] {
  const { word, sentence, reasons } = model.verdict;
  const shown = reasons.slice(0, LOST_MAX);
  const rest = reasons.length - shown.length;
  const [first = "", ...more] = wrap(`${word}  ${sentence}`, width);
  return [
    paint(VERDICT_STYLE[word], paint("bold", word)) + first.slice(word.length),
    ...more,
    ...shown.flatMap((reason) => wrap(`  ${reason}`, width)),
    ...(rest > 0 ? [`  and ${plural(rest, "more reason")}`] : []),
  ];
}

function headlineLines(model: ReportModel, width: number): string[] {
  const { figures, clock } = model.all;
  const load = [
    plural(model.turretsTotal, "turret"),
    plural(model.cannons, "cannon"),
    `${formatElapsed(model.measuredUs / 1e6)} measured`,
    `${formatPerSec(figures.ratePerSec)} transactions/s`,
    `${formatPercent(model.errorPercent)} failed`,
  ].join(", ");
  const clocks =
    clock === "response"
      ? "all transactions: response time, from the instant each was due"
      : "all transactions: service time, from the actual start; the rate is what the cannons reached";
  return [...wrap(load, width), ...wrap(`${clocks}; durations in ms`, width)];
}

interface TableColumn {
  readonly head: string;
  readonly of: (timer: TimerModel) => string;
  /** Left out first where the terminal is narrow: the highest. */
  readonly rank: number;
}

const figure =
  (pick: (timer: TimerModel) => number) =>
  (timer: TimerModel): string =>
    timer.figures.count === 0 ? "–" : formatMs(pick(timer));

const TABLE: readonly TableColumn[] = [
  { head: "count", rank: 0, of: (timer) => formatCount(timer.figures.count) },
  { head: "/s", rank: 6, of: (timer) => formatPerSec(timer.figures.ratePerSec) },
  { head: "average", rank: 5, of: figure((timer) => timer.figures.meanUs) },
  { head: "50 %", rank: 2, of: figure((timer) => timer.figures.p50Us) },
  { head: "95 %", rank: 0, of: figure((timer) => timer.figures.p95Us) },
  { head: "99 %", rank: 3, of: figure((timer) => timer.figures.p99Us) },
  { head: "max", rank: 4, of: figure((timer) => timer.figures.maxUs) },
  { head: "errors", rank: 1, of: (timer) => formatCount(timer.figures.errorCount) },
];

const NAME_MIN = 16;
const GAP = "  ";

function tableLines(model: ReportModel, width: number, paint: Paint): string[] {
  const timers = [...model.timers]
    .sort((a, b) => b.figures.count - a.figures.count)
    .slice(0, TIMERS_MAX);
  const shown = new Set(timers);
  const rows = [
    model.all,
    ...(model.other === undefined ? [] : [model.other]),
    ...model.timers.filter((timer) => shown.has(timer)),
  ];
  const sized = TABLE.map((column) => {
    const cells = rows.map((timer) => column.of(timer));
    return { ...column, cells, width: Math.max(...[column.head, ...cells].map(cellsOf)) };
  });
  const columns = fitColumns(sized, width);
  const used = columns.reduce((sum, column) => sum + GAP.length + column.width, 0);
  const names = rows.map((timer) =>
    timer === model.other ? `All, ${timer.clock} time` : timer.name,
  );
  const nameWidth = Math.min(
    width - used,
    Math.max(NAME_MIN, ...names.map((name) => cellsOf(name))),
  );
  const head = columns.map((column) => GAP + padCells(column.head, column.width, "right")).join("");
  const lines = rows.map((_, i) => {
    const cells = columns.map(
      (column) => GAP + padCells(column.cells[i] as string, column.width, "right"),
    );
    return padCells(names[i] as string, nameWidth) + cells.join("");
  });
  const rest = model.timersTotal - timers.length;
  return [
    paint("dim", " ".repeat(nameWidth) + head),
    paint("bold", lines[0] as string),
    ...lines.slice(1),
    ...(rest > 0 ? [paint("dim", `and ${plural(rest, "more timer")} in the report`)] : []),
  ];
}

function fitColumns<T extends TableColumn & { readonly width: number }>(
  columns: readonly T[],
  width: number,
): readonly T[] {
  let kept = [...columns];
  const used = () => kept.reduce((sum, column) => sum + GAP.length + column.width, 0);
  while (kept.length > 1 && used() + NAME_MIN > width) {
    const worst = Math.max(...kept.map((column) => column.rank));
    const last = kept.findLastIndex((column) => column.rank === worst);
    kept = kept.filter((_, i) => i !== last);
  }
  return kept;
}

function errorLines(model: ReportModel, width: number, paint: Paint): string[] {
  if (model.errors.length === 0) return [];
  const shown = model.errors.slice(0, ERRORS_MAX);
  const countWidth = Math.max(...shown.map((error) => formatCount(error.count).length));
  const rest = model.errorsTotal - shown.length;
  return [
    "",
    `errors by text (${formatCount(model.errorsTotal)}):`,
    ...shown.map((error) => {
      const count = formatCount(error.count).padStart(countWidth);
      const at = ` (from ${formatElapsed(error.firstSecond)})`;
      const text = fitCells(error.text, width - countWidth - 4 - at.length);
      return `  ${paint("red", count)}  ${text}${paint("dim", at)}`;
    }),
    ...(rest > 0 ? [paint("dim", `  and ${plural(rest, "more text")} in the report`)] : []),
  ];
}

function malformedLines(model: ReportModel, width: number, paint: Paint): string[] {
  const { total, kinds } = model.malformed;
  if (total === 0) return [];
  const each = kinds.map(({ kind, count }) => `${kind} ${formatCount(count)}`).join(", ");
  const text = `malformed messages: ${formatCount(total)} (${each})`;
  return ["", paint("yellow", fitCells(text, width))];
}

/** Words of `text` in lines of at most `width` cells; further lines are indented. */
function wrap(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trim().split(" ")) {
    const fitted = fitCells(word, width - 4) || word;
    const joined = line.trim() === "" ? line + fitted : `${line} ${fitted}`;
    if (cellsOf(joined) <= width || line.trim() === "") {
      line = joined;
      continue;
    }
    lines.push(line);
    line = `${indent}  ${fitted}`;
  }
  return [...lines, line];
}
