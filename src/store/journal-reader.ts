// The journal of a run added up: each batch once (a sequence that was counted before is a repeat),
// compacted segments as what they stand for. Rows go to a sink as they come; all else is kept here.

import { MalformedBytes } from "../base/bytes.ts";
import { type Batch, decodeBatch } from "../stats/batch.ts";
import { type SlowRequest, slowestOf } from "../stats/slowest.ts";
import { CellStore, type CellStoreOptions } from "./cell-store.ts";
import { readJournal } from "./journal.ts";
import { decodeMerged, decodeTurretTotals } from "./merged.ts";
import { decodeBatchRecord, RECORD_KIND, type RecordKind } from "./records.ts";
import type { JournalFacts } from "./results.ts";
import { RunStory } from "./run-story.ts";
import { SequenceSet } from "./sequences.ts";

/** Bytes of journal after which what was decoded is given back: left alone it piles up to gigabytes. */
const COLLECT_BYTES = 8 * 1024 * 1024;

/** What the journal counted of one turret. */
export interface CountedTurret {
  transactions: number;
  batches: number;
  readonly sequences: SequenceSet;
}

export interface ReadRunOptions {
  readonly cells?: CellStoreOptions;
  /** Called with each batch that counts, once the run's first record is known. */
  readonly onRows: (batch: Batch, story: RunStory) => void;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

export class RunReader {
  readonly story = new RunStory();
  readonly cells: CellStore;
  readonly turrets = new Map<number, CountedTurret>();
  readonly #options: ReadRunOptions;
  #slowest: readonly SlowRequest[] = [];
  #transactions = 0;
  #batches = 0;
  #repeatedBatches = 0;
  #unreadableRecords = 0;
  #doneShare = 0;
  #lastUs = 0;

  constructor(options: ReadRunOptions) {
    this.#options = options;
    this.cells = new CellStore(options.cells);
  }

  get transactions(): number {
    return this.#transactions;
  }

  /** The slowest requests of the run, slowest first. */
  get slowest(): readonly SlowRequest[] {
    return this.#slowest;
  }

  /** The latest instant that any record tells of, in microseconds since the start. */
  get lastUs(): number {
    return Math.max(this.#lastUs, this.story.counts.atUs);
  }

  /** Reads the whole journal of the results folder `directory`. */
  read(directory: string): JournalFacts {
    let collectedBytes = 0;
    const read = readJournal(directory, (kind, payload) => this.#take(kind, payload), {
      onProgress: (doneBytes, totalBytes) => {
        if (doneBytes - collectedBytes >= COLLECT_BYTES) {
          Bun.gc(true);
          collectedBytes = doneBytes;
        }
        this.#doneShare = doneBytes / Math.max(1, totalBytes);
        this.#options.onProgress?.(doneBytes, totalBytes);
      },
    });
    return {
      sizeBytes: read.sizeBytes,
      segments: read.segmentCount,
      records: read.recordCount,
      batches: this.#batches,
      tornBytes: read.tornBytes,
      repeatedBatches: this.#repeatedBatches,
      unreadableRecords: this.#unreadableRecords,
    };
  }

  // A record is taken whole or not at all: everything that can be malformed is decoded first.
  #take(kind: RecordKind, payload: Uint8Array): void {
    try {
      if (kind === RECORD_KIND.batch) this.#takeBatch(payload);
      else if (kind === RECORD_KIND.merged) this.#takeMerged(payload);
      else if (kind === RECORD_KIND.turretTotals) this.#takeTurretTotals(payload);
      else if (!this.story.add(kind, payload)) this.#unreadableRecords++;
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
      this.#unreadableRecords++;
    }
  }

  #takeBatch(payload: Uint8Array): void {
    const record = decodeBatchRecord(payload);
    const batch = decodeBatch(record.batch);
    const turret = this.#turret(record.turretIndex);
    if (record.sequence !== 0 && !turret.sequences.add(record.sequence)) {
      this.#repeatedBatches++;
      return;
    }
    if (record.receivedUs > this.#lastUs) this.#lastUs = record.receivedUs;
    this.#count(turret, { batches: 1, transactions: batch.transactions });
    this.cells.addTurret(record.turretIndex, batch.cells);
    this.#addBatch(batch);
  }

  #takeMerged(payload: Uint8Array): void {
    const merged = decodeMerged(payload);
    const batch = decodeBatch(merged.batch);
    for (const part of merged.head.turrets) {
      const turret = this.#turret(part.turretIndex);
      for (const [first, last] of part.sequences) turret.sequences.addRange(first, last);
      this.#count(turret, part);
      this.#repeatedBatches += part.repeatedBatches;
    }
    this.#lastUs = Math.max(this.#lastUs, merged.head.lastUs);
    this.#addBatch(batch);
  }

  #takeTurretTotals(payload: Uint8Array): void {
    const { turretIndex, cells } = decodeTurretTotals(payload);
    this.cells.addTurret(turretIndex, cells);
  }

  #addBatch(batch: Batch): void {
    this.cells.add(batch.cells, this.#doneShare);
    if (batch.slowest.length > 0) this.#slowest = slowestOf([...this.#slowest, ...batch.slowest]);
    if (batch.rows.count > 0) this.#options.onRows(batch, this.story);
  }

  #count(turret: CountedTurret, part: { batches: number; transactions: number }): void {
    turret.batches += part.batches;
    turret.transactions += part.transactions;
    this.#batches += part.batches;
    this.#transactions += part.transactions;
  }

  #turret(turretIndex: number): CountedTurret {
    let turret = this.turrets.get(turretIndex);
    if (turret === undefined) {
      turret = { transactions: 0, batches: 0, sequences: new SequenceSet() };
      this.turrets.set(turretIndex, turret);
    }
    return turret;
  }
}
