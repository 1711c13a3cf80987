// A comparison in words, the same in the terminal and on the page.

import { formatMs, formatPercent, formatPerSec, plural } from "../report/figures.ts";
import {
  type Comparison,
  countWords,
  type Figure,
  type FigureComparison,
  isDifference,
  type TimerComparison,
  type Word,
} from "./types.ts";

export const FIGURE_NAME: Readonly<Record<Figure, string>> = {
  p50: "50 %",
  p95: "95 %",
  p99: "99 %",
  rate: "rate",
  errors: "errors",
};

/** One side of a figure with its unit. */
export function valueText(figure: Figure, value: number | undefined): string {
  if (value === undefined) return "–";
  if (figure === "rate") return `${formatPerSec(value)}/s`;
  if (figure === "errors") return formatPercent(value * 100);
  return `${formatMs(value)} ms`;
}

/** A change with its sign: `+5.1 %`, and of errors in percentage points: `+0.42 pp`. */
export function changeText(figure: Figure, change: number | undefined): string {
  if (change === undefined) return "–";
  const percent = change * 100;
  const size = Math.abs(percent);
  const unit = figure === "errors" ? "pp" : "%";
  if (size >= 99_950) return `${percent < 0 ? "-" : "+"}>999× `.trim();
  const digits = figure === "errors" ? 2 : size >= 99.95 ? 0 : 1;
  const text = size.toFixed(digits);
  if (Number(text) === 0) return `0 ${unit}`;
  return `${percent < 0 ? "-" : "+"}${text} ${unit}`;
}

/** `+2.3 % to +8.0 %`, or why there is none. */
export function intervalText({ figure, low, high, why }: FigureComparison): string {
  if (low === undefined || high === undefined) return why ?? "–";
  return `${changeText(figure, low)} to ${changeText(figure, high)}`;
}

/** The name of a timer's row; both clocks of the transaction are told apart. */
export function timerText(timer: TimerComparison, comparison: Comparison): string {
  const hasTwo = comparison.timers[0]?.clock === "response";
  return hasTwo && timer.isTransaction ? `All, ${timer.clock} time` : timer.name;
}

export interface Headline {
  /** `SLOWER`, `FASTER, FEWER ERRORS`, `DIFFERENT` (better and worse), `NO DIFFERENCE FOUND`. */
  readonly word: string;
  readonly tone: "bad" | "good" | "warn" | "none";
  readonly sentence: string;
}

export function headlineOf(comparison: Comparison): Headline {
  const counts = countWords(comparison);
  const figures = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const told = (["slower", "more", "faster", "fewer"] as const).filter((word) => counts[word] > 0);
  if (told.length === 0) {
    const same = `${plural(counts.same, "figure")} of ${figures} the same`;
    const open = counts["cannot tell"] === 0 ? "" : `, ${counts["cannot tell"]} cannot be told`;
    const tone = counts.same > 0 ? "good" : "none";
    return { word: "NO DIFFERENCE FOUND", tone, sentence: `${same}${open}.` };
  }
  const isWorse = counts.slower + counts.more > 0;
  const isBetter = counts.faster + counts.fewer > 0;
  const word = isWorse && isBetter ? "DIFFERENT" : told.map((one) => WORDS[one]).join(", ");
  const places = told.map((one) => {
    const where = sayWhere(comparison, one);
    return told.length === 1 ? where : `${WORDS[one].toLowerCase()} ${where}`;
  });
  const sentence = `${places.join("; ")}.`;
  return { word, tone: isWorse ? "bad" : "good", sentence };
}

const WORDS: Readonly<Record<Word, string>> = {
  slower: "SLOWER",
  more: "MORE ERRORS",
  faster: "FASTER",
  fewer: "FEWER ERRORS",
  same: "",
  "cannot tell": "",
};

const NAMED_MAX = 3;

// `All transactions (50 %, 95 %), Login (95 %) and 3 more timers`
function sayWhere(comparison: Comparison, word: Word): string {
  const where = comparison.timers.flatMap((timer) => {
    const own = timer.figures.filter((figure) => figure.word === word);
    if (own.length === 0) return [];
    const figures = own.map(({ figure }) => FIGURE_NAME[figure]).join(", ");
    const name = timerText(timer, comparison);
    return [word === "more" || word === "fewer" ? name : `${name} (${figures})`];
  });
  const left = where.length - NAMED_MAX;
  const rest = left > 0 ? ` and ${plural(left, "more timer")}` : "";
  return `${where.slice(0, NAMED_MAX).join(", ")}${rest}`;
}

/** Names that only one run has, and how many are not listed. */
export function namesText(names: readonly string[], most: number): string {
  const left = names.length - most;
  return names.slice(0, most).join(", ") + (left > 0 ? ` and ${plural(left, "more")}` : "");
}

/** Timers in the order in which they are worth reading: those that differ, then the rest. */
export function byInterest(timers: readonly TimerComparison[]): readonly TimerComparison[] {
  const [first, ...rest] = timers;
  if (first === undefined) return [];
  const differs = (timer: TimerComparison) => timer.figures.some(({ word }) => isDifference(word));
  return [first, ...rest.filter(differs), ...rest.filter((timer) => !differs(timer))];
}
