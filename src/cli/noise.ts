// oct noise: the same fire several times in this process, and the smallest difference between two runs
// that means something on this machine.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { EXIT, OctError, UsageError } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import { measureNoise, type Noise } from "../compare/noise.ts";
import { renderNoise } from "../compare/noise-text.ts";
import type { ProjectConfig } from "../config/project.ts";
import { formatMs, formatPercent, formatPerSec, formatSpan } from "../report/figures.ts";
import { buildReportModel } from "../report/model.ts";
import { openResults } from "../store/query.ts";
import { rebuildDatabase } from "../store/rebuild.ts";
import type { Results } from "../store/results.ts";
import type { CommandInput } from "./command.ts";
import type { Env, Output } from "./env.ts";
import { resolveFrom, showPath, writeFileAtomic } from "./files.ts";
import { packOf } from "./fire.ts";
import { fireConfig } from "./fire-config.ts";
import { type FirePlan, readCount, readFirePlan } from "./fire-options.ts";
import { runInMemory } from "./memory-run.ts";
import { describeRun } from "./run-facts.ts";
import { Screen } from "./screen.ts";
import { type GivenValues, readValues, withScriptEnv } from "./values.ts";

const REPEAT = { fallback: 5, high: 100 } as const;
/** What the runs themselves print is not what is asked for here. */
const SILENT: Output = { write() {}, isTerminal: false, columns: () => 80, rows: () => 24 };

interface NoiseRuns {
  readonly env: Env;
  readonly plan: FirePlan;
  readonly config: ProjectConfig;
  readonly values: GivenValues;
  readonly screen: Screen;
  readonly folder: string;
  readonly repeat: number;
}

export async function runNoise(input: CommandInput, env: Env): Promise<number> {
  const repeat = readCount(input, "repeat", REPEAT.fallback, REPEAT.high);
  if (repeat < 2) throw new UsageError("--repeat takes 2 or more: one run has no other");
  const values = readValues(input, env);
  const plan = readFirePlan(input, env);
  const config = withScriptEnv(fireConfig(plan, { seed: input.text("seed") }), values);
  const screen = new Screen(env.stdout, env.clock);
  for (const line of plan.words) screen.line(line);
  screen.line(`${repeat} times; ${env.host}, ${env.platform}, ${formatCount(env.cores)} cores\n`);
  const folder = mkdtempSync(path.join(env.tempDirectory, "oct-noise-"));
  const runs: Results[] = [];
  try {
    const isStopped = await fireAll({ env, plan, config, values, screen, folder, repeat }, runs);
    if (runs.length < 2) {
      screen.line("stopped before there were two runs to compare");
      return isStopped ? EXIT.interrupted : EXIT.failed;
    }
    screen.status("comparing");
    const noise = measureNoise(runs);
    screen.clearStatus();
    screen.line(`\n${renderNoise(noise, { columns: env.stdout.columns() })}`);
    writeJson(input, env, noise);
    return EXIT.ok;
  } finally {
    for (const results of runs) results.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

// Ctrl-C ends the run that fires, and no other begins; a run that was broken off is no equal of others.
async function fireAll(parts: NoiseRuns, runs: Results[]): Promise<boolean> {
  const { env, screen, repeat } = parts;
  const stop = { isAsked: false };
  const stopListening = env.onInterrupt(() => {
    stop.isAsked = true;
  });
  try {
    for (let i = 1; i <= repeat; i++) {
      screen.status(`run ${i} of ${repeat}`);
      const results = await fireOnce(parts, i);
      if (stop.isAsked) {
        results.close();
        return true;
      }
      runs.push(results);
      screen.line(runLine(i, results));
    }
    return false;
  } finally {
    stopListening();
  }
}

async function fireOnce(parts: NoiseRuns, number: number): Promise<Results> {
  const { env, plan, config, values, folder } = parts;
  const directory = path.join(folder, String(number));
  mkdirSync(directory);
  const project = plan.target.kind === "script" ? plan.target.directory : env.cwd;
  const problems: string[] = [];
  const outcome = await runInMemory({
    env,
    config,
    facts: describeRun({ env, directory: project, config, values }),
    screen: new Screen(SILENT, env.clock),
    directory,
    listen: undefined,
    packFor: (definition) => packOf(plan, config, definition, env),
    onLine: (text) => problems.push(values.redactor.text(text)),
  });
  if (!outcome.hasStarted) {
    throw new OctError(`run ${number} has not fired: ${problems.at(-1) ?? outcome.reason}`);
  }
  await rebuildDatabase({ directory });
  return await openResults(path.join(directory, "results.sqlite"));
}

function runLine(number: number, results: Results): string {
  const model = buildReportModel(results);
  const { figures } = model.all;
  return [
    `run ${number}:`,
    `${formatCount(model.transactions)} transactions in ${formatSpan(model.measuredUs)},`,
    `${formatPerSec(figures.ratePerSec)}/s,`,
    `50 % ${formatMs(figures.p50Us)} ms, 95 % ${formatMs(figures.p95Us)} ms,`,
    `${formatPercent(model.errorPercent)} failed, ${model.verdict.word}`,
  ].join(" ");
}

function writeJson(input: CommandInput, env: Env, noise: Noise): void {
  const given = input.text("json");
  if (given === undefined) return;
  const file = resolveFrom(env.cwd, given);
  const document = { format: "oct noise", version: 1, host: env.host, ...noise };
  writeFileAtomic(file, `${JSON.stringify(document, null, 2)}\n`);
  env.stdout.write(`created: ${showPath(env.cwd, file)}\n`);
}
