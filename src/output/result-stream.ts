// Results as OCT published them in real time: each row of a batch as one JSON object, keys as in OCT
// protocol 1. At most so many a second are published, so that a fast run is not slowed by who looks on;
// the others are counted.

import type { Batch } from "../stats/batch.ts";

export const STREAM_LIMIT = {
  /** Results published a second. */
  resultsPerSec: 20_000,
} as const;

export class ResultStream {
  readonly #publish: (payload: Uint8Array) => boolean;
  readonly #encoder = new TextEncoder();
  #left: number = STREAM_LIMIT.resultsPerSec;
  #published = 0;

  constructor(publish: (payload: Uint8Array) => boolean) {
    this.#publish = publish;
  }

  get published(): number {
    return this.#published;
  }

  /** A second is over: so many again may be published. */
  refill(): void {
    this.#left = STREAM_LIMIT.resultsPerSec;
  }

  add({ rows, texts }: Batch): void {
    const count = Math.min(rows.count, this.#left);
    this.#left -= count;
    let timer = 0;
    for (let i = 0; i < count; i++) {
      const timers: Record<string, number> = {};
      for (const end = rows.timerEnd[i] as number; timer < end; timer++) {
        const name = texts[rows.timerText[timer] as number] ?? "";
        Object.defineProperty(timers, name, { ...SHOWN, value: rows.timerS[timer] });
      }
      const text = JSON.stringify({
        elapsed: rows.elapsedS[i],
        epoch: rows.epochS[i],
        scriptrun_time: rows.scriptrunS[i],
        error: texts[rows.errorText[i] as number] ?? "",
        custom_timers: timers,
        turret_name: texts[rows.turretText[i] as number] ?? "",
      });
      if (this.#publish(this.#encoder.encode(text))) this.#published++;
    }
  }
}

// A timer may be called __proto__.
const SHOWN = { enumerable: true, configurable: true, writable: true } as const;
