// The outputs that are lines: StatsD, InfluxDB, JSON lines, and OCT's stream of results.

import { describe, expect, test } from "bun:test";
import { influxLines, tagValue } from "../../../src/output/influx.ts";
import { sampleLines, secondLine, storedSampleLines } from "../../../src/output/json-lines.ts";
import { ResultStream, STREAM_LIMIT } from "../../../src/output/result-stream.ts";
import { SecondWindow, ToldSecond } from "../../../src/output/second-window.ts";
import { DATAGRAM_BYTES, datagrams, statsdLines, statsdName } from "../../../src/output/statsd.ts";
import { openResults } from "../../../src/store/query.ts";
import { rebuildDatabase } from "../../../src/store/rebuild.ts";
import { outputBatch } from "../../support/output-samples.ts";
import { HOSTILE_NAMES } from "../../support/report-samples.ts";
import { type MadeRow, writeRun } from "../../support/store-run.ts";
import { tempFolder } from "../../support/temp.ts";

function toldOf(batch: ReturnType<typeof outputBatch>): ToldSecond {
  const window = new SecondWindow();
  window.add(batch);
  return window.rest()[0] as ToldSecond;
}

const SECOND = toldOf(
  outputBatch([
    {
      second: 0,
      us: 1_500,
      timers: ["Login page", 1_000],
      check: ["is ok", false],
      status: "GET 200",
      count: ["sold", 3],
    },
    { second: 0, us: 2_500, error: "no", timers: ["Login page", 2_000], check: ["is ok", true] },
  ]),
);
const HOSTILE = toldOf(
  outputBatch(HOSTILE_NAMES.map((name) => ({ second: 0, us: 1_000, timers: [name, 500] }))),
);

describe("StatsD", () => {
  test("counts what came in the second, and gauges its figures", () => {
    expect(statsdLines(SECOND)).toEqual([
      "oct.transactions:2|c",
      "oct.errors:1|c",
      "oct.transaction.mean_ms:2|g",
      "oct.transaction.p50_ms:1.5|g",
      "oct.transaction.p95_ms:2.5|g",
      "oct.transaction.p99_ms:2.5|g",
      "oct.transaction.max_ms:2.5|g",
      "oct.timer.Login_page.values:2|c",
      "oct.timer.Login_page.errors:1|c",
      "oct.timer.Login_page.mean_ms:1.5|g",
      "oct.timer.Login_page.p50_ms:1|g",
      "oct.timer.Login_page.p95_ms:2|g",
      "oct.timer.Login_page.p99_ms:2|g",
      "oct.timer.Login_page.max_ms:2|g",
      "oct.check.is_ok.passed:1|c",
      "oct.check.is_ok.failed:1|c",
      "oct.response.GET_200:1|c",
      "oct.count.sold:3|c",
      "oct.cannons:4|g",
    ]);
    expect(statsdLines(new ToldSecond(7))).toEqual([]);
  });

  test("response time is the headline where there is one", () => {
    const told = toldOf(outputBatch([{ second: 0, us: 1_000, responseUs: 9_000 }]));
    expect(statsdLines(told)).toContain("oct.transaction.p95_ms:9|g");
  });

  test("no name can be misread", () => {
    const lines = statsdLines(HOSTILE);
    const form = /^[\p{L}\p{N}_.-]+:\d+(\.\d+)?\|[cg]$/u;
    expect(lines.filter((line) => !form.test(line))).toEqual([]);
    expect(statsdName(":|@#\n")).toBe("unnamed");
    expect(statsdName("GET /a?b=1")).toBe("GET_a_b_1");
  });

  test("a value that is no plain number is none", () => {
    const told = toldOf(outputBatch([{ second: 0, us: 1, count: ["n", 2 ** 52] }]));
    expect(statsdLines(told)).toContain(`oct.count.n:${2 ** 52}|c`);
    const down = toldOf(outputBatch([{ second: 0, us: 1, count: ["n", -5] }]));
    expect(statsdLines(down).filter((line) => line.includes("count.n"))).toEqual([]);
  });

  test("lines go into datagrams that pass a network", () => {
    const lines = Array.from({ length: 500 }, (_, i) => `oct.timer.größe_${i}.values:${i}|c`);
    const packed = datagrams(lines);
    expect(packed.flatMap((datagram) => datagram.split("\n"))).toEqual(lines);
    expect(packed.filter((one) => Buffer.byteLength(one) > DATAGRAM_BYTES)).toEqual([]);
    expect(packed.length).toBeLessThan(20);
    expect(datagrams([])).toEqual([]);
  });
});

