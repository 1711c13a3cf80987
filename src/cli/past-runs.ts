// The runs that lie in a project's results folder, newest first.

import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { UsageError } from "../base/errors.ts";
import type { Env } from "./env.ts";
import { isDirectory, isFile, resolveFrom } from "./files.ts";

export interface PastRun {
  /** Name of its folder. */
  readonly name: string;
  readonly directory: string;
  readonly databasePath: string | undefined;
  readonly reportPath: string | undefined;
  /** It has a journal and no database: its run was killed, or still fires. */
  readonly isOpen: boolean;
}

const STAMP = /^results_(\d{4}\.\d\d\.\d\d_\d\d\.\d\d\.\d\d_\d+)$/;

/** The results folder that `given` means: that of a project, or itself. */
export function resultsDirectory(env: Env, given: string): string {
  const directory = resolveFrom(env.cwd, given);
  const results = path.join(directory, "results");
  if (isDirectory(results)) return results;
  if (isDirectory(directory)) return directory;
  throw new UsageError("there is no such project", {
    where: directory,
    hint: "name a project, or the folder that its results are in",
  });
}

/** Folders without a run in them are left out. */
export function findRuns(resultsPath: string): PastRun[] {
  const runs = readdirSync(resultsPath, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .map((entry) => runIn(path.join(resultsPath, entry.name)))
    .filter((run) => run !== undefined);
  const times = new Map(runs.map((run) => [run, timeOf(run)]));
  return runs.sort((a, b) => compareTexts(times.get(b) ?? "", times.get(a) ?? ""));
}

export function runIn(directory: string): PastRun | undefined {
  const [database, report] = ["results.sqlite", "results.html"].map((name) => {
    const file = path.join(directory, name);
    return isFile(file) ? file : undefined;
  });
  const hasJournal = isDirectory(path.join(directory, "journal"));
  if (database === undefined && report === undefined && !hasJournal) return undefined;
  return {
    name: path.basename(directory),
    directory,
    databasePath: database,
    reportPath: report,
    isOpen: hasJournal && database === undefined,
  };
}

// A name that says when it began, or else the time of the folder, in the same form.
function timeOf(run: PastRun): string {
  const stamp = STAMP.exec(run.name)?.[1];
  if (stamp !== undefined) return stamp;
  const changedMs = statSync(run.directory, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const at = new Date(changedMs);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${at.getFullYear()}.${two(at.getMonth() + 1)}.${two(at.getDate())}`;
  return `${day}_${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
