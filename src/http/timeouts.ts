// One coarse timer for all timeouts of a thread. A connection registers once and only writes a number
// when it begins to wait: no timer, no clock reading and no object per request. A timeout is noticed
// up to two periods late and never early.

import type { Clock } from "../base/clock.ts";

const PERIOD_US = 50_000;

/** Something that may wait too long. Infinity: not waiting. */
export interface Waiter {
  deadlineUs: number;
  onDeadline(): void;
}

export class Timeouts {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();
  #nowUs = 0;
  #stop: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The clock by which requests are timed. */
  nowUs(): number {
    return this.#clock.nowUs();
  }

  /** The instant to write into `deadlineUs` for a wait of `timeoutUs` from now. */
  deadline(timeoutUs: number): number {
    return this.#nowUs + timeoutUs + PERIOD_US;
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (this.#stop !== undefined) return;
    this.#nowUs = this.#clock.nowUs();
    this.#stop = this.#clock.every(PERIOD_US, () => this.#turn());
  }

  /** The timer runs only while somebody may wait. */
  delete(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    if (this.#waiters.size > 0 || this.#stop === undefined) return;
    this.#stop();
    this.#stop = undefined;
  }

  #turn(): void {
    const nowUs = this.#clock.nowUs();
    this.#nowUs = nowUs;
    for (const waiter of this.#waiters) {
      if (waiter.deadlineUs > nowUs) continue;
      waiter.deadlineUs = Number.POSITIVE_INFINITY;
      waiter.onDeadline();
    }
  }
}
