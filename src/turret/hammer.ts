// A virtual user without a script: fires one request again and again, each a transaction. Answers come
// as calls and not as promises, so that a request costs next to nothing.

import type { Clock } from "../base/clock.ts";
import { Random } from "../base/random.ts";
import type { AnswerHandler } from "../http/connection.ts";
import type { HttpError } from "../http/errors.ts";
import type { Pool } from "../http/pool.ts";
import type { PreparedRequest } from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";
import type { Gun, LoopRules, LoopSpan, Scheduler } from "./scheduler.ts";
import type { ThreadRecorder } from "./thread-recorder.ts";

/** Answers from here on are errors of the transaction. */
const ERROR_STATUS = 400;
/** A request that got no answer is followed by the next after so long. */
const PAUSE_US = 10_000;

const NO_TIMERS: readonly string[] = [];

export interface HammerParts {
  readonly index: number;
  readonly clock: Clock;
  readonly pool: Pool;
  readonly request: PreparedRequest;
  readonly recorder: ThreadRecorder;
  readonly seed: number;
}

export class Hammer implements Gun, AnswerHandler {
  readonly index: number;
  readonly #parts: HammerParts;
  #intendedUs = Number.NaN;
  #latenessUs = Number.NaN;
  #pauseUs = 0;
  #think: Random | undefined;
  #sentUs = 0;
  #isRunning = false;
  #isOver = false;
  // While it repeats by itself.
  #scheduler: Scheduler | undefined;
  #rules: LoopRules | undefined;
  #span: LoopSpan = { endUs: 0 };
  #onEnd: (endUs: number) => void = () => {};

  constructor(parts: HammerParts) {
    this.index = parts.index;
    this.#parts = parts;
  }

  get backoffUs(): number {
    return this.#pauseUs;
  }

  get runningSinceUs(): number {
    return this.#isRunning ? this.#sentUs : Number.NaN;
  }

  get openConnections(): number {
    return this.#parts.pool.openCount;
  }

  get thinkRandom(): Random {
    this.#think ??= new Random(this.#parts.seed, this.index);
    return this.#think;
  }

  fire(intendedUs: number, _k: number): Promise<number> {
    return new Promise((resolve) => {
      this.#scheduler = undefined;
      this.#onEnd = resolve;
      this.#intendedUs = intendedUs;
      this.#send(this.#parts.clock.nowUs());
    });
  }

  /** Fires until the end of `span` or of the rules, without a promise for each; resolves with the time. */
  repeat(scheduler: Scheduler, span: LoopSpan, rules: LoopRules): Promise<number> {
    return new Promise((resolve) => {
      this.#scheduler = scheduler;
      this.#rules = rules;
      this.#span = span;
      this.#onEnd = resolve;
      this.#intendedUs = Number.NaN;
      this.#next(scheduler, this.#parts.clock.nowUs());
    });
  }

  close(): void {
    this.#isOver = true;
    this.#parts.pool.close();
  }

  onResponse(response: HttpResponse): void {
    const { status } = response;
    this.#pauseUs = 0;
    const error = status < ERROR_STATUS ? "" : `answered ${status}`;
    this.#record(response.doneUs, response.durationUs, error);
  }

  onError(error: HttpError): void {
    this.#pauseUs = PAUSE_US;
    const nowUs = this.#parts.clock.nowUs();
    this.#record(nowUs, nowUs - this.#sentUs, error.message);
  }

  // The end of one request is the start of the next: the clock is not asked again between them.
  #send(nowUs: number): void {
    const { recorder, pool, request } = this.#parts;
    this.#latenessUs = recorder.transactionStarted(this.#intendedUs);
    this.#sentUs = nowUs;
    this.#isRunning = true;
    pool.fire(request, this);
  }

  #record(endUs: number, durationUs: number, error: string): void {
    if (this.#isOver) return;
    this.#isRunning = false;
    const { recorder } = this.#parts;
    const responseUs = this.#latenessUs + durationUs;
    if (recorder.wantRows) {
      recorder.transactionFinished({
        endUs,
        runUs: durationUs,
        responseUs,
        error,
        timers: NO_TIMERS,
      });
    } else {
      recorder.requestFinished(endUs, durationUs, responseUs, error);
    }
    const scheduler = this.#scheduler;
    if (scheduler === undefined) return this.#onEnd(endUs);
    scheduler.ended();
    if (this.#pauseUs === 0) return this.#next(scheduler, endUs);
    const untilUs = Math.min(this.#span.endUs, endUs + this.#pauseUs);
    void scheduler.waitUntil(untilUs).then(() => {
      this.#next(scheduler, this.#parts.clock.nowUs());
    });
  }

  #next(scheduler: Scheduler, nowUs: number): void {
    const mayStart = nowUs < this.#span.endUs && scheduler.mayStart(nowUs);
    if (!mayStart) return this.#waitOrEnd(scheduler);
    if (this.#rules?.nextK(this) === undefined) return this.#onEnd(nowUs);
    scheduler.began();
    this.#send(nowUs);
  }

  // The plan is paused, or this is the end.
  #waitOrEnd(scheduler: Scheduler): void {
    void scheduler.mayGoOn(this.#span).then((mayGoOn) => {
      const nowUs = this.#parts.clock.nowUs();
      if (mayGoOn) this.#next(scheduler, nowUs);
      else this.#onEnd(nowUs);
    });
  }
}
