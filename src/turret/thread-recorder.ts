// Everything a thread measures, on its way into batches. Per transaction: two histogram entries, two
// numbers in shared memory, one row while rows are wanted.

import type { Clock } from "../base/clock.ts";
import { US_PER_MS, US_PER_S } from "../base/units.ts";
import type { HttpError } from "../http/errors.ts";
import type { PoolObserver } from "../http/pool.ts";
import type { PreparedRequest } from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";
import { BatchBuilder } from "../stats/batch.ts";
import { CELL_KIND, COUNTER, GAUGE, PHASE_NAME } from "../stats/cell.ts";
import type { ThreadState } from "./thread-state.ts";

/** Answers from here on are errors of the request's own timer. */
const ERROR_STATUS = 400;
/** Of a request that got no answer. */
const NO_PHASES = { dnsUs: 0, connectUs: 0, tlsUs: 0, sendUs: 0, waitUs: 0, receiveUs: 0 };

export interface Finished {
  readonly endUs: number;
  readonly runUs: number;
  /** From the intended start, or NaN. */
  readonly responseUs: number;
  /** "" for success. */
  readonly error: string;
  readonly timers: readonly (string | number)[];
}

export interface Batch {
  readonly bytes: Uint8Array;
  readonly transactions: number;
}

export class ThreadRecorder {
  readonly #clock: Clock;
  readonly #state: ThreadState;
  readonly #batch: BatchBuilder;
  readonly #onName: (slot: number, name: string) => void;
  readonly #timerSlots = new Map<string, number>();
  readonly #statusSlots = new Map<string, number>();
  readonly #transactionSlot: number;
  readonly #responseSlot: number;
  readonly #latenessSlot: number;
  readonly #lagSlot: number;
  readonly #requestSlot: number;
  readonly #waitSlot: number;
  #second = 0;
  #lastName = "";
  #lastNameSlot = 0;
  #lastMethod = "";
  #lastStatus: number | string = 0;
  #lastSlot = 0;
  #startUs = 0;
  #startWallS = 0;
  #sentStarted = 0;
  #sentFinished = 0;
  #sentDropped = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #isOver = false;

  constructor(options: {
    clock: Clock;
    state: ThreadState;
    turretName: string;
    /** Told of each timer name once, before it is used. */
    onName: (slot: number, name: string) => void;
  }) {
    this.#clock = options.clock;
    this.#state = options.state;
    this.#onName = options.onName;
    this.#batch = new BatchBuilder({ turretName: options.turretName });
    this.#transactionSlot = this.#batch.slot(CELL_KIND.timer, "");
    this.#responseSlot = this.#batch.slot(CELL_KIND.response, "");
    this.#latenessSlot = this.#batch.slot(CELL_KIND.lateness, "");
    this.#requestSlot = this.#batch.slot(CELL_KIND.phase, PHASE_NAME.request);
    this.#waitSlot = this.#batch.slot(CELL_KIND.phase, PHASE_NAME.wait);
    this.#lagSlot = this.#batch.slot(CELL_KIND.lag, "");
  }

  /** Second 0 begins at `startUs`. */
  begin(startUs: number, startWallMs: number): void {
    this.#startUs = startUs;
    this.#startWallS = startWallMs / 1000;
  }

  get wantRows(): boolean {
    return this.#batch.wantRows;
  }

  set wantRows(isWanted: boolean) {
    this.#batch.wantRows = isWanted;
  }

  get isFull(): boolean {
    return this.#batch.isFull;
  }

