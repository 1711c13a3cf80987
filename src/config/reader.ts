// Reading fields of a configuration object: each reader notes that its key is known, takes the value
// or the default, and puts what is wrong on the list of issues instead of throwing.

import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { parseDurationUs, US_PER_S } from "../base/units.ts";
import type { Issue } from "./issue.ts";

export interface Places {
  issue(path: readonly (string | number)[], text: string, hint?: string): Issue;
}

const DURATION_MAX_US = 366 * 24 * 3600 * US_PER_S;

export class FieldReader {
  readonly #object: JsonObject;
  readonly #path: readonly (string | number)[];
  readonly #places: Places;
  readonly #issues: Issue[];

  constructor(
    object: JsonObject,
    path: readonly (string | number)[],
    places: Places,
    issues: Issue[],
  ) {
    this.#object = object;
    this.#path = path;
    this.#places = places;
    this.#issues = issues;
  }

  value(key: string): JsonValue | undefined {
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
  }

  complain(key: string, text: string, hint?: string): void {
    this.#issues.push(this.#places.issue([...this.#path, key], text, hint));
  }

  /** Microseconds of a number of seconds or of a text such as "90s". */
  durationUs(key: string, fallbackUs: number): number {
    const value = this.value(key);
    if (value === undefined) return fallbackUs;
    const us =
      typeof value === "string"
        ? parseDurationUs(value)
        : typeof value === "number"
          ? Math.round(value * US_PER_S)
          : undefined;
    if (us !== undefined && us >= 0 && us <= DURATION_MAX_US) return us;
    this.complain(key, `${key} is not a duration`, 'seconds, or a text such as "90s" or "5m"');
    return fallbackUs;
  }

  /** A whole number, also as a text, within the limits. */
  count(
    key: string,
    fallback: number,
    range: { readonly low: number; readonly high: number },
  ): number {
    const value = this.value(key);
    if (value === undefined) return fallback;
    const isDigits = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value);
    const number = isDigits ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number)) {
      if (number >= range.low && number <= range.high) return number;
      this.complain(key, `${key} must be from ${range.low} to ${range.high}`);
      return fallback;
    }
    this.complain(key, `${key} is not a whole number`);
    return fallback;
  }

  port(key: string, fallback: number): number {
    return this.count(key, fallback, { low: 0, high: 65_535 });
  }

  boolean(key: string, fallback: boolean): boolean {
    const value = this.value(key);
    if (value === undefined) return fallback;
    if (typeof value === "boolean") return value;
    this.complain(key, `${key} must be true or false`);
    return fallback;
  }

  text(key: string, fallback: string): string {
    const value = this.value(key);
    if (value === undefined) return fallback;
    if (typeof value === "string") return value;
    this.complain(key, `${key} must be a text`);
    return fallback;
  }

  texts(key: string): readonly string[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
      return value as readonly string[];
    }
    this.complain(key, `${key} must be a list of texts`);
    return [];
  }

  /** A reader of the object at `key`, which is empty where there is none. */
  inside(key: string): FieldReader {
    return new FieldReader(this.object(key), [...this.#path, key], this.#places, this.#issues);
  }

  object(key: string): JsonObject {
    const value = this.value(key);
    if (value === undefined) return {};
    if (isJsonObject(value)) return value;
    this.complain(key, `${key} must be an object`);
    return {};
  }
}
