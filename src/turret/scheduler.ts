// When the cannons of a thread fire, and how it ends. The scheduler keeps the rules that every load
// model shares: nothing starts before the start, while the plan is paused, or at or after the end; what
// is in flight then gets the grace period and is unfinished after it. A load model says which cannon may
// fire when.
//
//   waiting --begin--> firing --end of the run, or stop--> draining --all ended, or grace over--> over
//
// planned = started + dropped; started = finished + unfinished.

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type ControlSegment, timelineOf } from "../pace/control.ts";
import { type Timeline, UNPAUSED } from "../pace/timeline.ts";
import { Dormitory } from "./thread-sleep.ts";

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
  /**
   * Nothing is left of the load, but a change may bring more until the thread is stopped. Without it
   * the end of the load is the end of the thread.
   */
  readonly onIdle?: () => void;
}

/** When a cannon's loop ends, on the clock; moved by whoever changes the load. */
export interface LoopSpan {
  endUs: number;
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
  repeat?(scheduler: Scheduler, span: LoopSpan, rules: LoopRules): Promise<number>;
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

/** What is fired. */
export interface LoadModel {
  /**
   * Fires cannons through the scheduler until nothing is left of the load, and all have ended. Called
   * again where a change has brought more.
   */
  run(scheduler: Scheduler): Promise<void>;
  /** The schedule is another from now on; `segments` are all that were ever asked. */
  change?(segments: readonly ControlSegment[], scheduler: Scheduler): void;
}

export class Scheduler {
  readonly clock: Clock;
  readonly #options: SchedulerOptions;
  readonly #stopping = new AbortController();
  /** Who waits for an instant; all are woken when the schedule is another. */
  readonly #waiting: Dormitory;
  #changes = 0;
  #state: "waiting" | "firing" | "draining" | "over" = "waiting";
  #startUs = 0;
  #endUs = Number.POSITIVE_INFINITY;
  #timeline = UNPAUSED;
  #model: LoadModel | undefined;
  // Between both, which lie between two pauses, transactions may start.
  #openFromUs = Number.NEGATIVE_INFINITY;
  #openUntilUs = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  #loops = 0;
  #yieldAtUs = 0;
  #turn: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.#waiting = new Dormitory(options.clock);
    this.#stopping.signal.addEventListener("abort", () => this.#waiting.wakeAll());
  }

  get startUs(): number {
    return this.#startUs;
  }

  /** Nothing starts at or after it; infinite while a pause has no end. */
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

