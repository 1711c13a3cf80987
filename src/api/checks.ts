// Checks, counters and gauges: what a script measures besides time.

import { currentThread, type ThreadHost } from "./context.ts";
import { NO_TAGS, type Tags, taggedNames } from "./tags.ts";

/** Where measurements go: a cannon, or the thread itself. */
export interface Meter {
  count(name: string, amount: number): void;
  gauge(name: string, value: number): void;
  check(name: string, isOk: boolean): void;
}

/** Names and what must hold for a value. */
export type Predicates<T> = Readonly<Record<string, (value: T) => unknown>>;

/** Options of a check. */
export interface CheckOptions {
  /** True: a check that does not hold makes the transaction an error. */
  readonly fail?: boolean;
}

/** Something that is counted. */
export interface Counter {
  /** Adds; one where nothing is said. */
  add(amount?: number): void;
}

/** A value that goes up and down. */
export interface Gauge {
  /** Takes a sample. */
  set(value: number): void;
}

/** One check, with its tags; what it found. */
export function checkOne(meter: Meter, name: string, ok: unknown, tags: Tags = NO_TAGS): boolean {
  const isOk = Boolean(ok);
  meter.check(checkedName("check", name), isOk);
  if (tags !== NO_TAGS) for (const one of taggedNames(name, tags)) meter.check(one, isOk);
  return isOk;
}

/**
 * Several checks of one value; the name of the first that does not hold, or "". One that throws does
 * not hold, and its error goes on.
 */
export function checkAll<T>(
  meter: Meter,
  value: T,
  predicates: Predicates<T>,
  tags: Tags = NO_TAGS,
): string {
  let firstFailed = "";
  for (const [name, predicate] of Object.entries(predicates)) {
    let isOk = false;
    try {
      isOk = Boolean(predicate(value));
    } finally {
      checkOne(meter, name, isOk, tags);
    }
    if (!isOk && firstFailed === "") firstFailed = name;
  }
  return firstFailed;
}

/** Adds to a counter, with its tags. */
export function addTo(meter: Meter, name: string, amount: number, tags: Tags = NO_TAGS): void {
  meter.count(checkedName("counter", name), checkedNumber("counter", amount));
  if (tags !== NO_TAGS) for (const one of taggedNames(name, tags)) meter.count(one, amount);
}

/** A sample of a gauge, with its tags. */
export function sampleOf(meter: Meter, name: string, value: number, tags: Tags = NO_TAGS): void {
  meter.gauge(checkedName("gauge", name), checkedNumber("gauge", value));
  if (tags !== NO_TAGS) for (const one of taggedNames(name, tags)) meter.gauge(one, value);
}

/**
 * Several checks of one value.
 *
 * @example check(page, { "status is 200": (one) => one.status === 200 });
 */
export function check<T>(value: T, predicates: Predicates<T>): boolean;
/**
 * Counts a check that holds or does not, and returns which. The transaction goes on either way;
 * `this.check` can make it an error.
 *
 * @example check("is JSON", page.headers.get("content-type") === "application/json");
 */
export function check(name: string, ok: unknown): boolean;
export function check(first: unknown, second: unknown): boolean {
  const meter = threadMeter();
  if (isPredicates(second)) return checkAll(meter, first, second) === "";
  return checkOne(meter, first as string, second);
}

/**
 * A counter of your own; all cannons of all turrets add to it.
 *
 * @example counter("items sold").add(3);
 */
export function counter(name: string): Counter {
  checkedName("counter", name);
  return { add: (amount = 1) => addTo(threadMeter(), name, amount) };
}

/**
 * A value of your own that goes up and down; its mean and range are shown by second.
 *
 * @example gauge("queue length").set(answer.json().waiting);
 */
export function gauge(name: string): Gauge {
  checkedName("gauge", name);
  return { set: (value) => sampleOf(threadMeter(), name, value) };
}

/** True for an object of functions by name. */
export function isPredicates(value: unknown): value is Predicates<unknown> {
  if (typeof value !== "object" || value === null) return false;
  const all = Object.values(value);
  return all.length > 0 && all.every((one) => typeof one === "function");
}

function threadMeter(): Meter {
  const thread = currentThread();
  if (thread.count === undefined || thread.gauge === undefined || thread.check === undefined) {
    throw new Error("nothing is measured here: use this.check, this.count and this.gauge");
  }
  return thread as ThreadHost & Meter;
}

function checkedName(what: string, name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  throw new TypeError(`a ${what} needs a name, not ${JSON.stringify(name) ?? String(name)}`);
}

function checkedNumber(what: string, value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TypeError(`a ${what} takes numbers, not ${String(value)}`);
}
