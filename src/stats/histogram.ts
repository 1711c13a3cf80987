// HDR histogram of microseconds: three significant digits from 1 us to 1 h, the same buckets, the same
// percentiles and the same V2 encoding as HdrHistogram, so that its tools read what is written here.
//
// Bucket b holds values of [1024 * 2^b, 2048 * 2^b) in 1024 steps of 2^b (bucket 0 also those below
// 1024, in steps of 1), so a step is at most 1/1024 of its value: 0.1 %. The index of a value v:
//
//   b = 21 - clz32(v | 2047)        index = b * 1024 + (v >>> b)
//
// Only the stretch of indices that was seen is kept in memory. Counts are 32 bits wide until the total
// passes 2^32, then doubles.

import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.ts";
import { CountList, writeCountList } from "./count-list.ts";

export const HISTOGRAM = { lowestUs: 1, highestUs: 3_600_000_000, digits: 3 } as const;

/** Indices that the range can have; payloads with a higher one are malformed. */
export const HISTOGRAM_INDICES = 23 * 1024;

const STEP_BITS = 10;
const STEPS = 1 << STEP_BITS;
const LINEAR_MASK = 2 * STEPS - 1;
const WINDOW_STEP = 256;
const NARROW_MAX = 0xffff_ffff;

// HdrHistogram's V2 header: cookie, payload size, normalising offset, digits, lowest and highest
// trackable value, ratio of whole to double values; big-endian.
const V2_COOKIE = 0x1c849303 | 0x10;
const V2_HEADER_BYTES = 40;
// The offset is 0; the JavaScript port writes 1 and means the same.
const V2_OFFSET_MAX = 1;
const V2_RATIO_ONE = 0x3ff0_0000;

const ONE = new Uint32Array([1]);
const scratch = new CountList(HISTOGRAM_INDICES);

/** One step of a histogram that holds something; both ends included. */
export interface HistogramBucket {
  readonly lowUs: number;
  readonly highUs: number;
  readonly count: number;
}

export class Histogram {
  #counts: Uint32Array | Float64Array = new Uint32Array(0);
  /** Index of the first item of `#counts`. */
  #base = 0;
  #count = 0;
  #clampedCount = 0;

  get count(): number {
    return this.#count;
  }

  /** Values outside 0 to 1 h: counted at the nearer end. */
  get clampedCount(): number {
    return this.#clampedCount;
  }

  /** Records one value; its fraction is dropped. */
  record(valueUs: number): void {
    const value =
      valueUs >= 0 && valueUs <= HISTOGRAM.highestUs ? valueUs : this.#clamp(valueUs, 1);
    const whole = value >>> 0;
    const bucket = 21 - Math.clz32(whole | LINEAR_MASK);
    const index = (bucket << STEP_BITS) + (whole >>> bucket);
    const offset = index - this.#base;
    const counts = this.#counts;
    if (offset >>> 0 < counts.length && this.#count < NARROW_MAX) {
      counts[offset] = (counts[offset] as number) + 1;
      this.#count++;
      return;
    }
    this.#addAt(index, 1);
  }

  recordCount(valueUs: number, count: number): void {
    if (count <= 0) return;
    const isInside = valueUs >= 0 && valueUs <= HISTOGRAM.highestUs;
    this.#addAt(indexOfUs(isInside ? valueUs : this.#clamp(valueUs, count)), count);
  }

