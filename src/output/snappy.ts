// Snappy's block format, writing only: the length, then literals and copies of what came before. Prometheus
// wants remote write in it. Labels repeat from series to series, so a tenth of the bytes is left.
//
//   block   = varint length | element*
//   literal = (n - 1) << 2                     n bytes, n up to 60
//           | 60 << 2 | u8 (n - 1)             n up to 256
//           | 61 << 2 | u16 (n - 1)            n up to 65,536
//   copy    = (n - 1) << 2 | 2, u16 offset     n from 4 to 64 bytes, from `offset` bytes before

import { ByteWriter } from "../base/bytes.ts";

const HASH_BITS = 14;
const HASH_MULTIPLIER = 0x1e35a7bd;
const MATCH_MIN = 4;
const COPY_MAX = 64;
const OFFSET_MAX = 65_535;
const LITERAL_MAX = 65_536;

/** `bytes` as one block. */
export function snappyBlock(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64 + Math.ceil(bytes.length / 4));
  writer.varint(bytes.length);
  const lastSeen = new Int32Array(1 << HASH_BITS).fill(-1);
  const last = bytes.length - MATCH_MIN;
  let literalFrom = 0;
  let at = 0;
  while (at <= last) {
    const word = wordAt(bytes, at);
    const hash = Math.imul(word, HASH_MULTIPLIER) >>> (32 - HASH_BITS);
    const found = lastSeen[hash] as number;
    lastSeen[hash] = at;
    if (found < 0 || at - found > OFFSET_MAX || wordAt(bytes, found) !== word) {
      at++;
      continue;
    }
    writeLiteral(writer, bytes.subarray(literalFrom, at));
    let length = MATCH_MIN;
    while (at + length < bytes.length && bytes[found + length] === bytes[at + length]) length++;
    writeCopies(writer, at - found, length);
    at += length;
    literalFrom = at;
  }
  writeLiteral(writer, bytes.subarray(literalFrom));
  return new Uint8Array(writer.finish());
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function writeLiteral(writer: ByteWriter, bytes: Uint8Array): void {
  for (let from = 0; from < bytes.length; from += LITERAL_MAX) {
    const part = bytes.subarray(from, from + LITERAL_MAX);
    const size = part.length - 1;
    if (size < 60) {
      writer.u8(size << 2);
    } else if (size < 256) {
      writer.u8(60 << 2);
      writer.u8(size);
    } else {
      writer.u8(61 << 2);
      writer.u16(size);
    }
    writer.raw(part);
  }
}

// The last piece may be of any length: this form of copy has no least one.
function writeCopies(writer: ByteWriter, offset: number, length: number): void {
  for (let left = length; left > 0; left -= COPY_MAX) {
    writer.u8(((Math.min(left, COPY_MAX) - 1) << 2) | 2);
    writer.u16(offset);
  }
}
