// Compaction: a sealed segment 000001.octj is rewritten as 000001.octc with its batches merged across
// turrets (same second, kind and name), so that the disk a run needs follows its seconds and not
// turrets x seconds. All other records are kept as they are. What a merged batch no longer shows is
// kept beside it: the sequences it stands for, so that a batch that comes again later is still
// dropped, transactions and batches of each turret, and each turret's totals over the segment
// (records of merged.ts). Counts are the same before and after, and so are rows and their order.
//
// `step` does one small slice of work at a time, for whoever has a loop to keep turning. A segment
// that would not get smaller, or that is torn, stays as it is. The new file appears by rename before
// the old one is deleted: a kill at any moment leaves one that is whole.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { MalformedBytes } from "../base/bytes.ts";
import { OctError } from "../base/errors.ts";
import { decodeBatch } from "../stats/batch.ts";
import { type CellName, CellStore } from "./cell-store.ts";
import { AtomicFile, diskError } from "./files.ts";
import {
  FLAG_COMPACTED,
  FrameBuffer,
  JOURNAL_FOLDER,
  segmentHeader,
  segmentName,
} from "./frames.ts";
import { MergeGroup } from "./merge-group.ts";
import { decodeMerged, encodeTurretTotals, type NamedNumbers } from "./merged.ts";
import { decodeBatchRecord, RECORD_KIND, type RecordKind } from "./records.ts";
import { listSegments, type SegmentFile, SegmentReader } from "./segments.ts";
import { SequenceSet } from "./sequences.ts";

export const COMPACT_LIMIT = {
  /** Bytes of records that one step reads and merges: some milliseconds of work. */
  sliceBytes: 256 * 1024,
  /** Bytes of merged slices that are merged once more into one record. */
  groupBytes: 2 * 1024 * 1024,
  /** A larger batch is mostly rows: it is kept as it is. */
  batchBytes: 4 * 1024 * 1024,
  /** A compacted segment must be smaller than this share of the original. */
  share: 0.8,
  /** Cells of one record of totals. */
  totals: 5_000,
} as const;

export interface CompactorOptions {
  /** The results folder. */
  readonly directory: string;
  readonly sliceBytes?: number;
  readonly groupBytes?: number;
  readonly share?: number;
}

export class Compactor {
  readonly #options: Required<CompactorOptions>;
  readonly #sequences = new Map<number, SequenceSet>();
  #job: SegmentJob | undefined;
  #lastDone = 0;
  #savedBytes = 0;
  #failure: OctError | undefined;

