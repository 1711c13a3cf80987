// When the cannons of a thread fire, and how it ends. The scheduler keeps the rules that every load
// model shares: nothing starts before the start, nothing new at or after the end, what is in flight
// gets the grace period and is unfinished then. A load model says which cannon may fire when.
//
//   waiting --begin--> firing --end of the run, or stop--> draining --all ended, or grace over--> over
//
// planned = started + dropped; started = finished + unfinished.

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

/** The thread gives way to its sockets and timers at least this often. */
const TURN_US_MAX = 4_000;

export interface SchedulerOptions {
  readonly clock: Clock;
  readonly runTimeUs: number;
  readonly graceUs: number;
  /** Aborted with the end of the grace period. */
  readonly abort: AbortController;
  /** Told once, when nothing fires any more and what is in flight has ended or is given up. */
  readonly onOver: () => void;
}

/** What fires: a cannon with a script, or without one. */
export interface Gun {
  readonly index: number;
  /** How long to wait before the next transaction: more than 0 after one that could not begin. */
  readonly backoffUs: number;
  readonly thinkRandom: Random;
  /** One transaction; what the clock says after it. */
  fire(intendedUs: number, k: number): Promise<number>;
  /** Does what `Scheduler.loop` would, by itself, for rules without think and pacing. */
  repeat?(scheduler: Scheduler, endUs: number, rules: LoopRules): Promise<number>;
  close(): void;
  /** When the transaction that runs now began; NaN while none does. */
  readonly runningSinceUs: number;
  /** True: it starts no further transaction. */
  readonly isRetired?: boolean;
  /** From the start of the transaction that ended to the next, where the script asked; else 0. */
  readonly paceUs?: number;
}

/** What a cannon's loop keeps to, besides the time. */
export interface LoopRules {
  /** Number of the next transaction: undefined for none, NaN where they have no numbers. */
  readonly nextK: (cannon: Gun) => number | undefined;
  /** How long the cannon thinks after a transaction. */
  readonly thinkUs: ((cannon: Gun) => number) | undefined;
  /** From intended start to intended start; 0 for none. */
  readonly pacingUs: number;
}

/** A load model: fires cannons through the scheduler until it may start no more. */
export type LoadModel = (scheduler: Scheduler) => Promise<void>;

