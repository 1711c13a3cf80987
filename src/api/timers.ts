// Named timers of a transaction.

import type { CannonHost, TimerMark } from "./context.ts";
import { NO_TAGS, type Tags, taggedNames } from "./tags.ts";

/** A running timer. It ends at the end of its block (`using`), or at `stop()`. */
export class Timer implements Disposable, AsyncDisposable {
  readonly #host: CannonHost;
  readonly #tags: Tags;
  #mark: TimerMark | undefined;

  constructor(host: CannonHost, name: string, tags: Tags = NO_TAGS) {
    this.#host = host;
    this.#tags = tags;
    this.#mark = host.beginTimer(checkedName(name));
  }

  /** Ends the timer; a second call does nothing. */
  stop(): void {
    if (this.#mark === undefined) return;
    end(this.#host, this.#mark, { isError: false, tags: this.#tags });
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
export function timed<T>(host: CannonHost, name: string, run: () => T, tags: Tags = NO_TAGS): T {
  const mark = host.beginTimer(checkedName(name));
  let result: T;
  try {
    result = run();
  } catch (thrown) {
    end(host, mark, { isError: true, tags });
    throw thrown;
  }
  if (!isThenable(result)) {
    end(host, mark, { isError: false, tags });
    return result;
  }
  return result.then(
    (value: unknown) => {
      end(host, mark, { isError: false, tags });
      return value;
    },
    (thrown: unknown) => {
      end(host, mark, { isError: true, tags });
      throw thrown;
    },
  ) as T;
}

/** True for promises and what behaves like one. */
export function isThenable(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function end(host: CannonHost, mark: TimerMark, result: { isError: boolean; tags: Tags }): void {
  const { isError, tags } = result;
  host.endTimer(mark, isError);
  if (tags === NO_TAGS) return;
  const durationUs = host.thread.clock.nowUs() - mark.startUs;
  for (const name of taggedNames(mark.name, tags)) host.recordTimer(name, durationUs, isError);
}

function checkedName(name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`a timer needs a name, not ${JSON.stringify(name) ?? String(name)}`);
}
