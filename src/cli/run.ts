// oct run: be the HQ of one run. Loads the project, opens journal and wires, turns the HQ's wheel
// until it is over, and makes database and report.

import { EXIT, UsageError } from "../base/errors.ts";
import { parseDurationUs } from "../base/units.ts";
import { loadProject } from "../config/load.ts";
import type { ProjectConfig } from "../config/project.ts";
import { HqRun } from "../hq/run.ts";
import { buildTurretPack } from "../pack/pack.ts";
import { Compactor } from "../store/compact.ts";
import { Journal } from "../store/journal.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { resolveFrom, showPath } from "./files.ts";
import { finishRun } from "./finish-run.ts";
import { type Followers, openFollowers } from "./followers.ts";
import { LiveTerminal } from "./live-terminal.ts";
import { withPackLines } from "./pack-lines.ts";
import { planLines } from "./plan.ts";
import { projectDirectory } from "./project-directory.ts";
import { makeResultsFolder } from "./results-folder.ts";
import { describeRun } from "./run-facts.ts";
import { turnWheel } from "./run-loop.ts";
import { openLocalWires, openNetworkWires } from "./run-wires.ts";
import { screenOf } from "./screen.ts";
import { thresholdPlan, withThresholds } from "./thresholds.ts";
import { packToolsOf } from "./turret-parts.ts";
import { type GivenValues, readSeed, readValues, withScriptEnv } from "./values.ts";

export async function runRun(input: CommandInput, env: Env): Promise<number> {
  const values = readValues(input, env);
  const directory = projectDirectory(env, input.positionals[0] as string, input.text("directory"));
  const { config, warnings } = loadRunConfig(input, env, directory, values);
  for (const warning of warnings) env.stderr.write(`${warning}\n`);
  if (input.isOn("plan")) {
    const lines = [...planLines(config, env.stdout.columns()), ...thresholdPlan(config)];
    for (const line of lines) env.stdout.write(`${line}\n`);
    return EXIT.ok;
  }
  const isLocal = input.isOn("local");
  const wires = await (isLocal
    ? openLocalWires({ config, env })
    : openNetworkWires({ config, address: input.text("listen") ?? "*" }));
  const screen = screenOf(input, env);
  let followers: Followers | undefined;
  try {
    const results = makeResultsFolder(input, env, directory);
    followers = await openFollowers({ input, env, config, screen, values, results });
    const facts = describeRun({ env, directory, config, values });
    const journal = Journal.create(results);
    if (wires.announcement !== "") screen.line(wires.announcement);
    const hq = new HqRun({
      config,
      facts,
      clock: env.clock,
      journal,
      ...(wires.link === undefined ? {} : { link: wires.link }),
      ...(wires.protocol1 === undefined ? {} : { protocol1: wires.protocol1 }),
      packFor: (definition) =>
        withPackLines({ screen, clock: env.clock, name: definition.name }, () =>
          buildTurretPack({
            directory,
            config,
            definition,
            tools: packToolsOf(env),
            onLine: (text) => screen.line(text),
          }),
        ),
      onLine: (text) => screen.line(values.redactor.text(text)),
      observers: followers.observers,
    });
    using compactor = new Compactor({ directory: results });
    const isVerbose = input.isOn("verbose");
    const terminal = new LiveTerminal({ env, screen, live: followers.live, config, isVerbose });
    await turnWheel({ hq, wires, journal, compactor, env, screen, terminal });
    compactor.close();
    journal.close();
    return await finishRun({
      env,
      screen,
      outcome: hq.outcome,
      results,
      directory,
      config,
      configCopy: facts.config,
      isReportWanted: !input.isOn("no-results"),
      isJournalKept: input.isOn("keep-journal"),
      shownResults: showPath(env.cwd, results),
      followers,
    });
  } finally {
    await followers?.close();
    wires.close();
  }
}

function loadRunConfig(
  input: CommandInput,
  env: Env,
  directory: string,
  values: GivenValues,
): { config: ProjectConfig; warnings: readonly string[] } {
  const given = input.text("config-file");
  const wait = input.text("wait");
  const loaded = loadProject({
    directory,
    ...(given === undefined ? {} : { configFile: resolveFrom(env.cwd, given) }),
    overrides: values.overrides,
  });
  const changes: { seed?: number; waitUs?: number } = {};
  const seed = input.text("seed");
  if (seed !== undefined) changes.seed = readSeed(seed);
  if (wait !== undefined) changes.waitUs = readDuration("--wait", wait);
  const config = withScriptEnv({ ...loaded.config, ...changes }, values);
  return { ...loaded, config: withThresholds(config, input, values.redactor) };
}

function readDuration(option: string, text: string): number {
  const durationUs = parseDurationUs(text);
  if (durationUs !== undefined) return durationUs;
  throw new UsageError(`${option} takes a duration such as 90s or 5m, not "${text}"`);
}
