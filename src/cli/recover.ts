// A results folder into its database: there already, or made from the journal of a killed run.

import path from "node:path";
import { OctError } from "../base/errors.ts";
import { rebuildDatabase, recoverable } from "../store/rebuild.ts";
import { isFile } from "./files.ts";
import type { Screen } from "./screen.ts";

/** Path of the folder's database, made from its journal where there is none. */
export async function recoverDatabase(directory: string, screen: Screen): Promise<string> {
  const databasePath = path.join(directory, "results.sqlite");
  const found = recoverable(directory);
  if (found.hasJournal && !found.hasDatabase) {
    screen.line("this run was broken off: making its database from the journal");
    await rebuildDatabase({ directory, onProgress: screen.progress("building the database") });
    screen.clearStatus();
    return databasePath;
  }
  if (isFile(databasePath)) return databasePath;
  throw new OctError("there are no results in this folder", {
    where: directory,
    hint: "a results folder holds results.sqlite, or journal/ when its run was killed",
  });
}
