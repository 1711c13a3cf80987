// Journal -> results.sqlite: at the end of a run, and for a run that was killed. Rows stream from the
// journal into the database; the rest is added up first. The file appears whole, by rename, after what
// the disk holds has been counted again.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import { OctError } from "../base/errors.ts";
import { CELL_KIND, STATS_LIMIT } from "../stats/cell.ts";
import type { CellStoreOptions } from "./cell-store.ts";
import { Database, saveImage } from "./database.ts";
import { RunReader } from "./journal-reader.ts";
import type { JournalFacts } from "./results.ts";
import { RowWriter } from "./row-writer.ts";
import { maybeNumber, type RunStory } from "./run-story.ts";
import { FACT, OCT_TABLES, OWN_TABLES, SCHEMA_VERSION } from "./schema.ts";
import { listSegments, segmentBytes } from "./segments.ts";
import { writeCells, writeCounts, writeSlowest, writeStory } from "./story-writer.ts";

export const DATABASE_NAME = "results.sqlite";

/** A row takes more room in a database than in a batch, where its columns are packed. */
const IMAGE_PER_JOURNAL = 3;
const IMAGE_BYTES_MIN = 1024 * 1024;

export interface RebuildOptions {
  /** The results folder: holds journal/, gets results.sqlite. */
  readonly directory: string;
  readonly onProgress?: (done: number, total: number, what: string) => void;
  readonly cells?: CellStoreOptions;
}

export interface RebuildSummary {
  readonly databasePath: string;
  readonly transactions: number;
  readonly errorCount: number;
  /** Rows in the database: kept of all transactions. */
  readonly rowsKept: number;
  readonly rowsCounted: number;
  readonly baseIntervalS: number;
  /** The HQ did not end this run itself. */
  readonly isKilled: boolean;
  readonly journal: JournalFacts;
}

/** What a results folder holds. */
export interface Recoverable {
  readonly hasJournal: boolean;
  readonly hasDatabase: boolean;
  readonly databasePath: string;
}

export function recoverable(directory: string): Recoverable {
  const databasePath = join(directory, DATABASE_NAME);
  return {
    hasJournal: listSegments(directory).length > 0,
    hasDatabase: existsSync(databasePath),
    databasePath,
  };
}

/** Makes the database of the run in `directory` from its journal, in place of one that is there. */
export async function rebuildDatabase(options: RebuildOptions): Promise<RebuildSummary> {
  const { directory, onProgress } = options;
  const { hasJournal, databasePath } = recoverable(directory);
  if (!hasJournal) {
    throw new OctError("there is no journal in this folder", {
      where: directory,
      hint: "Give the results folder of a run: it holds journal/ until its database is written.",
    });
  }
  const database = await Database.create({
    where: databasePath,
    tables: [...OCT_TABLES, ...OWN_TABLES],
    reserveBytes: IMAGE_BYTES_MIN + IMAGE_PER_JOURNAL * segmentBytes(directory),
  });
  let image: Uint8Array;
  let summary: RebuildSummary;
  let inserted: Inserted;
  try {
    ({ summary, inserted } = fill(database, { ...options, databasePath }));
    image = database.image();
  } finally {
    database.close();
  }
  onProgress?.(0, image.length, "writing the database");
  await saveImage({
    path: databasePath,
    image,
    verify: (written) => verify(written, { inserted, where: databasePath }),
  });
  onProgress?.(image.length, image.length, "writing the database");
  return summary;
}

/** How much was put into the tables that everything else is made of. */
interface Inserted {
  readonly rows: number;
  readonly intervals: number;
  readonly intervalCounts: number;
}

