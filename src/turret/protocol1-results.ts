// Rows of a batch as result messages of OCT protocol 1, one for each transaction.

import { formatResult } from "../protocol/protocol1.ts";
import type { Batch } from "../stats/batch.ts";

/** The result messages of a batch, in its order; a repeated timer keeps its last value, as in OCT. */
export function* resultsOf(batch: Batch, turretName: string): Generator<string> {
  const { rows, texts } = batch;
  let timer = 0;
  for (let row = 0; row < rows.count; row++) {
    // No prototype: a timer may be called __proto__.
    const timers: Record<string, number> = Object.create(null);
    const end = rows.timerEnd[row] as number;
    for (; timer < end; timer++) {
      timers[texts[rows.timerText[timer] as number] as string] = rows.timerS[timer] as number;
    }
    yield formatResult({
      turretName,
      elapsedS: rows.elapsedS[row] as number,
      epochS: rows.epochS[row] as number,
      scriptrunS: rows.scriptrunS[row] as number,
      error: texts[rows.errorText[row] as number] as string,
      timers,
    });
  }
}
