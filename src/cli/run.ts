// oct run: be the HQ of one run. Loads the project, opens journal and wires, turns the HQ's wheel
// until it is over, and makes database and report.

import { EXIT, UsageError } from "../base/errors.ts";
import { parseDurationUs } from "../base/units.ts";
import { type LoadOptions, loadProject, rawProject } from "../config/load.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import { HqRun } from "../hq/run.ts";
import type { Pack } from "../hq/types.ts";
import { buildTurretPack } from "../pack/pack.ts";
import { Compactor } from "../store/compact.ts";
import { Journal } from "../store/journal.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { resolveFrom, showPath } from "./files.ts";
import { finishRun } from "./finish-run.ts";
import { type Followers, openFollowers } from "./followers.ts";
import { Interrupts } from "./interrupts.ts";
import { LiveTerminal } from "./live-terminal.ts";
import { withPackLines } from "./pack-lines.ts";
import { planLines } from "./plan.ts";
import { projectDirectory } from "./project-directory.ts";
import { type Replay, Replayer, readReplay } from "./replay.ts";
import { makeResultsFolder } from "./results-folder.ts";
import { describeRun } from "./run-facts.ts";
import { turnWheel } from "./run-loop.ts";
import {
  LOCAL_CONTROL_LEAD_US,
  openLocalWires,
  openNetworkWires,
  type Wires,
} from "./run-wires.ts";
import { type Screen, screenOf } from "./screen.ts";
import { thresholdPlan, withThresholds } from "./thresholds.ts";
import { packToolsOf } from "./turret-parts.ts";
import { type GivenValues, readSeed, readValues, withScriptEnv } from "./values.ts";

export async function runRun(input: CommandInput, env: Env): Promise<number> {
  const values = readValues(input, env);
  const directory = projectDirectory(env, input.positionals[0] as string, input.text("directory"));
  const screen = screenOf(input, env);
  const given = configOptions(input, env, directory);
  const project = () => rawProject(given);
  const replay = await readReplay(input, env, { screen, project });
  const { config, warnings } = loadRunConfig(input, { given, replay, values });
  for (const warning of warnings) env.stderr.write(`${warning}\n`);
  if (input.isOn("plan")) return printPlan(config, env);
  const isLocal = input.isOn("local");
  const interrupts = new Interrupts(env);
  let wires: Wires | undefined;
  let followers: Followers | undefined;
  try {
    wires = await (isLocal
      ? openLocalWires({ config, env })
      : openNetworkWires({ config, address: input.text("listen") ?? "*" }));
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
      packFor: packerOf({ env, screen, directory, config }),
      onLine: (text) => screen.line(values.redactor.text(text)),
      ...(isLocal ? { controlLeadUs: LOCAL_CONTROL_LEAD_US } : {}),
      observers: [...followers.observers, ...replayersOf(replay, env, screen)],
    });
    using compactor = new Compactor({ directory: results });
    const isVerbose = input.isOn("verbose");
    const terminal = new LiveTerminal({ env, screen, live: followers.live, config, isVerbose });
    await turnWheel({
      givesWay: isLocal && config.turrets.some(({ load }) => load.model.kind === "open"),
      hq,
      wires,
      journal,
      compactor,
      env,
      interrupts,
      screen,
      terminal,
    });
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
    interrupts.close();
    await followers?.close();
    wires?.close();
  }
}

function printPlan(config: ProjectConfig, env: Env): number {
  const lines = [...planLines(config, env.stdout.columns()), ...thresholdPlan(config)];
  for (const line of lines) env.stdout.write(`${line}\n`);
  return EXIT.ok;
}

function packerOf(parts: {
  readonly env: Env;
  readonly screen: Screen;
  readonly directory: string;
  readonly config: ProjectConfig;
}): (definition: TurretDefinition) => Promise<Pack> {
  const { env, screen, directory, config } = parts;
  const tools = packToolsOf(env);
  const onLine = (text: string) => screen.line(text);
  return (definition) =>
    withPackLines({ screen, clock: env.clock, name: definition.name }, () =>
      buildTurretPack({ directory, config, definition, tools, onLine }),
    );
}

function configOptions(input: CommandInput, env: Env, directory: string): LoadOptions {
  const given = input.text("config-file");
  return {
    directory,
    ...(given === undefined ? {} : { configFile: resolveFrom(env.cwd, given) }),
  };
}

function loadRunConfig(
  input: CommandInput,
  parts: {
    readonly given: LoadOptions;
    readonly replay: Replay | undefined;
    readonly values: GivenValues;
  },
): { config: ProjectConfig; warnings: readonly string[] } {
  const { given, replay, values } = parts;
  const wait = input.text("wait");
  const { overrides } = values;
  const source = replay === undefined ? {} : { source: replay.config };
  const loaded = loadProject({ ...given, ...source, overrides });
  const changes: { seed?: number; waitUs?: number; minTurrets?: number } = {};
  const seed = input.text("seed");
  if (seed !== undefined) changes.seed = readSeed(seed);
  if (replay !== undefined) changes.seed = replay.seed;
  const isTurretsSet = overrides.some((override) => override.startsWith("min_turrets="));
  if (replay?.turrets !== undefined && !isTurretsSet) changes.minTurrets = replay.turrets;
  if (wait !== undefined) changes.waitUs = readDuration("--wait", wait);
  const config = withScriptEnv({ ...loaded.config, ...changes }, values);
  return { ...loaded, config: withThresholds(config, input, values.redactor) };
}

function replayersOf(replay: Replay | undefined, env: Env, screen: Screen): readonly Replayer[] {
  if (replay === undefined) return [];
  const onLine = (text: string) => screen.line(text);
  return [new Replayer(replay.controls, { clock: env.clock, onLine })];
}

function readDuration(option: string, text: string): number {
  const durationUs = parseDurationUs(text);
  if (durationUs !== undefined) return durationUs;
  throw new UsageError(`${option} takes a duration such as 90s or 5m, not "${text}"`);
}
