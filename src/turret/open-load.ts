// Open load: transactions arrive when the schedule says, whoever is free. An arrival that finds no free
// cannon waits with its clock running; it is dropped when too many wait, or at the end.
//
// planned = due until the end; every due arrival is started or dropped.

import { Ring } from "../base/ring.ts";
import type { Arrivals } from "../pace/arrivals.ts";
import { type Share, sharedCount, sharedItem } from "../pace/share.ts";
import type { Waker } from "./pacer.ts";
import type { Gun, LoadModel, Scheduler } from "./scheduler.ts";

/** Arrivals that are started before sockets get their turn. */
const BURST = 64;

export interface OpenLoadParts {
  readonly arrivals: Arrivals;
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
  return async (scheduler) => {
    const load = new OpenLoad(parts, scheduler);
    const stopListening = scheduler.onStop(() => {
      parts.waker.wakeNow();
      load.wakeNow();
    });
    await load.run();
    stopListening();
    parts.waker.close();
  };
}

class OpenLoad {
  readonly #parts: OpenLoadParts;
  readonly #scheduler: Scheduler;
  readonly #count: number;
  readonly #free: Gun[] = [];
  #waiting: Ring<number>;
  #made = 0;
  #position: number;
  #inFlight = 0;
  #onIdle = () => {};

  constructor(parts: OpenLoadParts, scheduler: Scheduler) {
    this.#parts = parts;
    this.#scheduler = scheduler;
    this.#count = sharedCount(parts.arrivals.count, parts.share);
    this.#waiting = new Ring(Math.max(1, parts.queueMax));
    this.#position = parts.done;
  }

  /** Looks again at what it waits for. */
  wakeNow(): void {
    this.#onIdle();
  }

  async run(): Promise<void> {
    const { waker } = this.#parts;
    const { clock } = this.#scheduler;
    if (this.#parts.done === 0) this.#skipPast(clock.nowUs());
    for (;;) {
      if (this.#fireDue(clock.nowUs())) await this.#scheduler.giveWay();
      const nowUs = clock.nowUs();
      if (!this.#scheduler.mayStart(nowUs) || this.#position >= this.#count) break;
      const dueUs = this.#dueUs(this.#position);
      if (dueUs > nowUs) await waker.wait(Math.min(dueUs, this.#scheduler.endUs));
    }
    await this.#end();
  }

  /** Intended start of this thread's arrival. */
  #dueUs(position: number): number {
    const { arrivals, share } = this.#parts;
    return this.#scheduler.startUs + arrivals.timeUs(sharedItem(position, share));
  }

  // A turret that came late has no part in what was due before.
  #skipPast(nowUs: number): void {
    if (nowUs - this.#scheduler.startUs < LATE_START_US) return;
    let low = 0;
    let high = this.#count;
    // The first that is due from now on.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#dueUs(middle) < nowUs) low = middle + 1;
      else high = middle;
    }
    this.#position = low;
  }

  // True when there may be more that is due.
  #fireDue(nowUs: number): boolean {
    for (let i = 0; i < BURST; i++) {
      if (this.#position >= this.#count || !this.#scheduler.mayStart(nowUs)) return false;
      const dueUs = this.#dueUs(this.#position);
      if (dueUs > nowUs) return false;
      this.#arrive(this.#position++, dueUs);
    }
    return true;
  }

  #arrive(position: number, dueUs: number): void {
    const cannon = this.#free.pop() ?? this.#make();
    if (cannon !== undefined) {
      this.#start(cannon, position, dueUs);
      return;
    }
    this.#parts.onLate();
    const isFull = this.#parts.queueMax === 0 || this.#waiting.isFull;
    if (isFull) this.#parts.onDropped(1);
    else this.#waiting.push(position);
  }

  #make(): Gun | undefined {
    if (this.#made >= this.#parts.cannonsMax) return undefined;
    return this.#parts.makeCannon(this.#made++);
  }

  #start(cannon: Gun, position: number, dueUs: number): void {
    this.#inFlight++;
    const k = sharedItem(position, this.#parts.share);
    void this.#scheduler.fire(cannon, dueUs, k).then((endUs) => this.#ended(cannon, endUs));
  }

  #ended(cannon: Gun, endUs: number): void {
    this.#inFlight--;
    // The script's data is at its end: nothing further arrives in this thread.
    if (cannon.isRetired === true) return this.#retire();
    const next = this.#scheduler.mayStart(endUs) ? this.#waiting.shift() : undefined;
    if (next !== undefined) this.#start(cannon, next, this.#dueUs(next));
    else this.#free.push(cannon);
    if (this.#inFlight === 0) this.#onIdle();
  }

  #retire(): void {
    this.#position = this.#count;
    this.#waiting = new Ring(1);
    this.#parts.waker.wakeNow();
    this.#onIdle();
  }

  // Until the end, or a stop before it, everything that was due is accounted for.
  async #end(): Promise<void> {
    const { clock, endUs } = this.#scheduler;
    // All have arrived and the time is not over: those that wait may still begin.
    while (this.#waiting.length > 0 && this.#scheduler.mayStart(clock.nowUs())) await this.#idle();
    const untilUs = Math.min(clock.nowUs(), endUs);
    let dropped = this.#waiting.length;
    this.#waiting = new Ring(1);
    // What fell due just before the end, and was not reached only because this thread was late, starts.
    const isTimeOver = clock.nowUs() >= endUs;
    while (this.#position < this.#count) {
      const position = this.#position;
      const dueUs = this.#dueUs(position);
      if (dueUs >= untilUs) break;
      this.#position++;
      const cannon = isTimeOver ? (this.#free.pop() ?? this.#make()) : undefined;
      if (cannon === undefined) dropped++;
      else this.#start(cannon, position, dueUs);
    }
    if (dropped > 0) this.#parts.onDropped(dropped);
    while (this.#inFlight > 0) await this.#idle();
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#inFlight === 0) resolve();
    });
  }
}

/** A start that lies further back was missed. */
const LATE_START_US = 1_000_000;
