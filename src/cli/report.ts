// oct report: the HTML report of databases or results folders, killed runs included, each by itself or
// held against a baseline, and with --out what else is made of a finished run.

import path from "node:path";
import { EXIT, UsageError } from "../base/errors.ts";
import { comparisonSection } from "../compare/html.ts";
import { renderComparison } from "../compare/text.ts";
import type { Comparison } from "../compare/types.ts";
import { OUTPUTS } from "../output/targets.ts";
import type { CommandInput } from "./command.ts";
import { compareFiles } from "./compare.ts";
import type { Env } from "./env.ts";
import { isDirectory, resolveFrom, showPath } from "./files.ts";
import { findDatabase } from "./find-database.ts";
import { makeReport } from "./make-report.ts";
import { writeFinished } from "./out-finished.ts";
import { type AskedOutput, missingSummary, readOutputs } from "./out-requests.ts";
import { Screen } from "./screen.ts";

export async function runReport(input: CommandInput, env: Env): Promise<number> {
  const given = input.positionals;
  if (given.length > 1 && input.text("output") !== undefined) {
    throw new UsageError("--output names one file, and there are several reports", {
      hint: "without it each report is written beside its database",
    });
  }
  const outputs = readFinishedOutputs(input, env);
  for (const [i, one] of given.entries()) {
    if (i > 0) env.stdout.write("\n");
    await reportOne(input, env, { given: one, outputs });
  }
  return EXIT.ok;
}

/** What can be made of a file; throws UsageError for what is sent while a run goes. */
function readFinishedOutputs(input: CommandInput, env: Env): readonly AskedOutput[] {
  const { outputs } = readOutputs(input, env);
  const sent = outputs.find(({ kind }) => OUTPUTS[kind].when === "while" && kind !== "jsonl");
  if (sent !== undefined) {
    throw new UsageError(`--out ${sent.kind} is sent while a run goes, not from its results`, {
      hint: "give it to oct run or oct fire",
    });
  }
  const named = outputs.find((output) => output.file !== undefined && output.kind !== "github");
  if (named !== undefined && input.positionals.length > 1) {
    throw new UsageError(`--out ${named.kind} names one file, and there are several results`, {
      hint: `--out ${named.kind} alone writes beside each database`,
    });
  }
  return outputs;
}

async function reportOne(
  input: CommandInput,
  env: Env,
  asked: { readonly given: string; readonly outputs: readonly AskedOutput[] },
): Promise<void> {
  const { given } = asked;
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
  const folder = path.dirname(databasePath);
  const hasFolder = isDirectory(resolveFrom(env.cwd, given));
  const finished = {
    ...made,
    outputs: [...(hasFolder ? missingSummary(folder) : []), ...asked.outputs],
    databasePath,
    folder,
    results: hasFolder ? folder : undefined,
    exitCode: undefined,
    cwd: env.cwd,
  };
  for (const output of finished.outputs) {
    for (const line of await writeFinished(output, finished)) screen.line(line);
  }
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
