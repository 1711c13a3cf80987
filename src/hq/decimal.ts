// Decimal digits to the nearest double, exactly as JSON.parse rounds, without making a string.
//
// A number is taken as (high * 10^n + low) / 10^scale with high and low whole and exact. The quotient
// of the high part, its exact remainder (Dekker's product) and the low part give a sum of two doubles
// whose error is known. Where that error could change the rounding, the answer is NaN and the caller
// asks somebody slower.

const SPLITTER = 2 ** 27 + 1;
/** Powers of ten up to this one are exact doubles. */
const EXACT_POWER_MAX = 22;
const ERROR_BOUND = 2 ** -51;

/** Digits that a part may have: whole numbers below 10^15 are exact. */
export const PART_DIGITS = 15;

const POWERS = Float64Array.from({ length: EXACT_POWER_MAX + 1 }, (_, i) => Number(`1e${i}`));
const POWERS_HIGH = POWERS.map(upperHalf);
const POWERS_LOW = POWERS.map((power, i) => power - (POWERS_HIGH[i] as number));

function upperHalf(value: number): number {
  const scaled = SPLITTER * value;
  return scaled - (scaled - value);
}

/** Whole number `high` / 10^scale, rounded to the nearest double; NaN where it is not certain. */
export function shortDecimal(high: number, scale: number): number {
  return scale >= 0 && scale <= EXACT_POWER_MAX ? high / (POWERS[scale] as number) : Number.NaN;
}

/**
 * (high * 10^lowDigits + low) / 10^scale, rounded to the nearest double; NaN where it is not certain.
 * Both parts have at most PART_DIGITS digits, `lowDigits` is at least 1 and at most `scale`.
 */
export function longDecimal(high: number, low: number, lowDigits: number, scale: number): number {
  if (!(scale >= lowDigits && scale <= EXACT_POWER_MAX)) return Number.NaN;
  const second = low / (POWERS[scale] as number);
  if (high === 0) return second;
  const highScale = scale - lowDigits;
  const power = POWERS[highScale] as number;
  const powerHigh = POWERS_HIGH[highScale] as number;
  const powerLow = POWERS_LOW[highScale] as number;
  const quotient = high / power;
  const scaled = SPLITTER * quotient;
  const upper = scaled - (scaled - quotient);
  const lower = quotient - upper;
  const product = quotient * power;
  const productError =
    upper * powerHigh - product + upper * powerLow + lower * powerHigh + lower * powerLow;
  const first = (high - product - productError) / power;
  const tail = first + second;
  const doubt = (Math.abs(first) + second) * ERROR_BOUND;
  const result = quotient + (tail - doubt);
  return result === quotient + (tail + doubt) ? result : Number.NaN;
}
