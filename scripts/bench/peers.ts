// How fast oct fires beside other tools: same machine, same run, same server.
//
//   bun scripts/bench/peers.ts [SECONDS] [ROUNDS]
//
// nginx with one worker on core 0 answers a small body; each tool in turn runs on core 1, round after
// round, so that what the machine does besides falls on all alike. Requests are those that nginx counted
// (its stub_status), not those that a tool claims. CPU time is what the system says of the tool's
// process and its children, twice: "firing" is within a window of each round in which all tools only
// fire; "whole" is the resource usage of the child from its start to its end, reports included. Ratios
// to wrk are taken within a round; all figures are medians of the rounds. Tools that are not in PATH are
// left out. Last the memory of cannons that wait.

import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { TOOLS, type Tool, writeScripts } from "./peer-tools.ts";

const SECONDS = 4;
const ROUNDS = 3;
const CONNECTIONS = [50, 200] as const;
const CANNONS = [1, 1_000, 10_000] as const;
/** The part of a round in which everything only fires: started before it, reporting after it. */
const WINDOW = { from: 0.4, to: 0.95 } as const;
/** Of the system's clock in /proc. */
const TICK_US = 10_000;
const SERVER_CORE = 0;
const TOOL_CORE = 1;
const BODY = "hello from nginx";

const seconds = Number(process.argv[2] ?? SECONDS);
const rounds = Number(process.argv[3] ?? ROUNDS);
const binary = path.resolve(import.meta.dir, "../../dist/oct");
const folder = mkdtempSync(path.join(os.tmpdir(), "oct-bench-peers-"));
const hasTaskset = Bun.which("taskset") !== null && os.availableParallelism() > 1;

/** Budgets of the design, for oct's own lines. */
const BUDGET: Readonly<Record<string, { readonly ratio: number; readonly userUs: number }>> = {
  "oct fire URL": { ratio: 1.0, userUs: 2.0 },
  "oct fire script.ts": { ratio: 0.9, userUs: 3.0 },
};
const K6_TIMES = 5;
const MEMORY_BUDGET: Readonly<Record<number, string>> = { 10000: "100 MB" };

function pinned(core: number, command: readonly string[]): string[] {
  return hasTaskset ? ["taskset", "-c", `${core}`, ...command] : [...command];
}

