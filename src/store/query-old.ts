// Reads a database that the old OCT made: two tables, and nothing but rows to make numbers of. One pass
// over them, when the first number is asked for, gathers every timer's values with their seconds.
//
// A second counts from the whole second of the smallest epoch. A database that several runs were
// written to (`testing`, an external one) reads as one long run: the old OCT knew no run either.

import { clip } from "../base/errors.ts";
import { CELL_KIND, type CellKind, OTHER_NAME, STATS_LIMIT } from "../stats/cell.ts";
import { Tally } from "../stats/tally.ts";
import type { Database } from "./database.ts";
import { QUERY_LIMIT, ROW_COLUMNS, type ValueReader } from "./query-values.ts";
import type {
  ResultRow,
  Results,
  RunFacts,
  StoredCounts,
  StoredError,
  StoredInterval,
  StoredMalformed,
  StoredTotal,
  StoredTurretTotal,
  TurretRow,
} from "./results.ts";

const US_PER_S = 1_000_000;
const MS_PER_S = 1_000;

interface OldOptions {
  readonly path: string;
  readonly values: ValueReader;
  readonly turretColumns: ReadonlySet<string>;
}

/** The values of one timer in row order, and the second of each. */
class Samples {
  readonly name: string;
  #valuesS = new Float64Array(64);
  #seconds = new Float64Array(64);
  #length = 0;
  /** Of the transaction only: which values are of failed ones. */
  readonly #failed: number[] = [];

  constructor(name: string) {
    this.name = name;
  }

