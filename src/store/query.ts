// Opens a results database for reading, one of ours or one that the old OCT made (before 0.4.0 too),
// and gives both in the same typed form (results.ts). The file is only read.

import { OctError } from "../base/errors.ts";
import { Database } from "./database.ts";
import { OldResults } from "./query-old.ts";
import { OwnResults } from "./query-own.ts";
import { ValueReader } from "./query-values.ts";
import type { Results } from "./results.ts";

export type * from "./results.ts";

/** Columns without which nothing can be said, by table. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  result: ["id", "error", "scriptrun_time", "elapsed", "epoch", "custom_timers", "turret_name"],
  turret: ["id", "name", "uuid", "script", "rampup", "status", "updated_at"],
};

/** Throws OctError for a file that is not, or no longer, a results database. */
export async function openResults(path: string): Promise<Results> {
  const database = await Database.open(path);
  try {
    const values = new ValueReader(path);
    for (const [table, columns] of Object.entries(NEEDED)) {
      const found = columnsOf(database, table);
      if (found.size === 0) throw missing(path, `the table ${table}`);
      for (const column of columns) {
        if (!found.has(column)) throw missing(path, `the column ${column} of ${table}`);
      }
    }
    if (columnsOf(database, "oct_run").size > 0) return new OwnResults(database, { path, values });
    return new OldResults(database, { path, values, turretColumns: columnsOf(database, "turret") });
  } catch (error) {
    database.close();
    throw error;
  }
}

function columnsOf(database: Database, table: string): ReadonlySet<string> {
  return new Set(database.all(`PRAGMA table_info("${table}")`).map((row) => String(row[1])));
}

function missing(path: string, what: string): OctError {
  return new OctError(`this database is not one of OCT's: it lacks ${what}`, {
    where: path,
    hint: "A results database is the results.sqlite of a results folder.",
  });
}
