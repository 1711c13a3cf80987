// When the cannons of a thread fire, and how it ends. The scheduler keeps the rules that every load
// model shares: nothing starts before the start, nothing new at or after the end, what is in flight
// gets the grace period and is unfinished then. A load model says which cannon may fire when.
//
//   waiting --begin--> firing --end of the run, or stop--> draining --all ended, or grace over--> over
//
// planned = started + dropped; started = finished + unfinished.

import type { Clock } from "../base/clock.ts";
import type { CannonSpan } from "../pace/closed.ts";
import type { Cannon } from "./cannon.ts";

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

  /** One transaction of `cannon`; what the clock says after it. */
  async fire(cannon: Cannon, intendedUs: number): Promise<number> {
    this.#inFlight++;
    const endUs = await cannon.fire(intendedUs);
    this.#inFlight--;
    return endUs;
  }

  /** Repeats the transaction of `cannon` until `endUs` of the clock. */
  async loop(cannon: Cannon, endUs: number): Promise<void> {
    this.#loops++;
    let nowUs = this.clock.nowUs();
    while (nowUs < endUs && this.mayStart(nowUs)) {
      nowUs = await this.fire(cannon, Number.NaN);
      if (cannon.backoffUs > 0) {
        await this.waitUntil(nowUs + cannon.backoffUs);
        nowUs = this.clock.nowUs();
      } else if (nowUs >= this.#yieldAtUs) {
        await this.giveWay();
        nowUs = this.clock.nowUs();
      }
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

/** A cannon and when it loops, relative to the start. */
export interface PlannedCannon {
  readonly cannon: Cannon;
  readonly spans: readonly CannonSpan[];
}

/** Closed load: each cannon repeats its transaction within its spans. */
export function closedLoad(planned: readonly PlannedCannon[]): LoadModel {
  const starts = planned
    .flatMap(({ cannon, spans }) => spans.map((span) => ({ cannon, span })))
    .sort((a, b) => a.span.startUs - b.span.startUs);
  return async (scheduler) => {
    const loops = new Map<Cannon, Promise<void>>();
    let giveWayAtUs = 0;
    for (const { cannon, span } of starts) {
      const dueUs = scheduler.startUs + span.startUs;
      if (!(await scheduler.waitUntil(dueUs))) break;
      const nowUs = scheduler.clock.nowUs();
      if (nowUs >= giveWayAtUs) {
        await scheduler.giveWay();
        giveWayAtUs = scheduler.clock.nowUs() + TURN_US_MAX;
      }
      // A cannon whose last transaction of one span reaches into the next goes on after it.
      const before = loops.get(cannon);
      const loop = () => scheduler.loop(cannon, scheduler.startUs + span.endUs);
      loops.set(cannon, before === undefined ? loop() : before.then(loop));
    }
    await Promise.all(loops.values());
  };
}
