// The count list of HdrHistogram's V2 encoding, without its header: one word per entry, from index 0
// up to the last count that is not zero.
//
//   word = LEB128 (at most nine bytes) of the zigzag of a whole number
//   number > 0   the count at this index
//   number = 0   one empty index
//   number < 0   that many empty indices in a row
//
// Lists come from other machines: the reader stops at the first word that does not fit.

import type { ByteWriter } from "../base/bytes.ts";
import { MalformedBytes } from "../base/bytes.ts";

const WORD_BITS_MAX = 56;
const FIRST_SIZE = 256;

/** A list that was read: `indices[i]` has `counts[i]`, ascending, for i below `size`. */
export class CountList {
  indices = new Uint32Array(FIRST_SIZE);
  counts = new Float64Array(FIRST_SIZE);
  size = 0;
  /** Sum of the counts. */
  total = 0;
  readonly #indexLimit: number;
  #offset = 0;

  /** Indices of `indexLimit` and above are malformed. */
  constructor(indexLimit: number) {
    this.#indexLimit = indexLimit;
  }

  /** Reads `bytes` in place of what was read before. Throws MalformedBytes. */
  read(bytes: Uint8Array): this {
    this.#reserve(Math.min(bytes.length, this.#indexLimit));
    const { indices, counts } = this;
    const limit = this.#indexLimit;
    let index = -1;
    let size = 0;
    let total = 0;
    let offset = 0;
    while (offset < bytes.length) {
      const word = bytes[offset++] as number;
      let count = word >>> 1;
      let isRun = (word & 1) === 1;
      if (word > 127) {
        const zigzag = this.#longWord(bytes, offset);
        offset = this.#offset;
        isRun = zigzag % 2 === 1;
        count = Math.floor(zigzag / 2);
      }
      index += isRun ? count + 1 : 1;
      if (index >= limit) throw new MalformedBytes(`histogram index is past ${limit - 1}`);
      if (isRun || count === 0) continue;
      indices[size] = index;
      counts[size++] = count;
      total += count;
    }
    if (total > Number.MAX_SAFE_INTEGER) throw new MalformedBytes("histogram total too large");
    if (bytes.length > 0 && total === 0) throw new MalformedBytes("histogram of zeros only");
    this.size = size;
    this.total = total;
    return this;
  }

  // The word whose first byte is just before `offset`; leaves `#offset` behind it.
  #longWord(bytes: Uint8Array, offset: number): number {
    let value = (bytes[offset - 1] as number) & 127;
    let at = offset;
    for (let shift = 7; shift < WORD_BITS_MAX; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new MalformedBytes("histogram ends inside a number");
      value += (byte & 127) * 2 ** shift;
      if (byte > 127) continue;
      if (value > Number.MAX_SAFE_INTEGER) break;
      this.#offset = at;
      return value;
    }
    throw new MalformedBytes("histogram count too large");
  }

  #reserve(size: number): void {
    if (size <= this.indices.length) return;
    const grown = Math.max(size, 2 * this.indices.length);
    this.indices = new Uint32Array(grown);
    this.counts = new Float64Array(grown);
  }
}

/** Appends the list of `counts`, whose first item is index `baseIndex`; `total` is their sum. */
export function writeCountList(
  writer: ByteWriter,
  counts: Uint32Array | Float64Array,
  baseIndex: number,
  total: number,
): void {
  let left = total;
  let zeros = baseIndex;
  for (let i = 0; left > 0 && i < counts.length; i++) {
    const count = counts[i] as number;
    if (count === 0) {
      zeros++;
      continue;
    }
    if (zeros > 0) writer.varint(zeros === 1 ? 0 : zeros * 2 - 1);
    writer.varint(count * 2);
    left -= count;
    zeros = 0;
  }
}
