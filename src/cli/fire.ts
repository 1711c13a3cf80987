// oct fire: a URL or a script, at once: no project, no HQ to start. The same HQ and turret as in a run,
// joined in memory, with the definition made from the options.

import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { EXIT, OctError } from "../base/errors.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import { HqRun } from "../hq/run.ts";
import type { Pack } from "../hq/types.ts";
import { writeTarGz } from "../pack/archive.ts";
import { buildTurretPack } from "../pack/pack.ts";
import { Compactor } from "../store/compact.ts";
import { Journal } from "../store/journal.ts";
import { openResults } from "../store/query.ts";
import { rebuildDatabase } from "../store/rebuild.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { makeNewDirectory, resolveFrom, showPath } from "./files.ts";
import { type FirePlan, readFirePlan } from "./fire-options.ts";
import { fireSummary } from "./fire-summary.ts";
import { makeReport } from "./make-report.ts";
import { describeRun } from "./run-facts.ts";
import { turnWheel } from "./run-loop.ts";
import { openLocalWires, openNetworkWires } from "./run-wires.ts";
import { Screen } from "./screen.ts";
import { packToolsOf } from "./turret-parts.ts";
import { type GivenValues, readSeed, readValues, withScriptEnv } from "./values.ts";

/** Turrets of this process begin as soon as they are told. */
const LOCAL_LEAD_US = 2_000;
const LINES_BEFORE = /^(Warmup|waiting for|turret \S+ came|start with)/;

export async function runFire(input: CommandInput, env: Env): Promise<number> {
  const values = readValues(input, env);
  const plan = readFirePlan(input, env);
  const config = withScriptEnv(configOf(plan, input), values);
  const screen = new Screen(env.stdout, env.clock);
  for (const line of plan.words) screen.line(line);
  const folder = resultsFolder(input, env);
  try {
    const exitCode = await fire({ input, env, values, plan, config, screen, folder });
    return exitCode;
  } finally {
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
  readonly input: CommandInput;
  readonly env: Env;
  readonly values: GivenValues;
  readonly plan: FirePlan;
  readonly config: ProjectConfig;
  readonly screen: Screen;
  readonly folder: ResultsFolder;
}

async function fire(parts: FireParts): Promise<number> {
  const { input, env, values, plan, config, screen, folder } = parts;
  const isLocal = plan.agents === 0;
  const wires = await (isLocal
    ? openLocalWires({ config, env })
    : openNetworkWires({ config, address: input.text("listen") ?? "*" }));
  try {
    const directory = plan.target.kind === "script" ? plan.target.directory : env.cwd;
    const facts = describeRun({ env, directory, config, values });
    const journal = Journal.create(folder.path);
    if (wires.announcement !== "") screen.line(wires.announcement);
    const hq = new HqRun({
      config,
      facts,
      clock: env.clock,
      journal,
      ...(wires.link === undefined ? {} : { link: wires.link }),
      ...(wires.protocol1 === undefined ? {} : { protocol1: wires.protocol1 }),
      ...(isLocal ? { startLeadUs: LOCAL_LEAD_US } : {}),
      packFor: (definition) => packOf(plan, config, definition, env),
      onLine(text) {
        if (!isLocal || !LINES_BEFORE.test(text)) screen.line(values.redactor.text(text));
      },
    });
    using compactor = new Compactor({ directory: folder.path });
    await turnWheel({ hq, wires, journal, compactor, env, screen, config });
    compactor.close();
    journal.close();
    const { outcome } = hq;
    if (!outcome.hasStarted) {
      if (outcome.exitCode !== EXIT.ok) throw new OctError(outcome.reason, outcome);
      return outcome.exitCode;
    }
    await summarise(parts);
    return outcome.exitCode;
  } finally {
    wires.close();
  }
}

// A URL needs no script: its pack holds nothing but the definition.
async function packOf(
  plan: FirePlan,
  config: ProjectConfig,
  definition: TurretDefinition,
  env: Env,
): Promise<Pack> {
  if (plan.target.kind === "script") {
    const { directory } = plan.target;
    return await buildTurretPack({ directory, config, definition, tools: packToolsOf(env) });
  }
  const bytes = await writeTarGz([
    { name: "config.json", bytes: new TextEncoder().encode(JSON.stringify({ name: "fire" })) },
  ]);
  return { bytes, hash: createHash("sha256").update(bytes).digest("hex") };
}

async function summarise(parts: FireParts): Promise<void> {
  const { env, screen, folder } = parts;
  await rebuildDatabase({
    directory: folder.path,
    onProgress: screen.progress("building the database"),
  });
  const databasePath = path.join(folder.path, "results.sqlite");
  const outputPath = path.join(folder.path, "results.html");
  const made = await makeReport({ env, databasePath, outputPath, screen });
  const results = await openResults(databasePath);
  try {
    screen.line(`\n${made.summary}\n\n${fireSummary(results)}`);
  } finally {
    results.close();
  }
  if (!folder.isKept) return;
  rmSync(path.join(folder.path, "journal"), { recursive: true, force: true });
  screen.line(`\ncreated: ${showPath(env.cwd, outputPath)}`);
}

const LINK_PORT = 5003;

function configOf(plan: FirePlan, input: CommandInput): ProjectConfig {
  const { definition, load, runTimeUs, agents } = plan;
  const isUrl = plan.target.kind === "url";
  const seed = input.text("seed");
  const turret: TurretDefinition = {
    name: "fire",
    load,
    cannons: load.cannons,
    rampupUs: 0,
    script: isUrl ? "" : String(definition["script"]),
    extraFiles: [],
    threads: plan.threads,
    merged: isUrl ? { ...definition, rows: false } : definition,
  };
  return {
    runTimeUs,
    intervalS: 1,
    progressBar: true,
    testing: false,
    consoleLogging: false,
    publishPort: 0,
    rcPort: 0,
    externalPublisher: 0,
    linkPort: LINK_PORT,
    hqAddress: "",
    minTurrets: Math.max(1, agents),
    turrets: [turret],
    turretsRequirements: [],
    extraTurretConfig: {},
    resultsDatabaseUri: "default",
    resultsMaxRows: isUrl ? 0 : 2_000_000,
    graceUs: 5_000_000,
    silenceUs: 10_000_000,
    hqLossUs: 10_000_000,
    waitUs: 0,
    seed: seed === undefined ? undefined : readSeed(seed),
    raw: { run_time: runTimeUs / 1e6, turrets: [definition] },
  };
}
