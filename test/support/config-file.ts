// Configurations for tests: the least that is valid, written into a folder, and what loading it says.

import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { OctError } from "../../src/base/errors.ts";
import { type LoadedProject, type LoadOptions, loadProject } from "../../src/config/load.ts";

export const TURRET = {
  name: "navigation",
  cannons: 2,
  rampup: 0,
  script: "test_scripts/v_user.ts",
} as const;

export const LEAST = {
  run_time: 30,
  results_ts_interval: 10,
  progress_bar: true,
  testing: false,
  turrets: [TURRET],
} as const;

/** Writes `files`, texts by name, below `directory`. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Loads a config.json of this text or these keys. */
export function loadConfig(
  directory: string,
  config: string | Uint8Array | Readonly<Record<string, unknown>>,
  more: Omit<LoadOptions, "directory"> = {},
): LoadedProject {
  const isText = typeof config === "string" || config instanceof Uint8Array;
  writeFileSync(path.join(directory, "config.json"), isText ? config : JSON.stringify(config));
  return loadProject({ directory, ...more });
}

/** The OctError that `run` throws; anything else fails the test. */
export async function octErrorOf(run: () => unknown): Promise<OctError> {
  try {
    await run();
  } catch (thrown) {
    if (thrown instanceof OctError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}
