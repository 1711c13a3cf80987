// Work that is done once for many: the crew for its threads, and the HQ for its turrets, lets the first
// who asks do it and tells the others what came out. A failure is told to those who wait, and whoever asks next tries again.

import { clip } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import type { OnceResult } from "./messages.ts";

/** Most names that are remembered; a further one is refused. */
export const ONCE_NAMES_MAX = 10_000;
const ERROR_CHARS = 4_000;

export type OnceOutcome =
  | { readonly isOk: true; readonly value: JsonValue }
  | { readonly isOk: false; readonly error: string };

interface Work<Asker> {
  worker: Asker | undefined;
  waiting: Asker[];
  outcome: OnceOutcome | undefined;
}

/** Who does what; `Asker` is a thread of the crew. */
export class OnceDesk<Asker> {
  readonly #works = new Map<string, Work<Asker>>();
  readonly #grant: (asker: Asker, name: string) => void;
  readonly #tell: (asker: Asker, name: string, outcome: OnceOutcome) => void;

  constructor(
    grant: (asker: Asker, name: string) => void,
    tell: (asker: Asker, name: string, outcome: OnceOutcome) => void,
  ) {
    this.#grant = grant;
    this.#tell = tell;
  }

  ask(asker: Asker, name: string): void {
    let work = this.#works.get(name);
    if (work === undefined) {
      if (this.#works.size >= ONCE_NAMES_MAX) {
        const error = `once was called with more than ${ONCE_NAMES_MAX} names`;
        return this.#tell(asker, name, { isOk: false, error });
      }
      work = { worker: undefined, waiting: [], outcome: undefined };
      this.#works.set(name, work);
    }
    if (work.outcome !== undefined) return this.#tell(asker, name, work.outcome);
    // Who asks again may not have heard the answer.
    if (work.worker === asker) return this.#grant(asker, name);
    if (work.worker !== undefined) {
      if (!work.waiting.includes(asker)) work.waiting.push(asker);
      return;
    }
    work.worker = asker;
    this.#grant(asker, name);
  }

  /** Who does the work now. */
  workerOf(name: string): Asker | undefined {
    return this.#works.get(name)?.worker;
  }

  finish(asker: Asker, name: string, outcome: OnceOutcome): void {
    const work = this.#works.get(name);
    if (work === undefined || work.worker !== asker) return;
    work.worker = undefined;
    if (outcome.isOk) work.outcome = outcome;
    const { waiting } = work;
    work.waiting = [];
    for (const other of waiting) this.#tell(other, name, outcome);
  }

  /** `asker` is gone: what it did is done by the next who waits. */
  lose(asker: Asker): void {
    for (const [name, work] of this.#works) {
      work.waiting = work.waiting.filter((other) => other !== asker);
      if (work.worker !== asker) continue;
      work.worker = work.waiting.shift();
      if (work.worker !== undefined) this.#grant(work.worker, name);
    }
  }
}

/** An outcome as it travels. */
export function onceResult(name: string, outcome: OnceOutcome): OnceResult {
  const text = outcome.isOk ? JSON.stringify(outcome.value) : clip(outcome.error, ERROR_CHARS);
  return { name, isOk: outcome.isOk, text };
}

/** The outcome of a result from outside; text that is no JSON is an error. */
export function onceOutcome(result: OnceResult): OnceOutcome {
  if (!result.isOk) return { isOk: false, error: result.text };
  try {
    return { isOk: true, value: JSON.parse(result.text) as JsonValue };
  } catch {
    return { isOk: false, error: "the result of once() arrived damaged" };
  }
}
