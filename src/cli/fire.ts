// oct fire: a URL or a script, at once: no project, no HQ to start. The same HQ and turret as in a run,
// joined in memory, with the definition made from the options.

import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { EXIT } from "../base/errors.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import type { HqOutcome, Pack } from "../hq/types.ts";
import { buildTurretPack, emptyPack } from "../pack/pack.ts";
import { rebuildDatabase } from "../store/rebuild.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { makeNewDirectory, resolveFrom, showPath } from "./files.ts";
import { fireConfig } from "./fire-config.ts";
import { type FirePlan, readFirePlan } from "./fire-options.ts";
import { fireSummary } from "./fire-summary.ts";
import { type Followers, openFollowers } from "./followers.ts";
import { LiveTerminal } from "./live-terminal.ts";
import { makeReport } from "./make-report.ts";
import { runInMemory } from "./memory-run.ts";
import { wantsRows } from "./out-requests.ts";
import { describeRun } from "./run-facts.ts";
import { type Screen, screenOf } from "./screen.ts";
import { endOfRun, thresholdPlan, withThresholds } from "./thresholds.ts";
import { LINK_PORT, readHost } from "./turret.ts";
import { packToolsOf } from "./turret-parts.ts";
import { type GivenValues, readValues, withScriptEnv } from "./values.ts";

/** What the plan before and the summary after say as well. */
const LINES_TOLD =
  /^(Warmup|waiting for|turret \S+ came|start with|seed:|GENERATOR-LIMITED:|PARTIAL:)/;

export async function runFire(input: CommandInput, env: Env): Promise<number> {
  const values = readValues(input, env);
  const plan = readFirePlan(input, env);
  const listen = readHost(input.text("listen") ?? "*", LINK_PORT);
  const ownConfig = fireConfig(plan, {
    seed: input.text("seed"),
    linkPort: listen.port,
    hasRows:
      wantsRows(values.asked) ||
      (plan.target.kind === "script" && input.text("output-dir") !== undefined),
  });
  const config = withThresholds(withScriptEnv(ownConfig, values), input, values.redactor);
  const screen = screenOf(input, env);
  for (const line of [...plan.words, ...thresholdPlan(config)]) screen.line(line);
  const folder = resultsFolder(input, env);
  let followers: Followers | undefined;
  try {
    const results = folder.isKept ? folder.path : undefined;
    followers = await openFollowers({ input, env, config, screen, values, results });
    return await fire({
      listen: listen.host,
      env,
      values,
      plan,
      config,
      screen,
      folder,
      followers,
      isVerbose: input.isOn("verbose"),
    });
  } finally {
    await followers?.close();
    if (!folder.isKept) rmSync(folder.path, { recursive: true, force: true });
  }
}

interface ResultsFolder {
  readonly path: string;
  readonly isKept: boolean;
}

function resultsFolder(input: CommandInput, env: Env): ResultsFolder {
  const chosen = input.text("output-dir");
  if (chosen === undefined) {
    return { path: mkdtempSync(path.join(env.tempDirectory, "oct-fire-")), isKept: false };
  }
  const directory = resolveFrom(env.cwd, chosen);
  makeNewDirectory(directory);
  return { path: directory, isKept: true };
}

interface FireParts {
  readonly env: Env;
  readonly values: GivenValues;
  readonly plan: FirePlan;
  readonly config: ProjectConfig;
  readonly screen: Screen;
  readonly folder: ResultsFolder;
  /** Where to listen for agents. */
  readonly listen: string;
  readonly followers: Followers;
  readonly isVerbose: boolean;
}

async function fire(parts: FireParts): Promise<number> {
  const { env, values, plan, config, screen, folder } = parts;
  const isLocal = plan.agents === 0;
  const directory = plan.target.kind === "script" ? plan.target.directory : env.cwd;
  const facts = { ...describeRun({ env, directory, config, values }), project: nameOf(plan) };
  screen.line(`seed: ${facts.seed}`);
  const outcome = await runInMemory({
    env,
    config,
    screen,
    facts,
    directory: folder.path,
    listen: isLocal ? undefined : parts.listen,
    packFor: (definition) => packOf(plan, config, definition, env),
    onLine(text) {
      if (!isLocal || !LINES_TOLD.test(text)) screen.line(values.redactor.text(text));
    },
    observers: parts.followers.observers,
    givesWay: config.turrets.some(({ load }) => load.model.kind === "open"),
    terminal: new LiveTerminal({ ...parts, live: parts.followers.live }),
  });
  return outcome.hasStarted ? await summarise(parts, outcome) : outcome.exitCode;
}

/** What is fired at, as the run's name. */
function nameOf({ target }: FirePlan): string {
  return target.kind === "url" ? (URL.parse(target.url)?.host ?? target.url) : target.script;
}

export async function packOf(
  plan: FirePlan,
  config: ProjectConfig,
  definition: TurretDefinition,
  env: Env,
): Promise<Pack> {
  if (plan.target.kind === "url") return await emptyPack();
  const { directory } = plan.target;
  return await buildTurretPack({ directory, config, definition, tools: packToolsOf(env) });
}

async function summarise(parts: FireParts, outcome: HqOutcome): Promise<number> {
  const { env, screen, folder, config } = parts;
  const { thresholds } = config;
  await rebuildDatabase({
    directory: folder.path,
    onProgress: screen.progress("building the database"),
  });
  screen.clearStatus();
  const databasePath = path.join(folder.path, "results.sqlite");
  const outputPath = path.join(folder.path, "results.html");
  const made = await makeReport({
    env,
    databasePath,
    outputPath,
    thresholds,
    screen,
    summary: "fired",
  });
  const { exitCode, lines } = endOfRun(made.model, outcome.exitCode);
  screen.line("");
  screen.always(`${made.summary}\n\n${fireSummary(made)}`);
  if (folder.isKept) screen.line("");
  await parts.followers.finish({
    ...made,
    outcome,
    exitCode,
    databasePath,
    results: folder.isKept ? folder.path : undefined,
  });
  if (folder.isKept) {
    rmSync(path.join(folder.path, "journal"), { recursive: true, force: true });
    for (const file of [outputPath, databasePath]) {
      screen.line(`created: ${showPath(env.cwd, file)}`);
    }
  }
  if (exitCode !== EXIT.ok && lines.length > 0) screen.always(`\n${lines.join("\n")}`);
  return exitCode;
}
