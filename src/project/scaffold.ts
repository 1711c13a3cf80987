// A new project from what is embedded in the binary; it works at once.

import { lstatSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import config from "../../assets/project/config.json.txt" with { type: "text" };
import types from "../../assets/project/oct.d.ts.txt" with { type: "text" };
import readme from "../../assets/project/README.md" with { type: "text" };
import tsconfig from "../../assets/project/tsconfig.json.txt" with { type: "text" };
import script from "../../assets/project/v_user.ts.txt" with { type: "text" };
import report from "../../assets/report/report.eta" with { type: "text" };
import { OctError, systemCode } from "../base/errors.ts";

const FILES: readonly (readonly [name: string, text: string])[] = [
  ["config.json", config],
  ["test_scripts/v_user.ts", script],
  ["templates/report.eta", report],
  ["oct.d.ts", types],
  ["tsconfig.json", tsconfig],
  ["README.md", readme],
];

export interface CreateOptions {
  readonly directory: string;
}

/** Writes the project whole, or nothing. */
export async function createProject(options: CreateOptions): Promise<void> {
  buildWhole(options.directory, (folder) => {
    for (const [name, text] of FILES) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  });
}

/** Fills a folder beside `directory` and renames it into place when it is complete. */
export function buildWhole(directory: string, fill: (folder: string) => void): void {
  const name = path.basename(directory);
  // A name of its own: nothing that is there is replaced, and two of these do not meet.
  const building = path.join(path.dirname(directory), `.oct-${crypto.randomUUID()}`);
  try {
    if (lstatSync(directory, { throwIfNoEntry: false }) !== undefined) {
      throw new OctError(`Project ${name} already exists`, {
        where: directory,
        hint: "choose another name, or remove it first",
      });
    }
    mkdirSync(building, { recursive: true });
    fill(building);
    renameSync(building, directory);
  } catch (thrown) {
    removeQuietly(building);
    if (thrown instanceof OctError) throw thrown;
    throw new OctError(`can not create directory for '${name}': ${systemCode(thrown) ?? thrown}`, {
      where: directory,
      hint: "choose a folder that you may write to",
      cause: thrown,
    });
  }
}

// What cannot be removed was never made; the error that led here is the one to tell.
function removeQuietly(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {}
}