  merge(other: Histogram): void {
    if (other.#count === 0) return;
    this.#clampedCount += other.#clampedCount;
    const [low, high] = other.#extent();
    this.#prepare(low, high, other.#count);
    const counts = this.#counts;
    const shift = other.#base - this.#base;
    for (let i = low - other.#base; i <= high - other.#base; i++) {
      const count = other.#counts[i] as number;
      if (count > 0) counts[i + shift] = (counts[i + shift] as number) + count;
    }
  }

  /** Adds what `payload()` of another made; throws MalformedBytes and changes nothing if it is not one. */
  mergePayload(payload: Uint8Array): void {
    this.mergeList(scratch.read(payload));
  }

  /** Adds a list that was read from a payload; one reading serves several histograms. */
  mergeList(list: CountList): void {
    const { indices, size } = list;
    if (size === 0) return;
    this.#prepare(indices[0] as number, indices[size - 1] as number, list.total);
    const added = list.counts;
    const counts = this.#counts;
    const base = this.#base;
    for (let i = 0; i < size; i++) {
      const at = (indices[i] as number) - base;
      counts[at] = (counts[at] as number) + (added[i] as number);
    }
  }

  /**
   * The highest value equivalent to that which `percent` of all values do not exceed, as HdrHistogram
   * defines it; 0 when empty. Percent 0 is the lowest value.
   */
  percentile(percent: number): number {
    return this.percentiles([percent])[0] as number;
  }

  /** Several percentiles in one pass; `percents` must ascend. */
  percentiles(percents: readonly number[]): number[] {
    const results = percents.map(() => 0);
    if (this.#count === 0) return results;
    let passed = 0;
    let offset = -1;
    const last = this.#counts.length - 1;
    percents.forEach((percent, i) => {
      const wanted = countAtPercent(percent, this.#count);
      while (passed < wanted && offset < last) passed += this.#counts[++offset] as number;
      const index = this.#base + offset;
      results[i] = percent <= 0 ? lowestUsAt(index) : highestUsAt(index);
    });
    return results;
  }

  /** Lowest value equivalent to the smallest recorded, 0 when empty. */
  get minUs(): number {
    return this.#count === 0 ? 0 : lowestUsAt(this.#extent()[0]);
  }

  /** Highest value equivalent to the largest recorded, 0 when empty. */
  get maxUs(): number {
    return this.#count === 0 ? 0 : highestUsAt(this.#extent()[1]);
  }

  /** Mean of the middles of all steps, within 0.1 %; the exact mean is in the cell's sum. */
  get meanUs(): number {
    if (this.#count === 0) return 0;
    let sum = 0;
    for (const { lowUs, highUs, count } of this.buckets()) {
      sum += (lowUs + Math.floor((highUs - lowUs + 1) / 2)) * count;
    }
    return sum / this.#count;
  }

  /** How many values are at most `valueUs`, to the resolution of a step. */
  countAtMost(valueUs: number): number {
    if (!(valueUs >= 0)) return 0;
    const last = indexOfUs(Math.min(valueUs, HISTOGRAM.highestUs)) - this.#base;
    let count = 0;
    for (let i = 0; i <= last && i < this.#counts.length; i++) count += this.#counts[i] as number;
    return count;
  }

  /** The steps that hold something, from the lowest. */
  *buckets(): Generator<HistogramBucket> {
    let left = this.#count;
    for (let i = 0; left > 0 && i < this.#counts.length; i++) {
      const count = this.#counts[i] as number;
      if (count === 0) continue;
      left -= count;
      const index = this.#base + i;
      yield { lowUs: lowestUsAt(index), highUs: highestUsAt(index), count };
    }
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#clampedCount = 0;
  }

  /** The counts alone, sparse (see count-list.ts); empty for an empty histogram. */
  payload(): Uint8Array {
    const writer = new ByteWriter(256);
    this.writePayload(writer);
    return writer.finish();
  }

  writePayload(writer: ByteWriter): void {
    writeCountList(writer, this.#counts, this.#base, this.#count);
  }

  static fromPayload(payload: Uint8Array): Histogram {
    const histogram = new Histogram();
    histogram.mergePayload(payload);
    return histogram;
  }

  /** HdrHistogram's V2 encoding, uncompressed. */
  encodeV2(): Uint8Array {
    const writer = new ByteWriter(V2_HEADER_BYTES + 256);
    writer.raw(new Uint8Array(V2_HEADER_BYTES));
    if (this.#count === 0) writer.varint(0);
    else this.writePayload(writer);
    const bytes = writer.finish();
    const view = new DataView(bytes.buffer);
    view.setUint32(0, V2_COOKIE);
    view.setUint32(4, bytes.length - V2_HEADER_BYTES);
    view.setUint32(12, HISTOGRAM.digits);
    view.setBigUint64(16, BigInt(HISTOGRAM.lowestUs));
    view.setBigUint64(24, BigInt(HISTOGRAM.highestUs));
    view.setUint32(32, V2_RATIO_ONE);
    return bytes;
  }

  /** Reads V2 of the same lowest value and digits; throws MalformedBytes otherwise. */
  static decodeV2(bytes: Uint8Array): Histogram {
    if (bytes.length < V2_HEADER_BYTES) throw new MalformedBytes("histogram without its header");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (view.getUint32(0) !== V2_COOKIE) throw new MalformedBytes("not a V2 histogram");
    const isSameScale =
      view.getUint32(8) <= V2_OFFSET_MAX &&
      view.getUint32(12) === HISTOGRAM.digits &&
      view.getBigUint64(16) === BigInt(HISTOGRAM.lowestUs);
    if (!isSameScale) throw new MalformedBytes("histogram of another scale");
    const reader = new ByteReader(bytes.subarray(V2_HEADER_BYTES));
    const payload = reader.raw(view.getUint32(4));
    reader.end();
    const isEmpty = payload.length === 1 && payload[0] === 0;
    return isEmpty ? new Histogram() : Histogram.fromPayload(payload);
  }

  // Also for NaN, which is no duration at all and is counted as the shortest.
  #clamp(valueUs: number, count: number): number {
    this.#clampedCount += count;
    return valueUs > 0 ? HISTOGRAM.highestUs : 0;
  }

  #addAt(index: number, count: number): void {
    this.#prepare(index, index, count);
    const offset = index - this.#base;
    this.#counts[offset] = (this.#counts[offset] as number) + count;
  }

  // Makes room for indices `low` to `high` and for `added` more values, and counts those.
  #prepare(low: number, high: number, added: number): void {
    this.#count += added;
    const isNarrow = this.#counts instanceof Uint32Array;
    const mustWiden = isNarrow && this.#count > NARROW_MAX;
    const isInside = low >= this.#base && high < this.#base + this.#counts.length;
    if (isInside && !mustWiden) return;
    const isFirst = this.#counts.length === 0;
    const from = isFirst ? low : Math.min(low, this.#base);
    const to = isFirst ? high + 1 : Math.max(high + 1, this.#base + this.#counts.length);
    const start = Math.floor(from / WINDOW_STEP) * WINDOW_STEP;
    const size = Math.ceil((to - start) / WINDOW_STEP) * WINDOW_STEP;
    const grown = isNarrow && !mustWiden ? new Uint32Array(size) : new Float64Array(size);
    if (!isFirst) grown.set(this.#counts, this.#base - start);
    this.#counts = grown;
    this.#base = start;
  }

  // First and last index that hold something; the histogram must not be empty.
  #extent(): [number, number] {
    let low = 0;
    while (this.#counts[low] === 0) low++;
    let high = this.#counts.length - 1;
    while (this.#counts[high] === 0) high--;
    return [this.#base + low, this.#base + high];
  }
}

/** The payload of a histogram that holds one value. */
export function payloadOf(valueUs: number): Uint8Array {
  const single = new ByteWriter(8);
  const isInside = valueUs >= 0 && valueUs <= HISTOGRAM.highestUs;
  const clampedUs = valueUs > 0 ? HISTOGRAM.highestUs : 0;
  const index = indexOfUs(isInside ? valueUs : clampedUs);
  writeCountList(single, ONE, index, 1);
  return single.finish();
}

function indexOfUs(valueUs: number): number {
  const whole = valueUs >>> 0;
  const bucket = 21 - Math.clz32(whole | LINEAR_MASK);
  return (bucket << STEP_BITS) + (whole >>> bucket);
}

export function lowestUsAt(index: number): number {
  const bucket = Math.max(0, (index >>> STEP_BITS) - 1);
  return (index - (bucket << STEP_BITS)) * 2 ** bucket;
}

function highestUsAt(index: number): number {
  const bucket = Math.max(0, (index >>> STEP_BITS) - 1);
  return (index - (bucket << STEP_BITS) + 1) * 2 ** bucket - 1;
}

// HdrHistogram's rule: the product may come out one unit in the last place too large, which must not
// push the answer to the next value.
function countAtPercent(percent: number, count: number): number {
  const product = (Math.min(percent, 100) / 100) * count;
  if (!(product > 1)) return 1;
  const unitInLastPlace = 2 ** (Math.floor(Math.log2(product)) - 52);
  return Math.max(1, Math.ceil(product - unitInLastPlace));
}
