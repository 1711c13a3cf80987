// OCT protocol 1 into batches: what one drain brings becomes one batch, made here as a cannon thread
// makes its own, so that journal and database know one form only.

import type { Protocol1Hq } from "../protocol/link.ts";
import { BatchBuilder, decodeBatch } from "../stats/batch.ts";
import { CELL_KIND, COUNTER } from "../stats/cell.ts";
import { PROTOCOL1_TURRET_INDEX } from "../store/records.ts";
import type { Collector } from "./collector.ts";
import type { MalformedLog } from "./malformed.ts";
import { type Protocol1Result, type Protocol1Status, parseProtocol1 } from "./protocol1-parser.ts";

const MESSAGES_PER_TURN = 20_000;
const US_PER_S = 1e6;

export interface IntakeOptions {
  readonly wire: Protocol1Hq;
  readonly collector: Collector;
  readonly malformed: MalformedLog;
  onStatus(status: Protocol1Status): void;
}

/** Times of the run that results are placed by. */
export interface IntakeClock {
  /** Since the start of the run; undefined before it. */
  readonly elapsedUs: number | undefined;
  readonly startWallMs: number;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #builder = new BatchBuilder({ turretName: "Noname" });
  readonly #transaction: number;
  readonly #finished: number;
  readonly #started: number;
  #clock: IntakeClock = { elapsedUs: undefined, startWallMs: 0 };
  #frame: Uint8Array = new Uint8Array(0);
  #sequence = 0;
  #transactions = 0;
  #misplaced = 0;
  #lastMessageUs = Number.NEGATIVE_INFINITY;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#transaction = this.#builder.slot(CELL_KIND.timer, "");
    this.#finished = this.#builder.slot(CELL_KIND.counter, COUNTER.finished);
    this.#started = this.#builder.slot(CELL_KIND.counter, COUNTER.started);
  }

  /** Results taken. */
  get transactions(): number {
    return this.#transactions;
  }

  get batches(): number {
    return this.#sequence;
  }

  /** Results whose epoch lies outside the run; they are placed by when they came. */
  get misplaced(): number {
    return this.#misplaced;
  }

  /** HQ time of the last message, -Infinity before any. */
  get lastMessageUs(): number {
    return this.#lastMessageUs;
  }

  /** Takes what has arrived, at most a turn's worth; true when there may be more. */
  drain(clock: IntakeClock, nowUs: number): boolean {
    this.#clock = clock;
    this.#builder.wantRows = this.#options.collector.wantRows;
    const count = this.#options.wire.drain(
      MESSAGES_PER_TURN,
      (bytes, sizeBytes) => {
        this.#frame = bytes.subarray(0, sizeBytes);
        parseProtocol1(this.#frame, this);
      },
      (sizeBytes) => this.#malformed("frame over 64 MiB", new Uint8Array(0), sizeBytes),
    );
    if (count === 0) return false;
    this.#lastMessageUs = nowUs;
    this.#handOver();
    return count >= MESSAGES_PER_TURN;
  }

  onStatus(status: Protocol1Status): void {
    this.#options.onStatus(status);
  }

  onMalformed(kind: string): void {
    this.#malformed(kind, this.#frame, this.#frame.length);
  }

  onResult(result: Protocol1Result): void {
    const { elapsedUs } = this.#clock;
    if (elapsedUs === undefined) return this.onMalformed("result before the start");
    const builder = this.#builder;
    const second = this.#secondOf(result.epochS, elapsedUs);
    const isError = result.error !== "";
    builder.countTransaction();
    this.#transactions++;
    builder.record(this.#transaction, second, result.scriptrunS * US_PER_S, isError);
    builder.add(this.#started, second, 1, 0, 1);
    builder.add(this.#finished, second, 1, 0, 1);
    const { timers } = result;
    for (let i = 0; i < timers.length; i += 2) {
      const slot = builder.slot(CELL_KIND.timer, timers[i] as string);
      builder.record(slot, second, (timers[i + 1] as number) * US_PER_S, isError);
    }
    if (isError) builder.add(builder.slot(CELL_KIND.error, result.error), second, 1, 1, 0);
    builder.row({
      elapsedS: result.elapsedS,
      epochS: result.epochS,
      scriptrunS: result.scriptrunS,
      responseS: Number.NaN,
      error: result.error,
      turretName: result.turretName,
      timers,
    });
  }

  #secondOf(epochS: number, elapsedUs: number): number {
    const nowSecond = Math.floor(Math.max(0, elapsedUs) / US_PER_S);
    const second = Math.floor(epochS) - Math.floor(this.#clock.startWallMs / 1000);
    if (second >= 0 && second <= nowSecond + 1) return second;
    this.#misplaced++;
    return nowSecond;
  }

  #malformed(kind: string, bytes: Uint8Array, sizeBytes: number): void {
    this.#options.malformed.add(kind, this.#clock.elapsedUs ?? 0, bytes, sizeBytes);
  }

  #handOver(): void {
    const taken = this.#builder.take();
    if (taken === undefined) return;
    this.#options.collector.keep(decodeBatch(taken.bytes), {
      turretIndex: PROTOCOL1_TURRET_INDEX,
      sequence: ++this.#sequence,
      receivedUs: this.#clock.elapsedUs ?? 0,
      batch: taken.bytes,
    });
  }
}
