// Named timers of a transaction.

import type { CannonHost, TimerMark } from "./context.ts";

/** A running timer. It ends at the end of its block (`using`), or at `stop()`. */
export class Timer implements Disposable, AsyncDisposable {
  readonly #host: CannonHost;
  #mark: TimerMark | undefined;

  constructor(host: CannonHost, name: string) {
    this.#host = host;
    this.#mark = host.beginTimer(checkedName(name));
  }

  /** Ends the timer; a second call does nothing. */
  stop(): void {
    if (this.#mark === undefined) return;
    this.#host.endTimer(this.#mark, false);
    this.#mark = undefined;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
  }
}

/** Runs `run` under a timer; what it returns or throws comes through. */
export function timed<T>(host: CannonHost, name: string, run: () => T): T {
  const mark = host.beginTimer(checkedName(name));
  let result: T;
  try {
    result = run();
  } catch (thrown) {
    host.endTimer(mark, true);
    throw thrown;
  }
  if (!isThenable(result)) {
    host.endTimer(mark, false);
    return result;
  }
  return result.then(
    (value: unknown) => {
      host.endTimer(mark, false);
      return value;
    },
    (thrown: unknown) => {
      host.endTimer(mark, true);
      throw thrown;
    },
  ) as T;
}

/** True for promises and what behaves like one. */
export function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function checkedName(name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`a timer needs a name, not ${JSON.stringify(name) ?? String(name)}`);
}