function fill(
  database: Database,
  options: RebuildOptions & { databasePath: string },
): { summary: RebuildSummary; inserted: Inserted } {
  const { directory, onProgress } = options;
  database.run("BEGIN");
  const rows = database.inserter("result", 7);
  const responses = database.inserter("oct_response", 2);
  let writer: RowWriter | undefined;
  const run = new RunReader({
    ...(options.cells === undefined ? {} : { cells: options.cells }),
    onRows(batch, story) {
      writer ??= new RowWriter({ rows, responses, rowsMax: rowsMaxOf(story) });
      writer.add(batch);
    },
    onProgress: (done, total) => onProgress?.(done, total, "reading the journal"),
  });
  const journal = run.read(directory);
  rows.finish();
  responses.finish();
  const rowsKept = writer?.count ?? 0;
  const written = writeCells(database, run.cells, (done, total) =>
    onProgress?.(done, total, "writing intervals"),
  );
  writeStory(database, run.story);
  writeSlowest(database, run.slowest);
  writeCounts(database, { story: run.story, turrets: run.turrets });
  const summary: RebuildSummary = {
    databasePath: options.databasePath,
    transactions: run.transactions,
    errorCount: written.transactionErrors,
    rowsKept,
    rowsCounted: run.transactions,
    baseIntervalS: run.cells.baseIntervalS,
    isKilled: run.story.closed === undefined,
    journal,
  };
  writeFacts(database, { summary, run, epochsS: writer?.epochsS });
  database.run("COMMIT");
  const { intervals, intervalCounts } = written;
  return { summary, inserted: { rows: rowsKept, intervals, intervalCounts } };
}

function rowsMaxOf(story: RunStory): number {
  return Math.max(0, maybeNumber(story.opened?.["rowsMax"]) ?? STATS_LIMIT.rows);
}

function writeFacts(
  database: Database,
  parts: {
    readonly summary: RebuildSummary;
    readonly run: RunReader;
    readonly epochsS: { first: number; last: number } | undefined;
  },
): void {
  const { summary, run, epochsS } = parts;
  const { story } = run;
  const facts: Record<string, unknown> = {
    [FACT.schemaVersion]: SCHEMA_VERSION,
    [FACT.opened]: story.opened,
    [FACT.started]: story.started,
    [FACT.closed]: story.closed,
    [FACT.isKilled]: summary.isKilled,
    [FACT.transactions]: summary.transactions,
    [FACT.errorCount]: summary.errorCount,
    [FACT.rowsKept]: summary.rowsKept,
    [FACT.rowsCounted]: summary.rowsCounted,
    [FACT.baseIntervalS]: summary.baseIntervalS,
    [FACT.firstEpochS]: epochsS?.first,
    [FACT.lastEpochS]: epochsS?.last,
    [FACT.durationUs]: maybeNumber(story.closed?.["durationUs"]) ?? run.lastUs,
    [FACT.journal]: summary.journal,
  };
  const table = database.inserter("oct_run", 2);
  for (const [key, value] of Object.entries(facts)) {
    if (value !== undefined) table.row(key, JSON.stringify(value));
  }
  table.finish();
}

function verify(
  written: Database,
  expected: { readonly inserted: Inserted; readonly where: string },
): void {
  const { rows, intervals, intervalCounts } = expected.inserted;
  const found = [
    written.all(`SELECT count(*) FROM "result"`)[0]?.[0],
    written.all(`SELECT count(*) FROM "oct_interval"`)[0]?.[0],
    written.all(`SELECT coalesce(sum("count"), 0) FROM "oct_interval"`)[0]?.[0],
    written.all(
      `SELECT coalesce(sum(t."count"), 0) FROM "oct_total" t JOIN "oct_name" n
      ON n."id" = t."name_id" WHERE n."kind" BETWEEN ? AND ?`,
      [CELL_KIND.timer, CELL_KIND.status],
    )[0]?.[0],
  ].map(Number);
  const wanted = [rows, intervals, intervalCounts, intervalCounts];
  if (found.every((value, i) => value === wanted[i])) return;
  assert(found.every(Number.isFinite), "the counts of a written database can not be read");
  throw new OctError(
    `the database on the disk holds ${found.join(", ")} where ${wanted.join(", ")} were written`,
    {
      where: expected.where,
      hint: "The journal is untouched: check the disk and run `oct rebuild` again.",
    },
  );
}
