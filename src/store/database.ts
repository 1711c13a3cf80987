// sql.js, the only place that knows it: SQLite as WebAssembly, loaded when the first database is
// needed, its wasm embedded in the binary. A database is an image in memory: opened from bytes, and
// written to disk whole (AtomicFile). What goes wrong inside is an OctError with the file's name.

import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import type { Database as SqlDatabase, SqlJsStatic, SqlValue, Statement } from "sql.js";
import wasmPath from "../../node_modules/sql.js/dist/sql-wasm.wasm" with { type: "file" };
import { errorText, OctError } from "../base/errors.ts";
import { AtomicFile, diskError } from "./files.ts";

export type { SqlValue } from "sql.js";

export const DATABASE_LIMIT = {
  /** Room that is set aside beforehand for a new image, at most. */
  reservedBytes: 1024 * 1024 * 1024,
  /** Values of one INSERT statement: SQLite's own limit is 32,766. */
  insertValues: 700,
} as const;

const MAGIC = "SQLite format 3\0";
const MAGIC_BYTES = 16;
const PAGE_BYTES = 4096;
const PAGE_COUNT_OFFSET = 28;

let engine: Promise<SqlJsStatic> | undefined;

function loadEngine(): Promise<SqlJsStatic> {
  engine ??= import("sql.js").then(async (module) => {
    const wasmBinary = readFileSync(wasmPath);
    return module.default({ wasmBinary: wasmBinary.buffer as ArrayBuffer });
  });
  return engine;
}

// sql.js copies the image it is given with `slice`. Giving it the same bytes instead saves a copy of
// the whole file, and lets `Database.image` find the finished database in the room that was reserved.
// Were this ignored, everything would work the same with one copy more.
class OwnedImage extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.buffer, this.byteOffset, this.length).subarray(start, end);
  }
}

export class Database {
  readonly #sql: SqlDatabase;
  readonly #where: string;
  readonly #room: OwnedImage;

  private constructor(sql: SqlDatabase, where: string, room: OwnedImage) {
    this.#sql = sql;
    this.#where = where;
    this.#room = room;
  }

  /**
   * A new database with these tables, for one long transaction. The room is only reserved: pages are
   * used as they fill. Without it the image would be copied at every growth by an eighth.
   */
  static async create(options: {
    readonly where: string;
    readonly tables: readonly string[];
    readonly reserveBytes: number;
  }): Promise<Database> {
    const sqlite = await loadEngine();
    const small = new sqlite.Database();
    small.run(`PRAGMA page_size=${PAGE_BYTES}`);
    for (const table of options.tables) small.run(table);
    const first = small.export();
    small.close();
    const reserveBytes = Math.min(options.reserveBytes, DATABASE_LIMIT.reservedBytes);
    const pages = Math.ceil(Math.max(reserveBytes, first.length) / PAGE_BYTES);
    const room = new OwnedImage(new ArrayBuffer(pages * PAGE_BYTES));
    room.set(first);
    const sql = new sqlite.Database(room);
    sql.run("PRAGMA journal_mode=off; PRAGMA synchronous=off; PRAGMA locking_mode=exclusive");
    return new Database(sql, options.where, room);
  }

  /** Reads a file as it is; nothing is written to it, ever. */
  static async open(path: string): Promise<Database> {
    const room = readImage(path);
    const sqlite = await loadEngine();
    let sql: SqlDatabase | undefined;
    try {
      sql = new sqlite.Database(room);
      sql.run("PRAGMA trusted_schema=off; PRAGMA cell_size_check=on; PRAGMA query_only=on");
      sql.exec("SELECT count(*) FROM sqlite_master");
    } catch (error) {
      sql?.close();
      throw brokenFile(error, path);
    }
    return new Database(sql, path, room);
  }

  run(sql: string, values?: readonly SqlValue[]): void {
    this.#guard(() => this.#sql.run(sql, values === undefined ? undefined : [...values]));
  }

  /** All rows at once; for what is known to be small. */
  all(sql: string, values: readonly SqlValue[] = []): SqlValue[][] {
    return this.#guard(() => this.#sql.exec(sql, [...values])[0]?.values ?? []);
  }

  /** Rows one after another. */
  *each(sql: string, values: readonly SqlValue[] = []): Generator<SqlValue[]> {
    const statement = this.#guard(() => this.#sql.prepare(sql, [...values]));
    try {
      while (this.#guard(() => statement.step())) yield this.#guard(() => statement.get());
    } finally {
      statement.free();
    }
  }

  /** Rows of `table` put in many at a time. */
  inserter(table: string, columns: number): Inserter {
    return new Inserter((sql) => this.#guard(() => this.#sql.prepare(sql)), {
      table,
      columns,
      guard: (work) => this.#guard(work),
    });
  }

