// The folder of one run: <project>/results/results_YYYY.MM.DD_HH.MM.SS_ffffff, or what -o and -r say.

import path from "node:path";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { makeNewDirectory, resolveFrom } from "./files.ts";

/** Makes the run's folder and returns its path; an OctError when it exists or cannot be made. */
export function makeResultsFolder(input: CommandInput, env: Env, projectDirectory: string): string {
  const chosen = input.text("output-dir");
  if (chosen !== undefined) {
    const directory = resolveFrom(env.cwd, chosen);
    makeNewDirectory(directory);
    return directory;
  }
  const parent = input.text("results");
  const results =
    parent === undefined ? path.join(projectDirectory, "results") : resolveFrom(env.cwd, parent);
  const directory = path.join(results, `results_${folderStamp(env)}`);
  makeNewDirectory(directory);
  return directory;
}

function folderStamp(env: Env): string {
  const wallMs = env.clock.wallMs();
  const at = new Date(wallMs);
  const pad = (value: number, width = 2) => String(value).padStart(width, "0");
  const day = `${at.getFullYear()}.${pad(at.getMonth() + 1)}.${pad(at.getDate())}`;
  const time = `${pad(at.getHours())}.${pad(at.getMinutes())}.${pad(at.getSeconds())}`;
  const micros = Math.floor((wallMs % 1000) * 1000) + Math.floor(env.clock.nowUs() % 1000);
  return `${day}_${time}_${pad(micros, 6)}`;
}
