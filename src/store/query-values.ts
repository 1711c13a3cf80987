// Values out of a database file that anyone may have made: each is checked for its type where it is
// read, and what does not fit is an OctError that names the file and the place.

import { MalformedBytes } from "../base/bytes.ts";
import { OctError } from "../base/errors.ts";
import { isJsonObject, isShallow, type JsonObject } from "../base/json.ts";
import { CELL_KIND_MAX, type CellKind, hasHistogram } from "../stats/cell.ts";
import { CountList } from "../stats/count-list.ts";
import { HISTOGRAM_INDICES } from "../stats/histogram.ts";
import type { SqlValue } from "./database.ts";
import type { ResultRow, StoredNumbers } from "./results.ts";

export const QUERY_LIMIT = {
  /** Characters of one text. */
  text: 16 * 1024 * 1024,
  /** Turrets, events, names, samples: rows of every table but those of results and intervals. */
  rows: 100_000,
} as const;

export const ROW_COLUMNS =
  '"id", "error", "scriptrun_time", "elapsed", "epoch", "custom_timers", "turret_name"';

/** Reads values for one file. */
export class ValueReader {
  readonly #path: string;
  readonly #list = new CountList(HISTOGRAM_INDICES);

  constructor(path: string) {
    this.#path = path;
  }

  fail(what: string): OctError {
    return new OctError(`this results database is damaged: ${what}`, {
      where: this.#path,
      hint: "Make it again with `oct rebuild` if its journal is still there.",
    });
  }

  number(value: SqlValue | undefined, what: string): number {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw this.fail(`${what} is not a number`);
  }

  maybeNumber(value: SqlValue | undefined, what: string): number | undefined {
    return value === null || value === undefined ? undefined : this.number(value, what);
  }

  /** NULL is "", a number its digits; bytes are refused. */
  text(value: SqlValue | undefined, what: string): string {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    if (typeof value === "string" && value.length <= QUERY_LIMIT.text) return value;
    throw this.fail(typeof value === "string" ? `${what} is far too long` : `${what} is not text`);
  }

  bytes(value: SqlValue | undefined, what: string): Uint8Array {
    if (value instanceof Uint8Array) return value;
    if (typeof value === "string") return new TextEncoder().encode(value);
    throw this.fail(`${what} is not bytes`);
  }

  kind(value: SqlValue | undefined): CellKind {
    const kind = this.number(value, "the kind of a name");
    if (!Number.isInteger(kind) || kind < 0 || kind > CELL_KIND_MAX) {
      throw this.fail(`${kind} is no kind of measurement`);
    }
    return kind as CellKind;
  }

  /** JSON text into an object; undefined where there is none. */
  object(text: string | undefined, what: string): JsonObject | undefined {
    if (text === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.fail(`${what} is not JSON (${error instanceof Error ? error.message : "?"})`);
    }
    if (!isJsonObject(value) || !isShallow(value)) throw this.fail(`${what} is not an object`);
    return value;
  }

  /** count, error_count, sum, sum_squares, min, max from `at` on. */
  numbers(row: readonly SqlValue[], at: number): StoredNumbers {
    return {
      count: this.number(row[at], "a count"),
      errorCount: this.number(row[at + 1], "a count of errors"),
      sum: this.number(row[at + 2], "a sum"),
      sumSquares: this.number(row[at + 3], "a sum of squares"),
      min: this.number(row[at + 4], "a minimum"),
      max: this.number(row[at + 5], "a maximum"),
    };
  }

  /** A histogram's payload that is known to be good for Histogram.mergePayload. */
  histogram(
    value: SqlValue | undefined,
    cell: { readonly kind: CellKind; readonly count: number },
  ): Uint8Array | undefined {
    if (!hasHistogram(cell.kind)) return undefined;
    const payload = this.bytes(value, "a histogram");
    try {
      if (this.#list.read(payload).total === cell.count) return payload;
    } catch (error) {
      if (!(error instanceof MalformedBytes)) throw error;
    }
    throw this.fail("a histogram does not hold as many values as it should");
  }

  /** A row of `result` in the order of ROW_COLUMNS. */
  resultRow(row: readonly SqlValue[]): ResultRow {
    const id = this.number(row[0], "the id of a result");
    return {
      id,
      error: this.text(row[1], `error of result ${id}`),
      scriptrunS: this.number(row[2], `scriptrun_time of result ${id}`),
      elapsedS: this.number(row[3], `elapsed of result ${id}`),
      epochS: this.number(row[4], `epoch of result ${id}`),
      timers: parseTimers(this.text(row[5], `custom_timers of result ${id}`)),
      turretName: this.text(row[6], `turret_name of result ${id}`),
    };
  }
}

/**
 * The timers of a row. The old OCT took anything that JSON can say: what is not an object, or not a
 * number in it, is no timer; a number in quotes is.
 */
export function parseTimers(json: string): (readonly [name: string, seconds: number])[] {
  if (json === "" || json === "{}") return [];
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return [];
  }
  if (!isJsonObject(value)) return [];
  const timers: (readonly [string, number])[] = [];
  for (const [name, raw] of Object.entries(value)) {
    const seconds = typeof raw === "string" && raw.trim() !== "" ? Number(raw) : raw;
    if (typeof seconds === "number" && Number.isFinite(seconds)) timers.push([name, seconds]);
  }
  return timers;
}
