// The sleeps of all scripts of a thread, and the waits of its schedule. Ten thousand cannons may sleep at
// once: they wait in one heap for one alarm, the clock's own sleep until the first of them is due.

import type { Clock } from "../base/clock.ts";

/** Sleeps on `clock`, never early, each of them ended by `signal`. */
export function sleeperOf(
  clock: Clock,
  signal: AbortSignal,
): (durationUs: number) => Promise<void> {
  const dormitory = new Dormitory(clock);
  signal.addEventListener("abort", () => dormitory.rejectAll(signal.reason));
  return (durationUs) =>
    signal.aborted ? Promise.reject(signal.reason) : dormitory.sleep(durationUs);
}

interface Sleeper {
  readonly dueUs: number;
  /** Who is due at the same time wakes in the order of falling asleep. */
  readonly order: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Who sleeps, until an instant or until all are woken. */
export class Dormitory {
  readonly #clock: Clock;
  /** A binary heap: a sleeper's two children, at 2i + 1 and 2i + 2, wake no earlier than it. */
  readonly #heap: Sleeper[] = [];
  /** Of the earliest alarm that is set. A later one may be set as well, and finds nobody then. */
  #alarmUs = Number.POSITIVE_INFINITY;
  #order = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves after at least `durationUs`, which may be infinite, or with wakeAll. */
  sleep(durationUs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const nowUs = this.#clock.nowUs();
      const dueUs = nowUs + durationUs;
      this.#push({ dueUs, order: this.#order++, resolve, reject });
      if (dueUs < this.#alarmUs) this.#setAlarm(dueUs, nowUs);
    });
  }

  wakeAll(): void {
    for (const { resolve } of this.#heap.splice(0)) resolve();
  }

  rejectAll(reason: unknown): void {
    for (const { reject } of this.#heap.splice(0)) reject(reason);
  }

  #setAlarm(dueUs: number, nowUs: number): void {
    this.#alarmUs = dueUs;
    void this.#clock.sleep(dueUs - nowUs).then(() => this.#wake());
  }

  #wake(): void {
    const nowUs = this.#clock.nowUs();
    if (this.#alarmUs <= nowUs) this.#alarmUs = Number.POSITIVE_INFINITY;
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return;
      if (first.dueUs > nowUs) {
        if (first.dueUs < this.#alarmUs) this.#setAlarm(first.dueUs, nowUs);
        return;
      }
      this.#pop();
      first.resolve();
    }
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#heap;
    let place = heap.push(sleeper) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Sleeper;
      if (!isBefore(sleeper, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = sleeper;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Sleeper;
    if (heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Sleeper)) child++;
      const below = heap[child] as Sleeper;
      if (!isBefore(below, last)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
  }
}

function isBefore(one: Sleeper, other: Sleeper): boolean {
  return one.dueUs < other.dueUs || (one.dueUs === other.dueUs && one.order < other.order);
}
