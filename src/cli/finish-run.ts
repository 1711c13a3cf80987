// The end of a run: journal to database, database to report, and what the terminal says of it.

import path from "node:path";
import { EXIT, OctError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ProjectConfig } from "../config/project.ts";
import type { HqOutcome } from "../hq/run.ts";
import { removeJournal } from "../store/journal.ts";
import { rebuildDatabase } from "../store/rebuild.ts";
import { placeDatabase } from "./configured-database.ts";
import type { Env } from "./env.ts";
import { writeFileAtomic } from "./files.ts";
import type { Followers } from "./followers.ts";
import { makeReport, type RunFigures, readFigures } from "./make-report.ts";
import type { Screen } from "./screen.ts";
import { endOfRun } from "./thresholds.ts";

export interface FinishOptions {
  readonly env: Env;
  readonly screen: Screen;
  readonly outcome: HqOutcome;
  readonly results: string;
  readonly directory: string;
  readonly config: ProjectConfig;
  readonly configCopy: JsonObject;
  readonly isReportWanted: boolean;
  readonly isJournalKept: boolean;
  readonly shownResults: string;
  readonly followers: Followers;
}

/** Makes everything that is made after a run; resolves with the exit code. */
export async function finishRun(options: FinishOptions): Promise<number> {
  const { env, screen, outcome, results } = options;
  writeFileAtomic(
    path.join(results, "config.json"),
    `${JSON.stringify(options.configCopy, null, 2)}\n`,
  );
  if (!outcome.hasStarted) {
    removeJournal(results);
    if (outcome.exitCode !== EXIT.ok) throw new OctError(outcome.reason, outcome);
    return outcome.exitCode;
  }
  screen.line("\nProcessing all remaining messages...");
  const databasePath = path.join(results, "results.sqlite");
  await rebuildDatabase({
    directory: results,
    onProgress: screen.progress("building the database"),
  });
  screen.clearStatus();
  if (!options.isJournalKept) removeJournal(results);
  const copy = placeDatabase(env, options.config, { directory: options.directory, databasePath });
  const { thresholds } = options.config;
  const created = ["results.sqlite"];
  let figures: RunFigures | undefined;
  if (options.isReportWanted) {
    screen.line("\nanalyzing results...");
    const startUs = env.clock.nowUs();
    const made = await makeReport({
      env,
      databasePath,
      outputPath: path.join(results, "results.html"),
      projectDirectory: options.directory,
      thresholds,
      screen,
    });
    screen.line(
      `Report generated in ${((env.clock.nowUs() - startUs) / 1e6).toFixed(2)} seconds\n`,
    );
    screen.always(made.summary);
    created.push("results.html");
    figures = made;
  }
  if (options.followers.wantsModel || thresholds.length > 0) {
    figures ??= await readFigures(databasePath, thresholds);
  }
  const { exitCode, lines } = endOfRun(figures?.model, outcome.exitCode);
  if (figures !== undefined) {
    await options.followers.finish({ ...figures, outcome, exitCode, databasePath, results });
  }
  for (const file of created) screen.line(`created: ${options.shownResults}/${file}`);
  if (copy !== undefined) screen.line(`created: ${copy}`);
  const isTold = options.isReportWanted && exitCode === EXIT.ok;
  for (const line of isTold ? [] : lines) screen.always(line);
  screen.line("done.");
  return exitCode;
}
