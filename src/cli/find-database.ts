// The database that a path on the command line means: the file itself, or that of a results folder,
// made from its journal where its run was killed.

import { OctError } from "../base/errors.ts";
import { isDirectory, isFile } from "./files.ts";
import { recoverDatabase } from "./recover.ts";
import type { Screen } from "./screen.ts";

export async function findDatabase(given: string, screen: Screen): Promise<string> {
  if (isDirectory(given)) return await recoverDatabase(given, screen);
  if (isFile(given)) return given;
  throw new OctError("there are no results at this path", {
    where: given,
    hint: "name a results.sqlite, or the results folder of a run",
  });
}
