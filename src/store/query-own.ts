// Reads a database that this oct made: what schema.ts lays down.

import { CELL_KIND, type CellKind } from "../stats/cell.ts";
import type { Database, SqlValue } from "./database.ts";
import { readFacts } from "./query-facts.ts";
import { readControls, readSlowest, readTurretSteps } from "./query-story.ts";
import { QUERY_LIMIT, ROW_COLUMNS, type ValueReader } from "./query-values.ts";
import type { EventRecord } from "./records.ts";
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

interface StoredName {
  readonly id: number;
  readonly kind: CellKind;
  readonly name: string;
}

const NUMBERS = '"count", "error_count", "sum", "sum_squares", "min", "max"';

export class OwnResults implements Results {
  readonly origin = "oct";
  readonly path: string;
  readonly facts: RunFacts;
  readonly #database: Database;
  readonly #values: ValueReader;
  readonly #names = new Map<number, StoredName>();

  constructor(
    database: Database,
    options: { readonly path: string; readonly values: ValueReader },
  ) {
    this.path = options.path;
    this.#database = database;
    this.#values = options.values;
    this.facts = readFacts(this.#readFacts(), options);
    for (const [id, kind, name] of this.#rows(`SELECT "id", "kind", "name" FROM "oct_name"`)) {
      const stored = {
        id: this.#values.number(id, "the id of a name"),
        kind: this.#values.kind(kind),
        name: this.#values.text(name, "a name"),
      };
      this.#names.set(stored.id, stored);
    }
  }

  turrets(): readonly TurretRow[] {
    const values = this.#values;
    const histories = this.#histories();
    const rows = this.#rows(`SELECT t."name", t."uuid", t."cannons", t."script", t."rampup",
      t."status", t."updated_at", d."turret_index", d."wire", d."host", d."oct_version",
      d."cores", d."clock_offset_us" FROM "turret" t
      LEFT JOIN "oct_turret" d ON d."turret_id" = t."id" ORDER BY t."id"`);
    return rows.map((row) => {
      const turretIndex = values.maybeNumber(row[7], "the index of a turret");
      return {
        name: values.text(row[0], "the name of a turret"),
        uuid: values.text(row[1], "the uuid of a turret"),
        cannons: values.number(row[2], "the cannons of a turret"),
        script: values.text(row[3], "the script of a turret"),
        rampup: values.number(row[4], "the rampup of a turret"),
        status: values.text(row[5], "the status of a turret"),
        updatedAt: values.text(row[6], "updated_at of a turret"),
        details:
          turretIndex === undefined
            ? undefined
            : {
                turretIndex,
                wire: values.text(row[8], "the wire of a turret"),
                host: values.text(row[9], "the host of a turret"),
                octVersion: values.text(row[10], "the version of a turret"),
                cores: values.number(row[11], "the cores of a turret"),
                clockOffsetUs: values.number(row[12], "the clock offset of a turret"),
                history: histories.get(turretIndex) ?? [],
              },
      };
    });
  }

  totals(): readonly StoredTotal[] {
    const totals: StoredTotal[] = [];
    const rows = this.#rows(
      `SELECT "name_id", ${NUMBERS}, "histogram" FROM "oct_total" ORDER BY "name_id"`,
    );
    for (const row of rows) {
      const { kind, name } = this.#name(row[0]);
      const numbers = this.#values.numbers(row, 1);
      const histogram = this.#values.histogram(row[7], { kind, count: numbers.count });
      totals.push({ kind, name, ...numbers, histogram, valuesS: undefined });
    }
    const isAll = (total: StoredTotal) => total.kind === CELL_KIND.timer && total.name === "";
    return [...totals.filter(isAll), ...totals.filter((total) => !isAll(total))];
  }

  intervals(kind: CellKind, name: string): readonly StoredInterval[] {
    const intervals: StoredInterval[] = [];
    const stored = [...this.#names.values()].find((one) => one.kind === kind && one.name === name);
    if (stored === undefined) return intervals;
    const rows = this.#database.each(
      `SELECT "second", ${NUMBERS}, "histogram" FROM "oct_interval" WHERE "name_id" = ?
      ORDER BY "second"`,
      [stored.id],
    );
    for (const row of rows) {
      const numbers = this.#values.numbers(row, 1);
      const second = this.#values.number(row[0], "the second of an interval");
      const histogram = this.#values.histogram(row[7], { kind, count: numbers.count });
      intervals.push({ second, ...numbers, histogram });
    }
    return intervals;
  }

  turretTotals(): readonly StoredTurretTotal[] {
    const totals: StoredTurretTotal[] = [];
    const rows = this.#database.each(
      `SELECT "turret_index", "name_id", ${NUMBERS} FROM "oct_turret_total"
      ORDER BY "turret_index", "name_id"`,
    );
    for (const row of rows) {
      const { kind, name } = this.#name(row[1]);
      const turretIndex = this.#values.number(row[0], "the index of a turret");
      totals.push({ turretIndex, kind, name, ...this.#values.numbers(row, 2) });
    }
    return totals;
  }

  errors(): readonly StoredError[] {
    const rows = this.#rows(`SELECT "text", "count", "first_second", "last_second"
      FROM "oct_error" ORDER BY "count" DESC, "id"`);
    return rows.map((row) => ({
      text: this.#values.text(row[0], "the text of an error"),
      count: this.#values.number(row[1], "the count of an error"),
      firstSecond: this.#values.number(row[2], "the first second of an error"),
      lastSecond: this.#values.number(row[3], "the last second of an error"),
    }));
  }

  *rows(): Generator<ResultRow> {
    for (const row of this.#database.each(`SELECT ${ROW_COLUMNS} FROM "result" ORDER BY "id"`)) {
      yield this.#values.resultRow(row);
    }
  }

  *responses(): Generator<readonly [id: number, responseS: number]> {
    const sql = `SELECT "row_id", "response_time" FROM "oct_response" ORDER BY "row_id"`;
    for (const [id, responseS] of this.#database.each(sql)) {
      yield [
        this.#values.number(id, "the id of a response time"),
        this.#values.number(responseS, "a response time"),
      ];
    }
  }

  counts(): readonly StoredCounts[] {
    const rows = this.#rows(`SELECT * FROM "oct_count" ORDER BY "turret_index"`);
    return rows.map((row) => {
      const needed = (at: number) => this.#values.number(row[at], "a count of a turret");
      const known = <K extends string>(key: K, at: number) => {
        const value = this.#values.maybeNumber(row[at], "a count of a turret");
        return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: number };
      };
      return {
        turretIndex: needed(0),
        ...known("sentTransactions", 1),
        ...known("sentBatches", 2),
        receivedTransactions: needed(3),
        receivedBatches: needed(4),
        journaledTransactions: needed(5),
        journaledBatches: needed(6),
        repeatedBatches: needed(7),
        lostTransactions: needed(8),
        unfinishedTransactions: needed(9),
        droppedTransactions: needed(10),
        ...known("plannedTransactions", 11),
        ...known("startedTransactions", 12),
        countedTransactions: needed(13),
        countedBatches: needed(14),
      };
    });
  }

  malformed(): StoredMalformed {
    const counts = this.#rows(`SELECT "kind", "count" FROM "oct_malformed_count" ORDER BY "kind"`);
    const samples = this.#rows(
      `SELECT "kind", "at_us", "size_bytes", "sample" FROM "oct_malformed" ORDER BY "id"`,
    );
    return {
      counts: counts.map((row) => ({
        kind: this.#values.text(row[0], "a kind of malformed messages"),
        count: this.#values.number(row[1], "a count of malformed messages"),
      })),
      samples: samples.map((row) => ({
        kind: this.#values.text(row[0], "the kind of a malformed message"),
        atUs: this.#values.number(row[1], "the time of a malformed message"),
        sizeBytes: this.#values.number(row[2], "the size of a malformed message"),
        sample: this.#values.bytes(row[3], "a malformed message"),
      })),
    };
  }

  events(): readonly EventRecord[] {
    const rows = this.#rows(
      `SELECT "at_us", "level", "turret_index", "text" FROM "oct_event" ORDER BY "id"`,
    );
    return rows.map((row) => ({
      atUs: this.#values.number(row[0], "the time of an event"),
      level: this.#values.text(row[1], "the level of an event"),
      turretIndex: this.#values.number(row[2], "the turret of an event"),
      text: this.#values.text(row[3], "the text of an event"),
    }));
  }

  controls(): ReturnType<Results["controls"]> {
    return readControls(this.#database, this.#values);
  }

  slowest(): ReturnType<Results["slowest"]> {
    return readSlowest(this.#database, this.#values);
  }

  turretSteps(): ReturnType<Results["turretSteps"]> {
    return readTurretSteps(this.#database, this.#values);
  }

  close(): void {
    this.#database.close();
  }

  // All rows of a small table, which in a hostile file need not be small.
  #rows(sql: string): SqlValue[][] {
    const rows: SqlValue[][] = [];
    for (const row of this.#database.each(`${sql} LIMIT ${QUERY_LIMIT.rows}`)) rows.push(row);
    return rows;
  }

  #name(id: SqlValue | undefined): StoredName {
    const name = this.#names.get(this.#values.number(id, "the id of a name"));
    if (name === undefined) throw this.#values.fail(`there is no name ${id}`);
    return name;
  }

  #readFacts(): ReadonlyMap<string, string> {
    const rows = this.#rows(`SELECT "key", "value" FROM "oct_run"`);
    return new Map(
      rows.map(([key, value]) => [
        this.#values.text(key, "the name of a fact"),
        this.#values.text(value, "a fact"),
      ]),
    );
  }

  #histories(): Map<number, { atUs: number; status: string }[]> {
    const histories = new Map<number, { atUs: number; status: string }[]>();
    const rows = this.#rows(
      `SELECT "turret_index", "at_us", "status" FROM "oct_turret_event" ORDER BY "id"`,
    );
    for (const row of rows) {
      const turretIndex = this.#values.number(row[0], "the turret of a status");
      const history = histories.get(turretIndex) ?? [];
      histories.set(turretIndex, history);
      history.push({
        atUs: this.#values.number(row[1], "the time of a status"),
        status: this.#values.text(row[2], "a status"),
      });
    }
    return histories;
  }
}
