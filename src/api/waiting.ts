// Waiting in scripts: think times and their distributions, and promises of ours that suspend the
// script code that awaits them.

import type { Random } from "../base/random.ts";
import { US_PER_S } from "../base/units.ts";
import { currentThread, type ThreadHost } from "./context.ts";

/** Seconds to think: a number, or numbers drawn from a distribution. */
export type ThinkTime =
  | number
  | { readonly uniform: readonly [low: number, high: number] }
  | { readonly exponential: number }
  | { readonly normal: readonly [mean: number, deviation: number] };

/** No draw of a distribution is longer than this, so that none holds a cannon for ever. */
const THINK_S_MAX = 86_400;

/** Seconds of one think time; draws below 0 are 0. */
export function thinkSeconds(time: ThinkTime, random: Random): number {
  const drawn = drawnSeconds(time, random);
  return Math.min(THINK_S_MAX, Math.max(0, drawn));
}

function drawnSeconds(time: ThinkTime, random: Random): number {
  if (typeof time === "number") {
    if (time >= 0) return time;
  } else if (typeof time === "object" && time !== null) {
    if ("uniform" in time) {
      const [low, high] = time.uniform;
      if (low >= 0 && high >= low) return random.uniform(low, high);
    } else if ("exponential" in time) {
      if (time.exponential >= 0) return random.exponential(time.exponential);
    } else if ("normal" in time) {
      const [mean, deviation] = time.normal;
      if (mean >= 0 && deviation >= 0) return random.normal(mean, deviation);
    }
  }
  throw new RangeError(
    `think takes seconds from 0, {uniform: [low, high]}, {exponential: mean} or ` +
      `{normal: [mean, deviation]}, not ${JSON.stringify(time) ?? String(time)}`,
  );
}

/** Waits for `promise` as script code does: what runs meanwhile is not this script's. */
export async function suspended<T>(thread: ThreadHost, promise: Promise<T>): Promise<T> {
  const mark = thread.suspend();
  try {
    return await promise;
  } finally {
    thread.resume(mark);
  }
}

/**
 * Sleeps seconds on the thread, suspended. Ten thousand cannons may do so at once: no frame of an async
 * function is kept for each.
 */
export function sleepFor(thread: ThreadHost, seconds: number): Promise<void> {
  const mark = thread.suspend();
  return thread.sleep(seconds * US_PER_S).then(() => thread.resume(mark));
}

/**
 * Waits as a person does: fixed seconds, or as long as a distribution says. In a transaction,
 * `this.think` draws from the cannon's own numbers and can be repeated.
 *
 * @example await think({ uniform: [1, 3] });
 */
export async function think(time: ThinkTime): Promise<void> {
  const thread = currentThread();
  await sleepFor(thread, thinkSeconds(time, thread.random as Random));
}
