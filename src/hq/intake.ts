// OCT protocol 1 into batches: what one drain brings becomes one batch, made here as a cannon thread
// makes its own, so that journal and database know one form only. The hot path of an HQ: most messages
// are read by their shape (result-shapes.ts), into slots that are looked up once a shape.

import type { JsonValue } from "../base/json.ts";
import type { Protocol1Hq } from "../protocol/link.ts";
import { BatchBuilder, decodeBatch } from "../stats/batch.ts";
import { CELL_KIND, COUNTER } from "../stats/cell.ts";
import { PROTOCOL1_TURRET_INDEX } from "../store/records.ts";
import type { Collector } from "./collector.ts";
import type { MalformedLog } from "./malformed.ts";
import { type Protocol1Result, type Protocol1Status, parseProtocol1 } from "./protocol1-parser.ts";
import { READ_MARGIN_BYTES, ResultShapes } from "./result-shapes.ts";

/** Messages of one turn; further ones wait in their sockets for the next. */
const MESSAGES_PER_TURN = 20_000;
const MESSAGES_PER_DRAIN = 512;
/** A turn ends when this much was read, so that large messages do not hold up the rest of the HQ. */
const BYTES_PER_TURN = 32 * 1024 * 1024;
const BYTES_PER_DRAIN = 4 * 1024 * 1024;
const FULL_CHECK = 1_024;
const LEARN_PAUSE_MAX = 1_023;
const US_PER_S = 1e6;

export const EARLY = "result before the start";
export const OVERSIZE_FRAME = "frame over 64 MiB";

export interface IntakeOptions {
  readonly wire: Protocol1Hq;
  readonly collector: Pick<Collector, "keep" | "wantRows">;
  readonly malformed: MalformedLog;
  onStatus(status: Protocol1Status): void;
}

/** Times of the run that results are placed by. */
export interface IntakeClock {
  /** Since the start of the run; undefined before it. */
  readonly elapsedUs: number | undefined;
  readonly startWallMs: number;
}

/** What the builder needs of all messages of one shape. */
interface Shape {
  readonly timerSlots: readonly number[];
  readonly errorSlot: number;
  readonly turretText: number;
  readonly turretName: string;
  /** The turn that last saw it. */
  turn: number;
}