export class Scheduler {
  readonly clock: Clock;
  readonly #options: SchedulerOptions;
  readonly #stopping = new AbortController();
  #state: "waiting" | "firing" | "draining" | "over" = "waiting";
  #startUs = 0;
  #endUs = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  #loops = 0;
  #yieldAtUs = 0;
  #turn: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.clock = options.clock;
  }

  get startUs(): number {
    return this.#startUs;
  }

  /** Nothing starts at or after it. */
  get endUs(): number {
    return this.#endUs;
  }

  /** Calls `callback` when nothing may start any more, at once if it is so; returns how to stop that. */
  onStop(callback: () => void): () => void {
    const { signal } = this.#stopping;
    if (signal.aborted) callback();
    else signal.addEventListener("abort", callback, { once: true });
    return () => signal.removeEventListener("abort", callback);
  }

  /** Transactions that run now. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Cannons that loop now. */
  get loops(): number {
    return this.#loops;
  }

  /** Begun, and not over: transactions may run. */
  get isFiring(): boolean {
    return this.#state === "firing" || this.#state === "draining";
  }

  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Fires `model` from `startUs` on; a start in the past begins at once, with its end unmoved. */
  begin(startUs: number, model: LoadModel): void {
    if (this.#state !== "waiting") return;
    this.#state = "firing";
    this.#startUs = startUs;
    this.#endUs = startUs + this.#options.runTimeUs;
    void this.#run(model);
    void this.#endAtTime();
  }

  /** Starts nothing new; what is in flight has `graceUs` to end. */
  stop(graceUs: number): void {
    if (this.#state === "waiting") this.#finish();
    if (this.#state !== "firing") return;
    this.#state = "draining";
    this.#stopping.abort(new Error("the run is over"));
    void this.#giveUpAfter(graceUs);
  }

  /** True while a transaction may start at `nowUs`. */
  mayStart(nowUs: number): boolean {
    return this.#state === "firing" && nowUs < this.#endUs;
  }

  /** Waits until `atUs`; false if nothing may start any more. */
  async waitUntil(atUs: number): Promise<boolean> {
    const leftUs = atUs - this.clock.nowUs();
    if (leftUs > 0 && this.#state === "firing") {
      await this.clock.sleep(leftUs, this.#stopping.signal).catch(() => {});
    }
    return this.mayStart(this.clock.nowUs());
  }

  /** A gun that repeats by itself has begun a transaction. */
  began(): void {
    this.#inFlight++;
  }

  ended(): void {
    this.#inFlight--;
  }

  /** One transaction of `cannon`, number `k` of the run or NaN; what the clock says after it. */
  async fire(cannon: Gun, intendedUs: number, k: number): Promise<number> {
    this.#inFlight++;
    const endUs = await cannon.fire(intendedUs, k);
    this.#inFlight--;
    return endUs;
  }

  /** Repeats the transaction of `cannon` until `endUs` of the clock, or the rules' end. */
  async loop(cannon: Gun, endUs: number, rules: LoopRules): Promise<void> {
    this.#loops++;
    if (cannon.repeat !== undefined && rules.thinkUs === undefined && rules.pacingUs === 0) {
      await cannon.repeat(this, endUs, rules);
      this.#loops--;
      return;
    }
    let nowUs = this.clock.nowUs();
    let tickUs = rules.pacingUs > 0 ? nowUs : Number.NaN;
    while (nowUs < endUs && this.mayStart(nowUs)) {
      const k = rules.nextK(cannon);
      if (k === undefined) break;
      const startUs = Number.isNaN(tickUs) ? nowUs : tickUs;
      // As `fire` does, without a promise of its own for each transaction.
      this.#inFlight++;
      nowUs = await cannon.fire(tickUs, k);
      this.#inFlight--;
      if (cannon.isRetired === true) break;
      const paceUs = cannon.paceUs ?? 0;
      tickUs = paceUs > 0 ? startUs + paceUs : tickUs + rules.pacingUs;
      const thinkUs = rules.thinkUs === undefined ? 0 : rules.thinkUs(cannon);
      const resumeUs = nowUs + Math.max(thinkUs, cannon.backoffUs);
      const untilUs = tickUs > resumeUs ? tickUs : resumeUs;
      if (untilUs > nowUs) await this.waitUntil(Math.min(untilUs, endUs));
      else if (nowUs >= this.#yieldAtUs) await this.giveWay();
      else continue;
      nowUs = this.clock.nowUs();
    }
    this.#loops--;
  }

  /** Lets sockets and timers have their turn: a script that never waits must not starve them. */
  giveWay(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined;
        this.#yieldAtUs = this.clock.nowUs() + TURN_US_MAX;
        resolve();
      });
    });
    return this.#turn;
  }

  async #run(model: LoadModel): Promise<void> {
    if (await this.waitUntil(this.#startUs)) await model(this);
    // Whatever ended the model, its cannons have ended too.
    this.#finish();
  }

  async #endAtTime(): Promise<void> {
    const leftUs = this.#endUs - this.clock.nowUs();
    if (leftUs > 0) await this.clock.sleep(leftUs, this.#stopping.signal).catch(() => {});
    this.stop(this.#options.graceUs);
  }

  async #giveUpAfter(graceUs: number): Promise<void> {
    const { abort } = this.#options;
    await this.clock.sleep(graceUs, abort.signal).catch(() => {});
    this.#finish();
  }

  #finish(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#stopping.abort(new Error("the run is over"));
    this.#options.onOver();
    this.#options.abort.abort(new Error("the run ended before the transaction did"));
  }
}
