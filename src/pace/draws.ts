// Exact draws that Poisson arrivals are made of. Gamma by Marsaglia and Tsang's rejection (2000), the
// beta from two of them; counts by halving with beta draws (the middle one of n uniform numbers is
// beta distributed), which needs about log2(n) draws and no factorials.

import type { Random } from "../base/random.ts";

/** Gamma with a shape of at least 1 and scale 1: the time of that arrival at rate 1. */
export function gamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal(0, 1);
    const root = 1 + c * normal;
    if (root <= 0) continue;
    const v = root * root * root;
    const limit = (normal * normal) / 2 + d - d * v + d * Math.log(v);
    if (Math.log(1 - random.unit()) < limit) return d * v;
  }
}

/** The `rank`-th smallest (from 1) of `n` numbers that are uniform in (0, 1). */
export function uniformOfRank(random: Random, rank: number, n: number): number {
  const below = gamma(random, rank);
  return below / (below + gamma(random, n + 1 - rank));
}

/** How many of `n` numbers that are uniform in (0, 1) are at most `limit`: a binomial draw. */
export function countBelow(random: Random, n: number, limit: number): number {
  let below = 0;
  let left = n;
  let at = limit;
  while (left > 0 && at > 0) {
    if (at >= 1) return below + left;
    const rank = Math.floor((left + 1) / 2);
    const middle = uniformOfRank(random, rank, left);
    if (middle <= at) {
      below += rank;
      left -= rank;
      at = (at - middle) / (1 - middle);
    } else {
      left = rank - 1;
      at /= middle;
    }
  }
  return below;
}

/** A Poisson draw of any mean: arrivals at rate 1 within `mean`. */
export function poissonCount(random: Random, mean: number): number {
  let passed = 0;
  let count = 0;
  while (passed < mean) {
    const left = mean - passed;
    // Far enough ahead that the jump nearly always passes the end.
    const jump = Math.ceil(left + 6 * Math.sqrt(left)) + 1;
    const next = gamma(random, jump);
    if (next > left) return count + countBelow(random, jump - 1, left / next);
    count += jump;
    passed += next;
  }
  return count;
}
