// oct report: the HTML report of a database or of a results folder, killed runs included.

import path from "node:path";
import { EXIT } from "../base/errors.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { isDirectory, resolveFrom, showPath } from "./files.ts";
import { findDatabase } from "./find-database.ts";
import { makeReport } from "./make-report.ts";
import { Screen } from "./screen.ts";

export async function runReport(input: CommandInput, env: Env): Promise<number> {
  const given = resolveFrom(env.cwd, input.positionals[0] as string);
  const screen = new Screen(env.stdout, env.clock);
  const databasePath = await findDatabase(given, screen);
  const chosen = input.text("output");
  const outputPath =
    chosen === undefined
      ? path.join(path.dirname(databasePath), "results.html")
      : resolveFrom(env.cwd, chosen);
  const template = input.text("template");
  const made = await makeReport({
    env,
    screen,
    databasePath,
    outputPath,
    projectDirectory: projectOf(databasePath),
    templatePath: template === undefined ? undefined : resolveFrom(env.cwd, template),
  });
  screen.line(made.summary);
  screen.line(`created: ${showPath(env.cwd, outputPath)}`);
  return EXIT.ok;
}

/** The project of a results folder that lies where oct run puts it: <project>/results/<run>/. */
function projectOf(databasePath: string): string | undefined {
  const project = path.resolve(path.dirname(databasePath), "../..");
  return isDirectory(path.join(project, "templates")) ? project : undefined;
}