  /**
   * The finished image, after the transaction is committed; nothing may be written after it. The room
   * itself when it was large enough, which its page count in the header tells.
   */
  image(): Uint8Array {
    const pages = Number(this.all("PRAGMA page_count")[0]?.[0]);
    const view = new DataView(this.#room.buffer, this.#room.byteOffset, this.#room.byteLength);
    const sizeBytes = pages * PAGE_BYTES;
    const isInRoom = sizeBytes <= view.byteLength && view.getUint32(PAGE_COUNT_OFFSET) === pages;
    if (isInRoom) return new Uint8Array(this.#room.buffer, this.#room.byteOffset, sizeBytes);
    return this.#guard(() => this.#sql.export());
  }

  close(): void {
    try {
      this.#sql.close();
    } catch (error) {
      throw brokenFile(error, this.#where);
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw brokenFile(error, this.#where);
    }
  }
}

interface InserterOptions {
  readonly table: string;
  readonly columns: number;
  readonly guard: (work: () => void) => void;
}

/** Collects rows and inserts them by hundreds; `finish` inserts the rest. */
export class Inserter {
  readonly #prepare: (sql: string) => Statement;
  readonly #options: InserterOptions;
  readonly #statement: Statement;
  readonly #values: SqlValue[];
  #length = 0;
  #count = 0;

  constructor(prepare: (sql: string) => Statement, options: InserterOptions) {
    this.#prepare = prepare;
    this.#options = options;
    const rows = Math.floor(DATABASE_LIMIT.insertValues / options.columns);
    this.#values = new Array<SqlValue>(rows * options.columns).fill(null);
    this.#statement = prepare(this.#insert(rows));
  }

  get count(): number {
    return this.#count;
  }

  /** The next value of a row; a row is complete after as many as the table has columns. */
  push(value: SqlValue): void {
    this.#values[this.#length++] = value;
    if (this.#length < this.#values.length) return;
    this.#options.guard(() => this.#statement.run(this.#values));
    this.#count += this.#length / this.#options.columns;
    this.#length = 0;
  }

  row(...values: readonly SqlValue[]): void {
    for (const value of values) this.push(value);
  }

  finish(): void {
    this.#statement.free();
    if (this.#length === 0) return;
    const rows = this.#length / this.#options.columns;
    const rest = this.#prepare(this.#insert(rows));
    this.#options.guard(() => rest.run(this.#values.slice(0, this.#length)));
    rest.free();
    this.#count += rows;
    this.#length = 0;
  }

  #insert(rows: number): string {
    const row = `(${new Array(this.#options.columns).fill("?").join(",")})`;
    return `INSERT INTO "${this.#options.table}" VALUES ${new Array(rows).fill(row).join(",")}`;
  }
}

/** Writes an image to `path`, checks by `verify` what the disk gives back, and only then renames. */
export async function saveImage(options: {
  readonly path: string;
  readonly image: Uint8Array;
  readonly verify: (written: Database) => void;
}): Promise<void> {
  const file = new AtomicFile(options.path);
  try {
    file.write(options.image);
    file.seal();
    const written = await Database.open(file.temporaryPath);
    try {
      options.verify(written);
    } finally {
      written.close();
    }
    file.commit();
  } finally {
    file.discard();
  }
}

function readImage(path: string): OwnedImage {
  let fd = -1;
  try {
    fd = openSync(path, "r");
    const sizeBytes = fstatSync(fd).size;
    const head = new Uint8Array(MAGIC_BYTES);
    readSync(fd, head, 0, MAGIC_BYTES, 0);
    if (Buffer.from(head).toString("latin1") !== MAGIC) {
      throw new OctError("this is not a results database", {
        where: path,
        hint: "A results database is the results.sqlite of a results folder.",
      });
    }
    const image = new OwnedImage(new ArrayBuffer(sizeBytes));
    for (let done = 0; done < sizeBytes; ) {
      const got = readSync(fd, image, done, Math.min(sizeBytes - done, 1 << 28), done);
      if (got === 0) break;
      done += got;
    }
    markNotWal(image);
    return image;
  } catch (error) {
    throw diskError(error, path);
  } finally {
    if (fd !== -1) closeSync(fd);
  }
}

// A file in write-ahead mode cannot be opened without its -wal neighbour; what is in the file is read.
function markNotWal(image: Uint8Array): void {
  if (image[18] === 2) image[18] = 1;
  if (image[19] === 2) image[19] = 1;
}

function brokenFile(error: unknown, where: string): OctError {
  if (error instanceof OctError) return error;
  return new OctError(`this database can not be read or written: ${errorText(error)}`, {
    where,
    hint: "If its journal is still beside it, `oct rebuild` makes it again.",
    cause: error,
  });
}
