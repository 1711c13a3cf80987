// Data files that a script reads with feed("users.csv"): they travel with it without being named in
// extra_files. Only names that are written out in the call can be seen.

import { statSync } from "node:fs";
import path from "node:path";
import { cleanName } from "./archive.ts";

const FEED_CALL = /\bfeed\s*(?:<[^<>()]*(?:<[^<>()]*>)?[^<>()]*>)?\(\s*(["'])([^"'\n\\]{1,500})\1/g;

/** Files of the project that `code`, a script of it, feeds on; relative to `directory`. */
export function dataFilesOf(directory: string, script: string, code: string): string[] {
  const found = new Set<string>();
  for (const [, , file = ""] of code.matchAll(FEED_CALL)) {
    if (path.isAbsolute(file)) continue;
    const name = cleanName(path.posix.join(path.posix.dirname(script), file));
    if (name === undefined || name === "" || found.has(name)) continue;
    const isFile = statSync(path.join(directory, name), { throwIfNoEntry: false })?.isFile();
    if (isFile === true) found.add(name);
  }
  return [...found];
}
