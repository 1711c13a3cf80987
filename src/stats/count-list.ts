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
const ZIGZAG_MAX = Number.MAX_SAFE_INTEGER;

/** Steps through the counts of a list: after `next()` is true, `index` and `count` hold one. */
export class CountListReader {
  index = -1;
  count = 0;
  readonly #bytes: Uint8Array;
  readonly #indexLimit: number;
  #offset = 0;

  /** Indices of `indexLimit` and above are malformed. */
  constructor(bytes: Uint8Array, indexLimit: number) {
    this.#bytes = bytes;
    this.#indexLimit = indexLimit;
  }

  /** Moves to the next count above zero; false at the end. Throws MalformedBytes. */
  next(): boolean {
    const bytes = this.#bytes;
    while (this.#offset < bytes.length) {
      let zigzag = bytes[this.#offset++] as number;
      if (zigzag > 127) zigzag = this.#longWord(zigzag & 127);
      if (zigzag % 2 === 1) {
        this.index += (zigzag + 1) / 2;
        if (this.index >= this.#indexLimit) break;
        continue;
      }
      this.index++;
      if (this.index >= this.#indexLimit) break;
      if (zigzag === 0) continue;
      this.count = zigzag / 2;
      return true;
    }
    if (this.index >= this.#indexLimit) {
      throw new MalformedBytes(`histogram index ${this.index} is past ${this.#indexLimit - 1}`);
    }
    return false;
  }

  #longWord(first: number): number {
    let value = first;
    for (let shift = 7; shift < WORD_BITS_MAX; shift += 7) {
      const byte = this.#bytes[this.#offset++];
      if (byte === undefined) throw new MalformedBytes("histogram ends inside a number");
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) {
        if (value > ZIGZAG_MAX) break;
        return value;
      }
    }
    throw new MalformedBytes("histogram count too large");
  }
}

/** What a list holds in all; throws MalformedBytes where it is not one. */
export function checkCountList(
  bytes: Uint8Array,
  indexLimit: number,
): { readonly total: number; readonly lowIndex: number; readonly highIndex: number } {
  const reader = new CountListReader(bytes, indexLimit);
  let total = 0;
  let lowIndex = -1;
  while (reader.next()) {
    if (lowIndex < 0) lowIndex = reader.index;
    total += reader.count;
    if (total > Number.MAX_SAFE_INTEGER) throw new MalformedBytes("histogram total too large");
  }
  if (reader.index >= 0 && total === 0) throw new MalformedBytes("histogram of zeros only");
  return { total, lowIndex, highIndex: total === 0 ? -1 : reader.index };
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
