// oct calibrate: what this machine's own answer is worth. Shoots at a target of known delay in a thread
// beside, and holds what oct measured against what the target noted; then as fast as it can.

import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { EXIT } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { formatCount, US_PER_S } from "../base/units.ts";
import { loadOf } from "../config/turret-load.ts";
import { emptyPack } from "../pack/pack.ts";
import { CELL_KIND, type CellKind, GAUGE } from "../stats/cell.ts";
import { Histogram } from "../stats/histogram.ts";
import { openResults } from "../store/query.ts";
import { rebuildDatabase } from "../store/rebuild.ts";
import type { Results } from "../store/results.ts";
import { startTarget, type TargetThread } from "./calibrate-target.ts";
import type { CommandInput } from "./command.ts";
import type { Env, Output } from "./env.ts";
import { fireConfig } from "./fire-config.ts";
import { runInMemory } from "./memory-run.ts";
import { describeRun } from "./run-facts.ts";
import { Screen } from "./screen.ts";
import { readValues } from "./values.ts";

const DELAY_US = 5_000;
const RATES = [100, 1_000, 10_000] as const;
const RATE_CANNONS = 1_000;
const STEP_US = 3 * US_PER_S;
const REACH_CANNONS = 50;
/** What the run itself prints is not what is asked for here. */
const SILENT: Output = { write() {}, isTerminal: false, columns: () => 80, rows: () => 24 };

interface Measured {
  readonly word: string;
  readonly results: Results;
  readonly server: Histogram;
}

export async function runCalibrate(input: CommandInput, env: Env): Promise<number> {
  const screen = new Screen(env.stdout, env.clock);
  const stop = { isAsked: false };
  const stopListening = env.onInterrupt(() => {
    if (stop.isAsked) env.exit(EXIT.interrupted);
    stop.isAsked = true;
  });
  const target = await startTarget(env);
  try {
    screen.line(`target: a thread of this process that answers after ${DELAY_US / 1000} ms`);
    screen.line(`${env.host}, ${env.cores} cores, ${env.platform}; all times in ms\n`);
    screen.line(
      "     rate   sent  server p50    p99   error p50    p99   lateness p50    p99  verdict",
    );
    for (const rate of RATES) {
      if (stop.isAsked) return EXIT.ok;
      screen.status(`measuring at ${formatCount(rate)}/s`);
      target.setDelay(DELAY_US);
      const keys = { rate, cannons: RATE_CANNONS };
      const line = await measure({ env, input, target, keys }, (m) => rateLine(rate, m));
      screen.line(line);
    }
    if (stop.isAsked) return EXIT.ok;
    screen.status("measuring how fast one thread fires");
    target.setDelay(0);
    const keys = { cannons: REACH_CANNONS };
    screen.line(await measure({ env, input, target, keys }, reachLine));
    return EXIT.ok;
  } finally {
    stopListening();
    target.close();
  }
}

async function measure(
  parts: { env: Env; input: CommandInput; target: TargetThread; keys: JsonObject },
  use: (measured: Measured) => string,
): Promise<string> {
  const { env, input, target, keys } = parts;
  const fire = { url: `http://127.0.0.1:${target.port}/`, method: "GET" };
  const definition: JsonObject = { name: "calibrate", script: "", fire, ...keys, threads: 1 };
  const load = loadOf(definition, STEP_US);
  const config = fireConfig(
    {
      target: { kind: "url", url: fire.url },
      definition,
      load,
      runTimeUs: STEP_US,
      threads: 1,
      agents: 0,
      words: [],
    },
    {},
  );
  const directory = mkdtempSync(path.join(env.tempDirectory, "oct-calibrate-"));
  try {
    await target.takeDelays();
    const outcome = await runInMemory({
      env,
      config,
      facts: describeRun({ env, directory: "", config, values: readValues(input, env) }),
      screen: new Screen(SILENT, env.clock),
      directory,
      listen: undefined,
      packFor: () => emptyPack(),
      onLine: () => {},
    });
    const server = new Histogram();
    for (const delayUs of await target.takeDelays()) server.record(Math.max(1, delayUs));
    await rebuildDatabase({ directory });
    const results = await openResults(path.join(directory, "results.sqlite"));
    try {
      return use({ word: outcome.verdict.word, results, server });
    } finally {
      results.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function rateLine(rate: number, { word, results, server }: Measured): string {
  const service = histogramOf(results, CELL_KIND.timer);
  const lateness = histogramOf(results, CELL_KIND.lateness);
  const error = (p: number) => service.percentile(p) - server.percentile(p);
  return [
    `${formatCount(rate)}/s`.padStart(9),
    formatCount(results.facts.transactions).padStart(7),
    ms(server.percentile(50), 12),
    ms(server.percentile(99), 7),
    ms(error(50), 12),
    ms(error(99), 7),
    ms(lateness.percentile(50), 15),
    ms(lateness.percentile(99), 7),
    `  ${word}`,
  ].join("");
}

function reachLine({ results }: Measured): string {
  const seconds = (results.facts.durationUs ?? 1) / US_PER_S;
  const perSec = results.facts.transactions / seconds;
  const cpu = results
    .totals()
    .find((total) => total.kind === CELL_KIND.gauge && total.name === GAUGE.cpuPercent);
  const percent = cpu === undefined || cpu.count === 0 ? 0 : cpu.sum / cpu.count;
  const busy = percent > 0 ? `, at ${percent.toFixed(0)} % of a core` : "";
  return (
    `\nreach: ${formatCount(perSec)} requests/s on one thread with ${REACH_CANNONS} connections${busy}\n` +
    "(the target shares this machine: against another one the reach is higher)"
  );
}

function histogramOf(results: Results, kind: CellKind): Histogram {
  const histogram = new Histogram();
  const total = results.totals().find((one) => one.kind === kind && one.name === "");
  if (total?.histogram !== undefined) histogram.mergePayload(total.histogram);
  return histogram;
}

function ms(us: number, width: number): string {
  return (us / 1000).toFixed(2).padStart(width);
}
