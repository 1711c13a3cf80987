// What the journal's first record says of a run: who, what, with which configuration.

import type { ProjectConfig } from "../config/project.ts";
import { JOURNAL_VERSION, type RunOpened } from "../store/records.ts";
import type { Env } from "./env.ts";
import type { GivenValues } from "./values.ts";

export function describeRun(parts: {
  env: Env;
  directory: string;
  config: ProjectConfig;
  values: GivenValues;
}): RunOpened {
  const { env, config, values } = parts;
  return {
    journalVersion: JOURNAL_VERSION,
    runId: crypto.randomUUID(),
    octVersion: env.version,
    project: parts.directory.split("/").at(-1) ?? "",
    command: commandLine(env.args, values),
    config: values.redactor.object(config.raw),
    seed: config.seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 1,
    host: env.host,
    platform: env.platform,
    cores: env.cores,
    openedWallMs: env.clock.wallMs(),
    runTimeUs: config.runTimeUs,
    intervalS: config.intervalS,
    rowsMax: config.resultsMaxRows,
  };
}

/** The command as typed, values of secrets hidden. */
function commandLine(args: readonly string[], values: GivenValues): string {
  return `oct ${args.map((arg) => (/[\s"'$]/.test(arg) ? JSON.stringify(arg) : arg)).join(" ")}`
    .split(" ")
    .map((word) => values.redactor.text(word))
    .join(" ");
}