  constructor(options: CompactorOptions) {
    this.#options = {
      sliceBytes: COMPACT_LIMIT.sliceBytes,
      groupBytes: COMPACT_LIMIT.groupBytes,
      share: COMPACT_LIMIT.share,
      ...options,
    };
  }

  /** Bytes given back to the disk so far. */
  get savedBytes(): number {
    return this.#savedBytes;
  }

  /** Why it gave up: the disk refused. The journal is whole all the same, only larger. */
  get failure(): OctError | undefined {
    return this.#failure;
  }

  /**
   * One slice of work on the segments before `segmentNumber` (the one being written, see
   * Journal.segmentNumber). False when there is nothing to do.
   */
  step(segmentNumber: number): boolean {
    if (this.#failure !== undefined) return false;
    try {
      this.#job ??= this.#nextJob(segmentNumber);
      if (this.#job === undefined) return false;
      if (this.#job.step()) return true;
      this.#savedBytes += this.#job.finish();
      this.#lastDone = this.#job.segment.number;
      this.#job = undefined;
      return true;
    } catch (error) {
      if (!(error instanceof OctError)) throw error;
      this.#failure = error;
      this.close();
      return false;
    }
  }

  /** Gives up what is half done; nothing is lost by it. */
  close(): void {
    this.#job?.discard();
    this.#job = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #nextJob(segmentNumber: number): SegmentJob | undefined {
    if (segmentNumber <= this.#lastDone + 1) return undefined;
    const segment = listSegments(this.#options.directory).find((one) => {
      return one.number > this.#lastDone && one.number < segmentNumber;
    });
    if (segment === undefined) return undefined;
    return new SegmentJob({ ...this.#options, segment, sequences: this.#sequences });
  }
}

interface JobOptions extends Required<CompactorOptions> {
  readonly segment: SegmentFile;
  /** What was counted in earlier segments, by turret; the job adds its own. */
  readonly sequences: Map<number, SequenceSet>;
}

/** One segment. One that is compacted already is only read, for its sequences. */
class SegmentJob {
  readonly segment: SegmentFile;
  readonly #options: JobOptions;
  readonly #reader: SegmentReader;
  readonly #file: AtomicFile | undefined;
  readonly #frames = new FrameBuffer();
  readonly #group: MergeGroup;
  readonly #totals = new CellStore({
    namesMax: Number.POSITIVE_INFINITY,
    errorTextsMax: Number.POSITIVE_INFINITY,
  });

  constructor(options: JobOptions) {
    this.#options = options;
    this.segment = options.segment;
    this.#reader = new SegmentReader(this.segment.path);
    this.#group = new MergeGroup((kind, payload) => this.#write(kind, payload));
    if (this.segment.isCompacted) return;
    const name = segmentName(this.segment.number, "octc");
    this.#file = new AtomicFile(join(options.directory, JOURNAL_FOLDER, name));
    this.#file.write(segmentHeader(FLAG_COMPACTED));
  }

  /** False when the segment has been read to its end. */
  step(): boolean {
    const end = this.#reader.offsetBytes + this.#options.sliceBytes;
    while (this.#reader.offsetBytes < end) {
      const record = this.#reader.next();
      if (record === undefined) return false;
      this.#take(record.kind, record.payload);
    }
    this.#group.endSlice();
    if (this.#group.sizeBytes >= this.#options.groupBytes) this.#group.finish();
    this.#flush();
    return true;
  }

  /** Puts the new file in the place of the old one if that is worth it; gives the bytes saved. */
  finish(): number {
    if (this.#file === undefined) {
      this.discard();
      return 0;
    }
    this.#group.finish();
    this.#writeTotals();
    this.#flush();
    const saved = this.#reader.sizeBytes - this.#file.sizeBytes;
    const isSmaller = this.#file.sizeBytes < this.#reader.sizeBytes * this.#options.share;
    const isWorthIt = isSmaller && this.#reader.tornBytes === 0;
    if (isWorthIt) {
      this.#file.commit();
      removeFile(this.segment.path);
    }
    this.discard();
    return isWorthIt ? saved : 0;
  }

  discard(): void {
    this.#reader[Symbol.dispose]();
    this.#file?.discard();
  }

  #take(kind: RecordKind, payload: Uint8Array): void {
    try {
      if (kind === RECORD_KIND.batch) return this.#takeBatch(payload);
      if (kind === RECORD_KIND.merged) this.#learn(payload);
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
    }
    this.#write(kind, payload);
  }

  #takeBatch(payload: Uint8Array): void {
    // The reader's buffer is used again before the slice is merged.
    const record = decodeBatchRecord(payload.slice());
    const batch = decodeBatch(record.batch);
    const isRepeat = record.sequence !== 0 && !this.#setOf(record.turretIndex).add(record.sequence);
    if (isRepeat) return this.#group.addRepeat(record);
    if (payload.length > COMPACT_LIMIT.batchBytes) {
      this.#group.finish();
      return this.#write(RECORD_KIND.batch, payload);
    }
    this.#group.add(record, batch);
    this.#totals.addTurret(record.turretIndex, batch.cells);
  }

  #learn(payload: Uint8Array): void {
    for (const part of decodeMerged(payload).head.turrets) {
      const sequences = this.#setOf(part.turretIndex);
      for (const [first, last] of part.sequences) sequences.addRange(first, last);
    }
  }

  #setOf(turretIndex: number): SequenceSet {
    let sequences = this.#options.sequences.get(turretIndex);
    if (sequences === undefined) {
      sequences = new SequenceSet();
      this.#options.sequences.set(turretIndex, sequences);
    }
    return sequences;
  }

  #writeTotals(): void {
    const { names } = this.#totals;
    for (const turretIndex of this.#totals.turretIndices) {
      const cells: NamedNumbers[] = [];
      for (const [id, numbers] of this.#totals.turretTotals(turretIndex)) {
        const { kind, name } = names[id - 1] as CellName;
        const { count, errorCount, sum, sumSquares, min, max } = numbers;
        cells.push({ kind, name, count, errorCount, sum, sumSquares, min, max });
      }
      for (let i = 0; i < cells.length; i += COMPACT_LIMIT.totals) {
        const some = cells.slice(i, i + COMPACT_LIMIT.totals);
        this.#write(RECORD_KIND.turretTotals, encodeTurretTotals(turretIndex, some));
      }
    }
  }

  #write(kind: RecordKind, payload: Uint8Array): void {
    if (this.#file === undefined) return;
    this.#frames.add(kind, payload);
    if (this.#frames.length >= this.#options.groupBytes) this.#flush();
  }

  #flush(): void {
    if (this.#frames.length === 0) return;
    this.#file?.write(this.#frames.view());
    this.#frames.clear();
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw diskError(error, path);
  }
}
