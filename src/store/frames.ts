// The bytes of the journal, the truth of a run while it fires and until its database is verified. It
// is a folder of segment files, `<results folder>/journal/000001.octj`, 000002.octj, ... that only
// ever grow.
// A segment that compact.ts rewrote is `000001.octc`, in the same format; where both exist the
// compacted one counts (it appears by rename, whole, before the other is deleted).
//
//   segment = header frame*
//   header  = "OCTJ" | u16 version (1) | u16 flags (bit 0: compacted)                      8 bytes
//   frame   = u32 length | u8 kind | payload (length bytes) | u32 CRC-32 of all before it  9 bytes +
//
// Little-endian. `kind` is a RECORD_KIND of records.ts. A frame is valid when its length is at most
// JOURNAL_LIMIT.payloadBytes, the file holds all of it, its kind is not 0 and the checksum agrees.
// Reading stops at the first frame of a segment that is not valid: the rest of that segment is torn,
// counted in bytes and never guessed at; the next segment is read all the same. A kill loses at most
// what was not yet flushed, a power cut what was not yet synced. Writers never continue a segment
// that an earlier process left: they begin the next one.

import { assert } from "../base/assert.ts";
import { crc32 } from "../base/crc32.ts";
import { JOURNAL_VERSION, type RecordKind } from "./records.ts";

export const JOURNAL_LIMIT = {
  /** A frame of the link is at most 64 MiB; its envelope needs a little more. */
  payloadBytes: 64 * 1024 * 1024 + 64 * 1024,
  /** A segment is closed when it has reached this size. */
  segmentBytes: 64 * 1024 * 1024,
  /** Appended frames beyond this are written without waiting for `flush`. */
  bufferBytes: 4 * 1024 * 1024,
  segments: 999_999,
} as const;

export const JOURNAL_FOLDER = "journal";
export const SEGMENT_HEADER_BYTES = 8;
export const FRAME_OVERHEAD_BYTES = 9;
export const FLAG_COMPACTED = 1;

/** `000001.octj`, or `.octc` for a compacted segment. */
export function segmentName(number: number, extension = "octj"): string {
  return `${String(number).padStart(6, "0")}.${extension}`;
}

/** The eight bytes that open every segment. */
export function segmentHeader(flags: number): Uint8Array {
  const header = new Uint8Array(SEGMENT_HEADER_BYTES);
  header.set([0x4f, 0x43, 0x54, 0x4a]);
  const view = new DataView(header.buffer);
  view.setUint16(4, JOURNAL_VERSION, true);
  view.setUint16(6, flags, true);
  return header;
}

/** Frames put one after another into a buffer that grows to what one write needs, and no further. */
export class FrameBuffer {
  #bytes = new Uint8Array(64 * 1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#bytes.length <= 2 * JOURNAL_LIMIT.bufferBytes) return;
    this.#bytes = new Uint8Array(64 * 1024);
    this.#view = new DataView(this.#bytes.buffer);
  }

  add(kind: RecordKind, payload: Uint8Array): void {
    assert(payload.length <= JOURNAL_LIMIT.payloadBytes, "a journal record is over the limit");
    const start = this.#length;
    const end = start + FRAME_OVERHEAD_BYTES + payload.length;
    this.#reserve(end);
    this.#view.setUint32(start, payload.length, true);
    this.#bytes[start + 4] = kind;
    this.#bytes.set(payload, start + 5);
    this.#view.setUint32(end - 4, crc32(this.#bytes.subarray(start, end - 4)), true);
    this.#length = end;
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(sizeBytes, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
