// The assertions of a TestCase: what does not hold is a failure, which is not the same as an error.

import { clip } from "../base/errors.ts";

const SHOWN_MAX = 200;

/** An assertion that does not hold. */
export class TestFailure extends Error {
  override readonly name = "TestFailure";
}

/** True for what an assertion threw, ours or another library's. */
export function isFailure(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return thrown.name === "TestFailure" || thrown.name === "AssertionError";
}

/** A value in a message, bounded. */
export function shown(value: unknown): string {
  return clip(Bun.inspect(value, { depth: 4 }), SHOWN_MAX);
}

/** Throws a TestFailure unless `holds`; what the script says replaces what oct would. */
export function assertThat(holds: boolean, text: () => string, message?: string): asserts holds {
  if (!holds) throw new TestFailure(message ?? text());
}

/** True for the same value, or the same contents. */
export function isEqual(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || Bun.deepEquals(a, b);
}

/** True where `container` holds `item`: a list, a set, a map's key, an object's key, a text. */
export function holds(container: unknown, item: unknown): boolean {
  if (typeof container === "string") return container.includes(String(item));
  if (Array.isArray(container)) return container.some((one) => isEqual(one, item));
  if (container instanceof Set || container instanceof Map) return container.has(item);
  if (typeof container === "object" && container !== null)
    return Object.hasOwn(container, String(item));
  throw new TypeError(`${shown(container)} holds nothing`);
}

/** True where both have the same items, in any order. */
export function hasSameItems(a: Iterable<unknown>, b: Iterable<unknown>): boolean {
  const left = [...b];
  for (const item of a) {
    const at = left.findIndex((one) => isEqual(one, item));
    if (at < 0) return false;
    left.splice(at, 1);
  }
  return left.length === 0;
}

/** Something to compare: numbers, texts, dates. */
export type Ordered = number | bigint | string | Date;
