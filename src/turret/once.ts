// Work that is done once for many: the crew lets the first who asks do it and tells the others what
// came out. A failure is told to those who wait, and whoever asks next tries again.

import type { JsonValue } from "../base/json.ts";

/** Most names that are remembered; a further one is refused. */
export const ONCE_NAMES_MAX = 10_000;

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
    if (work.worker !== undefined) {
      work.waiting.push(asker);
      return;
    }
    work.worker = asker;
    this.#grant(asker, name);
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
