// Words for differences: all tests of all timers go into one list, so that a hundred timers raise no
// more false alarms than one.
//
// The weights say where the one allowance of false alarms is spent: most of it on the 95 % line, which
// is what people agree on; a change of everything shows in the median far above any weight. Tests that
// cannot speak (no errors on either side, too few values) take nothing.

import type { Spread } from "./bootstrap.ts";
import { discover } from "./discoveries.ts";
import { chanceBeyond, distanceOf } from "./student.ts";
import { COMPARE_DEFAULT, type Figure, type FigureComparison, type Word } from "./types.ts";

const WEIGHTS: Readonly<Record<Figure, number>> = {
  p50: 0.75,
  p95: 9,
  p99: 0.5,
  rate: 0.25,
  errors: 0.5,
};

/** One figure of one timer before anything was decided. */
export interface Measured {
  readonly figure: Figure;
  readonly base: number | undefined;
  readonly next: number | undefined;
  /** Undefined where nothing was tested; `why` then says it. */
  readonly spread: Spread | undefined;
  /** What a difference must pass because counts are whole: half a failure on each side. */
  readonly step: number;
  readonly why: string | undefined;
  /** Without a test: "same" for errors of which there are none, on enough transactions. */
  readonly word: Word;
}

export interface Limits {
  readonly level: number;
  readonly margin: number;
  readonly floor: number;
}

export function judge(measured: readonly Measured[], limits: Limits): FigureComparison[] {
  const tested = measured.filter(({ spread }) => spread !== undefined);
  const discoveries = discover(
    tested.map((one) => ({ chance: chanceOf(one), weight: WEIGHTS[one.figure] })),
    limits.level,
  );
  return measured.map((one): FigureComparison => {
    const { figure, base, next, spread } = one;
    if (spread === undefined) {
      const { word, why } = one;
      return { ...UNTOLD, figure, base, next, word, why };
    }
    const at = tested.indexOf(one);
    const reach =
      distanceOf(discoveries.levels[at] as number, spread.freedom) * spread.deviation + one.step;
    const toChange = figure === "errors" ? (value: number) => value : Math.expm1;
    const change = toChange(spread.difference);
    const low = toChange(spread.difference - reach);
    const high = toChange(spread.difference + reach);
    const isFound = discoveries.isFound[at] as boolean;
    const word = wordFor({ figure, change, low, high, isFound }, limits);
    const found = { figure, base, next, word };
    if (!Number.isFinite(reach)) {
      return { ...UNTOLD, ...found, why: "its seconds do not say how far it may be off" };
    }
    const visible = toChange(reach + NINE_OF_TEN * spread.deviation);
    return { ...found, change, low, high, visible, why: undefined };
  });
}

const UNTOLD = { change: undefined, low: undefined, high: undefined, visible: undefined } as const;

/** Deviations above the limit that pass it nine times of ten. */
const NINE_OF_TEN = 1.2816;

function chanceOf({ spread, step }: Measured): number {
  if (spread === undefined) return 1;
  const distance = Math.max(0, Math.abs(spread.difference) - step);
  if (distance === 0) return 1;
  return chanceBeyond(distance / spread.deviation, spread.freedom);
}

function wordFor(
  found: {
    readonly figure: Figure;
    readonly change: number;
    readonly low: number;
    readonly high: number;
    readonly isFound: boolean;
  },
  limits: Limits,
): Word {
  const { figure, change, low, high } = found;
  const isErrors = figure === "errors";
  const floor = isErrors ? 0 : limits.floor;
  const margin = isErrors ? COMPARE_DEFAULT.errorMargin : Math.max(limits.margin, limits.floor);
  if (found.isFound && Math.abs(change) >= floor) {
    if (isErrors) return change > 0 ? "more" : "fewer";
    return change > 0 === (figure === "rate") ? "faster" : "slower";
  }
  return low >= -margin && high <= margin ? "same" : "cannot tell";
}