describe("InfluxDB", () => {
  const common = { project: "web shop", run: "r=1" };
  const lines = influxLines(SECOND, common, 1_795_243_200_000.25);

  test("is a line for each thing that was measured, at its second", () => {
    expect(lines[0]).toBe(
      "oct_transactions,project=web\\ shop,run=r\\=1,clock=service " +
        "count=2i,errors=1i,mean_us=2000,min_us=1500i,p50_us=1500i,p90_us=2500i,p95_us=2500i," +
        "p99_us=2500i,max_us=2500i 1795243200000250000",
    );
    expect(lines.map((line) => line.split(",")[0])).toEqual([
      "oct_transactions",
      "oct_timer",
      "oct_check",
      "oct_response",
      "oct_count",
      "oct_load",
    ]);
    expect(influxLines(new ToldSecond(1), common, 0)).toEqual([]);
  });

  test("no name ends a tag, or a line", () => {
    for (const line of influxLines(HOSTILE, {}, 0)) {
      expect(line).not.toMatch(/[\u0000-\u001f]/);
      // Without what is escaped: measurement and tags, fields, time.
      expect(line.replace(/\\[,= ]/g, "_").split(" ")).toHaveLength(3);
      expect(line).not.toMatch(/\\[^,= ]/);
    }
    expect(tagValue("a\\")).toBe("a/");
    expect(tagValue("")).toBe("-");
    expect(tagValue("\ud800\n")).toBe("\ufffd\\ ");
  });
});

describe("JSON lines", () => {
  test("rows are samples, with timers that a script timed twice", () => {
    const { rows, texts } = outputBatch([
      { second: 3, us: 1_500, responseUs: 1_700, timers: ["a", 100, "a", 200], error: "no\n" },
      { second: 4, us: 2_500 },
    ]);
    const [first, second] = sampleLines(rows, texts).map((line) => JSON.parse(line));
    expect(first).toEqual({
      type: "sample",
      epochS: 1_795_243_203.5,
      elapsedS: 3.5,
      turret: "shop",
      serviceUs: 1_500,
      responseUs: 1_700,
      error: "no\n",
      timers: [
        { name: "a", us: 100 },
        { name: "a", us: 200 },
      ],
    });
    expect(second).toMatchObject({ serviceUs: 2_500, responseUs: null, error: "", timers: [] });
    expect(sampleLines(rows, texts, 1)).toHaveLength(1);
    expect(sampleLines(rows, texts, 0)).toEqual([]);
  });

  test("the rows of a file are the same samples", async () => {
    using folder = tempFolder();
    const rows: MadeRow[] = HOSTILE_NAMES.map((name, i) => ({
      second: i,
      scriptrunS: 0.25,
      error: name,
      turretName: name,
      timers: [name, 0.125],
    }));
    writeRun(folder.path, rows);
    await rebuildDatabase({ directory: folder.path });
    const results = await openResults(folder.file("results.sqlite"));
    const samples = [...storedSampleLines(results)].map((line) => JSON.parse(line));
    results.close();
    expect(samples).toHaveLength(HOSTILE_NAMES.length);
    expect(samples.every((one) => one.type === "sample" && one.serviceUs === 250_000)).toBe(true);
    expect(samples.every((one) => one.timers[0].us === 125_000)).toBe(true);
    expect(samples.every((one) => one.responseUs === null)).toBe(true);
  });

  test("a second has its figures", () => {
    const told = JSON.parse(secondLine(SECOND, 1_795_243_200_000));
    expect(told).toMatchObject({
      type: "second",
      second: 0,
      wallMs: 1_795_243_200_000,
      transactions: { count: 2, errorCount: 1, p95Us: 2_500 },
      response: null,
      timers: [{ name: "Login page", count: 2 }],
      checks: [{ name: "is ok", passed: 1, failed: 1 }],
      statuses: [{ name: "GET 200", count: 1 }],
      counters: [{ name: "sold", sum: 3 }],
    });
  });
});

describe("OCT's stream of results", () => {
  test("is each row with OCT's own keys", () => {
    const payloads: string[] = [];
    const stream = new ResultStream((payload) => {
      payloads.push(new TextDecoder().decode(payload));
      return true;
    });
    stream.add(outputBatch([{ second: 3, us: 1_500_000, timers: ["__proto__", 500_000] }]));
    expect(payloads).toEqual([
      '{"elapsed":3.5,"epoch":1795243203.5,"scriptrun_time":1.5,"error":"",' +
        '"custom_timers":{"__proto__":0.5},"turret_name":"shop"}',
    ]);
    expect(stream.published).toBe(1);
  });

  test("takes so many a second and counts only what was taken", () => {
    let isOpen = true;
    const stream = new ResultStream(() => isOpen);
    const many = outputBatch(
      Array.from({ length: STREAM_LIMIT.resultsPerSec + 10 }, () => ({ second: 0, us: 5 })),
    );
    stream.add(many);
    stream.add(many);
    expect(stream.published).toBe(STREAM_LIMIT.resultsPerSec);
    stream.refill();
    isOpen = false;
    stream.add(many);
    expect(stream.published).toBe(STREAM_LIMIT.resultsPerSec);
  });
});