async function freePort(): Promise<number> {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

interface Server extends AsyncDisposable {
  readonly host: string;
  /** Requests that it has answered so far. */
  hits(): Promise<number>;
}

async function startNginx(): Promise<Server> {
  const program = Bun.which("nginx") ?? Bun.which("nginx", { PATH: "/usr/sbin:/sbin" });
  if (program === null) throw new Error("nginx is not there: apt-get install nginx-light");
  const port = await freePort();
  const statusPort = await freePort();
  chmodSync(folder, 0o755);
  mkdirSync(path.join(folder, "temp"));
  const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/temp/${name};`)
    .join(" ");
  writeFileSync(
    path.join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 60s; ${temps}
  server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "${BODY}"; } }
  server { listen 127.0.0.1:${statusPort}; location / { stub_status; } } }
`,
  );
  const child = Bun.spawn(
    pinned(SERVER_CORE, [program, "-p", folder, "-c", path.join(folder, "nginx.conf")]),
    { stdout: "ignore", stderr: "inherit" },
  );
  const host = `http://127.0.0.1:${port}`;
  let asked = 0;
  for (let attempt = 0; !(await answers(host)); attempt++) {
    if (attempt > 100) throw new Error("nginx does not answer");
    await Bun.sleep(20);
  }
  return {
    host,
    async hits() {
      const text = await (await fetch(`http://127.0.0.1:${statusPort}/`)).text();
      // accepts, handled, requests: of all servers, so those of the status itself are taken out.
      const [, , requests = 0] = (/^\s*(\d+) (\d+) (\d+)\s*$/m.exec(text) ?? [])
        .slice(1)
        .map(Number);
      return requests - ++asked;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

interface Cost {
  readonly perCpuSec: number;
  /** User CPU of one request, us. */
  readonly userUs: number;
}

interface Measured {
  readonly perSec: number;
  readonly firing: Cost;
  readonly whole: Cost;
}

interface Sample {
  readonly atMs: number;
  readonly requests: number;
  readonly userUs: number;
  readonly totalUs: number;
}

/** CPU time so far of a process and its living children. */
function cpuOf(pid: number): { userUs: number; totalUs: number } {
  const parents = new Map<number, number>();
  const times = new Map<number, readonly [user: number, system: number]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      const [parent = 0, user = 0, system = 0] = [1, 11, 12].map((i) => Number(fields[i]));
      parents.set(Number(name), parent);
      times.set(Number(name), [user, system]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOurs = (one: number): boolean =>
    one === pid || (one > 1 && isOurs(parents.get(one) ?? 0));
  let [userUs, totalUs] = [0, 0];
  for (const [one, [user, system]] of times) {
    if (!isOurs(one)) continue;
    userUs += user * TICK_US;
    totalUs += (user + system) * TICK_US;
  }
  return { userUs, totalUs };
}

async function sample(pid: number, server: Server): Promise<Sample> {
  const requests = await server.hits();
  return { atMs: performance.now(), requests, ...cpuOf(pid) };
}

const UNKNOWN: Cost = { perCpuSec: Number.NaN, userUs: Number.NaN };
const costOf = (requests: number, userUs: number, totalUs: number): Cost => ({
  perCpuSec: requests / (totalUs / 1e6),
  userUs: userUs / requests,
});

async function measure(tool: Tool, server: Server, connections: number): Promise<Measured> {
  const target = { url: `${server.host}/`, host: server.host, connections, seconds };
  const own = tool.program === undefined ? [binary, "fire"] : [tool.program];
  const before = await server.hits();
  const child = Bun.spawn(pinned(TOOL_CORE, [...own, ...tool.command(target)]), {
    cwd: folder,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  // Users of artillery loop without an end: it is stopped as by someone at the terminal.
  const timer = setTimeout(() => child.kill("SIGINT"), (seconds + 5) * 1000);
  await Bun.sleep(seconds * WINDOW.from * 1000);
  const first = await sample(child.pid, server);
  await Bun.sleep(seconds * (WINDOW.to - WINDOW.from) * 1000);
  const last = await sample(child.pid, server);
  const isWindow = child.exitCode === null;
  const problems = await new Response(child.stderr).text();
  await child.exited;
  clearTimeout(timer);
  const requests = (await server.hits()) - before;
  const fired = last.requests - first.requests;
  if (requests <= 0) throw new Error(`${tool.name} made no request: ${problems.slice(0, 500)}`);
  const usage = child.resourceUsage();
  const whole = costOf(requests, Number(usage?.cpuTime.user), Number(usage?.cpuTime.total));
  // On a machine that is too busy the tool had ended before the second look: nothing is known then.
  if (!isWindow) return { perSec: Number.NaN, firing: UNKNOWN, whole };
  return {
    perSec: fired / ((last.atMs - first.atMs) / 1000),
    firing: costOf(fired, last.userUs - first.userUs, last.totalUs - first.totalUs),
    whole,
  };
}

/** Of what is known; NaN where nothing is. */
function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[sorted.length % 2 === 0 ? middle - 1 : middle],
    sorted[middle],
  ];
  return (low + high) / 2;
}

const count = (value: number) =>
  Number.isNaN(value) ? "–" : Math.round(value).toLocaleString("en-US");
const fixed = (value: number) => (Number.isNaN(value) ? "–" : value.toFixed(2));

async function compare(tools: readonly Tool[], server: Server, connections: number): Promise<void> {
  const all = new Map<string, Measured[]>(tools.map((tool) => [tool.name, []]));
  for (let round = 0; round < rounds; round++) {
    // Another order in each round: nobody is always the one after a pause.
    const order = [...tools.slice(round % tools.length), ...tools.slice(0, round % tools.length)];
    for (const tool of order) all.get(tool.name)?.push(await measure(tool, server, connections));
  }
  const measured = (name: string) => all.get(name) ?? [];
  const ratio = (name: string, base: string, pick: (one: Measured) => Cost) =>
    median(
      measured(name).map((one, round) => {
        const other = measured(base)[round];
        return other === undefined ? Number.NaN : pick(one).perCpuSec / pick(other).perCpuSec;
      }),
    );
  const costs = (name: string, pick: (one: Measured) => Cost) => [
    count(median(measured(name).map((one) => pick(one).perCpuSec))).padStart(12),
    fixed(ratio(name, "wrk", pick)).padStart(10),
    fixed(median(measured(name).map((one) => pick(one).userUs))).padStart(9),
  ];
  console.log(`\n${connections} connections, ${rounds} rounds of ${seconds} s; medians`);
  console.log(`${"".padEnd(32)}${"firing".padStart(31)}${"whole".padStart(31)}`);
  const head = ["per CPU s".padStart(12), "of wrk's".padStart(10), "user us".padStart(9)].join("");
  console.log(`${"".padEnd(20)}${"requests/s".padStart(12)}${head}${head}`);
  for (const { name } of tools) {
    const perSec = count(median(measured(name).map((one) => one.perSec))).padStart(12);
    const firing = costs(name, (one) => one.firing).join("");
    const whole = costs(name, (one) => one.whole).join("");
    console.log(`${name.padEnd(20)}${perSec}${firing}${whole}`);
    const budget = BUDGET[name];
    if (budget === undefined) continue;
    const k6 = ratio(name, "k6", (one) => one.firing);
    const times = Number.isNaN(k6) ? "k6 is not here" : `${fixed(k6)} times k6's`;
    const wanted = [fixed(budget.ratio).padStart(34), fixed(budget.userUs).padStart(9)].join("");
    console.log(`${"  budget".padEnd(20)}${wanted}   ${times} (budget ${K6_TIMES})`);
  }
}

/** The highest memory of a run whose cannons wait. */
async function waitingMemory(cannons: number): Promise<void> {
  const command = ["fire", "sleeper.ts", "-u", `${cannons}`, "-d", "3s", "--threads", "1"];
  const child = Bun.spawn(pinned(TOOL_CORE, [binary, ...command]), {
    cwd: folder,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  await child.exited;
  const bytes = child.resourceUsage()?.maxRSS ?? 0;
  const budget = MEMORY_BUDGET[cannons];
  console.log(
    `${count(cannons).padStart(7)} waiting cannons: ${(bytes / 1e6).toFixed(0).padStart(4)} MB at most` +
      (budget === undefined ? "" : `   budget ${budget}`),
  );
}

try {
  await using server = await startNginx();
  writeScripts(folder, server.host, CONNECTIONS);
  const present = TOOLS.filter(({ program }) => program === undefined || Bun.which(program));
  const missing = TOOLS.filter((tool) => !present.includes(tool)).map(({ name }) => name);
  const pins = hasTaskset
    ? `nginx on core ${SERVER_CORE}, tools on core ${TOOL_CORE}`
    : "not pinned";
  console.log(`${os.cpus()[0]?.model ?? "?"}, ${os.availableParallelism()} cores, ${pins}`);
  if (missing.length > 0) console.log(`not here: ${missing.join(", ")}`);
  for (const connections of CONNECTIONS) await compare(present, server, connections);
  console.log("");
  for (const cannons of CANNONS) await waitingMemory(cannons);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
