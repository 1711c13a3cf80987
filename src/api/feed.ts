// Rows of data for transactions. Which row a transaction gets is a matter of its number in the run, so
// that it is the same whichever turret fires it; where transactions have no number the turret leases
// rows to the thread, or the thread goes through them on its own.

import { UsageError } from "../base/errors.ts";
import {
  type CannonHost,
  dataFolders,
  type FeedFacts,
  type FeedOrder,
  type ThreadHost,
} from "./context.ts";
import { type CsvOptions, readRows } from "./feed-file.ts";
import { Transaction } from "./transaction.ts";
import type { Json } from "./values.ts";
import { suspended } from "./waiting.ts";

/** What happens when all rows were used. */
export type FeedEnd = "stop" | "again" | "fail";

/** How a feed goes through its rows. */
export interface FeedOptions extends CsvOptions {
  /**
   * "sequential": in the order of the file (as is usual). "shuffled": in an order that the run's seed
   * makes, another one in each pass. "unique": in the order of the file, and no row twice in the whole
   * run.
   */
  readonly order?: FeedOrder;
  /**
   * "again": from the first row (as is usual; not with unique rows). "stop": a cannon that gets no row
   * stops (as is usual with unique rows). "fail": its transactions are errors.
   */
  readonly atEnd?: FeedEnd;
}

/** A transaction that found no row: its cannon stops, and it is no error. */
export class EndOfData extends Error {
  override readonly name = "EndOfData";
}

/** Rows of a file. */
export interface Feed<Row = Json> {
  /** All rows, in the order of the file. */
  readonly rows: readonly Row[];
  /** This transaction's row: the same when it is asked for again. */
  row(transaction: Transaction): Promise<Row>;
}

/**
 * Rows of data from a file beside the script: CSV with names in its first line, a JSON array, or JSON
 * lines. A file whose name is written in the call travels with the script; others go into
 * `extra_files`. Call it once, outside of the class.
 *
 * @example
 * const users = feed("users.csv", { order: "unique", atEnd: "stop" });
 *
 * export class Login extends Transaction {
 *   async run() {
 *     const user = await users.row(this);
 *     await this.http.post(`${this.config.target}/login`, { json: user });
 *   }
 * }
 */
export function feed<Row = Json>(file: string, options: FeedOptions = {}): Feed<Row> {
  const { order = "sequential" } = options;
  const { atEnd = order === "unique" ? "stop" : "again" } = options;
  checkOptions(file, order, atEnd);
  const rows = readRows(file, options, dataFolders()) as readonly Row[];
  return new RowFeed(rows, { name: file, rowCount: rows.length, order }, atEnd);
}

function checkOptions(file: unknown, order: string, atEnd: string): void {
  if (typeof file !== "string" || file === "") throw new UsageError("feed needs a file");
  if (!["sequential", "shuffled", "unique"].includes(order)) {
    throw new UsageError(`feed ${file}: order is sequential, shuffled or unique, not ${order}`);
  }
  if (!["stop", "again", "fail"].includes(atEnd)) {
    throw new UsageError(`feed ${file}: atEnd is stop, again or fail, not ${atEnd}`);
  }
  if (order === "unique" && atEnd === "again") {
    throw new UsageError(`feed ${file}: unique rows can not be used again`);
  }
}

interface Given {
  readonly transaction: number | undefined;
  readonly number: Promise<number>;
}

class RowFeed<Row> implements Feed<Row> {
  readonly rows: readonly Row[];
  readonly #facts: FeedFacts;
  readonly #atEnd: FeedEnd;
  readonly #given = new WeakMap<CannonHost, Given>();
  /** Numbers that are this thread's, where transactions have none of their own. */
  #next = 0;
  #end = 0;
  #order: readonly number[] = [];
  #orderPass = -1;
  #lease: Promise<boolean> | undefined;

  constructor(rows: readonly Row[], facts: FeedFacts, atEnd: FeedEnd) {
    this.rows = rows;
    this.#facts = facts;
    this.#atEnd = atEnd;
  }

  async row(transaction: Transaction): Promise<Row> {
    if (!(transaction instanceof Transaction)) {
      throw new TypeError(`feed ${this.#facts.name}: row needs the transaction: row(this)`);
    }
    const host = Transaction.hostOf(transaction);
    const number = await this.#numberOf(host);
    const { rowCount, name } = this.#facts;
    if (number < rowCount || this.#atEnd === "again") return this.rows[number % rowCount] as Row;
    if (this.#atEnd === "fail") throw new Error(`${name} has no row left`);
    host.retire?.();
    throw new EndOfData(`${name} has no row left`);
  }

  // Asked again within a transaction it is the same number.
  #numberOf(host: CannonHost): Promise<number> {
    const known = this.#given.get(host);
    const { transactionNumber } = host;
    if (known !== undefined && transactionNumber !== undefined) {
      if (known.transaction === transactionNumber) return known.number;
    }
    const given = { transaction: transactionNumber, number: this.#newNumber(host) };
    this.#given.set(host, given);
    return given.number;
  }

  async #newNumber(host: CannonHost): Promise<number> {
    const number = host.dataRow?.(this.#facts);
    if (number !== undefined) return number;
    if (host.thread.leaseRows === undefined) return this.#ownNumber(host);
    while (this.#next >= this.#end) {
      this.#lease ??= this.#takeLease(host.thread).finally(() => {
        this.#lease = undefined;
      });
      const isMore = await suspended(host.thread, this.#lease);
      if (!isMore) return this.#facts.rowCount;
    }
    return this.#next++;
  }

  // False where nothing is left.
  async #takeLease(thread: ThreadHost): Promise<boolean> {
    const { first = 0, end = 0 } = (await thread.leaseRows?.(this.#facts)) ?? {};
    if (end <= first) return false;
    this.#next = first;
    this.#end = end;
    return true;
  }

  #ownNumber(host: CannonHost): number {
    const { rowCount, order, name } = this.#facts;
    if (order === "unique") throw new Error(`${name}: nobody shares out unique rows here`);
    const number = this.#next++;
    if (order === "sequential") return number;
    const pass = Math.floor(number / rowCount);
    if (pass !== this.#orderPass) {
      this.#orderPass = pass;
      this.#order = host.thread.random.shuffle(this.rows.map((_, i) => i));
    }
    return pass * rowCount + (this.#order[number % rowCount] as number);
  }
}
