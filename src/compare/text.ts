// A comparison on a terminal: what differs first, then every figure with its interval.

import { formatCount } from "../base/units.ts";
import { formatElapsed, formatWall, oneLine, plural } from "../report/figures.ts";
import { cellsOf, fitCells, padCells } from "../report/text-width.ts";
import {
  COMPARE_LIMIT,
  type Comparison,
  type FigureComparison,
  isDifference,
  type RunSide,
  type TimerComparison,
  type Word,
} from "./types.ts";
import {
  byInterest,
  changeText,
  FIGURE_NAME,
  headlineOf,
  intervalText,
  namesText,
  timerText,
  valueText,
} from "./words.ts";

export interface CompareTextOptions {
  readonly columns: number;
  /** Whether escape codes for colour may be used. */
  readonly color?: boolean;
}

const COLUMNS_MIN = 60;
const COLUMNS_MAX = 120;
const TIMERS_MAX = 12;

type Style = "bold" | "dim" | "red" | "green" | "yellow";
type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};
const TONES = { bad: "red", good: "green", warn: "yellow", none: "yellow" } as const;
const WORD_STYLE: Readonly<Record<Word, Style>> = {
  slower: "red",
  more: "red",
  faster: "green",
  fewer: "green",
  same: "dim",
  "cannot tell": "dim",
};

/** Lines for a terminal `columns` wide, without a newline at the end. */
export function renderComparison(comparison: Comparison, options: CompareTextOptions): string {
  const width = Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, options.columns || 80));
  const paint: Paint = (style, text) => {
    if (options.color !== true) return text;
    const [on, off] = CODES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
  const { word, tone, sentence } = headlineOf(comparison);
  const [first = "", ...more] = wrap(`${word}  ${sentence}`, width);
  const left = comparison.timers.length - TIMERS_MAX;
  return [
    ...sideLines(comparison, width),
    ...comparison.forced
      .flatMap((text) => wrap(`forced: ${text}`, width))
      .map((line) => paint("yellow", line)),
    ...comparison.notes.flatMap((text) => wrap(`note: ${text}`, width)),
    "",
    paint(TONES[tone], paint("bold", word)) + first.slice(word.length),
    ...more,
    "",
    ...tableLines(comparison, width, paint),
    ...(left > 0 ? [paint("dim", `and ${plural(left, "more timer")}: see --json or --html`)] : []),
    ...missingLines(comparison, width),
    "",
    ...comparison.method.flatMap((text) => wrap(text, width)).map((line) => paint("dim", line)),
  ].join("\n");
}

// One line each where both fit, so that the columns stand under each other; two lines each otherwise.
function sideLines({ base, next }: Comparison, width: number): string[] {
  const sides = [
    { label: "BASE", path: oneLine(base.path), facts: factsOf(base) },
    { label: "NEW", path: oneLine(next.path), facts: factsOf(next) },
  ];
  const pathWidth = Math.max(...sides.map(({ path }) => cellsOf(path)));
  const factsWidth = Math.max(...sides.map(({ facts }) => cellsOf(facts)));
  const isOneLine = LABEL + pathWidth + GAP.length + factsWidth <= width;
  return sides.flatMap(({ label, path, facts }) => {
    const head = label.padEnd(LABEL);
    if (isOneLine) return [head + padCells(path, pathWidth) + GAP + facts];
    return [head + fitEnd(path, width - LABEL), " ".repeat(LABEL) + facts];
  });
}

function factsOf(side: RunSide): string {
  return [
    formatWall(side.startWallMs),
    `${plural(side.transactions, "transaction")} in ${formatElapsed(side.measuredUs / 1e6)}`,
    side.verdict,
  ].join("  ");
}

/** The end of a path tells more than its start. */
function fitEnd(text: string, cells: number): string {
  if (cellsOf(text) <= cells) return text;
  let kept = [...text].slice(-cells);
  while (cellsOf(kept.join("")) > cells - 1) kept = kept.slice(1);
  return `…${kept.join("")}`;
}

function tableLines(comparison: Comparison, width: number, paint: Paint): string[] {
  const timers = byInterest(comparison.timers).slice(0, TIMERS_MAX);
  const rows = timers.flatMap((timer) => timer.figures.map((figure) => cellsFor(figure)));
  const heads = ["BASE", "NEW", "change", "interval"] as const;
  const widths = heads.map((head, i) =>
    Math.max(...[head, ...rows.map((row) => row[i] as string)].map(cellsOf)),
  );
  // A sentence in place of an interval must not push the words off the screen.
  const used = LABEL + widths.slice(0, 3).reduce((sum, one) => sum + one + GAP.length, 0);
  widths[3] = Math.max(10, Math.min(widths[3] as number, width - used - GAP.length * 2 - WORD));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => GAP + padCells(cell, widths[i] as number, i === 3 ? "left" : "right"))
      .join("");
  return [
    paint("dim", `${" ".repeat(LABEL)}${line(heads)}`.trimEnd()),
    ...timers.flatMap((timer) => [
      timerLine(timer, comparison, width, paint),
      ...timer.figures.map((figure) => {
        const label = `  ${FIGURE_NAME[figure.figure]}`.padEnd(LABEL);
        const text = `${label}${line(cellsFor(figure))}${GAP}`;
        const word = paint(WORD_STYLE[figure.word], figure.word);
        return text + (isDifference(figure.word) ? paint("bold", word) : word);
      }),
    ]),
  ];
}

const LABEL = 8;
const WORD = "cannot tell".length;
const GAP = "  ";

function cellsFor(figure: FigureComparison): readonly [string, string, string, string] {
  return [
    valueText(figure.figure, figure.base),
    valueText(figure.figure, figure.next),
    changeText(figure.figure, figure.change),
    intervalText(figure),
  ];
}

function timerLine(
  timer: TimerComparison,
  comparison: Comparison,
  width: number,
  paint: Paint,
): string {
  const counts = `  ${formatCount(timer.baseCount)} and ${formatCount(timer.nextCount)} values`;
  const name = fitCells(timerText(timer, comparison), width - counts.length);
  return paint("bold", name) + paint("dim", counts);
}

function missingLines({ onlyBase, onlyNext, timersLeft }: Comparison, width: number): string[] {
  const say = (label: string, names: readonly string[]) =>
    names.length === 0
      ? []
      : [fitCells(`only in ${label}: ${namesText(names, COMPARE_LIMIT.names)}`, width)];
  const lines = [...say("BASE", onlyBase), ...say("NEW", onlyNext)];
  if (timersLeft > 0) lines.push(`${plural(timersLeft, "less busy timer")} not compared`);
  return lines.length === 0 ? [] : ["", ...lines];
}

/** Words of `text` in lines of at most `width` cells; further lines are indented. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of oneLine(text).split(" ")) {
    const fitted = fitCells(word, width - 4);
    const joined = line === "" ? fitted : `${line} ${fitted}`;
    if (cellsOf(joined) <= width) {
      line = joined;
      continue;
    }
    lines.push(line);
    line = `  ${fitted}`;
  }
  return [...lines, line];
}
