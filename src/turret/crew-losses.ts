// What went with a thread that is gone: counted, and handed over as a batch of counters of its own, so
// that the sums of all batches agree with the crew's totals.

import { BatchBuilder } from "../stats/batch.ts";
import { CELL_KIND, COUNTER } from "../stats/cell.ts";
import type { CrewThread } from "./crew-thread.ts";

/** Finished transactions that went with their thread: counted, without their samples. */
const LOST_COUNTER = "oct.lost";

export interface Loss {
  /** Finished, and not handed over. */
  readonly lost: number;
  readonly unfinished: number;
  readonly batch: ReturnType<BatchBuilder["take"]>;
}

export class CrewLosses {
  readonly #builder: BatchBuilder;

  constructor(turretName: string) {
    this.#builder = new BatchBuilder({ turretName });
  }

  /** Counts what `thread` had not reported as of `second` of the run. */
  of({ state, handedOver, startedSaid }: CrewThread, second: number): Loss {
    const lost = Math.max(0, state.finished - handedOver);
    const unfinished = Math.max(0, state.started - state.finished);
    for (const [name, count] of [
      [COUNTER.started, state.started - startedSaid],
      [COUNTER.finished, lost],
      [COUNTER.unfinished, unfinished],
      [LOST_COUNTER, lost],
    ] as const) {
      if (count <= 0) continue;
      this.#builder.add(this.#builder.slot(CELL_KIND.counter, name), second, count, 0, count);
    }
    return { lost, unfinished, batch: this.#builder.take() };
  }
}
