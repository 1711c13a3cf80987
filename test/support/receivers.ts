// Real receivers of figures on free ports, each in a folder of its own that goes with it: Prometheus,
// InfluxDB, and collectd as a StatsD server.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePorts } from "./binary.ts";
import { type TempFolder, tempFolder } from "./temp.ts";
import { until } from "./wait.ts";

interface Receiver extends AsyncDisposable {
  readonly port: number;
}

function keep(folder: TempFolder, child: Bun.Subprocess): () => Promise<void> {
  return async () => {
    child.kill("SIGKILL");
    await child.exited;
    folder[Symbol.dispose]();
  };
}

function spawn(folder: TempFolder, command: readonly string[]): Bun.Subprocess {
  const log = Bun.file(folder.file("log"));
  return Bun.spawn([...command], { cwd: folder.path, stdout: log, stderr: log });
}

async function isUp(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus extends Receiver {
  readonly writeUrl: string;
  /** Instant vector of `expression`. */
  query(expression: string): Promise<PrometheusSample[]>;
}

/** Prometheus that takes remote write and scrapes nothing. */
export async function startPrometheus(): Promise<Prometheus> {
  const folder = tempFolder();
  const [port = 0] = freePorts(1);
  writeFileSync(folder.file("prometheus.yml"), "global: { scrape_interval: 1h }\n");
  const child = spawn(folder, [
    "prometheus",
    `--config.file=${folder.file("prometheus.yml")}`,
    `--storage.tsdb.path=${folder.file("data")}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--web.enable-remote-write-receiver",
  ]);
  const url = `http://127.0.0.1:${port}`;
  await until(() => isUp(`${url}/-/ready`), { timeoutMs: 60_000, what: "Prometheus to be ready" });
  return {
    port,
    writeUrl: `${url}/api/v1/write`,
    async query(expression) {
      const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    [Symbol.asyncDispose]: keep(folder, child),
  };
}

export interface Influx extends Receiver {
  readonly writeUrl: string;
  /** Rows of the first series, as columns and values. */
  query(statement: string): Promise<Record<string, unknown>[]>;
}

/** InfluxDB 1 with a database called `oct`. */
export async function startInflux(): Promise<Influx> {
  const folder = tempFolder();
  const [port = 0, rpcPort = 0] = freePorts(2);
  writeFileSync(
    folder.file("influxdb.conf"),
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
dir = "${folder.file("meta")}"
[data]
dir = "${folder.file("data")}"
wal-dir = "${folder.file("wal")}"
[http]
bind-address = "127.0.0.1:${port}"
[monitor]
store-enabled = false
`,
  );
  const child = spawn(folder, ["influxd", "-config", folder.file("influxdb.conf")]);
  const url = `http://127.0.0.1:${port}`;
  await until(() => isUp(`${url}/ping`), { timeoutMs: 60_000, what: "InfluxDB to be ready" });
  const ask = async (statement: string) => {
    const body = new URLSearchParams({ q: statement, db: "oct" });
    return await (await fetch(`${url}/query`, { method: "POST", body })).json();
  };
  await ask("CREATE DATABASE oct");
  return {
    port,
    writeUrl: `${url}/write?db=oct`,
    async query(statement) {
      const { results } = (await ask(statement)) as {
        results: {
          series?: {
            tags?: Record<string, string>;
            columns: string[];
            values: unknown[][];
          }[];
        }[];
      };
      return (results[0]?.series ?? []).flatMap(({ tags, columns, values }) =>
        values.map((row) => ({
          ...tags,
          ...Object.fromEntries(columns.map((column, i) => [column, row[i]])),
        })),
      );
    },
    [Symbol.asyncDispose]: keep(folder, child),
  };
}

export interface Collectd extends Receiver {
  /** Everything that was written for a metric of a kind ("count", "gauge"), in order. */
  values(kind: "count" | "gauge", name: string): number[];
}

/** collectd as a StatsD server, which writes each second what it has. */
export async function startCollectd(): Promise<Collectd> {
  const folder = tempFolder();
  const [port = 0] = freePorts(1);
  mkdirSync(folder.file("csv"));
  writeFileSync(
    folder.file("collectd.conf"),
    `BaseDir "${folder.path}"
PIDFile "${folder.file("pid")}"
TypesDB "/usr/share/collectd/types.db"
Interval 1
Hostname "host"
FQDNLookup false
LoadPlugin logfile
<Plugin logfile>
  LogLevel info
  File "${folder.file("collectd.log")}"
</Plugin>
LoadPlugin statsd
LoadPlugin csv
<Plugin statsd>
  Host "127.0.0.1"
  Port "${port}"
  CounterSum true
</Plugin>
<Plugin csv>
  DataDir "${folder.file("csv")}"
</Plugin>
`,
  );
  const child = spawn(folder, ["/usr/sbin/collectd", "-f", "-C", folder.file("collectd.conf")]);
  await until(() => readIf(folder.file("collectd.log")).includes("Listening on"), {
    timeoutMs: 60_000,
    what: "collectd to listen",
  });
  const data = folder.file("csv/host/statsd");
  return {
    port,
    values(kind, name) {
      const files = filesIn(data).filter((file) => file.startsWith(`${kind}-${name}-2`));
      return files.sort().flatMap((file) =>
        readIf(path.join(data, file))
          .split("\n")
          .slice(1)
          .filter((line) => line !== "")
          .map((line) => Number(line.split(",")[1])),
      );
    },
    [Symbol.asyncDispose]: keep(folder, child),
  };
}

function readIf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** What a receiver that was written for the test has been sent. */
export interface Posts extends Disposable {
  readonly url: string;
  readonly bodies: Uint8Array[];
  readonly headers: Headers[];
  text(index: number): string;
}

/** Takes whatever is posted, and answers as `answer` says. */
export function startPosts(
  answer: (index: number) => Response | Promise<Response> = () => new Response("{}"),
): Posts {
  const bodies: Uint8Array[] = [];
  const headers: Headers[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      headers.push(request.headers);
      bodies.push(await request.bytes());
      return await answer(bodies.length - 1);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    bodies,
    headers,
    text: (index) => new TextDecoder().decode(bodies.at(index)),
    [Symbol.dispose]: () => void server.stop(true),
  };
}
