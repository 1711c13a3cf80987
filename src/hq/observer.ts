// Who follows a run from within the HQ's process: live page, outputs, thresholds, terminal. The HQ calls
// them in its own turn, so each returns at once; one that throws is left out from then on, and said.

import type { Batch } from "../stats/batch.ts";
import type { EventRecord } from "../store/records.ts";
import type { HqOutcome, LiveRun, RunObserver } from "./types.ts";

export class Observers {
  #observers: readonly RunObserver[];
  readonly #onFailure: (name: string, reason: string) => void;

  constructor(
    observers: readonly RunObserver[],
    onFailure: (name: string, reason: string) => void,
  ) {
    this.#observers = observers;
    this.#onFailure = onFailure;
  }

  open(run: LiveRun): void {
    this.#each((observer) => observer.onOpen?.(run));
  }

  start(run: LiveRun): void {
    this.#each((observer) => observer.onStart?.(run));
  }

  batch(batch: Batch, turretIndex: number): void {
    this.#each((observer) => observer.onBatch?.(batch, turretIndex));
  }

  event(event: EventRecord): void {
    this.#each((observer) => observer.onEvent?.(event));
  }

  second(run: LiveRun): void {
    this.#each((observer) => observer.onSecond?.(run));
  }

  end(run: LiveRun, outcome: HqOutcome): void {
    this.#each((observer) => observer.onEnd?.(run, outcome));
  }

  #each(tell: (observer: RunObserver) => void): void {
    for (const observer of this.#observers) {
      try {
        tell(observer);
      } catch (thrown) {
        this.#observers = this.#observers.filter((other) => other !== observer);
        this.#onFailure(observer.name, String(thrown));
      }
    }
  }
}