  push(sample: { readonly valueS: number; readonly second: number; readonly isError: boolean }) {
    if (this.#length === this.#valuesS.length) this.#grow();
    if (sample.isError) this.#failed.push(this.#length);
    this.#valuesS[this.#length] = sample.valueS;
    this.#seconds[this.#length++] = sample.second;
  }

  total(): StoredTotal {
    const tally = new Tally(CELL_KIND.timer);
    const failed = new Set(this.#failed);
    for (let i = 0; i < this.#length; i++) tally.record(this.#valueUs(i), failed.has(i));
    const valuesS = this.#valuesS.subarray(0, this.#length);
    return { kind: CELL_KIND.timer, name: this.name, ...numbersOf(tally), valuesS };
  }

  intervals(): StoredInterval[] {
    const order = Array.from({ length: this.#length }, (_, i) => i);
    order.sort((a, b) => (this.#seconds[a] as number) - (this.#seconds[b] as number) || a - b);
    const failed = new Set(this.#failed);
    const tally = new Tally(CELL_KIND.timer);
    const intervals: StoredInterval[] = [];
    for (const [at, i] of order.entries()) {
      const second = this.#seconds[i] as number;
      tally.record(this.#valueUs(i), failed.has(i));
      const next = order[at + 1];
      if (next !== undefined && this.#seconds[next] === second) continue;
      intervals.push({ second, ...numbersOf(tally) });
      tally.clear();
    }
    return intervals;
  }

  #valueUs(i: number): number {
    const valueUs = Math.round((this.#valuesS[i] as number) * US_PER_S);
    return Math.max(0, Math.min(valueUs, Number.MAX_SAFE_INTEGER));
  }

  #grow(): void {
    const valuesS = new Float64Array(this.#length * 2);
    const seconds = new Float64Array(this.#length * 2);
    valuesS.set(this.#valuesS);
    seconds.set(this.#seconds);
    this.#valuesS = valuesS;
    this.#seconds = seconds;
  }
}

export class OldResults implements Results {
  readonly origin = "old";
  readonly path: string;
  readonly facts: RunFacts;
  readonly #database: Database;
  readonly #values: ValueReader;
  readonly #cannonsColumn: string | undefined;
  #samples: ReadonlyMap<string, Samples> | undefined;

  constructor(database: Database, options: OldOptions) {
    this.path = options.path;
    this.#database = database;
    this.#values = options.values;
    // Before 0.4.0 cannons were spelled with one n.
    this.#cannonsColumn = ["cannons", "canons"].find((name) => options.turretColumns.has(name));
    this.facts = this.#readFacts();
  }

  turrets(): readonly TurretRow[] {
    const values = this.#values;
    const cannons = this.#cannonsColumn === undefined ? "0" : `"${this.#cannonsColumn}"`;
    const rows = this.#database.each(
      `SELECT "name", "uuid", ${cannons}, "script", "rampup", "status", "updated_at"
      FROM "turret" ORDER BY "id" LIMIT ${QUERY_LIMIT.rows}`,
    );
    return [...rows].map((row) => ({
      name: values.text(row[0], "the name of a turret"),
      uuid: values.text(row[1], "the uuid of a turret"),
      cannons: values.number(row[2], "the cannons of a turret"),
      script: values.text(row[3], "the script of a turret"),
      rampup: values.number(row[4], "the rampup of a turret"),
      status: values.text(row[5], "the status of a turret"),
      updatedAt: values.text(row[6], "updated_at of a turret"),
      details: undefined,
    }));
  }

  totals(): readonly StoredTotal[] {
    return [...this.#gather().values()].map((samples) => samples.total());
  }

  intervals(kind: CellKind, name: string): readonly StoredInterval[] {
    if (kind !== CELL_KIND.timer) return [];
    return this.#gather().get(name)?.intervals() ?? [];
  }

  turretTotals(): readonly StoredTurretTotal[] {
    return [];
  }

  errors(): readonly StoredError[] {
    const start = this.facts.firstEpochS ?? 0;
    const rows = this.#database.each(
      `SELECT "error", count(*), min("epoch"), max("epoch") FROM "result"
      WHERE "error" IS NOT NULL AND "error" <> '' GROUP BY "error"
      ORDER BY count(*) DESC, min("id")`,
    );
    const errors: StoredError[] = [];
    let other: StoredError | undefined;
    for (const row of rows) {
      const second = (at: number) =>
        Math.floor(this.#values.number(row[at], "an epoch")) - Math.floor(start);
      const error = {
        text: clip(this.#values.text(row[0], "an error"), STATS_LIMIT.textBytes),
        count: this.#values.number(row[1], "a count"),
        firstSecond: second(2),
        lastSecond: second(3),
      };
      if (errors.length < STATS_LIMIT.errorTexts) errors.push(error);
      else other = joinErrors(other, error);
    }
    return other === undefined ? errors : [...errors, other];
  }

  *rows(): Generator<ResultRow> {
    for (const row of this.#database.each(`SELECT ${ROW_COLUMNS} FROM "result" ORDER BY "id"`)) {
      yield this.#values.resultRow(row);
    }
  }

  *responses(): Generator<readonly [id: number, responseS: number]> {}

  counts(): readonly StoredCounts[] {
    return [];
  }

  malformed(): StoredMalformed {
    return { counts: [], samples: [] };
  }

  events(): readonly [] {
    return [];
  }

  controls(): readonly [] {
    return [];
  }

  slowest(): readonly [] {
    return [];
  }

  turretSteps(): ReadonlyMap<number, []> {
    return new Map();
  }

  close(): void {
    this.#database.close();
  }

  #gather(): ReadonlyMap<string, Samples> {
    if (this.#samples !== undefined) return this.#samples;
    const samples = new Map<string, Samples>([["", new Samples("")]]);
    const of = (name: string): Samples => {
      const known = samples.get(name);
      if (known !== undefined) return known;
      const isOver = samples.size > STATS_LIMIT.names && name !== OTHER_NAME;
      if (isOver) return of(OTHER_NAME);
      const made = new Samples(name);
      samples.set(name, made);
      return made;
    };
    const startS = Math.floor(this.facts.firstEpochS ?? 0);
    const all = of("");
    for (const row of this.rows()) {
      const second = Math.floor(row.epochS) - startS;
      all.push({ valueS: row.scriptrunS, second, isError: row.error !== "" });
      for (const [name, valueS] of row.timers) {
        if (name === "") continue;
        of(clip(name, STATS_LIMIT.textBytes)).push({ valueS, second, isError: false });
      }
    }
    this.#samples = samples;
    return samples;
  }

  #readFacts(): RunFacts {
    const values = this.#values;
    const [row] = this.#database.all(
      `SELECT count(*), sum("error" IS NOT NULL AND "error" <> ''), min("epoch"), max("epoch")
      FROM "result"`,
    );
    const transactions = values.number(row?.[0], "the number of results");
    const firstEpochS = values.maybeNumber(row?.[2], "the smallest epoch");
    const lastEpochS = values.maybeNumber(row?.[3], "the largest epoch");
    const hasSpan = firstEpochS !== undefined && lastEpochS !== undefined;
    return {
      ...UNKNOWN,
      startWallMs: firstEpochS === undefined ? undefined : Math.floor(firstEpochS) * MS_PER_S,
      durationUs: hasSpan ? (lastEpochS - firstEpochS) * US_PER_S : undefined,
      transactions,
      errorCount: values.maybeNumber(row?.[1], "the number of errors") ?? 0,
      rowsKept: transactions,
      rowsCounted: transactions,
      firstEpochS,
      lastEpochS,
    };
  }
}

const UNKNOWN = {
  runId: undefined,
  octVersion: undefined,
  project: undefined,
  command: undefined,
  config: undefined,
  seed: undefined,
  host: undefined,
  platform: undefined,
  cores: undefined,
  openedWallMs: undefined,
  endedWallMs: undefined,
  runTimeUs: undefined,
  intervalS: undefined,
  reason: undefined,
  isKilled: false,
  rowsMax: undefined,
  baseIntervalS: 1,
  journal: undefined,
  scripts: undefined,
} as const;

function numbersOf(tally: Tally) {
  const { count, errorCount, sum, sumSquares, min, max } = tally;
  return { count, errorCount, sum, sumSquares, min, max, histogram: tally.histogram?.payload() };
}

function joinErrors(other: StoredError | undefined, error: StoredError): StoredError {
  return {
    text: OTHER_NAME,
    count: (other?.count ?? 0) + error.count,
    firstSecond: Math.min(other?.firstSecond ?? error.firstSecond, error.firstSecond),
    lastSecond: Math.max(other?.lastSecond ?? error.lastSecond, error.lastSecond),
  };
}
