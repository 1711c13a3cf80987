// Reading the journal: segments in order, frames streamed through one buffer, the torn tail of a
// segment counted. The bytes and the rule of validity: frames.ts.

import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "../base/crc32.ts";
import { OctError, systemCode } from "../base/errors.ts";
import { diskError } from "./files.ts";
import {
  FLAG_COMPACTED,
  FRAME_OVERHEAD_BYTES,
  JOURNAL_FOLDER,
  JOURNAL_LIMIT,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
} from "./frames.ts";
import { JOURNAL_VERSION, type RecordKind } from "./records.ts";

const READ_BYTES = 1024 * 1024;

export interface SegmentFile {
  readonly number: number;
  readonly path: string;
  readonly isCompacted: boolean;
}

export interface JournalRead {
  readonly segmentCount: number;
  readonly recordCount: number;
  readonly sizeBytes: number;
  /** Bytes after the last valid frame of each segment: what a kill cut in two. */
  readonly tornBytes: number;
  readonly tornSegments: readonly string[];
}

export interface ReadJournalOptions {
  /** Called about once a megabyte. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Takes one record; `payload` is a view that the next record overwrites. */
export type OnRecord = (kind: RecordKind, payload: Uint8Array) => void;

/** The segments of a results folder in order, the compacted one where there are both. */
export function listSegments(directory: string): SegmentFile[] {
  const folder = join(directory, JOURNAL_FOLDER);
  const byNumber = new Map<number, SegmentFile>();
  for (const name of readNames(folder)) {
    const match = /^(\d{6})\.oct([jc])$/.exec(name);
    if (match === null) continue;
    const isCompacted = match[2] === "c";
    const number = Number(match[1]);
    if (byNumber.get(number)?.isCompacted) continue;
    byNumber.set(number, { number, path: join(folder, name), isCompacted });
  }
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** Bytes of all segments that count. */
export function segmentBytes(directory: string): number {
  return listSegments(directory).reduce((sum, segment) => sum + fileSize(segment.path), 0);
}

/** Streams all valid records of the journal in `directory` (the results folder) to `onRecord`. */
export function readJournal(
  directory: string,
  onRecord: OnRecord,
  options: ReadJournalOptions = {},
): JournalRead {
  const segments = listSegments(directory);
  const totalBytes = segmentBytes(directory);
  const tornSegments: string[] = [];
  let recordCount = 0;
  let tornBytes = 0;
  let doneBytes = 0;
  for (const segment of segments) {
    using reader = new SegmentReader(segment.path);
    let reportedBytes = 0;
    for (let record = reader.next(); record !== undefined; record = reader.next()) {
      recordCount++;
      onRecord(record.kind, record.payload);
      if (reader.offsetBytes - reportedBytes < READ_BYTES) continue;
      reportedBytes = reader.offsetBytes;
      options.onProgress?.(doneBytes + reportedBytes, totalBytes);
    }
    if (reader.tornBytes > 0) tornSegments.push(segment.path);
    tornBytes += reader.tornBytes;
    doneBytes += reader.sizeBytes;
    options.onProgress?.(doneBytes, totalBytes);
  }
  return {
    segmentCount: segments.length,
    recordCount,
    sizeBytes: doneBytes,
    tornBytes,
    tornSegments,
  };
}

/** One segment, frame by frame. Its size is that of the moment it was opened. */
export class SegmentReader {
  readonly sizeBytes: number;
  readonly #path: string;
  #fd: number;
  #buffer = new Uint8Array(READ_BYTES);
  #view = new DataView(this.#buffer.buffer);
  /** What of the file is in the buffer: bytes `start` to `end` of it are not yet taken. */
  #start = 0;
  #end = 0;
  #readBytes = 0;
  #takenBytes = 0;
  #isOver = false;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#fd = openSync(path, "r");
      this.sizeBytes = fstatSync(this.#fd).size;
    } catch (error) {
      throw diskError(error, path);
    }
    if (!this.#has(SEGMENT_HEADER_BYTES)) {
      this.#isOver = true;
      return;
    }
    this.#checkHeader();
  }

  get offsetBytes(): number {
    return this.#takenBytes;
  }

  /** Known once `next` has given undefined. */
  get tornBytes(): number {
    return this.#isOver ? this.sizeBytes - this.#takenBytes : 0;
  }

  /** The next record, or undefined at the end or where the segment is torn. */
  next(): { kind: RecordKind; payload: Uint8Array } | undefined {
    if (this.#isOver) return undefined;
    this.#isOver = true;
    if (!this.#has(FRAME_OVERHEAD_BYTES)) return undefined;
    const lengthBytes = this.#view.getUint32(this.#start, true);
    if (lengthBytes > JOURNAL_LIMIT.payloadBytes) return undefined;
    if (!this.#has(FRAME_OVERHEAD_BYTES + lengthBytes)) return undefined;
    const start = this.#start;
    const checkedEnd = start + FRAME_OVERHEAD_BYTES - 4 + lengthBytes;
    const kind = this.#buffer[start + 4] as number;
    if (kind === 0) return undefined;
    const isWhole =
      crc32(this.#buffer.subarray(start, checkedEnd)) === this.#view.getUint32(checkedEnd, true);
    if (!isWhole) return undefined;
    this.#isOver = false;
    this.#take(FRAME_OVERHEAD_BYTES + lengthBytes);
    return { kind: kind as RecordKind, payload: this.#buffer.subarray(start + 5, checkedEnd) };
  }

  [Symbol.dispose](): void {
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
  }

  // A wrong magic is a torn segment (its first write was cut); another version is not for us to guess.
  #checkHeader(): void {
    const ours = segmentHeader(0);
    const version = this.#view.getUint16(this.#start + 4, true);
    const flags = this.#view.getUint16(this.#start + 6, true);
    for (let i = 0; i < 4; i++) {
      if (this.#buffer[this.#start + i] !== ours[i]) this.#isOver = true;
    }
    if (this.#isOver) return;
    if (version !== JOURNAL_VERSION || (flags & ~FLAG_COMPACTED) !== 0) {
      this[Symbol.dispose]();
      throw new OctError(`this journal is of version ${version}`, {
        where: this.#path,
        hint: `This oct reads version ${JOURNAL_VERSION}: use the oct that made it.`,
      });
    }
    this.#take(SEGMENT_HEADER_BYTES);
  }

  #take(sizeBytes: number): void {
    this.#start += sizeBytes;
    this.#takenBytes += sizeBytes;
  }

  // True when `sizeBytes` bytes are in the buffer, which grows to the frame but not beyond the file.
  #has(sizeBytes: number): boolean {
    const held = this.#end - this.#start;
    if (held >= sizeBytes) return true;
    if (held + this.sizeBytes - this.#readBytes < sizeBytes) return false;
    if (sizeBytes > this.#buffer.length) {
      const grown = new Uint8Array(sizeBytes);
      grown.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#start = 0;
    this.#end = held;
    while (this.#end < sizeBytes) {
      const got = this.#read();
      if (got === 0) return false;
      this.#end += got;
      this.#readBytes += got;
    }
    return true;
  }

  #read(): number {
    const room = Math.min(this.#buffer.length - this.#end, this.sizeBytes - this.#readBytes);
    try {
      return readSync(this.#fd, this.#buffer, this.#end, room, null);
    } catch (error) {
      throw diskError(error, this.#path);
    }
  }
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return [];
    throw diskError(error, folder);
  }
}

function fileSize(path: string): number {
  try {
    const fd = openSync(path, "r");
    try {
      return fstatSync(fd).size;
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw diskError(error, path);
  }
}
