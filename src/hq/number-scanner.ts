// Numbers without a sign, out of bytes, four digits at a time and with few branches. What it gives is
// what JSON.parse gives for the same text; where that is not certain it gives NaN.
//
// Four bytes xor "0000" are four digits when none of them is over nine: adding six then leaves no bit
// in any upper half. The first byte that is no digit tells how many digits the last group has.

import { longDecimal, shortDecimal } from "./decimal.ts";

const ZERO = 0x30;
const ZEROS = 0x30303030;
const SIXES = 0x06060606;
const UPPER_HALVES = 0xf0f0f0f0;
const DOT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
const LOWER_BIT = 0x20;
const LETTER_E = 0x65;

/** Digits before the point; more is no time. */
const WHOLE_DIGITS = 15;
/** Whole parts up to this one leave room for eight digits in an exact double. */
const WHOLE_OF_LONG = 9_999_999;
/** Groups of four digits behind the point: two are the high part, three the low one. */
const GROUPS_MAX = 5;
const EXPONENT_MAX = 400;
const POWERS = [1, 10, 100, 1_000] as const;

/** Bytes that a view must have behind a message: the scanner looks that far past what it uses. */
export const SCAN_MARGIN_BYTES = 64;

export class NumberScanner {
  /** Just behind the last number. */
  end = 0;

  /** The number at `start`; NaN where there is none, or none that is certain. */
  scan(view: DataView, start: number): number {
    let at = start + 1;
    let whole = view.getUint8(start) ^ ZERO;
    let byte = view.getUint8(at);
    if (byte !== DOT || whole > 9) {
      whole = this.#whole(view, start);
      at = this.end;
      byte = view.getUint8(at);
      if (byte !== DOT) return this.#finish(byte, view, whole, 0);
    }
    const first = ++at;
    let high = whole;
    let low = 0;
    let groups = 0;
    let word = view.getInt32(at, true) ^ ZEROS;
    let foreign = ((word + SIXES) | word) & UPPER_HALVES;
    while (foreign === 0) {
      if (groups < 2) high = high * 10_000 + fourDigits(word);
      else low = low * 10_000 + fourDigits(word);
      if (++groups > GROUPS_MAX) return Number.NaN;
      at += 4;
      word = view.getInt32(at, true) ^ ZEROS;
      foreign = ((word + SIXES) | word) & UPPER_HALVES;
    }
    const extra = (31 - Math.clz32(foreign & -foreign)) >> 3;
    if (extra > 0) {
      low = low * (POWERS[extra] as number) + fourDigits(word << ((4 - extra) * 8));
      at += extra;
    }
    this.end = at;
    const scale = at - first;
    byte = view.getUint8(at);
    if (groups <= 2) {
      if (scale === 0 || high > WHOLE_OF_SHORT) return Number.NaN;
      return this.#finish(byte, view, high * (POWERS[extra] as number) + low, scale);
    }
    if (whole > WHOLE_OF_LONG) return Number.NaN;
    if ((byte | LOWER_BIT) !== LETTER_E) return longDecimal(high, low, scale - 8, scale);
    return longDecimal(high, low, scale - 8, scale - this.#exponent(view));
  }

  // The digits before a point, `end` behind them.
  #whole(view: DataView, start: number): number {
    let whole = view.getUint8(start) ^ ZERO;
    let at = start + 1;
    let digit = view.getUint8(at) ^ ZERO;
    this.end = at;
    if (whole > 9 || (whole === 0 && digit <= 9)) return Number.NaN;
    while (digit <= 9) {
      whole = whole * 10 + digit;
      digit = view.getUint8(++at) ^ ZERO;
    }
    this.end = at;
    return at - start > WHOLE_DIGITS ? Number.NaN : whole;
  }

  // `high` / 10^scale, times the power of ten that may follow.
  #finish(byte: number, view: DataView, high: number, scale: number): number {
    if ((byte | LOWER_BIT) !== LETTER_E) return shortDecimal(high, scale);
    return shortDecimal(high, scale - this.#exponent(view));
  }

  // The exponent at `end`, which it passes; NaN for half of one.
  #exponent(view: DataView): number {
    let at = this.end + 1;
    const sign = view.getUint8(at);
    if (sign === MINUS || sign === PLUS) at++;
    const first = at;
    let exponent = 0;
    for (let digit = view.getUint8(at) ^ ZERO; digit <= 9; digit = view.getUint8(at) ^ ZERO) {
      exponent = exponent * 10 + digit;
      if (exponent > EXPONENT_MAX) return Number.NaN;
      at++;
    }
    this.end = at;
    if (at === first) return Number.NaN;
    return sign === MINUS ? -exponent : exponent;
  }
}

/** Whole numbers up to this one stay exact with three digits more. */
const WHOLE_OF_SHORT = 9_007_199_254_739;

/** The number that four digits make, the first in the lowest byte. */
function fourDigits(word: number): number {
  const pairs = (Math.imul(word, 10) + (word >>> 8)) | 0;
  return Math.imul(pairs & 0xff, 100) + ((pairs >>> 16) & 0xff);
}
