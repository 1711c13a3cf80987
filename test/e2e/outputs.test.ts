// Outputs of the compiled binary: the same figures everywhere, files, receivers that are real, dead or
// slow, notifications, and OCT's stream of results.

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import Papa from "papaparse";
import { formatCount } from "../../src/base/units.ts";
import { formatMs, formatPerSec } from "../../src/report/figures.ts";
import { freePorts, oct, startOct } from "../support/binary.ts";
import { schemaMistakes } from "../support/json-schema.ts";
import { SUMMARY_SCHEMA } from "../support/output-samples.ts";
import { query, resultsFolder, targetServer, writeProject } from "../support/project.ts";
import { PythonPeer } from "../support/python-peer.ts";
import { startPosts, startPrometheus } from "../support/receivers.ts";
import { tempFolder } from "../support/temp.ts";

interface Summary {
  readonly text: string;
  readonly exitCode: number | null;
  readonly verdict: { readonly word: string };
  readonly run: { readonly id: string; readonly command: string };
  readonly transactions: Figures;
  readonly timers: readonly (Figures & { readonly name: string })[];
  readonly rows: { readonly kept: number; readonly areComplete: boolean };
  readonly files: Readonly<Record<string, string>>;
}
interface Figures {
  readonly count: number;
  readonly errorCount: number;
  readonly ratePerSec: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

const readSummary = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Summary;
const linesOf = (text: string) => text.trimEnd().split("\n");

/** A row of a table of the report: its first cell, and the others. */
function pageRow(html: string): { readonly head: string; readonly cells: readonly string[] } {
  const plain = (part: string) =>
    part
      .replace(/^[^>]*>/, "")
      .replace(/<[^>]+>/g, "")
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .trim();
  const [head = "", ...cells] = html.split("<td");
  return { head: plain(head), cells: cells.map(plain) };
}

const MIXED_SCRIPT = `import { sleep, Transaction } from "oct";
let k = 0;
export class Mixed extends Transaction {
  async run() {
    await this.timer("a | timer, <b>", () => sleep(0.01));
    await this.timer("other", () => sleep(0.003));
    this.check("is even", k++ % 2 === 0);
    if (k % 10 === 0) throw new Error("the tenth");
  }
}
`;
const ALL_FILES = ["json", "jsonl", "csv", "junit", "markdown", "hdr", "prometheus-text"];
const outs = (kinds: readonly string[]) => kinds.flatMap((kind) => ["--out", kind]);

describe("one run", () => {
  test("has the same figures in terminal, page, summary, Prometheus, JUnit, Markdown, CSV, log", async () => {
    using folder = tempFolder();
    await using prometheus = await startPrometheus();
    const project = writeProject(folder.path, "shop", { script: MIXED_SCRIPT });
    const args = ["run", "shop", "--local", ...outs(ALL_FILES)];
    const run = await oct([...args, "--out", `prometheus=${prometheus.writeUrl}`], {
      cwd: folder.path,
    });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    const results = resultsFolder(project);
    const file = (name: string) => readFileSync(path.join(results, name), "utf8");
    const summary = readSummary(path.join(results, "summary.json"));
    expect(schemaMistakes(SUMMARY_SCHEMA, summary)).toEqual([]);
    expect(summary.exitCode).toBe(0);
    for (const shown of Object.values(summary.files)) {
      expect(existsSync(path.join(folder.path, shown))).toBe(true);
    }

    const { transactions, timers } = summary;
    const all = [{ ...transactions, name: "All transactions" }, ...timers];
    expect(all.map((timer) => timer.name)).toEqual(["All transactions", "a | timer, <b>", "other"]);
    const pageRows = file("results.html").split("<tr").map(pageRow);
    const markdown = file("summary.md");
    for (const { name, ...figures } of all) {
      const digits = [
        formatCount(figures.count),
        formatPerSec(figures.ratePerSec),
        ...[figures.meanUs, figures.p50Us, figures.p95Us, figures.p99Us, figures.maxUs].map(
          formatMs,
        ),
      ];
      const shown = linesOf(run.stdout).find((line) => line.startsWith(name));
      expect(shown?.slice(name.length).trim().split(/\s+/).slice(0, 7)).toEqual(digits);
      expect(markdown).toContain(`| ${digits.join(" | ")} |`);
      const head = name === "All transactions" ? "service time" : name;
      const onPage = pageRows.filter((row) => row.head === head).map((row) => row.cells);
      expect(onPage.some((cells) => digits.every((one) => cells.includes(one)))).toBe(true);
    }
    expect(file("junit.xml")).toContain(`name="p95_ms" value="${formatMs(transactions.p95Us)}"`);

    const metrics = new Map(
      linesOf(file("metrics.prom")).map((line) => [
        line.slice(0, line.lastIndexOf(" ")),
        Number(line.slice(line.lastIndexOf(" ") + 1)),
      ]),
    );
    const runId = summary.run.id;
    const labels = `project="shop",run="${runId}"`;
    const last = (await prometheus.query(`{run="${runId}"}`)).map((one) => ({
      key: JSON.stringify(Object.entries(one.labels).sort()),
      value: one.value,
    }));
    const pushed = (name: string, more: Readonly<Record<string, string>>) => {
      const entries = Object.entries({
        ...more,
        __name__: name,
        project: "shop",
        run: runId,
      }).sort();
      return last.find((one) => one.key === JSON.stringify(entries))?.value;
    };
    const expectMetric = (name: string, more: Record<string, string>, value: number) => {
      const text = Object.entries(more).map(([key, one]) => `,${key}="${one}"`);
      expect([name, more, metrics.get(`${name}{${labels}${text.join("")}}`)]).toEqual([
        name,
        more,
        value,
      ]);
      expect([name, more, pushed(name, more)]).toEqual([name, more, value]);
    };
    expectMetric("oct_transactions_total", {}, transactions.count);
    expectMetric("oct_transaction_errors_total", {}, transactions.errorCount);
    expectMetric("oct_transaction_rate", {}, transactions.ratePerSec);
    const clock = { clock: "service" };
    for (const [statistic, us] of Object.entries({
      mean: transactions.meanUs,
      p50: transactions.p50Us,
      p95: transactions.p95Us,
      p99: transactions.p99Us,
      max: transactions.maxUs,
    })) {
      const more = { ...clock, statistic };
      expectMetric("oct_transaction_duration_statistic_seconds", more, us / 1e6);
    }
    for (const timer of timers) {
      expectMetric("oct_timer_values_total", { timer: timer.name }, timer.count);
      const more = { timer: timer.name, statistic: "p95" };
      expectMetric("oct_timer_duration_statistic_seconds", more, timer.p95Us / 1e6);
    }

    expect(summary.rows.areComplete).toBe(true);
    const rows = Papa.parse(file("results.csv").trimEnd(), { delimiter: ";", header: true })
      .data as Record<string, string>[];
    expect(rows).toHaveLength(transactions.count);
    expect(rows.filter((row) => row["error"] !== "")).toHaveLength(transactions.errorCount);
    for (const timer of timers) {
      expect(rows.filter((row) => row[timer.name] !== "")).toHaveLength(timer.count);
    }
    const samples = linesOf(file("samples.jsonl")).map((line) => JSON.parse(line));
    expect(samples[0].type).toBe("run");
    expect(samples.at(-1)).toMatchObject({ type: "end", transactions: transactions.count });
    const ofType = (type: string) => samples.filter((line) => line.type === type);
    expect(ofType("sample")).toHaveLength(transactions.count);
    const seconds = ofType("second");
    const sum = (pick: (second: (typeof seconds)[number]) => number) =>
      seconds.reduce((total, second) => total + pick(second), 0);
    expect(sum((second) => second.transactions?.count ?? 0)).toBe(transactions.count);
    const logged = linesOf(file("latencies.hlog")).filter((line) => /^\d/.test(line));
    const counted = logged.map(
      (line) => decodeFromCompressedBase64(line.split(",").at(-1) ?? "", 64, false).totalCount,
    );
    expect(counted.reduce((total, count) => total + count, 0)).toBe(transactions.count);
    expect(run.stdout).toMatch(/^prometheus http:\/\/127.*: \d+ reports delivered$/m);
  }, 120_000);

  test("says where rows are not complete", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { more: { results_max_rows: 20 } });
    const run = await oct(["run", "shop", "--local", ...outs(["csv", "jsonl"])], {
      cwd: folder.path,
    });
    expect(run.code).toBe(0);
    const results = resultsFolder(project);
    const summary = readSummary(path.join(results, "summary.json"));
    const { count } = summary.transactions;
    expect(summary.rows).toMatchObject({ kept: 20, limit: 20, areComplete: false } as never);
    expect(count).toBeGreaterThan(20);
    expect(linesOf(readFileSync(path.join(results, "results.csv"), "utf8"))).toHaveLength(21);
    expect(run.stdout).toContain(
      `results.csv: 20 of ${formatCount(count)} transactions have a row, results_max_rows is 20`,
    );
    expect(run.stdout).toMatch(
      new RegExp(`samples\\.jsonl: \\d+ of ${formatCount(count)} transactions have a line`),
    );
  }, 60_000);
});

