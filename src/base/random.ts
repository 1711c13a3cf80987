// Random numbers that can be repeated. Two forms from one mixing function:
// - `hash32(seed, k, stream)`: a counter-based generator, so that number k exists without its
//   predecessors and is the same whichever turret asks for it;
// - `Random`: a stream seeded by such a hash, for scripts and simulations.
// The mixer is the 32-bit finaliser of MurmurHash3 (Austin Appleby, public domain), applied to both
// words with odd constants between; the stream is xoshiro128** (Blackman and Vigna, public domain).

function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** 32 random bits for counter `k` (0 to 2^53 - 1) of `stream` under `seed`. Pure. */
export function hash32(seed: number, k: number, stream = 0): number {
  const low = k >>> 0;
  const high = Math.floor(k / 0x1_0000_0000) >>> 0;
  let h = mix32(seed ^ 0x9e3779b9);
  h = mix32(h ^ Math.imul(low, 0xcc9e2d51));
  h = mix32((h + Math.imul(high, 0x1b873593) + 0x6a09e667) | 0);
  return mix32(h ^ Math.imul(stream + 1, 0x3c6ef372) ^ low);
}

/** A number in [0, 1) with 53 random bits for counter `k` of `stream` under `seed`. Pure. */
export function hashUnit(seed: number, k: number, stream = 0): number {
  const high = hash32(seed, k, stream * 2) >>> 5;
  const low = hash32(seed, k, stream * 2 + 1) >>> 6;
  return (high * 0x4000000 + low) / 0x20000000000000;
}

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number, k = 0, stream = 0) {
    this.#a = hash32(seed, k, stream);
    this.#b = hash32(seed ^ 0x243f6a88, k, stream);
    this.#c = hash32(seed ^ 0x85a308d3, k, stream);
    this.#d = hash32(seed ^ 0x13198a2e, k, stream) | 1;
  }

  /** 32 random bits. */
  next32(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const t = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= t;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number in [0, 1) with 53 random bits. */
  unit(): number {
    const high = this.next32() >>> 5;
    return (high * 0x4000000 + (this.next32() >>> 6)) / 0x20000000000000;
  }

  /** A number in [low, high). */
  uniform(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  /** Exponentially distributed with the given mean. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.unit());
  }

  /** Normally distributed (Box and Muller's method). */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.unit());
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.unit() * items.length)] as T;
  }

  /** A shuffled copy (Fisher and Yates' method). */
  shuffle<T>(items: readonly T[]): T[] {
    const copy = [...items];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      const held = copy[i] as T;
      copy[i] = copy[j] as T;
      copy[j] = held;
    }
    return copy;
  }
}

/** Place of the item that a draw from [0, 1) falls on, by weight; 0 for a single one. */
export function weightedPlace(items: readonly { readonly weight: number }[], unit: number): number {
  const total = items.reduce((sum, item) => sum + item.weight, 0);
  let end = 0;
  for (const [place, { weight }] of items.entries()) {
    end += weight;
    if (unit < end / total) return place;
  }
  return Math.max(0, items.length - 1);
}
