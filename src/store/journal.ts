// Writing the journal of a run: frames appended to segment files (the bytes: frames.ts), in one write
// per drain turn, made to survive a power cut once a second by its caller. Reading: segments.ts.

import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import { OctError } from "../base/errors.ts";
import { diskError, syncFolder, writeAll } from "./files.ts";
import {
  FrameBuffer,
  JOURNAL_FOLDER,
  JOURNAL_LIMIT,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
  segmentName,
} from "./frames.ts";
import type { RecordKind } from "./records.ts";
import { listSegments } from "./segments.ts";

export { readJournal } from "./segments.ts";

const SAFE =
  "Free some space; everything written before is safe in the journal: `oct rebuild` reads it.";

export interface JournalOptions {
  readonly segmentBytes?: number;
  /** How bytes reach the file; tests put faults here. Returns how many were written. */
  readonly write?: (fd: number, bytes: Uint8Array) => number;
}

export class Journal {
  readonly #folder: string;
  readonly #segmentBytes: number;
  readonly #write: (fd: number, bytes: Uint8Array) => number;
  readonly #buffer = new FrameBuffer();
  #fd = -1;
  #number: number;
  /** Bytes of whole frames in the current segment. */
  #segmentSize = 0;
  #closedBytes = 0;
  #isSyncing = false;
  #syncError: Error | undefined;
  /** Bytes that could not be cut off follow the last whole frame: this segment is over. */
  #isTorn = false;

  private constructor(folder: string, number: number, options: JournalOptions) {
    this.#folder = folder;
    this.#number = number;
    this.#segmentBytes = options.segmentBytes ?? JOURNAL_LIMIT.segmentBytes;
    this.#write = options.write ?? writeSync;
    this.#openSegment();
  }

  /** Begins the journal of a new run in the results folder `directory`. */
  static create(directory: string, options: JournalOptions = {}): Journal {
    const folder = makeFolder(directory);
    if (listSegments(directory).length > 0) {
      throw new OctError("this folder already holds the journal of a run", {
        where: folder,
        hint: "Choose another results folder, or bring that run back with `oct rebuild`.",
      });
    }
    return new Journal(folder, 1, options);
  }

  /** Goes on with the journal that an earlier process left, in a segment of its own. */
  static reopen(directory: string, options: JournalOptions = {}): Journal {
    const folder = makeFolder(directory);
    const last = listSegments(directory).at(-1)?.number ?? 0;
    return new Journal(folder, last + 1, options);
  }

  /** Number of the segment being written; all smaller ones are sealed and may be compacted. */
  get segmentNumber(): number {
    return this.#number;
  }

  /** All bytes of this journal, appended ones that are not yet flushed included. */
  get sizeBytes(): number {
    return this.#closedBytes + this.#segmentSize + this.#buffer.length;
  }

  /** Takes a record; it is in the file after the next `flush`. */
  append(kind: RecordKind, payload: Uint8Array): void {
    this.#buffer.add(kind, payload);
    if (this.#buffer.length >= JOURNAL_LIMIT.bufferBytes) this.flush();
  }

  /**
   * Writes all appended records, in one write unless the system splits it. When the disk refuses,
   * the segment is cut back to its last whole record, the records stay appended, and a later flush
   * tries again.
   */
  flush(): void {
    if (this.#syncError !== undefined) throw diskError(this.#syncError, this.#path(), SAFE);
    if (this.#buffer.length === 0) return;
    if (this.#isTorn || this.#segmentSize >= this.#segmentBytes) this.#rotate();
    const bytes = this.#buffer.view();
    try {
      writeAll(this.#write, this.#fd, bytes);
    } catch (error) {
      this.#cutBack();
      throw diskError(error, this.#path(), SAFE);
    }
    this.#segmentSize += bytes.length;
    this.#buffer.clear();
  }

  /** Makes what is flushed survive a power cut. */
  sync(): void {
    this.flush();
    try {
      fdatasyncSync(this.#fd);
    } catch (error) {
      throw diskError(error, this.#path(), SAFE);
    }
  }

  /**
   * Makes what is flushed survive a power cut without waiting for the disk; the next flush throws what
   * went wrong. While one such sync goes on another is not begun.
   */
  syncSoon(): void {
    this.flush();
    if (this.#isSyncing) return;
    this.#isSyncing = true;
    const fd = this.#fd;
    fdatasync(fd, (error) => {
      this.#isSyncing = false;
      // A segment that was sealed or closed meanwhile was synced when it was.
      if (error !== null && fd === this.#fd) this.#syncError = error;
    });
  }

  /** Flushes, syncs and closes; closes even if the disk refuses. */
  close(): void {
    if (this.#fd === -1) return;
    try {
      this.sync();
    } finally {
      closeSync(this.#fd);
      this.#fd = -1;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #path(): string {
    return join(this.#folder, segmentName(this.#number));
  }

  #openSegment(): void {
    assert(this.#number <= JOURNAL_LIMIT.segments, "the journal has too many segments");
    const path = this.#path();
    let fd = -1;
    try {
      fd = openSync(path, "ax");
      writeAll(this.#write, fd, segmentHeader(0));
      syncFolder(this.#folder);
    } catch (error) {
      if (fd !== -1) discard(fd, path);
      throw diskError(error, path, SAFE);
    }
    this.#fd = fd;
    this.#isTorn = false;
    this.#segmentSize = SEGMENT_HEADER_BYTES;
  }

  // Until the next segment is open the full one stays the current one.
  #rotate(): void {
    const sealed = { fd: this.#fd, size: this.#segmentSize };
    try {
      fdatasyncSync(sealed.fd);
    } catch (error) {
      throw diskError(error, this.#path(), SAFE);
    }
    this.#number += 1;
    try {
      this.#openSegment();
    } catch (error) {
      this.#number -= 1;
      throw error;
    }
    closeSync(sealed.fd);
    this.#closedBytes += sealed.size;
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#fd, this.#segmentSize);
    } catch {
      this.#isTorn = true;
    }
  }
}

/** Deletes the journal of `directory`; only once its database is verified. */
export function removeJournal(directory: string): void {
  const folder = join(directory, JOURNAL_FOLDER);
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    throw diskError(error, folder, "The results are complete without it: delete it by hand.");
  }
}

function makeFolder(directory: string): string {
  const folder = join(directory, JOURNAL_FOLDER);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw diskError(error, folder, "");
  }
  return folder;
}

// Best effort: the error that led here is the one to report.
function discard(fd: number, path: string): void {
  try {
    closeSync(fd);
    unlinkSync(path);
  } catch {
    return;
  }
}
