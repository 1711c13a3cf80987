// The only reader of time. Two clocks, never mixed: `nowUs` is monotonic and is what durations and
// schedules are made of; `wallMs` is the time of day and only labels things for people.
//
// In Bun every thread's performance.now() starts at that thread's own start, so a thread's clock
// carries an offset (measured by the crew, see turret/thread.ts) that puts it on the main thread's axis.

export interface Clock {
  /** Monotonic microseconds; the zero is arbitrary, the same for all threads of the process. */
  nowUs(): number;
  /** Milliseconds since 1970 UTC. */
  wallMs(): number;
  /** Resolves after at least `durationUs`; never early. Rejects with the signal's reason. */
  sleep(durationUs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `callback` every `periodUs` until the returned function is called. */
  every(periodUs: number, callback: () => void): () => void;
}

const US_PER_MS = 1000;
/** A timer of the loop holds no more (24.8 days) and would fire at once: the rest is waited again. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The machine's clock; `offsetUs` moves its zero onto another thread's. */
export function systemClock(offsetUs = 0): Clock {
  const nowUs = () => performance.now() * US_PER_MS + offsetUs;
  return {
    nowUs,
    wallMs: () => Date.now(),
    sleep: (durationUs, signal) => sleepUntil(nowUs, nowUs() + durationUs, signal),
    every(periodUs, callback) {
      const timer = setInterval(callback, Math.max(1, Math.round(periodUs / US_PER_MS)));
      return () => clearInterval(timer);
    },
  };
}

// Timers of the loop truncate to whole milliseconds and so fire up to 1 ms early: the rest is waited
// again until the instant has passed.
function sleepUntil(nowUs: () => number, dueUs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    let timer: ReturnType<typeof setTimeout>;
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const wait = () => {
      const leftUs = dueUs - nowUs();
      if (leftUs > 0) {
        timer = setTimeout(wait, Math.min(TIMER_MS_MAX, Math.ceil(leftUs / US_PER_MS)));
        return;
      }
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    wait();
  });
}

/** A clock that only moves when told, for tests of life cycles. */
export class ManualClock implements Clock {
  #nowUs: number;
  readonly #startUs: number;
  readonly #startWallMs: number;
  #waiters: { dueUs: number; order: number; wake: () => void }[] = [];
  #order = 0;

  constructor(startUs = 0, startWallMs = 1_700_000_000_000) {
    this.#nowUs = startUs;
    this.#startUs = startUs;
    this.#startWallMs = startWallMs;
  }

  nowUs(): number {
    return this.#nowUs;
  }

  wallMs(): number {
    return this.#startWallMs + (this.#nowUs - this.#startUs) / US_PER_MS;
  }

  sleep(durationUs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const cancel = this.#at(this.#nowUs + durationUs, resolve);
      signal?.addEventListener("abort", () => {
        cancel();
        reject(signal.reason);
      });
    });
  }

  every(periodUs: number, callback: () => void): () => void {
    let cancel = () => {};
    const arm = () => {
      cancel = this.#at(this.#nowUs + periodUs, () => {
        arm();
        callback();
      });
    };
    arm();
    return () => cancel();
  }

  /** Moves time on by `durationUs`, firing what falls due on the way, in order. */
  advance(durationUs: number): void {
    const endUs = this.#nowUs + durationUs;
    for (;;) {
      const next = this.#takeDue(endUs);
      if (next === undefined) break;
      this.#nowUs = Math.max(this.#nowUs, next.dueUs);
      next.wake();
    }
    this.#nowUs = endUs;
  }

  #at(dueUs: number, wake: () => void): () => void {
    const waiter = { dueUs, order: this.#order++, wake };
    this.#waiters.push(waiter);
    return () => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    };
  }

  #takeDue(endUs: number): { dueUs: number; wake: () => void } | undefined {
    let best: { dueUs: number; order: number; wake: () => void } | undefined;
    for (const waiter of this.#waiters) {
      if (waiter.dueUs > endUs) continue;
      const isEarlier =
        best === undefined ||
        waiter.dueUs < best.dueUs ||
        (waiter.dueUs === best.dueUs && waiter.order < best.order);
      if (isEarlier) best = waiter;
    }
    if (best !== undefined) this.#waiters = this.#waiters.filter((other) => other !== best);
    return best;
  }
}
