// A helper thread that does nothing but wait until an instant and then wakes the thread it serves. The
// timers of an event loop are late by half a millisecond in the median; this one by a tenth.
//
//   i32 0    rises with every order, so that the waiter looks again
//   f64 1    when to wake, on the clock of the thread that is served; +inf: nothing to wait for
//   f64 2    that clock when the order was given
//
// The two threads' clocks have different zeros. The waiter takes the largest difference it has seen
// between f64 2 and its own clock: the order that reached it fastest.

import type { Clock } from "../base/clock.ts";

const ORDERS = 0;
const DUE = 1;
const GIVEN = 2;
const PACER_BYTES = 24;
const US_PER_MS = 1_000;

/** Wakes once at an instant, or at once when asked to. */
export interface Waker {
  /** Resolves at `atUs` or a little later, or when `wakeNow` is called. One waits at a time. */
  wait(atUs: number): Promise<void>;
  wakeNow(): void;
  close(): void;
}

/** A waker on the loop's own timers, for clocks that are moved by hand. */
export function clockWaker(clock: Clock): Waker {
  let wake = () => {};
  return {
    wait: (atUs) =>
      new Promise((resolve) => {
        wake = resolve;
        void clock.sleep(Math.max(0, atUs - clock.nowUs())).then(resolve);
      }),
    wakeNow: () => wake(),
    close: () => wake(),
  };
}

export class Pacer implements Waker {
  readonly #clock: Clock;
  readonly #worker: Worker;
  readonly #orders: Int32Array;
  readonly #times: Float64Array;
  /** Resolves when the helper waits for orders; one that comes before would be late. */
  readonly ready: Promise<void>;
  #onReady = () => {};
  #wake = () => {};
  #dueUs = Number.POSITIVE_INFINITY;

  /** `workerUrl` is an entry that calls `servePacer` when told to. */
  constructor(clock: Clock, workerUrl: string) {
    const buffer = new SharedArrayBuffer(PACER_BYTES);
    this.#clock = clock;
    this.#orders = new Int32Array(buffer);
    this.#times = new Float64Array(buffer);
    this.#times[DUE] = Number.POSITIVE_INFINITY;
    this.#times[GIVEN] = Number.NEGATIVE_INFINITY;
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#worker = new Worker(workerUrl);
    this.#worker.addEventListener("message", () => this.#onWake());
    this.#worker.postMessage({ type: "pacer", buffer });
  }

  wait(atUs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#order(atUs);
    });
  }

  wakeNow(): void {
    this.#dueUs = Number.POSITIVE_INFINITY;
    this.#wake();
  }

  close(): void {
    this.wakeNow();
    this.#worker.terminate();
  }

  // A wake-up for an order that was taken back finds nothing due and is passed on again.
  #onWake(): void {
    this.#onReady();
    if (this.#clock.nowUs() >= this.#dueUs) this.wakeNow();
    else if (this.#dueUs !== Number.POSITIVE_INFINITY) this.#order(this.#dueUs);
  }

  #order(atUs: number): void {
    this.#dueUs = atUs;
    this.#times[DUE] = atUs;
    this.#times[GIVEN] = this.#clock.nowUs();
    Atomics.add(this.#orders, ORDERS, 1);
    Atomics.notify(this.#orders, ORDERS);
  }
}

/** The helper thread's loop; it ends when the thread is terminated. */
export function servePacer(buffer: SharedArrayBuffer, clock: Clock, wake: () => void): never {
  const orders = new Int32Array(buffer);
  const times = new Float64Array(buffer);
  let offsetUs = Number.NEGATIVE_INFINITY;
  let served = -1;
  wake();
  for (;;) {
    const order = Atomics.load(orders, ORDERS);
    const nowUs = clock.nowUs();
    offsetUs = Math.max(offsetUs, (times[GIVEN] as number) - nowUs);
    const leftUs = (times[DUE] as number) - offsetUs - nowUs;
    if (order === served || !(leftUs < Number.POSITIVE_INFINITY)) {
      Atomics.wait(orders, ORDERS, order);
    } else if (leftUs > 0) {
      Atomics.wait(orders, ORDERS, order, leftUs / US_PER_MS);
    } else {
      served = order;
      wake();
    }
  }
}
