// The floor of a machine: equal runs, again and again, and how far apart they are. A comparison knows
// from the seconds of two runs how far they may be off within themselves; what changes from one run to
// the next of the same program (memory, caches, neighbours) it can not know. This measures both.

import type { Results } from "../store/results.ts";
import { compareRuns } from "./compare.ts";
import { distanceOf } from "./student.ts";
import { type CompareOptions, type Comparison, type Figure, isDifference } from "./types.ts";

/** All pairs of so many runs are compared; of more only neighbours. */
const ALL_PAIRS_MAX = 8;
/** Two equal runs differ by more than the spread only once in twenty. */
const SPREAD_CHANCE = 0.05;
/** Figures whose spread makes the floor that is suggested. */
const FLOOR_FIGURES: readonly Figure[] = ["p50", "p95", "rate"];

export interface FigureNoise {
  readonly figure: Figure;
  /** Least and most of the runs, as the report prints them; undefined without values. */
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** How far two equal runs are apart, nineteen times of twenty; of errors in parts of 1. */
  readonly spread: number | undefined;
  /** What the seconds of two runs alone let see, nine times of ten. */
  readonly visible: number | undefined;
  /** The larger of both: the smallest difference that means something here. */
  readonly floor: number | undefined;
}

export interface TimerNoise {
  readonly name: string;
  readonly isTransaction: boolean;
  readonly clock: "service" | "response";
  readonly figures: readonly FigureNoise[];
}

export interface Noise {
  readonly runs: number;
  readonly timers: readonly TimerNoise[];
  readonly pairs: number;
  /** Pairs of these equal runs in which something would have been told as a difference. */
  readonly alarms: number;
  /** What to give `--floor`: the largest spread of the transaction's median, 95 % and rate. */
  readonly suggestedFloor: number;
  /** Verdicts other than VALID, with how many runs have them. */
  readonly verdicts: readonly string[];
}

/** Of two runs or more. */
export function measureNoise(runs: readonly Results[], options: CompareOptions = {}): Noise {
  const comparisons = pairsOf(runs).map(([base, next]) =>
    compareRuns({ base, next, isForced: true }, options),
  );
  const sides = [
    comparisons[0]?.base,
    ...comparisons.slice(0, runs.length - 1).map(({ next }) => next),
  ];
  const timers = timersOf(comparisons, runs.length);
  return {
    runs: runs.length,
    timers,
    pairs: comparisons.length,
    alarms: comparisons.filter(isAlarm).length,
    suggestedFloor: suggest(timers[0]),
    verdicts: verdictsOf(sides.flatMap((side) => (side === undefined ? [] : [side.verdict]))),
  };
}

// The first pairs are those of the first run with each other: they hold every run's figures.
function pairsOf(runs: readonly Results[]): [Results, Results][] {
  const [first, ...rest] = runs;
  const pairs = rest.map((next): [Results, Results] => [first as Results, next]);
  if (runs.length > ALL_PAIRS_MAX) return pairs;
  for (const [i, base] of rest.entries()) {
    for (const next of rest.slice(i + 1)) pairs.push([base, next]);
  }
  return pairs;
}

function timersOf(comparisons: readonly Comparison[], runs: number): TimerNoise[] {
  const [whole] = comparisons;
  if (whole === undefined) return [];
  return whole.timers.flatMap((timer) => {
    const same = comparisons.map(({ timers }) =>
      timers.find(({ name, clock, isTransaction }) => {
        return (
          name === timer.name && clock === timer.clock && isTransaction === timer.isTransaction
        );
      }),
    );
    if (same.some((one) => one === undefined)) return [];
    const figures = timer.figures.map(({ figure }): FigureNoise => {
      const told = same.map((one) => one?.figures.find((each) => each.figure === figure));
      const values = [told[0]?.base, ...told.slice(0, runs - 1).map((one) => one?.next)];
      return figureNoise(
        figure,
        values,
        told.map((one) => one?.visible),
      );
    });
    const { name, isTransaction, clock } = timer;
    return [{ name, isTransaction, clock, figures }];
  });
}

function figureNoise(
  figure: Figure,
  given: readonly (number | undefined)[],
  visibles: readonly (number | undefined)[],
): FigureNoise {
  const values = given.filter((value) => value !== undefined);
  const isErrors = figure === "errors";
  const isWhole =
    values.length === given.length && (isErrors || values.every((value) => value > 0));
  const known = visibles.filter((value) => value !== undefined).sort((a, b) => a - b);
  const visible = known[Math.floor(known.length / 2)];
  if (!isWhole || values.length < 2) {
    const none = undefined;
    return { figure, least: none, most: none, spread: none, visible, floor: none };
  }
  const scaled = isErrors ? values : values.map(Math.log);
  const reach =
    distanceOf(SPREAD_CHANCE, values.length - 1) * Math.SQRT2 * sampleDeviationOf(scaled);
  const spread = isErrors ? reach : Math.expm1(reach);
  return {
    figure,
    least: Math.min(...values),
    most: Math.max(...values),
    spread,
    visible,
    floor: visible === undefined ? undefined : Math.max(spread, visible),
  };
}

function sampleDeviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

function isAlarm({ timers }: Comparison): boolean {
  return timers.some(({ figures }) => figures.some(({ word }) => isDifference(word)));
}

// Rounded up to a tenth of a percent, which is how it is typed.
function suggest(transaction: TimerNoise | undefined): number {
  const spreads = (transaction?.figures ?? [])
    .filter(({ figure }) => FLOOR_FIGURES.includes(figure))
    .map(({ spread }) => spread ?? 0);
  return Math.ceil(Math.max(0, ...spreads) * 1000 - 1e-9) / 1000;
}

function verdictsOf(words: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const word of words) if (word !== "VALID") counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${count} of ${words.length} runs ${word}`);
}
