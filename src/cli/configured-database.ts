// Where the database of a run is kept besides its results folder: `testing` and a `db_uri` that names a
// file. Unlike the old OCT's, such a file holds the newest run and never a mix of several.

import { readFileSync } from "node:fs";
import path from "node:path";
import type { ProjectConfig } from "../config/project.ts";
import type { Env } from "./env.ts";
import { writeFileAtomic } from "./files.ts";

/** The file that the config names, absolute; undefined for the results folder's own. */
export function configuredDatabase(
  env: Env,
  config: ProjectConfig,
  directory: string,
): string | undefined {
  if (config.testing) return path.join(env.tempDirectory, "results.sqlite");
  const uri = config.resultsDatabaseUri;
  if (uri === "default") return undefined;
  return path.resolve(directory, uri.replace(/^sqlite:\/{2,3}/, ""));
}

/** Puts a copy of the finished database where the config wants it; the file that was written. */
export function placeDatabase(
  env: Env,
  config: ProjectConfig,
  places: { directory: string; databasePath: string },
): string | undefined {
  const wanted = configuredDatabase(env, config, places.directory);
  if (wanted === undefined || wanted === places.databasePath) return undefined;
  writeFileAtomic(wanted, readFileSync(places.databasePath));
  return wanted;
}
