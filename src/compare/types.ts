// A comparison as plain data: every number final, every verdict spoken. Text, page and JSON print it
// and compute nothing themselves. Durations are microseconds, shares are parts of 1.

import type { VerdictWord } from "../report/types.ts";

export const COMPARE_LIMIT = {
  /** The busiest timers that both runs have. */
  timers: 500,
  /** Names that only one run has are listed up to this many. */
  names: 20,
} as const;

export const COMPARE_DEFAULT = {
  /**
   * The chance of any alarm where nothing differs; of what is told, the share that may be wrong. Less
   * than the 5 % that is promised: a server that wanders slowly shows too little of it in one run.
   */
  level: 0.04,
  /** "Same" promises that the difference is smaller than this. */
  margin: 0.05,
  /** A smaller difference is never told as one, however certain. */
  floor: 0.01,
  /** "Same" of errors, in parts of 1. */
  errorMargin: 0.005,
  replicates: 1_000,
  seed: 20_261_121,
} as const;

export interface CompareOptions {
  readonly level?: number;
  readonly margin?: number;
  readonly floor?: number;
  readonly replicates?: number;
  readonly seed?: number;
}

export const FIGURES = ["p50", "p95", "p99", "rate", "errors"] as const;
export type Figure = (typeof FIGURES)[number];

/** `slower` and `faster` of times and rate, `more` and `fewer` of errors. */
export type Word = "slower" | "faster" | "more" | "fewer" | "same" | "cannot tell";

export interface FigureComparison {
  readonly figure: Figure;
  /** As the report prints it: us, a second, or a share of 1; undefined without values. */
  readonly base: number | undefined;
  readonly next: number | undefined;
  /** NEW / BASE - 1; of errors NEW - BASE. Undefined where nothing can be said. */
  readonly change: number | undefined;
  readonly low: number | undefined;
  readonly high: number | undefined;
  /** A change of this size would have been told nine times of ten. */
  readonly visible: number | undefined;
  readonly word: Word;
  /** Why nothing can be told, where it is not the width of the interval. */
  readonly why: string | undefined;
}

export interface TimerComparison {
  /** "All transactions" for the transaction itself. */
  readonly name: string;
  readonly isTransaction: boolean;
  readonly clock: "service" | "response";
  readonly baseCount: number;
  readonly nextCount: number;
  /** Seconds that stayed together in the bootstrap; undefined where there was none. */
  readonly blockS: number | undefined;
  readonly figures: readonly FigureComparison[];
}

export interface RunSide {
  readonly path: string;
  readonly title: string;
  readonly verdict: VerdictWord;
  readonly startWallMs: number | undefined;
  readonly measuredUs: number;
  readonly transactions: number;
}

export interface Comparison {
  readonly base: RunSide;
  readonly next: RunSide;
  /** What would have refused this comparison, had it not been forced. */
  readonly forced: readonly string[];
  /** What else differs between the runs, and may be what is compared. */
  readonly notes: readonly string[];
  /** All transactions first, then timers in the order of the report. */
  readonly timers: readonly TimerComparison[];
  /** Timers of both runs beyond the limit. */
  readonly timersLeft: number;
  readonly onlyBase: readonly string[];
  readonly onlyNext: readonly string[];
  readonly level: number;
  readonly margin: number;
  readonly floor: number;
  /** How the answer was made, in sentences. */
  readonly method: readonly string[];
}

/** How often each word was said. */
export function countWords(comparison: Comparison): Readonly<Record<Word, number>> {
  const counts = { slower: 0, faster: 0, more: 0, fewer: 0, same: 0, "cannot tell": 0 };
  for (const { figures } of comparison.timers) for (const { word } of figures) counts[word]++;
  return counts;
}

/** True where the words ask for attention: something differs. */
export function isDifference(word: Word): boolean {
  return word !== "same" && word !== "cannot tell";
}