describe("receivers that fail", () => {
  test("cost a run nothing but a warning and a count", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const never = Promise.withResolvers<Response>();
    using silent = startPosts(() => never.promise);
    using refusing = startPosts(() => new Response("not today", { status: 400 }));
    const [port = 0] = freePorts(1);
    const run = await oct(
      [
        "fire",
        `${server.url}/`,
        ...["--rate", "20", "-d", "5s"],
        ...["--out", `prometheus=http://127.0.0.1:${port}/api/v1/write`],
        ...["--out", `statsd=127.0.0.1:${port}`],
        ...["--out", `otlp=${silent.url}`],
        ...["--out", `influx=${refusing.url}/write?db=x`],
        ...["--out", "json=after.json"],
        ...["--notify", `http://127.0.0.1:${port}/hook`],
      ],
      { cwd: folder.path },
    );
    never.resolve(new Response(""));
    expect(run.code).toBe(0);
    expect(server.hits()).toBe(100);
    const { transactions, verdict } = readSummary(folder.file("after.json"));
    expect(transactions.count).toBe(100);
    // A busy machine may have fired late: nothing is missing all the same.
    expect(verdict.word).toMatch(/^(VALID|GENERATOR-LIMITED)$/);
    const told = (text: string) => linesOf(run.stdout).filter((line) => line.includes(text));
    for (const kind of ["prometheus", "statsd", "influx"]) {
      const warnings = told("the run goes on").filter((line) => line.startsWith(kind));
      expect(warnings).toHaveLength(1);
    }
    expect(told("reports not delivered: connection refused")).toHaveLength(2);
    expect(run.stdout).toMatch(/^otlp .*: (\d+) of \1 reports not delivered: no answer in time$/m);
    expect(run.stdout).toMatch(/^influx .*: (\d+) of \1 .*: answered 400 \(not today\)$/m);
    expect(told("notify http://127.0.0.1")).toHaveLength(1);
    expect(told("/***: not delivered: connection refused")).toHaveLength(1);
  }, 60_000);
});