export class Intake {
  readonly #options: IntakeOptions;
  readonly #builder = new BatchBuilder({ turretName: "" });
  readonly #shapes = new ResultShapes<Shape>();
  readonly #transactionSlot: number;
  readonly #finishedSlot: number;
  readonly #startedSlot: number;
  readonly #namesHeard = new Set<string>();
  #view: DataView = new DataView(new ArrayBuffer(0));
  #viewed: Uint8Array | undefined;
  #frame: Uint8Array = new Uint8Array(0);
  #elapsedUs: number | undefined;
  #nowSecond = 0;
  #startEpochS = 0;
  #turn = 0;
  #sequence = 0;
  #transactions = 0;
  #journaled = 0;
  #misplaced = 0;
  #readsInFull = 0;
  /** Messages that go by before the next is learned. */
  #learnAfter = 0;
  #learnPause = 0;
  #lastResultUs = Number.NEGATIVE_INFINITY;
  #messageBytes = 0;
  /** Transactions of `#countedSecond` that are not yet in the counters. */
  #counted = 0;
  #countedSecond = 0;
  #resultOfFrame: Protocol1Result | undefined;
  /** Results, statuses and refusals. */
  #itemsOfFrame = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#transactionSlot = this.#builder.slot(CELL_KIND.timer, "");
    this.#finishedSlot = this.#builder.slot(CELL_KIND.counter, COUNTER.finished);
    this.#startedSlot = this.#builder.slot(CELL_KIND.counter, COUNTER.started);
  }

  /** Results taken. */
  get transactions(): number {
    return this.#transactions;
  }

  /** Of these, in batches that the journal has. */
  get journaledTransactions(): number {
    return this.#journaled;
  }

  get batches(): number {
    return this.#sequence;
  }

  /** Results whose epoch lies outside the run; they are placed by when they came. */
  get misplaced(): number {
    return this.#misplaced;
  }

  /** Messages that fitted no shape. */
  get readInFull(): number {
    return this.#readsInFull;
  }

  /** HQ time of the last turn with a result, -Infinity before any. */
  get lastResultUs(): number {
    return this.#lastResultUs;
  }

  /** Names that the results of the last turn gave as their turret's. */
  get namesHeard(): ReadonlySet<string> {
    return this.#namesHeard;
  }

  /** Takes what has arrived, at most a turn's worth; true when there may be more. */
  drain(clock: IntakeClock, nowUs: number): boolean {
    this.#elapsedUs = clock.elapsedUs;
    this.#nowSecond = Math.floor(Math.max(0, clock.elapsedUs ?? 0) / US_PER_S);
    this.#startEpochS = Math.floor(clock.startWallMs / 1000);
    this.#builder.wantRows = this.#options.collector.wantRows;
    this.#turn++;
    this.#namesHeard.clear();
    const before = this.#transactions;
    const isMore = this.#drainTurn();
    if (this.#transactions > before) this.#lastResultUs = nowUs;
    this.#handOver();
    return isMore;
  }

  #drainTurn(): boolean {
    const { wire } = this.#options;
    let bytes = 0;
    let limit = MESSAGES_PER_DRAIN;
    for (let messages = 0; messages < MESSAGES_PER_TURN; ) {
      this.#messageBytes = 0;
      const count = wire.drain(limit, this.#onMessage, this.#onOversize);
      if (count < limit) return false;
      messages += count;
      bytes += this.#messageBytes;
      if (bytes > BYTES_PER_TURN) return true;
      limit = this.#messageBytes > BYTES_PER_DRAIN ? 1 : MESSAGES_PER_DRAIN;
    }
    return true;
  }

  readonly #onOversize = (sizeBytes: number): void => {
    this.#messageBytes += sizeBytes;
    this.#options.malformed.add(OVERSIZE_FRAME, this.#atUs, new Uint8Array(0), sizeBytes);
  };

  readonly #onMessage = (bytes: Uint8Array, sizeBytes: number): void => {
    this.#messageBytes += sizeBytes;
    if (this.#elapsedUs !== undefined && sizeBytes + READ_MARGIN_BYTES <= bytes.length) {
      if (bytes !== this.#viewed) this.#look(bytes);
      const shape = this.#shapes.read(this.#view, sizeBytes);
      if (shape !== undefined) return this.#takeShaped(shape);
    }
    this.#readInFull(bytes.subarray(0, sizeBytes));
  };

  #look(bytes: Uint8Array): void {
    this.#viewed = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #readInFull(frame: Uint8Array): void {
    this.#readsInFull++;
    this.#frame = frame;
    this.#itemsOfFrame = 0;
    parseProtocol1(frame, this);
    const result = this.#resultOfFrame;
    if (result === undefined) return;
    this.#resultOfFrame = undefined;
    if (this.#itemsOfFrame === 1 && !this.#shapes.isFull) this.#learn(frame, result);
  }

  // Learning costs ten times what reading does: where it brings nothing new it is tried ever more seldom.
  #learn(frame: Uint8Array, result: Protocol1Result): void {
    if (this.#learnAfter > 0) {
      this.#learnAfter--;
      return;
    }
    const names = result.timers.filter((item) => typeof item === "string");
    const isNew = this.#shapes.learn(frame, names, this.#shapeOf(result, names));
    this.#learnPause = isNew ? 0 : Math.min(LEARN_PAUSE_MAX, this.#learnPause * 2 + 1);
    this.#learnAfter = this.#learnPause;
  }

  #shapeOf(result: Protocol1Result, names: readonly string[]): Shape {
    const builder = this.#builder;
    return {
      timerSlots: names.map((name) => builder.slot(CELL_KIND.timer, name)),
      errorSlot: result.error === "" ? -1 : builder.slot(CELL_KIND.error, result.error),
      turretText: builder.turretText(result.turretName),
      turretName: result.turretName,
      turn: 0,
    };
  }

  #takeShaped(shape: Shape): void {
    const builder = this.#builder;
    const { elapsedS, epochS, scriptrunS, timerS } = this.#shapes;
    const { errorSlot, timerSlots } = shape;
    const isError = errorSlot >= 0;
    const second = this.#begin(epochS);
    builder.record(this.#transactionSlot, second, scriptrunS * US_PER_S, isError);
    for (let i = 0; i < timerSlots.length; i++) {
      const valueUs = (timerS[i] as number) * US_PER_S;
      builder.record(timerSlots[i] as number, second, valueUs, isError);
    }
    if (isError) builder.add(errorSlot, second, 1, 1, 0);
    const { turretText } = shape;
    builder.slotRow({ elapsedS, epochS, scriptrunS, errorSlot, turretText, timerSlots, timerS });
    if (shape.turn === this.#turn) return;
    shape.turn = this.#turn;
    this.#namesHeard.add(shape.turretName);
  }

  onStatus(status: Protocol1Status): void {
    this.#itemsOfFrame++;
    this.#options.onStatus(status);
  }

  onMalformed(kind: string, part?: JsonValue): void {
    this.#itemsOfFrame++;
    const { malformed } = this.#options;
    if (!malformed.count(kind)) return;
    const isWhole = part === undefined;
    const bytes = isWhole ? this.#frame : bytesOf(part);
    malformed.keep(kind, this.#atUs, bytes, isWhole ? this.#frame.length : bytes.length);
  }

  onResult(result: Protocol1Result): void {
    if (this.#elapsedUs === undefined) return this.onMalformed(EARLY);
    const builder = this.#builder;
    const { error, timers } = result;
    const isError = error !== "";
    const second = this.#begin(result.epochS);
    builder.record(this.#transactionSlot, second, result.scriptrunS * US_PER_S, isError);
    for (let i = 0; i < timers.length; i += 2) {
      const slot = builder.slot(CELL_KIND.timer, timers[i] as string);
      builder.record(slot, second, (timers[i + 1] as number) * US_PER_S, isError);
    }
    if (isError) builder.add(builder.slot(CELL_KIND.error, error), second, 1, 1, 0);
    builder.row({ ...result, responseS: Number.NaN });
    this.#namesHeard.add(result.turretName);
    this.#resultOfFrame = result;
    this.#itemsOfFrame++;
  }

  // Counts a transaction; the second it belongs to.
  #begin(epochS: number): number {
    if (this.#transactions % FULL_CHECK === 0 && this.#builder.isFull) this.#handOver();
    const second = this.#secondOf(epochS);
    if (second !== this.#countedSecond) {
      this.#countTransactions();
      this.#countedSecond = second;
    }
    this.#counted++;
    this.#transactions++;
    return second;
  }

  #countTransactions(): void {
    const count = this.#counted;
    if (count === 0) return;
    this.#counted = 0;
    this.#builder.countTransaction(count);
    this.#builder.add(this.#startedSlot, this.#countedSecond, count, 0, count);
    this.#builder.add(this.#finishedSlot, this.#countedSecond, count, 0, count);
  }

  #secondOf(epochS: number): number {
    const second = Math.floor(epochS) - this.#startEpochS;
    if (second >= 0 && second <= this.#nowSecond + 1) return second;
    this.#misplaced++;
    return this.#nowSecond;
  }

  get #atUs(): number {
    return this.#elapsedUs ?? 0;
  }

  #handOver(): void {
    this.#countTransactions();
    const { collector } = this.#options;
    for (let taken = this.#builder.take(); taken !== undefined; taken = this.#builder.take()) {
      collector.keep(decodeBatch(taken.bytes), {
        turretIndex: PROTOCOL1_TURRET_INDEX,
        sequence: ++this.#sequence,
        receivedUs: this.#atUs,
        batch: taken.bytes,
      });
      this.#journaled += taken.transactions;
    }
  }
}

function bytesOf(part: JsonValue): Uint8Array {
  return new TextEncoder().encode(typeof part === "string" ? part : JSON.stringify(part));
}
