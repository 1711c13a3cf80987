// The sleeps of all scripts of a thread. Ten thousand cannons may sleep at once, and an abort signal
// finds a listener by looking at all of them: so there is one listener, and a set of who sleeps.

import type { Clock } from "../base/clock.ts";

/** Sleeps on `clock`, never early, each of them ended by `signal`. */
export function sleeperOf(
  clock: Clock,
  signal: AbortSignal,
): (durationUs: number) => Promise<void> {
  const sleeping = new Set<(reason: unknown) => void>();
  signal.addEventListener("abort", () => {
    for (const reject of sleeping) reject(signal.reason);
    sleeping.clear();
  });
  return (durationUs) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      sleeping.add(reject);
      void clock.sleep(durationUs).then(() => {
        sleeping.delete(reject);
        resolve();
      });
    });
}