describe("what is asked wrongly", () => {
  test.each([
    [["--out", "promtheus=http://x/y"], "did you mean --out prometheus?"],
    [["--out", "prometheus=localhost:9090"], "e.g. --out prometheus=http"],
    [["--out", "json=no/such/folder/a.json"], "there is no folder"],
    [["--out", "json=."], "writes a plain file"],
    [["--out", "csv", "--out", "csv"], "there twice"],
    [["--out", "github"], "GITHUB_STEP_SUMMARY is not set"],
    [["--notify", "chat.example.org"], "--notify takes an http:// or https:// URL"],
  ])("%p ends with 2 before anything is fired", async (args, words) => {
    using folder = tempFolder();
    using server = targetServer();
    const project = writeProject(folder.path, "shop");
    for (const command of [
      ["fire", `${server.url}/`],
      ["run", "shop", "--local"],
    ]) {
      const run = await oct([...command, ...args], { cwd: folder.path });
      expect(run.code).toBe(2);
      expect(run.stderr).toContain(words);
    }
    expect(server.hits()).toBe(0);
    expect(existsSync(path.join(project.directory, "results"))).toBe(false);
  });

  test("what is sent while a run goes is not made of its results", async () => {
    using folder = tempFolder();
    const args = ["report", "x.sqlite", "--out", "statsd=localhost"];
    const run = await oct(args, { cwd: folder.path });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain("--out statsd is sent while a run goes");
  });
});

