// Where a project is: the name as given, seen from -d/--directory or the current folder.

import path from "node:path";
import { UsageError } from "../base/errors.ts";
import type { Env } from "./env.ts";
import { isDirectory, resolveFrom } from "./files.ts";

/** The project's folder; a UsageError when there is none. */
export function projectDirectory(env: Env, name: string, parent: string | undefined): string {
  const base = parent === undefined ? env.cwd : resolveFrom(env.cwd, parent);
  const directory = path.resolve(base, name);
  if (isDirectory(directory)) return directory;
  throw new UsageError("you need to enter a valid project path", {
    where: directory,
    hint: `create it with oct new ${name}, or check the path`,
  });
}
