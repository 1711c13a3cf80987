// Batches of a segment on their way into merged records: some hundreds of kilobytes are merged at a
// time (one slice of work), and those results once more before they are written. Every merged batch is
// read back before it stands for its parts; parts that cannot be merged are kept as they are.

import { MalformedBytes } from "../base/bytes.ts";
import { type Batch, decodeBatch, mergeBatches } from "../stats/batch.ts";
import { encodeMerged, type MergedHead } from "./merged.ts";
import { type BatchRecord, RECORD_KIND, type RecordKind } from "./records.ts";
import { SequenceSet } from "./sequences.ts";

/** Distinct texts that parts of one merged batch may bring; a batch holds 100,000. */
const TEXTS_MAX = 50_000;

/** What a merged batch stands for, while it grows. */
class Parts {
  readonly #parts = new Map<number, GrowingPart>();
  #lastUs = 0;

  addRecord(record: BatchRecord, transactions: number): void {
    const part = this.#part(record.turretIndex);
    part.batches++;
    part.transactions += transactions;
    if (record.sequence !== 0) part.sequences.add(record.sequence);
    this.#lastUs = Math.max(this.#lastUs, record.receivedUs);
  }

  addRepeat(record: BatchRecord): void {
    this.#part(record.turretIndex).repeatedBatches++;
  }

  addHead(head: MergedHead): void {
    this.#lastUs = Math.max(this.#lastUs, head.lastUs);
    for (const other of head.turrets) {
      const part = this.#part(other.turretIndex);
      part.batches += other.batches;
      part.transactions += other.transactions;
      part.repeatedBatches += other.repeatedBatches;
      for (const [first, last] of other.sequences) part.sequences.addRange(first, last);
    }
  }

  head(): MergedHead {
    const turrets = [...this.#parts].map(([turretIndex, part]) => ({
      turretIndex,
      batches: part.batches,
      transactions: part.transactions,
      repeatedBatches: part.repeatedBatches,
      sequences: [...part.sequences.ranges()],
    }));
    return { lastUs: this.#lastUs, turrets };
  }

  #part(turretIndex: number): GrowingPart {
    let part = this.#parts.get(turretIndex);
    if (part === undefined) {
      part = { batches: 0, transactions: 0, repeatedBatches: 0, sequences: new SequenceSet() };
      this.#parts.set(turretIndex, part);
    }
    return part;
  }
}

interface GrowingPart {
  batches: number;
  transactions: number;
  repeatedBatches: number;
  readonly sequences: SequenceSet;
}

interface Slice {
  readonly head: MergedHead;
  readonly batch: Uint8Array;
}

export class MergeGroup {
  readonly #write: (kind: RecordKind, payload: Uint8Array) => void;
  /** The slice being collected: batches that count, and those that came again. */
  #records: BatchRecord[] = [];
  #batches: Batch[] = [];
  #repeats: BatchRecord[] = [];
  #texts = 0;
  /** Slices merged once, and the texts they may hold. */
  #slices: Slice[] = [];
  #sliceBytes = 0;
  #sliceTexts = 0;

  /** Gives finished records to `write`. */
  constructor(write: (kind: RecordKind, payload: Uint8Array) => void) {
    this.#write = write;
  }

  /** Bytes of merged slices that wait to be written. */
  get sizeBytes(): number {
    return this.#sliceBytes;
  }

  /** Takes a batch that counts; its bytes must stay as they are. */
  add(record: BatchRecord, batch: Batch): void {
    if (this.#texts + batch.texts.length > TEXTS_MAX) this.endSlice();
    this.#records.push(record);
    this.#batches.push(batch);
    this.#texts += batch.texts.length;
  }

  /** Takes note of a batch that was counted before. */
  addRepeat(record: BatchRecord): void {
    this.#repeats.push(record);
  }

  /** Merges what was collected: one slice of work. */
  endSlice(): void {
    if (this.#records.length === 0 && this.#repeats.length === 0) return;
    const batch = merged(this.#batches);
    if (this.#sliceTexts + this.#texts > TEXTS_MAX) this.#writeSlices();
    if (batch === undefined) this.#keepApart();
    else this.#keep({ head: this.#head(), batch });
    this.#records = [];
    this.#batches = [];
    this.#repeats = [];
    this.#texts = 0;
  }

  /** Writes everything that was taken. */
  finish(): void {
    this.endSlice();
    this.#writeSlices();
  }

  #keep(slice: Slice): void {
    this.#slices.push(slice);
    this.#sliceBytes += slice.batch.length;
    this.#sliceTexts += this.#texts;
  }

  // Each batch by itself still is a record that can be read: order and repeats stay what they were.
  #keepApart(): void {
    this.#writeSlices();
    const repeats = this.#repeats;
    for (const [i, record] of this.#records.entries()) {
      const batch = this.#batches[i] as Batch;
      const parts = new Parts();
      parts.addRecord(record, batch.transactions);
      this.#writeSlice({ head: parts.head(), batch: record.batch });
    }
    if (repeats.length === 0) return;
    const parts = new Parts();
    for (const repeat of repeats) parts.addRepeat(repeat);
    this.#writeSlice({ head: parts.head(), batch: mergeBatches([]) });
  }

  #head(): MergedHead {
    const parts = new Parts();
    for (const [i, record] of this.#records.entries()) {
      parts.addRecord(record, (this.#batches[i] as Batch).transactions);
    }
    for (const repeat of this.#repeats) parts.addRepeat(repeat);
    return parts.head();
  }

  #writeSlices(): void {
    const slices = this.#slices;
    this.#slices = [];
    this.#sliceBytes = 0;
    this.#sliceTexts = 0;
    if (slices.length === 0) return;
    const batch = merged(slices.map((slice) => decodeBatch(slice.batch)));
    if (batch === undefined) {
      for (const slice of slices) this.#writeSlice(slice);
      return;
    }
    const parts = new Parts();
    for (const slice of slices) parts.addHead(slice.head);
    this.#writeSlice({ head: parts.head(), batch });
  }

  #writeSlice(slice: Slice): void {
    this.#write(RECORD_KIND.merged, encodeMerged(slice.head, slice.batch));
  }
}

/** Undefined where the parts are good but their sum is past what a batch may hold. */
function merged(batches: readonly Batch[]): Uint8Array | undefined {
  const bytes = mergeBatches(batches);
  try {
    decodeBatch(bytes);
    return bytes;
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    return undefined;
  }
}