  secondOf(atUs: number): number {
    return Math.max(0, Math.floor((atUs - this.#startUs) / US_PER_S));
  }

  // The second of what just happened; what happens in the same turn is counted in it without asking
  // the clock again.
  #secondAt(atUs: number): number {
    this.#second = this.secondOf(atUs);
    return this.#second;
  }

  timerSlot(name: string): number {
    const known = this.#timerSlots.get(name);
    if (known !== undefined) return known;
    const slot = this.#batch.slot(CELL_KIND.timer, name);
    this.#timerSlots.set(name, slot);
    this.#onName(slot, name);
    return slot;
  }

  timer(slot: number, endUs: number, durationUs: number, isError: boolean): void {
    if (!this.#isOver) this.#batch.record(slot, this.#secondAt(endUs), durationUs, isError);
  }

  /** How late it starts, for one that has an intended start; NaN for others. */
  transactionStarted(intendedUs: number): number {
    this.#state.started++;
    if (Number.isNaN(intendedUs)) return intendedUs;
    const nowUs = this.#clock.nowUs();
    const latenessUs = Math.max(0, nowUs - intendedUs);
    this.#batch.record(this.#latenessSlot, this.secondOf(nowUs), latenessUs, false);
    return latenessUs;
  }

  dropped(count: number): void {
    this.#state.dropped += count;
  }

  transactionFinished(finished: Finished): void {
    const { endUs, runUs, responseUs, error } = finished;
    this.requestFinished(endUs, runUs, responseUs, error);
    const batch = this.#batch;
    if (!batch.wantRows) return;
    const elapsedS = (endUs - this.#startUs) / US_PER_S;
    batch.row({
      elapsedS,
      epochS: this.#startWallS + elapsedS,
      scriptrunS: runUs / US_PER_S,
      responseS: responseUs / US_PER_S,
      error,
      timers: finished.timers,
    });
  }

  /** A transaction that leaves no row: the same numbers as of others, and no object for them. */
  requestFinished(endUs: number, runUs: number, responseUs: number, error: string): void {
    const batch = this.#batch;
    const second = this.#secondAt(endUs);
    const isError = error !== "";
    batch.record(this.#transactionSlot, second, runUs, isError);
    if (responseUs >= 0) batch.record(this.#responseSlot, second, responseUs, isError);
    if (isError) batch.add(batch.slot(CELL_KIND.error, error), second, 1, 1, 1);
    batch.countTransaction();
    this.#state.finished++;
  }

  lag(atUs: number, lagUs: number): void {
    if (!this.#isOver) this.#batch.record(this.#lagSlot, this.#secondAt(atUs), lagUs, false);
  }

  gauge(name: string, second: number, value: number): void {
    this.#batch.record(this.#batch.slot(CELL_KIND.gauge, name), second, value, false);
  }

  gaugeNow(name: string, value: number): void {
    if (!this.#isOver) this.gauge(name, this.secondOf(this.#clock.nowUs()), value);
  }

  check(name: string, isOk: boolean): void {
    if (this.#isOver) return;
    const second = this.#second;
    const failures = isOk ? 0 : 1;
    this.#batch.add(this.#batch.slot(CELL_KIND.check, name), second, 1, failures, 1);
  }

  count(name: string, n: number): void {
    if (n === 0 || this.#isOver) return;
    const second = this.secondOf(this.#clock.nowUs());
    this.#batch.add(this.#batch.slot(CELL_KIND.counter, name), second, 1, 0, n);
  }

  /** An answer; `isTimed` where the request has a timer of its own, named after it. */
  answer(request: PreparedRequest, response: HttpResponse, isTimed: boolean): void {
    if (this.#isOver) return;
    this.#bytesIn += response.wireBytes;
    this.#bytesOut += request.bytes.length;
    const second = this.#secondAt(response.doneUs);
    this.#batch.add(this.#statusSlot(request.method, response.status), second, 1, 0, 1);
    const { durationUs, status } = response;
    if (durationUs > this.#batch.slowFloorUs) this.#slow(request, response);
    this.#batch.record(this.#waitSlot, second, response.waitUs, false);
    if (response.isConnected) this.#connected(second, response);
    if (isTimed) {
      this.#batch.record(this.#requestSlot, second, durationUs, false);
      const slot = this.#nameSlot(request.name);
      this.#batch.record(slot, second, durationUs, status >= ERROR_STATUS);
    }
  }

  failure(
    request: PreparedRequest,
    error: HttpError,
    waited: { readonly durationUs: number; readonly isTimed: boolean },
  ): void {
    if (this.#isOver) return;
    const second = this.secondOf(this.#clock.nowUs());
    this.#batch.add(this.#statusSlot(request.method, error.kind), second, 1, 1, 1);
    if (waited.durationUs > this.#batch.slowFloorUs) {
      this.#batch.slow({
        ...NO_PHASES,
        startUs: this.#clock.nowUs() - waited.durationUs - this.#startUs,
        durationUs: waited.durationUs,
        name: request.name,
        status: `${request.method} ${error.kind}`,
      });
    }
    if (!waited.isTimed) return;
    this.#batch.record(this.#nameSlot(request.name), second, waited.durationUs, true);
  }

  // One of the slowest so far: seldom, so objects are allowed.
  #slow(request: PreparedRequest, response: HttpResponse): void {
    const { durationUs } = response;
    this.#batch.slow({
      ...response.timings,
      startUs: response.doneUs - durationUs - this.#startUs,
      durationUs,
      name: request.name,
      status: `${request.method} ${response.status}`,
    });
  }

  #connected(second: number, response: HttpResponse): void {
    const { dnsUs, connectUs, tlsUs } = response.timings;
    const batch = this.#batch;
    batch.record(batch.slot(CELL_KIND.phase, PHASE_NAME.connect), second, connectUs, false);
    if (dnsUs > 0) batch.record(batch.slot(CELL_KIND.phase, PHASE_NAME.dns), second, dnsUs, false);
    if (tlsUs > 0) batch.record(batch.slot(CELL_KIND.phase, PHASE_NAME.tls), second, tlsUs, false);
  }

  // The timer of the same request as before is the same.
  #nameSlot(name: string): number {
    if (name === this.#lastName) return this.#lastNameSlot;
    this.#lastName = name;
    this.#lastNameSlot = this.timerSlot(name);
    return this.#lastNameSlot;
  }

  /** Counts what is in flight as unfinished, by when it began; nothing is recorded afterwards. */
  giveUp(runningSinceUs: readonly number[]): void {
    const nowUs = this.#clock.nowUs();
    for (const sinceUs of runningSinceUs) {
      if (sinceUs >= 0) this.gaugeNow(GAUGE.unfinishedAgeMs, (nowUs - sinceUs) / US_PER_MS);
    }
    this.count(COUNTER.unfinished, this.#state.started - this.#state.finished);
    this.#countTransactions();
    this.#isOver = true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Everything since the last call, or undefined. */
  take(): Batch | undefined {
    this.#countTransactions();
    return this.#batch.take();
  }

  #countTransactions(): void {
    const { started, finished, dropped } = this.#state;
    this.count(COUNTER.started, started - this.#sentStarted);
    this.count(COUNTER.finished, finished - this.#sentFinished);
    this.count(COUNTER.dropped, dropped - this.#sentDropped);
    this.count(COUNTER.bytesIn, this.#bytesIn);
    this.count(COUNTER.bytesOut, this.#bytesOut);
    this.#sentStarted = started;
    this.#sentFinished = finished;
    this.#sentDropped = dropped;
    this.#bytesIn = 0;
    this.#bytesOut = 0;
  }

  #statusSlot(method: string, status: number | string): number {
    if (method === this.#lastMethod && status === this.#lastStatus) return this.#lastSlot;
    const name = `${method} ${status}`;
    let slot = this.#statusSlots.get(name);
    if (slot === undefined) {
      slot = this.#batch.slot(CELL_KIND.status, name);
      this.#statusSlots.set(name, slot);
    }
    this.#lastMethod = method;
    this.#lastStatus = status;
    this.#lastSlot = slot;
    return slot;
  }
}

/** Names of the gauges that a thread samples once a second. */
export const THREAD_GAUGES = [
  GAUGE.cannons,
  GAUGE.inFlight,
  GAUGE.sockets,
  GAUGE.cpuPercent,
  GAUGE.memoryMb,
];

/** Of pools whose every request is a transaction itself: no timer says the same again. */
export function plainObserverOf(recorder: ThreadRecorder): PoolObserver {
  return {
    onAnswer: (request, response) => recorder.answer(request, response, false),
    onFailure: (request, error, durationUs) =>
      recorder.failure(request, error, { durationUs, isTimed: false }),
    onResend: () => recorder.count(COUNTER.resent, 1),
  };
}
