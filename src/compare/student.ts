// Student's t distribution: how far from zero an estimate is by chance, when its deviation is itself an
// estimate from few blocks. The distribution is the regularised incomplete beta function, made by its
// continued fraction (Lentz's method); the quantile is found by halving.

const FRACTION_STEPS = 300;
const FRACTION_END = 1e-15;
const SMALLEST = 1e-300;
const HALVINGS = 200;

/** As many degrees of freedom as that are the normal distribution, to six digits. */
export const FREEDOM_MAX = 1e6;

/** Chance that |t| with `freedom` degrees is at least `distance`; more than the limit is the limit. */
export function chanceBeyond(distance: number, given: number): number {
  const freedom = Math.min(FREEDOM_MAX, given);
  const t = Math.abs(distance);
  if (Number.isNaN(t)) return 1;
  if (t === 0) return 1;
  if (t === Number.POSITIVE_INFINITY) return 0;
  return betaShare(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The distance that |t| with `freedom` degrees passes with this chance, between 0 and 1. */
export function distanceOf(chance: number, freedom: number): number {
  if (chance >= 1) return 0;
  if (chance <= 0) return Number.POSITIVE_INFINITY;
  let low = 0;
  let high = 1;
  while (chanceBeyond(high, freedom) > chance && high < 1e12) high *= 2;
  for (let i = 0; i < HALVINGS && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (chanceBeyond(middle, freedom) > chance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

// Share of the beta distribution (a, b) below x.
function betaShare(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  return x < (a + 1) / (a + b + 2)
    ? (front * fraction(x, a, b)) / a
    : 1 - (front * fraction(1 - x, b, a)) / b;
}

function fraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < SMALLEST ? SMALLEST : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let product = d;
  for (let m = 1; m <= FRACTION_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    product *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const step = c * d;
    product *= step;
    if (Math.abs(step - 1) < FRACTION_END) break;
  }
  return product;
}

// Stirling's series after the argument was moved to where it is exact.
function logGamma(value: number): number {
  let x = value;
  let shift = 0;
  while (x < 15) shift += Math.log(x++);
  const r = 1 / (x * x);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
