// oct rebuild-results: the report of a results folder again, by the project's config and template.
// Two forms: DIR SQLITE CONFIG (the documentation's) and DIR CONFIG [-f SQLITE] (the later one).

import path from "node:path";
import { EXIT, OctError, UsageError } from "../base/errors.ts";
import { loadProject } from "../config/load.ts";
import type { ProjectConfig } from "../config/project.ts";
import { recoverable } from "../store/rebuild.ts";
import type { CommandInput } from "./command.ts";
import { configuredDatabase } from "./configured-database.ts";
import type { Env } from "./env.ts";
import { isDirectory, isFile, resolveFrom, showPath } from "./files.ts";
import { makeReport } from "./make-report.ts";
import { writeFinished } from "./out-finished.ts";
import { missingSummary } from "./out-requests.ts";
import { recoverDatabase } from "./recover.ts";
import { Screen } from "./screen.ts";

export async function runRebuildResults(input: CommandInput, env: Env): Promise<number> {
  const directory = resolveFrom(env.cwd, input.positionals[0] as string);
  if (!isDirectory(directory)) {
    throw new UsageError("the results folder does not exist", { where: directory });
  }
  const { sqlite, configFile } = readForm(input, env, directory);
  const { config, warnings } = loadProject({ directory: path.dirname(configFile), configFile });
  const screen = new Screen(env.stdout, env.clock);
  for (const warning of warnings) env.stderr.write(`${warning}\n`);
  const databasePath = sqlite ?? (await databaseOf(env, config, { directory, configFile, screen }));
  const outputPath = path.join(directory, "results.html");
  const made = await makeReport({
    env,
    screen,
    databasePath,
    outputPath,
    projectDirectory: path.dirname(configFile),
    intervalS: config.intervalS,
  });
  screen.line(made.summary);
  screen.line(`created: ${showPath(env.cwd, outputPath)}`);
  const outputs = missingSummary(directory);
  const finished = { outputs, databasePath, folder: directory, results: directory, cwd: env.cwd };
  for (const output of outputs) {
    const lines = await writeFinished(output, { ...made, ...finished, exitCode: undefined });
    for (const line of lines) screen.line(line);
  }
  return EXIT.ok;
}

function readForm(
  input: CommandInput,
  env: Env,
  directory: string,
): { sqlite: string | undefined; configFile: string } {
  const [, second = "", third] = input.positionals;
  const flag = input.text("results-file");
  const typed = third === undefined ? flag : second;
  if (third !== undefined && flag !== undefined) {
    throw new UsageError("the database is named twice: as an argument and with -f");
  }
  const configFile = resolveFrom(env.cwd, third ?? second);
  if (!isFile(configFile))
    throw new UsageError("the config file does not exist", { where: configFile });
  if (typed === undefined) return { sqlite: undefined, configFile };
  // The documentation's example names the database by its name inside the results folder.
  const candidates = [resolveFrom(env.cwd, typed), path.resolve(directory, typed)];
  const sqlite = candidates.find(isFile);
  if (sqlite === undefined) {
    throw new OctError("the results database does not exist", { where: candidates[0] });
  }
  return { sqlite, configFile };
}

// The folder's own database first: the file that the config names may hold a later run.
async function databaseOf(
  env: Env,
  config: ProjectConfig,
  places: { directory: string; configFile: string; screen: Screen },
): Promise<string> {
  const { directory, configFile, screen } = places;
  const found = recoverable(directory);
  if (found.hasJournal || found.hasDatabase) return await recoverDatabase(directory, screen);
  const configured = configuredDatabase(env, config, path.dirname(configFile));
  if (configured === undefined) return await recoverDatabase(directory, screen);
  if (isFile(configured)) return configured;
  throw new UsageError(
    "OctConfigurationError: Bad database configured, if you use sqlite database use -f option",
    { where: configured },
  );
}
