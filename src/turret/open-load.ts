// Open load: transactions arrive when the schedule says, whoever is free. An arrival that finds no free
// cannon waits with its clock running; it is dropped when too many wait, or at the end.
//
// planned = due until the end; every due arrival is started or dropped.

import { Ring } from "../base/ring.ts";
import type { Arrivals } from "../pace/arrivals.ts";
import type { ControlSegment } from "../pace/control.ts";
import { type Share, sharedCount, sharedItem } from "../pace/share.ts";
import type { Waker } from "./pacer.ts";
import type { Gun, LoadModel, Scheduler } from "./scheduler.ts";

/** Arrivals that are started before sockets get their turn. */
const BURST = 64;

export interface OpenLoadParts {
  /** Those of the schedule that `segments` have made of the plan. */
  readonly arrivalsOf: (segments: readonly ControlSegment[]) => Arrivals;
  readonly segments: readonly ControlSegment[];
  readonly share: Share;
  /** Makes cannon number `index` of this thread. */
  readonly makeCannon: (index: number) => Gun;
  readonly cannonsMax: number;
  readonly queueMax: number;
  /** Arrivals of this thread that were dealt with before it was replaced; 0 for the first. */
  readonly done: number;
  readonly waker: Waker;
  readonly onDropped: (count: number) => void;
  /** An arrival found no free cannon. */
  readonly onLate: () => void;
}

export function openLoad(parts: OpenLoadParts): LoadModel {
  return new OpenLoad(parts);
}

class OpenLoad implements LoadModel {
  readonly #parts: OpenLoadParts;
  readonly #free: Gun[] = [];
  #arrivals: Arrivals;
  #count: number;
  #waiting: Ring<number>;
  #made = 0;
  #position: number;
  #inFlight = 0;
  #hasBegun: boolean;
  #isRetired = false;
  #onIdle = () => {};

  constructor(parts: OpenLoadParts) {
    this.#parts = parts;
    this.#arrivals = parts.arrivalsOf(parts.segments);
    this.#count = sharedCount(this.#arrivals.count, parts.share);
    this.#waiting = new Ring(Math.max(1, parts.queueMax));
    this.#position = parts.done;
    this.#hasBegun = parts.done > 0;
  }

  async run(scheduler: Scheduler): Promise<void> {
    const { waker } = this.#parts;
    const stopListening = scheduler.onStop(() => this.#lookAgain());
    await this.#fireAll(scheduler);
    stopListening();
    if (scheduler.hasEnded(scheduler.clock.nowUs())) waker.close();
  }

  /** What was due before is as it was; the rest comes at other instants. */
  change(segments: readonly ControlSegment[]): void {
    if (this.#isRetired) return;
    this.#arrivals = this.#parts.arrivalsOf(segments);
    this.#count = sharedCount(this.#arrivals.count, this.#parts.share);
    this.#lookAgain();
  }

  #lookAgain(): void {
    this.#parts.waker.wakeNow();
    this.#onIdle();
  }

  async #fireAll(scheduler: Scheduler): Promise<void> {
    const { clock } = scheduler;
    if (!this.#hasBegun) this.#skipPast(scheduler, clock.nowUs());
    this.#hasBegun = true;
    for (;;) {
      if (this.#fireDue(scheduler, clock.nowUs())) await scheduler.giveWay();
      const nowUs = clock.nowUs();
      if (scheduler.hasEnded(nowUs)) return this.#end(scheduler);
      const isOver = this.#position >= this.#count;
      if (isOver && this.#inFlight > 0) await this.#idle();
      else if (isOver && this.#waiting.length === 0) return;
      else await this.#waitForNext(scheduler, nowUs);
    }
  }

  // While the plan is paused, what was due before and is still to be started waits for its end.
  async #waitForNext(scheduler: Scheduler, nowUs: number): Promise<void> {
    const isOpen = scheduler.mayStart(nowUs);
    const atUs = isOpen ? this.#dueUs(scheduler, this.#position) : scheduler.opensUs(nowUs);
    if (atUs <= nowUs) return;
    await this.#parts.waker.wait(Math.min(atUs, scheduler.endUs, nowUs + WAIT_US_MAX));
  }

  /** Intended start of this thread's arrival. */
  #dueUs(scheduler: Scheduler, position: number): number {
    return scheduler.dueUs(this.#arrivals.timeUs(sharedItem(position, this.#parts.share)));
  }

  // A turret that came late has no part in what was due before.
  #skipPast(scheduler: Scheduler, nowUs: number): void {
    if (nowUs - scheduler.startUs < LATE_START_US) return;
    let low = 0;
    let high = this.#count;
    // The first that is due from now on.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#dueUs(scheduler, middle) < nowUs) low = middle + 1;
      else high = middle;
    }
    this.#position = low;
  }

  // True when there may be more that is due.
  #fireDue(scheduler: Scheduler, nowUs: number): boolean {
    if (!scheduler.mayStart(nowUs)) return false;
    // Only after a pause: otherwise a cannon that becomes free takes who waits.
    while (this.#waiting.length > 0 && this.#free.length > 0) this.#startWaiting(scheduler, nowUs);
    for (let i = 0; i < BURST; i++) {
      if (this.#position >= this.#count) return false;
      const dueUs = this.#dueUs(scheduler, this.#position);
      if (dueUs > nowUs) return false;
      // Who was late for a pause and starts after it: the pause was no time it had to wait for its turn.
      const heldUs = scheduler.pausedUs(nowUs) - scheduler.pausedUs(dueUs);
      this.#arrive(scheduler, this.#position++, dueUs + heldUs);
    }
    return true;
  }

  #arrive(scheduler: Scheduler, position: number, dueUs: number): void {
    const cannon = this.#free.pop() ?? this.#make();
    if (cannon !== undefined) {
      this.#start(scheduler, cannon, position, dueUs);
      return;
    }
    this.#parts.onLate();
    const isFull = this.#parts.queueMax === 0 || this.#waiting.isFull;
    if (isFull) this.#parts.onDropped(1);
    else this.#waiting.push(position);
  }

  #startWaiting(scheduler: Scheduler, nowUs: number): void {
    const cannon = this.#free.pop();
    const position = this.#waiting.shift();
    if (cannon === undefined || position === undefined) return;
    this.#start(scheduler, cannon, position, this.#waitedSinceUs(scheduler, position, nowUs));
  }

