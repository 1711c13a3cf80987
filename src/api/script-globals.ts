// Members of "oct" that belong to the thread and not to a cannon.

import type { Random } from "../base/random.ts";
import { currentThread } from "./context.ts";
import type { JsonMap } from "./values.ts";
import { sleepFor } from "./waiting.ts";

/**
 * Waits, never shorter than asked. Ends at once, with an error, when the run gives up what is in
 * flight.
 *
 * @example await sleep(0.5);
 */
export function sleep(seconds: number): Promise<void> {
  try {
    const thread = currentThread();
    if (Number(seconds) >= 0) return sleepFor(thread, Number(seconds));
    throw new RangeError(`sleep takes seconds from 0, not ${seconds}`);
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

/** This turret's configuration, as `this.config`. */
export const config: JsonMap = mirrorOf(() => currentThread().config);

/** What the HQ shares with all turrets, as `this.context`. */
export const context: JsonMap = mirrorOf(() => currentThread().context);

/**
 * Random numbers of this thread. `this.random` is one cannon's and can be repeated; this one is for
 * code outside of transactions.
 */
export const random: Pick<
  Random,
  "unit" | "uniform" | "integer" | "exponential" | "normal" | "pick" | "shuffle"
> = {
  unit: () => currentThread().random.unit(),
  uniform: (low, high) => currentThread().random.uniform(low, high),
  integer: (low, high) => currentThread().random.integer(low, high),
  exponential: (mean) => currentThread().random.exponential(mean),
  normal: (mean, deviation) => currentThread().random.normal(mean, deviation),
  pick: (items) => currentThread().random.pick(items),
  shuffle: (items) => currentThread().random.shuffle(items),
};

// Scripts import the object before and after it is filled: it always shows what is there now.
function mirrorOf(current: () => JsonMap): JsonMap {
  return new Proxy(
    {},
    {
      get: (_, key) => Reflect.get(current(), key),
      set: () => false,
      deleteProperty: () => false,
      has: (_, key) => Reflect.has(current(), key),
      ownKeys: () => Reflect.ownKeys(current()),
      getOwnPropertyDescriptor: (_, key) => {
        const found = Reflect.getOwnPropertyDescriptor(current(), key);
        return found === undefined ? undefined : { ...found, configurable: true };
      },
    },
  );
}
