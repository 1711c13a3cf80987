// Batches on their way: numbered from 1 without gaps, kept until the HQ has them in its journal, sent
// again after a reconnect. Full means that new batches are given up and counted; they get no number, so
// the numbers of what was kept stay without gaps.

import { Ring } from "../base/ring.ts";

export const OUTBOX_LIMIT = {
  batches: 100_000,
  bytes: 256 * 1024 * 1024,
  /** One batch: a larger frame would cost the connection, again and again. */
  batchBytes: 60 * 1024 * 1024,
  /** Sent but not acknowledged: what may be on the wire at once. */
  windowBytes: 16 * 1024 * 1024,
} as const;

export interface OutboxBatch {
  readonly sequence: number;
  readonly transactions: number;
  readonly bytes: Uint8Array;
}

export interface OutboxCounts {
  readonly batches: number;
  readonly transactions: number;
  readonly lostBatches: number;
  readonly lostTransactions: number;
}

export class Outbox {
  readonly #bytesMax: number;
  readonly #waiting: Ring<OutboxBatch>;
  #heldBytes = 0;
  #sequence = 0;
  #sentSequence = 0;
  #sentMax = 0;
  #acknowledged = 0;
  #unacknowledgedBytes = 0;
  #transactions = 0;
  #lostBatches = 0;
  #lostTransactions = 0;

  constructor(limits: { readonly batches?: number; readonly bytes?: number } = {}) {
    this.#bytesMax = limits.bytes ?? OUTBOX_LIMIT.bytes;
    this.#waiting = new Ring(limits.batches ?? OUTBOX_LIMIT.batches);
  }

  /** Keeps a batch; false when there is no room and it was counted as lost. */
  add(bytes: Uint8Array, transactions: number): boolean {
    const isTooMuch =
      bytes.length > OUTBOX_LIMIT.batchBytes || this.#heldBytes + bytes.length > this.#bytesMax;
    if (isTooMuch || this.#waiting.isFull) {
      this.#lostBatches++;
      this.#lostTransactions += transactions;
      return false;
    }
    this.#waiting.push({ sequence: ++this.#sequence, transactions, bytes });
    this.#heldBytes += bytes.length;
    this.#transactions += transactions;
    return true;
  }

  /** Sends what has not been sent, in order, until `send` says no or the window is full. */
  sendNew(send: (batch: OutboxBatch) => boolean): void {
    for (;;) {
      const batch = this.#waiting.at(this.#sentSequence - this.#acknowledged);
      if (batch === undefined) return;
      const isWindowFull =
        this.#unacknowledgedBytes > 0 &&
        this.#unacknowledgedBytes + batch.bytes.length > OUTBOX_LIMIT.windowBytes;
      if (isWindowFull || !send(batch)) return;
      this.#sentSequence = batch.sequence;
      this.#sentMax = Math.max(this.#sentMax, batch.sequence);
      this.#unacknowledgedBytes += batch.bytes.length;
    }
  }

  /** Forgets everything up to `sequence`; true when that was anything. Never sent means ignored. */
  acknowledge(sequence: number): boolean {
    const before = this.#acknowledged;
    // A batch may be acknowledged after a rewind and before it was sent again.
    const upTo = Math.min(sequence, this.#sentMax);
    for (let first = this.#waiting.peek(); first !== undefined; first = this.#waiting.peek()) {
      if (first.sequence > upTo) break;
      this.#waiting.shift();
      this.#heldBytes -= first.bytes.length;
      if (first.sequence <= this.#sentSequence) this.#unacknowledgedBytes -= first.bytes.length;
      this.#acknowledged = first.sequence;
    }
    this.#sentSequence = Math.max(this.#sentSequence, this.#acknowledged);
    return this.#acknowledged > before;
  }

  /** After a reconnect: everything not acknowledged is to be sent again. */
  rewind(): void {
    this.#sentSequence = this.#acknowledged;
    this.#unacknowledgedBytes = 0;
  }

  /** True when everything kept was sent at least once. */
  get isAllSent(): boolean {
    return this.#sentSequence === this.#sequence;
  }

  /** True while something sent is not acknowledged. */
  get isAwaiting(): boolean {
    return this.#sentSequence > this.#acknowledged;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  get waitingBatches(): number {
    return this.#waiting.length;
  }

  /** Transactions in batches that the HQ has not acknowledged. */
  get waitingTransactions(): number {
    let transactions = 0;
    for (const batch of this.#waiting) transactions += batch.transactions;
    return transactions;
  }

  get counts(): OutboxCounts {
    return {
      batches: this.#sequence,
      transactions: this.#transactions,
      lostBatches: this.#lostBatches,
      lostTransactions: this.#lostTransactions,
    };
  }
}
