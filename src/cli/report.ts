// oct report: the HTML report of databases or results folders, killed runs included, each by itself or
// held against a baseline.

import path from "node:path";
import { EXIT, UsageError } from "../base/errors.ts";
import { comparisonSection } from "../compare/html.ts";
import { renderComparison } from "../compare/text.ts";
import type { Comparison } from "../compare/types.ts";
import type { CommandInput } from "./command.ts";
import { compareFiles } from "./compare.ts";
import type { Env } from "./env.ts";
import { isDirectory, resolveFrom, showPath } from "./files.ts";
import { findDatabase } from "./find-database.ts";
import { makeReport } from "./make-report.ts";
import { Screen } from "./screen.ts";

export async function runReport(input: CommandInput, env: Env): Promise<number> {
  const given = input.positionals;
  if (given.length > 1 && input.text("output") !== undefined) {
    throw new UsageError("--output names one file, and there are several reports", {
      hint: "without it each report is written beside its database",
    });
  }
  for (const [i, one] of given.entries()) {
    if (i > 0) env.stdout.write("\n");
    await reportOne(input, env, one);
  }
  return EXIT.ok;
}

async function reportOne(input: CommandInput, env: Env, given: string): Promise<void> {
  const screen = new Screen(env.stdout, env.clock);
  const databasePath = await findDatabase(resolveFrom(env.cwd, given), screen);
  const chosen = input.text("output");
  const outputPath =
    chosen === undefined
      ? path.join(path.dirname(databasePath), "results.html")
      : resolveFrom(env.cwd, chosen);
  const template = input.text("template");
  const comparison = await againstBaseline(input, env, given);
  const made = await makeReport({
    env,
    screen,
    databasePath,
    outputPath,
    projectDirectory: projectOf(databasePath),
    templatePath: template === undefined ? undefined : resolveFrom(env.cwd, template),
    sections: comparison && [
      { id: "compare", title: "Against the baseline", html: comparisonSection(comparison) },
    ],
  });
  screen.line(made.summary);
  if (comparison !== undefined) {
    const look = { columns: env.stdout.columns(), color: env.useColor(env.stdout) };
    screen.line(`\n${renderComparison(comparison, look)}\n`);
  }
  screen.line(`created: ${showPath(env.cwd, outputPath)}`);
}

async function againstBaseline(
  input: CommandInput,
  env: Env,
  given: string,
): Promise<Comparison | undefined> {
  const basePath = input.text("baseline");
  if (basePath === undefined) return undefined;
  return await compareFiles(env, { basePath, nextPath: given, isForced: input.isOn("force") });
}

/** The project of a results folder that lies where oct run puts it: <project>/results/<run>/. */
function projectOf(databasePath: string): string | undefined {
  const project = path.resolve(path.dirname(databasePath), "../..");
  return isDirectory(path.join(project, "templates")) ? project : undefined;
}