describe("notifications and secrets", () => {
  test("the summary is posted, and no secret of an address is kept or printed", async () => {
    using folder = tempFolder();
    using server = targetServer();
    using posts = startPosts((index) => new Response("", { status: index === 0 ? 503 : 200 }));
    using influx = startPosts(() => new Response(null, { status: 204 }));
    const withUser = influx.url.replace("http://", "http://ann:hunter22@");
    const run = await oct(
      [
        ...["fire", `${server.url}/`, "-n", "10", "-u", "2", "-o", "kept", "--out", "markdown"],
        ...["--out", `influx=${withUser}/write?db=loads&token=tok-123456`],
        ...["--notify", `${posts.url}/services/T0001/B0002?key=k-98765`],
      ],
      { cwd: folder.path, env: { OCT_NOTIFY_TOKEN: "bearer-555" } },
    );
    expect(run.code).toBe(0);
    expect(posts.bodies).toHaveLength(2);
    const summary = readSummary(folder.file("kept/summary.json"));
    expect(JSON.parse(posts.text(1))).toEqual(summary);
    expect(summary.text).toMatch(/: [A-Z-]+, 10 transactions in /);
    expect(posts.headers[1]?.get("authorization")).toBe("Bearer bearer-555");
    expect(posts.headers[1]?.get("content-type")).toBe("application/json");
    expect(influx.headers[0]?.get("authorization")).toBe(`Basic ${btoa("ann:hunter22")}`);
    expect(run.stdout).toMatch(/^notified http:\/\/127\.0\.0\.1:\d+\/\*\*\*$/m);
    const secrets = ["hunter22", "tok-123456", "T0001", "k-98765", "bearer-555"];
    const kept = readdirSync(folder.file("kept")).map((name) =>
      readFileSync(folder.file("kept", name)).toString("latin1"),
    );
    for (const text of [...kept, run.stdout, run.stderr]) {
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
    expect(summary.run.command).toContain("write?db=loads");
  }, 60_000);
});

describe("oct report --out", () => {
  test("makes the same of a file as the run did", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const fired = await oct(
      ["fire", `${server.url}/`, "-n", "30", "-u", "2", "-o", "kept", ...outs(["jsonl", "csv"])],
      { cwd: folder.path },
    );
    expect(fired.code).toBe(0);
    writeFileSync(folder.file("step.md"), "before\n");
    const kinds = ["json=again.json", "github", "csv=again.csv", "junit", "hdr"];
    const run = await oct(
      ["report", "kept", ...outs([...kinds, "jsonl=again.jsonl.gz", "prometheus-text"])],
      { cwd: folder.path, env: { GITHUB_STEP_SUMMARY: folder.file("step.md") } },
    );
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    const first = readSummary(folder.file("kept/summary.json"));
    const again = readSummary(folder.file("again.json"));
    const facts = ({ exitCode, files, ...rest }: Summary) => rest;
    expect(facts(again)).toEqual(facts(first));
    expect(again.exitCode).toBeNull();
    expect(readFileSync(folder.file("step.md"), "utf8")).toMatch(/^before\n## .*: [A-Z-]+\n/);
    expect(readFileSync(folder.file("again.csv"), "utf8")).toBe(
      readFileSync(folder.file("kept/results.csv"), "utf8"),
    );
    const samples = linesOf(readFileSync(folder.file("kept/samples.jsonl"), "utf8"));
    const wrote = linesOf(gunzipSync(readFileSync(folder.file("again.jsonl.gz"))).toString());
    expect(wrote.sort()).toEqual(samples.filter((line) => line.includes('"sample"')).sort());
    expect(wrote).toHaveLength(30);
    for (const name of ["junit.xml", "latencies.hlog", "metrics.prom"]) {
      expect(existsSync(folder.file("kept", name))).toBe(true);
    }
  }, 60_000);

  test("the schema is printed", async () => {
    using folder = tempFolder();
    const run = await oct(["docs", "summary-schema"], { cwd: folder.path });
    expect(JSON.parse(run.stdout)).toEqual(SUMMARY_SCHEMA);
  });
});

describe("a run that was killed", () => {
  test("gets its summary when its database is made", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", { runTimeS: 60 });
    const args = ["run", "shop", "--local", "-o"];
    for (const [name, again] of [
      ["one", ["report", "one"]],
      ["two", ["rebuild", "two", "shop/config.json"]],
    ] as const) {
      await using run = startOct([...args, name], { cwd: folder.path });
      await run.sees(/elapsed: [1-9]/);
      run.signal("SIGKILL");
      await run.finished();
      expect(existsSync(folder.file(name, "summary.json"))).toBe(false);
      const made = await oct(again, { cwd: folder.path });
      expect(made.code).toBe(0);
      const summary = readSummary(folder.file(name, "summary.json"));
      expect(schemaMistakes(SUMMARY_SCHEMA, summary)).toEqual([]);
      expect(summary).toMatchObject({ exitCode: null, run: { isBrokenOff: true } } as never);
      expect(summary.transactions.count).toBeGreaterThan(0);
    }
  }, 60_000);
});

