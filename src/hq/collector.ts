// Batches of the link into journal and live view: in order per turret, each once. A batch is
// acknowledged only after the journal was flushed with it.

import { MalformedBytes } from "../base/bytes.ts";
import type { TurretMessage } from "../protocol/messages.ts";
import type { Aggregate } from "../stats/aggregate.ts";
import { type Batch, decodeBatch } from "../stats/batch.ts";
import type { Journal } from "../store/journal.ts";
import { type BatchRecord, encodeBatchRecord, RECORD_KIND } from "../store/records.ts";
import type { MalformedLog } from "./malformed.ts";
import type { KnownTurret } from "./registry.ts";

type BatchMessage = Extract<TurretMessage, { type: "batch" }>;

export const BROKEN_BATCH = "batch that cannot be read";

export interface CollectorOptions {
  readonly journal: Journal;
  readonly aggregate: Aggregate;
  readonly malformed: MalformedLog;
  readonly rowsMax: number;
  /** Told of every batch once it is in the journal's buffer. */
  readonly onBatch?: (batch: Batch, turretIndex: number) => void;
}

export class Collector {
  readonly #options: CollectorOptions;
  #rowsCounted = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  get wantRows(): boolean {
    return this.#rowsCounted < this.#options.rowsMax;
  }

  /** Rows that came, those past the limit too. */
  get rowsCounted(): number {
    return this.#rowsCounted;
  }

  /** Takes one batch; `atUs` is since the start of the run. */
  take(turret: KnownTurret, message: BatchMessage, atUs: number): void {
    const { sequence, bytes } = message;
    if (sequence <= turret.sequence) {
      turret.repeatedBatches++;
      return;
    }
    // Something before it was lost on the way: the turret sends again from what is acknowledged.
    if (sequence !== turret.sequence + 1) {
      turret.gapBatches++;
      return;
    }
    turret.sequence = sequence;
    const batch = this.#read(turret, message, atUs);
    if (batch === undefined) return;
    turret.receivedBatches++;
    turret.receivedTransactions += batch.transactions;
    this.keep(batch, { turretIndex: turret.index, sequence, receivedUs: atUs, batch: bytes });
    turret.journaledBatches++;
    turret.journaledTransactions += batch.transactions;
  }

  /** Journals and counts a batch that is known to be good. */
  keep(batch: Batch, record: BatchRecord): void {
    this.#options.journal.append(RECORD_KIND.batch, encodeBatchRecord(record));
    this.#options.aggregate.add(batch, record.turretIndex);
    this.#rowsCounted += batch.rows.count;
    this.#options.onBatch?.(batch, record.turretIndex);
  }

  // A batch that cannot be used is not asked for again: it would be the same. It is counted as lost.
  #read(turret: KnownTurret, message: BatchMessage, atUs: number): Batch | undefined {
    let batch: Batch | undefined;
    try {
      batch = decodeBatch(message.bytes);
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytes)) throw thrown;
    }
    if (batch?.transactions === message.transactions) return batch;
    turret.brokenTransactions += message.transactions;
    this.#options.malformed.add(BROKEN_BATCH, atUs, message.bytes);
    return undefined;
  }
}