  // A pause is no time that an arrival had to wait for its turn.
  #waitedSinceUs(scheduler: Scheduler, position: number, nowUs: number): number {
    const planUs = this.#arrivals.timeUs(sharedItem(position, this.#parts.share));
    return nowUs - (scheduler.planUs(nowUs) - planUs);
  }

  #make(): Gun | undefined {
    if (this.#made >= this.#parts.cannonsMax) return undefined;
    return this.#parts.makeCannon(this.#made++);
  }

  #start(scheduler: Scheduler, cannon: Gun, position: number, dueUs: number): void {
    this.#inFlight++;
    const k = sharedItem(position, this.#parts.share);
    void scheduler.fire(cannon, dueUs, k).then((endUs) => this.#ended(scheduler, cannon, endUs));
  }

  #ended(scheduler: Scheduler, cannon: Gun, endUs: number): void {
    this.#inFlight--;
    // The script's data is at its end: nothing further arrives in this thread.
    if (cannon.isRetired === true) return this.#retire();
    this.#free.push(cannon);
    if (this.#waiting.length > 0 && scheduler.mayStart(endUs)) this.#startWaiting(scheduler, endUs);
    if (this.#inFlight === 0) this.#onIdle();
  }

  #retire(): void {
    this.#isRetired = true;
    this.#position = this.#count;
    this.#waiting = new Ring(1);
    this.#lookAgain();
  }

  // Until the end, or a stop before it, everything that was due is accounted for.
  async #end(scheduler: Scheduler): Promise<void> {
    const { clock, endUs } = scheduler;
    const untilUs = Math.min(clock.nowUs(), endUs);
    let dropped = this.#waiting.length;
    this.#waiting = new Ring(1);
    // What fell due just before the end, and was not reached only because this thread was late, starts.
    const isTimeOver = clock.nowUs() >= endUs;
    while (this.#position < this.#count) {
      const position = this.#position;
      const dueUs = this.#dueUs(scheduler, position);
      if (dueUs >= untilUs) break;
      this.#position++;
      const cannon = isTimeOver ? (this.#free.pop() ?? this.#make()) : undefined;
      if (cannon === undefined) dropped++;
      else this.#start(scheduler, cannon, position, dueUs);
    }
    if (dropped > 0) this.#parts.onDropped(dropped);
    while (this.#inFlight > 0) await this.#idle();
  }

  // All have arrived: until the last of them has ended, or there is something to look at.
  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#inFlight === 0) resolve();
    });
  }
}

/** A start that lies further back was missed. */
const LATE_START_US = 1_000_000;
/** A wait without an end is looked at so often. */
const WAIT_US_MAX = 3_600_000_000;