describe("OCT's stream of results", () => {
  test("a subscriber gets every result under the topic, as OCT published it", async () => {
    using folder = tempFolder();
    const [port = 0] = freePorts(1);
    const project = writeProject(folder.path, "shop", {
      runTimeS: 3,
      more: { external_publisher: port },
    });
    await using peer = new PythonPeer();
    const mine = await peer.open("SUB");
    await mine.set("SUBSCRIBE", "my-topic");
    await mine.connect(`tcp://127.0.0.1:${port}`);
    const other = await peer.open("SUB");
    await other.set("SUBSCRIBE", "another");
    await other.connect(`tcp://127.0.0.1:${port}`);
    await using run = startOct(["run", "shop", "--local", "-p", "my-topic"], { cwd: folder.path });
    await run.sees(`External publishing topic is my-topic, on port ${port}`);
    const finished = await run.finished();
    expect(finished.code).toBe(0);
    const database = path.join(resultsFolder(project), "results.sqlite");
    const kept = query<{ scriptrun_time: number; elapsed: number }>(
      database,
      "select scriptrun_time, elapsed from result",
    );
    const published = Number(/published ([\d,]+) results/.exec(finished.stdout)?.[1]);
    expect(published).toBe(kept.length);
    const got: Record<string, unknown>[] = [];
    for (let frames = await mine.receive(1_000); frames; frames = await mine.receive(100)) {
      expect(frames).toHaveLength(2);
      expect(String(frames[0])).toBe("my-topic");
      got.push(JSON.parse(String(frames[1])));
    }
    // It may connect a moment after the first results.
    expect(got.length).toBeGreaterThan(kept.length / 2);
    expect(got.length).toBeLessThanOrEqual(kept.length);
    for (const one of got) {
      expect(Object.keys(one).sort()).toEqual([
        "custom_timers",
        "elapsed",
        "epoch",
        "error",
        "scriptrun_time",
        "turret_name",
      ]);
      expect(one["turret_name"]).toBe("navigation");
      const isKept = kept.some(
        (row) => row.elapsed === one["elapsed"] && row.scriptrun_time === one["scriptrun_time"],
      );
      expect(isKept).toBe(true);
    }
    expect(await other.receive(100)).toBeUndefined();
  }, 60_000);

  test("a configuration that names the port publishes under a topic of its own", async () => {
    using folder = tempFolder();
    const [port = 0] = freePorts(1);
    writeProject(folder.path, "shop", { runTimeS: 1, more: { external_publisher: port } });
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(
      new RegExp(`^External publishing topic is [0-9a-f]{32}, on port ${port}$`, "m"),
    );
    expect(run.stdout).toMatch(new RegExp(`^published [\\d,]+ results on port ${port}$`, "m"));
  }, 60_000);

  test("a port that is taken ends the command before anything is fired", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const { port } = new URL(server.url);
    writeProject(folder.path, "shop", { more: { external_publisher: Number(port) } });
    const run = await oct(["run", "shop", "--local", "-p", "topic"], { cwd: folder.path });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`:${port}`);
    expect(run.stdout).not.toContain("start with");
  }, 60_000);
});
