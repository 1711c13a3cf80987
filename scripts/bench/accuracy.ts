// How true oct's answer is: against servers of known delay, and with a script beside that burns CPU.
//
//   bun scripts/bench/accuracy.ts [SECONDS]
//
// Each row is one run of the built binary at a fixed rate. `server` is what the server recorded itself,
// `service` and `response` are oct's, `error` is service minus server. Then the experiment of wrk2: a
// server that is frozen for 1.4 s within a run at a fixed rate.

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { Histogram } from "../../src/stats/histogram.ts";

const binary = path.resolve(import.meta.dir, "../../dist/oct");
const seconds = Number(process.argv[2] ?? 10);
const folder = mkdtempSync(path.join(os.tmpdir(), "oct-bench-accuracy-"));
const PERCENTS = [50, 90, 99, 99.9] as const;

interface Truth {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

interface DelayServer {
  readonly url: string;
  readonly pid: number;
  truth(): Promise<Truth>;
}

async function withServer<T>(mode: string, use: (server: DelayServer) => Promise<T>): Promise<T> {
  const script = path.join(import.meta.dir, "delay-server.ts");
  const child = Bun.spawn([process.execPath, script, mode], { stdin: "pipe", stdout: "pipe" });
  const reader = child.stdout.getReader();
  const line = async () => new TextDecoder().decode((await reader.read()).value).trim();
  const url = `http://127.0.0.1:${await line()}`;
  const truth = async () => {
    child.stdin.write("truth\n");
    child.stdin.flush();
    return JSON.parse(await line()) as Truth;
  };
  try {
    return await use({ url, pid: child.pid, truth });
  } finally {
    child.kill("SIGCONT");
    child.kill();
    await child.exited;
  }
}

let runs = 0;

interface Run {
  readonly verdict: string;
  of(kind: number): Histogram | undefined;
}

async function fire(args: readonly string[], during?: () => Promise<void>): Promise<Run> {
  const out = path.join(folder, `run-${runs++}`);
  const child = Bun.spawn([binary, "fire", ...args, "-o", out], { stdout: "pipe", cwd: folder });
  await during?.();
  const text = await new Response(child.stdout).text();
  await child.exited;
  const database = new Database(path.join(out, "results.sqlite"), { readonly: true });
  const verdict = /^(VALID|GENERATOR-LIMITED|PARTIAL|INVALID).*$/m.exec(text)?.[1] ?? "?";
  return {
    verdict,
    of(kind) {
      const row = database
        .query(
          "select histogram from oct_total t join oct_name n on n.id = t.name_id " +
            "where n.kind = ? and n.name = ''",
        )
        .get(kind) as { histogram: Uint8Array } | null;
      if (row === null) return undefined;
      const histogram = new Histogram();
      histogram.mergePayload(row.histogram);
      return histogram;
    },
  };
}

const ms = (us: number | undefined) =>
  (us === undefined ? "–" : (us / 1000).toFixed(2)).padStart(8);
const row = (values: readonly (number | undefined)[]) => values.map(ms).join("");
const of = (histogram: Histogram | undefined) =>
  PERCENTS.map((p) => (histogram === undefined ? undefined : histogram.percentile(p)));

async function measure(mode: string, rate: number, script?: string): Promise<void> {
  await withServer(mode, async (server) => {
    const { url } = server;
    const target = script === undefined ? [`${url}/`] : [script, "-e", `TARGET=${url}/`];
    const load = ["--rate", String(rate), "-d", `${seconds}s`, "-u", "2000"];
    const run = await fire([...target, ...load]);
    const truth = await server.truth();
    const told = [truth.p50, truth.p90, truth.p99, truth.p999];
    const service = of(run.of(CELL_KIND.timer));
    const error = service.map((us, i) => (us === undefined ? undefined : us - (told[i] ?? 0)));
    const name = `${mode} ${rate}/s${script === undefined ? "" : " +burner"}`;
    console.log(`${name.padEnd(28)} n ${truth.count}  ${run.verdict}`);
    console.log(`  server   ${row(told)}`);
    console.log(`  service  ${row(service)}   error ${row(error)}`);
    console.log(`  response ${row(of(run.of(CELL_KIND.response)))}`);
    console.log(`  lateness ${row(of(run.of(CELL_KIND.lateness)))}`);
    console.log(`  loop lag ${row(of(run.of(CELL_KIND.lag)))}`);
  });
}

// A user's script that does heavy work beside its requests: every request waits for the one core.
const BURNER = `import { Transaction } from "oct";
export class Burner extends Transaction {
  async run() {
    await this.http.get(process.env.TARGET as string);
    const end = performance.now() + 5;
    while (performance.now() < end);
  }
}
`;

/** Response p99 of a run at `rate` whose server is frozen for `frozenS` of `runS` seconds, in us. */
function frozenTheoryUs(rate: number, frozenS: number, runS: number, percent: number): number {
  const delays: number[] = [];
  for (let k = 0; k < rate * runS; k++) {
    const at = k / rate - runS / 2;
    delays.push(at >= 0 && at < frozenS ? (frozenS - at) * 1e6 : 0);
  }
  delays.sort((a, b) => a - b);
  return delays[Math.ceil((percent / 100) * delays.length) - 1] ?? 0;
}

async function freeze(): Promise<void> {
  const rate = 200;
  const runS = 20;
  const frozenS = 1.4;
  await withServer("none", async ({ url, pid }) => {
    const run = await fire([`${url}/`, "--rate", String(rate), "-d", `${runS}s`], async () => {
      await Bun.sleep((runS / 2) * 1000);
      process.kill(pid, "SIGSTOP");
      await Bun.sleep(frozenS * 1000);
      process.kill(pid, "SIGCONT");
    });
    const theory = frozenTheoryUs(rate, frozenS, runS, 99);
    const response = run.of(CELL_KIND.response)?.percentile(99) ?? 0;
    const service = run.of(CELL_KIND.timer)?.percentile(99) ?? 0;
    console.log(
      `frozen 1.4 s of 20 s at 200/s: response p99 ${ms(response)} ms, theory ${ms(theory)} ms ` +
        `(${(((response - theory) / theory) * 100).toFixed(1)} %), service p99 ${ms(service)} ms`,
    );
  });
}

try {
  console.log(
    `${" ".repeat(10)}${["p50", "p90", "p99", "p99.9"].map((p) => p.padStart(8)).join("")}  (ms)`,
  );
  for (const mode of ["constant:5", "bimodal:1:100", "stall:1000:10000"]) {
    for (const rate of [100, 1_000, 10_000]) await measure(mode, rate);
  }
  const script = path.join(folder, "burner.ts");
  await Bun.write(script, BURNER);
  for (const rate of [20, 100, 250]) await measure("constant:5", rate, script);
  await freeze();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