  /**
   * Fires `model` from `startUs` on; a start in the past begins at once, with its end unmoved.
   * `segments` are those that `model` was made with.
   */
  begin(startUs: number, model: LoadModel, segments: readonly ControlSegment[] = []): void {
    if (this.#state !== "waiting") return;
    this.#state = "firing";
    this.#startUs = startUs;
    this.#model = model;
    this.#follow(timelineOf(segments));
    void this.#run(model);
    void this.#endAtTime();
  }

  /** The schedule is another: `segments` are all that were ever asked of the run. */
  control(segments: readonly ControlSegment[]): void {
    if (this.#state !== "firing") return;
    this.#follow(timelineOf(segments));
    this.#model?.change?.(segments, this);
    this.#changes++;
    this.#waiting.wakeAll();
  }

  #follow(timeline: Timeline): void {
    this.#timeline = timeline;
    this.#endUs = this.#startUs + timeline.reachedUs(this.#options.runTimeUs);
    this.#openUntilUs = Number.NEGATIVE_INFINITY;
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
    if (this.#state !== "firing") return false;
    if (nowUs < this.#openUntilUs) return nowUs >= this.#openFromUs;
    return nowUs < this.#endUs && this.#isOpen(nowUs);
  }

  /** True where nothing may start at `nowUs` or later. */
  hasEnded(nowUs: number): boolean {
    return this.#state !== "firing" || nowUs >= this.#endUs;
  }

  // Looks for the time between two pauses that `nowUs` lies in.
  #isOpen(nowUs: number): boolean {
    const runUs = nowUs - this.#startUs;
    const pause = this.#timeline.pauseAt(runUs);
    const fromUs = pause === undefined ? Number.NEGATIVE_INFINITY : pause.untilUs;
    const next = this.#timeline.pauseAfter(runUs);
    this.#openFromUs = this.#startUs + fromUs;
    this.#openUntilUs = Math.min(
      this.#endUs,
      this.#startUs + (next?.atUs ?? Number.POSITIVE_INFINITY),
    );
    return pause === undefined;
  }

  /** When transactions may start again: `nowUs` where they may; infinite in a pause without an end. */
  opensUs(nowUs: number): number {
    return this.mayStart(nowUs) ? nowUs : this.#openFromUs;
  }

  /** When something that is due at `planUs` of the plan may start, on the clock. */
  dueUs(planUs: number): number {
    return this.#startUs + this.#timeline.runUs(planUs);
  }

  /** When `planUs` of the plan is reached, on the clock. */
  reachedUs(planUs: number): number {
    return this.#startUs + this.#timeline.reachedUs(planUs);
  }

  /** Time of the plan at `nowUs` of the clock. */
  planUs(nowUs: number): number {
    return this.#timeline.planUs(nowUs - this.#startUs);
  }

  /** How long plan time has stood still until `nowUs`. */
  pausedUs(nowUs: number): number {
    return this.#timeline.pausedUs(nowUs - this.#startUs);
  }

  /** Waits until `atUs` or a change of the schedule; false if nothing may start any more. */
  async waitUntil(atUs: number): Promise<boolean> {
    const leftUs = atUs - this.clock.nowUs();
    if (leftUs > 0 && this.#state === "firing") {
      await this.#waiting.sleep(leftUs);
    }
    return !this.hasEnded(this.clock.nowUs());
  }

  /** Waits while the plan is paused; false when the cannon's time, or the run's, is over. */
  async mayGoOn(span: LoopSpan): Promise<boolean> {
    for (;;) {
      const nowUs = this.clock.nowUs();
      if (nowUs >= span.endUs || this.hasEnded(nowUs)) return false;
      if (this.mayStart(nowUs)) return true;
      await this.waitUntil(this.#openFromUs);
    }
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

  /** Repeats the transaction of `cannon` until `span` or the run ends, or the rules do. */
  async loop(cannon: Gun, span: LoopSpan, rules: LoopRules): Promise<void> {
    this.#loops++;
    if (cannon.repeat !== undefined && rules.thinkUs === undefined && rules.pacingUs === 0) {
      await cannon.repeat(this, span, rules);
      this.#loops--;
      return;
    }
    let nowUs = this.clock.nowUs();
    let tickUs = rules.pacingUs > 0 ? nowUs : Number.NaN;
    let pausedUs = this.pausedUs(nowUs);
    for (;;) {
      if (nowUs >= span.endUs || !this.mayStart(nowUs)) {
        if (!(await this.mayGoOn(span))) break;
        nowUs = this.clock.nowUs();
        tickUs += this.pausedUs(nowUs) - pausedUs;
        pausedUs = this.pausedUs(nowUs);
      }
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
      if (tickUs > nowUs || resumeUs > nowUs) {
        const shiftUs = await this.#rest({ tickUs, resumeUs, pausedUs, span });
        tickUs += shiftUs;
        pausedUs += shiftUs;
      } else if (nowUs >= this.#yieldAtUs) await this.giveWay();
      else continue;
      nowUs = this.clock.nowUs();
    }
    this.#loops--;
  }

  // Waits for both the tick of a pace, which a pause moves, and the end of a thought. Returns by how
  // much pauses have moved the tick.
  async #rest(wait: {
    readonly tickUs: number;
    readonly resumeUs: number;
    readonly pausedUs: number;
    readonly span: LoopSpan;
  }): Promise<number> {
    const { tickUs, resumeUs, pausedUs, span } = wait;
    for (;;) {
      const nowUs = this.clock.nowUs();
      const shiftUs = this.pausedUs(nowUs) - pausedUs;
      if (nowUs >= span.endUs || this.hasEnded(nowUs)) return shiftUs;
      let untilUs = tickUs + shiftUs > resumeUs ? tickUs + shiftUs : resumeUs;
      if (!this.mayStart(nowUs)) untilUs = this.#openFromUs;
      else if (nowUs >= untilUs) return shiftUs;
      await this.waitUntil(Math.min(untilUs, span.endUs));
    }
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
    while (this.clock.nowUs() < this.#startUs && this.#state === "firing") {
      await this.waitUntil(this.#startUs);
    }
    const { onIdle } = this.#options;
    while (!this.hasEnded(this.clock.nowUs())) {
      const changes = this.#changes;
      await model.run(this);
      if (onIdle === undefined || this.hasEnded(this.clock.nowUs())) break;
      if (changes !== this.#changes) continue;
      onIdle();
      await this.waitUntil(Number.POSITIVE_INFINITY);
    }
    // Whatever ended the model, its cannons have ended too.
    this.#finish();
  }

  async #endAtTime(): Promise<void> {
    while (!this.hasEnded(this.clock.nowUs())) await this.waitUntil(this.#endUs);
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
