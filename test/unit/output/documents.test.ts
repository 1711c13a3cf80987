// The outputs that are documents: summary, JUnit, Markdown, OTLP, the HdrHistogram log.

import { describe, expect, test } from "bun:test";
import path from "node:path";
import { DOMParser } from "@xmldom/xmldom";
import { decodeFromCompressedBase64, HistogramLogReader, listTags } from "hdr-histogram-js";
import { formatCount } from "../../../src/base/units.ts";
import { renderFinished } from "../../../src/output/after.ts";
import { compressedHistogram, renderHdrLog } from "../../../src/output/hdr-log.ts";
import { storedSampleLines } from "../../../src/output/json-lines.ts";
import { renderJunit } from "../../../src/output/junit.ts";
import { renderMarkdown } from "../../../src/output/markdown.ts";
import { metricsOf } from "../../../src/output/metrics.ts";
import { otlpBody } from "../../../src/output/otlp.ts";
import { summaryDocument } from "../../../src/output/summary.ts";
import { formatMs } from "../../../src/report/figures.ts";
import { Aggregate } from "../../../src/stats/aggregate.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { Histogram } from "../../../src/stats/histogram.ts";
import { openResults } from "../../../src/store/query.ts";
import type { Results } from "../../../src/store/results.ts";
import { schemaMistakes } from "../../support/json-schema.ts";
import { finishedOf, outputBatch, SUMMARY_SCHEMA } from "../../support/output-samples.ts";
import {
  emptyResults,
  HOSTILE_NAMES,
  hostileResults,
  manyTimersResults,
  shopResults,
  singleResults,
  twoClockResults,
} from "../../support/report-samples.ts";

const RUNS: readonly [string, () => Results][] = [
  ["a shop", shopResults],
  ["hostile names", hostileResults],
  ["nothing at all", emptyResults],
  ["one transaction", singleResults],
  ["two clocks", twoClockResults],
  ["1,000 timers", () => manyTimersResults(1_000, 5)],
];

/** Checks of any names, some failed. */
function withChecks(results: Results, names: readonly string[]): Results {
  const checks = names.map((name, i) => ({
    kind: CELL_KIND.check,
    name,
    count: 10,
    errorCount: i % 2,
    sum: 0,
    sumSquares: 0,
    min: 0,
    max: 0,
    histogram: undefined,
    valuesS: undefined,
  }));
  const totals = [...results.totals(), ...checks];
  return { ...results, facts: results.facts, totals: () => totals };
}

describe("summary", () => {
  test.each(RUNS)("of %s is as the schema says, every field of it documented", (_, make) => {
    const document = summaryDocument(finishedOf(withChecks(make(), HOSTILE_NAMES)));
    const kept = JSON.parse(JSON.stringify(document));
    expect(schemaMistakes(SUMMARY_SCHEMA, kept)).toEqual([]);
  });

  test("has the figures of the report", () => {
    const finished = finishedOf(shopResults());
    const { all, timers, errors } = finished.model;
    const summary = summaryDocument(finished);
    expect(summary["transactions"]).toMatchObject({
      clock: all.clock,
      count: all.figures.count,
      p95Us: all.figures.p95Us,
      p999Us: all.figures.p999Us,
      meanUs: all.figures.meanUs,
      ratePerSec: all.figures.ratePerSec,
    });
    expect(summary["timers"]).toMatchObject(
      timers.map(({ name, figures }) => ({ name, count: figures.count, p99Us: figures.p99Us })),
    );
    expect(summary["errors"]).toMatchObject(errors.map(({ text, count }) => ({ text, count })));
    expect(summary["text"]).toStartWith("shop: ");
    expect(summary["run"]).toMatchObject({ seed: 7, octVersion: "1.0.0", cores: 8 });
  });

  test("what has no value is null, not 0", () => {
    const summary = summaryDocument(finishedOf(emptyResults(), { exitCode: undefined }));
    expect(summary["transactions"]).toMatchObject({ count: 0, p95Us: null, maxUs: null });
    expect(summary["exitCode"]).toBeNull();
  });

  test("says when rows are not all there", () => {
    const results = shopResults();
    const facts = { ...results.facts, rowsKept: 10, rowsMax: 10 };
    const summary = summaryDocument(finishedOf({ ...results, facts }));
    expect(summary["rows"]).toMatchObject({ kept: 10, limit: 10, areComplete: false });
    expect(summaryDocument(finishedOf(singleResults()))["rows"]).toMatchObject({
      areComplete: true,
    });
  });

  test("the schema's own test finds mistakes", () => {
    const document = JSON.parse(JSON.stringify(summaryDocument(finishedOf(singleResults()))));
    document.more = 1;
    document.exitCode = "0";
    delete document.rows;
    document.verdict.word = "FINE";
    expect(schemaMistakes(SUMMARY_SCHEMA, document)).toHaveLength(4);
  });
});

describe("JUnit", () => {
  const parse = (xml: string) => {
    const problems: string[] = [];
    const onError = (level: string, text: string) => {
      // What stands for a character that is none is told of, and right.
      if (!text.startsWith("Unicode replacement")) problems.push(`${level}: ${text}`);
    };
    const document = new DOMParser({ onError }).parseFromString(xml, "text/xml");
    expect(problems).toEqual([]);
    return document;
  };

  test.each(RUNS)("of %s is XML, and its numbers are those of its cases", (_, make) => {
    const xml = renderJunit(finishedOf(withChecks(make(), HOSTILE_NAMES)));
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    const root = parse(xml).documentElement;
    const cases = [...(root?.getElementsByTagName("testcase") ?? [])];
    const failures = [...(root?.getElementsByTagName("failure") ?? [])];
    expect(root?.getAttribute("tests")).toBe(String(cases.length));
    expect(root?.getAttribute("failures")).toBe(String(failures.length));
    expect(failures.length).toBeGreaterThanOrEqual(Math.floor(HOSTILE_NAMES.length / 2));
  });

  test("a run that is not whole is a failed case", () => {
    const finished = finishedOf(emptyResults());
    expect(finished.model.verdict.word).toBe("INVALID");
    expect(renderJunit(finished)).toContain('<failure message="INVALID: ');
  });

  test("thresholds are cases", () => {
    const base = finishedOf(shopResults());
    const threshold = {
      text: 'p95 < 1ms & "fast"',
      comparison: "<",
      limit: 1_000,
      unit: "us",
      measured: 640_000,
      clock: "service",
      holds: false,
      isAborting: false,
      note: "",
      hasEndedRun: false,
    } as const;
    const held = { ...threshold, text: "errors < 50%", holds: true };
    const model = { ...base.model, thresholds: [threshold, held] };
    const xml = renderJunit({ ...base, model });
    const suite = [...parse(xml).getElementsByTagName("testsuite")].find(
      (one) => one.getAttribute("name") === "thresholds",
    );
    expect(suite?.getAttribute("failures")).toBe("1");
    const [failed] = [...(suite?.getElementsByTagName("testcase") ?? [])];
    expect(failed?.getAttribute("name")).toBe('p95 < 1ms & "fast"');
    const summary = JSON.parse(JSON.stringify(summaryDocument({ ...base, model })));
    expect(schemaMistakes(SUMMARY_SCHEMA, summary)).toEqual([]);
    expect(summary.text).toContain("1 of 2 thresholds failed");
    expect(renderMarkdown({ ...base, model })).toMatch(/\*\*failed\*\* \|\n.*passed \|/);
  });
});

describe("Markdown", () => {
  test("has the figures of the report in its digits", () => {
    const finished = finishedOf(shopResults());
    const text = renderMarkdown(finished);
    const { figures } = finished.model.all;
    expect(text).toContain(`| **All transactions** | ${formatCount(figures.count)} |`);
    expect(text).toContain(` | ${formatMs(figures.p95Us)} | `);
    expect(text).toContain("| Home page |");
    expect(text.split("\n")[0]).toBe("## shop: VALID");
  });

  test.each(RUNS)("of %s is tables of equal rows, and fits in a comment", (_, make) => {
    const text = renderMarkdown(finishedOf(withChecks(make(), HOSTILE_NAMES)));
    expect(text.length).toBeLessThan(65_536);
    let columns = 0;
    for (const line of text.split("\n")) {
      if (!line.startsWith("|")) {
        columns = 0;
        continue;
      }
      const count = line.split("|").length;
      if (columns !== 0) expect(count).toBe(columns);
      columns = count;
    }
  });

  test("names make no markup, no link and call nobody", () => {
    const names = ["@everyone", "#123", "![x](http://evil/)", "`code`", "a | b", "http://evil/"];
    const text = renderMarkdown(
      finishedOf(withChecks(hostileResults(), [...names, ...HOSTILE_NAMES])),
    );
    const ours = text.replaceAll(/<\/?(details|summary)>/g, "");
    expect(ours).not.toMatch(/<(?!\/?bdi)[a-z!/]/i);
    expect(ours).not.toContain("@everyone");
    expect(ours).not.toMatch(/&#64;[a-z]/);
    expect(ours).not.toContain("](");
    expect(ours).not.toContain("http://evil");
    expect(ours).not.toContain("`");
  });
});

describe("OTLP", () => {
  test("is what a collector takes: 64-bit numbers as texts, cumulative sums and histograms", () => {
    const aggregate = new Aggregate();
    aggregate.add(outputBatch([{ second: 0, us: 3_000, timers: ["\ud800 home", 500] }]), 0);
    const { families } = metricsOf({
      totals: (kind) => aggregate.totals(kind),
      measuredS: 1,
      turrets: 1,
      lostTurrets: 0,
    });
    const body = JSON.parse(
      otlpBody(families, {
        resource: { "oct.project": "shop" },
        version: "1.0.0",
        startWallMs: 1_795_243_200_000,
        wallMs: 1_795_243_201_000.5,
      }),
    );
    const [{ resource, scopeMetrics }] = body.resourceMetrics;
    expect(resource.attributes).toEqual([
      { key: "service.name", value: { stringValue: "oct" } },
      { key: "oct.project", value: { stringValue: "shop" } },
    ]);
    const metrics = scopeMetrics[0].metrics as { name: string; [key: string]: unknown }[];
    const find = (name: string) => metrics.find((metric) => metric.name === name);
    expect(find("oct.transactions")).toMatchObject({
      sum: {
        isMonotonic: true,
        aggregationTemporality: 2,
        dataPoints: [
          {
            asDouble: 1,
            startTimeUnixNano: "1795243200000000000",
            timeUnixNano: "1795243201000500000",
          },
        ],
      },
    });
    const histogram = find("oct.transaction.duration") as unknown as {
      unit: string;
      histogram: { dataPoints: { bucketCounts: string[]; explicitBounds: number[] }[] };
    };
    expect(histogram.unit).toBe("s");
    const [point] = histogram.histogram.dataPoints;
    expect(point).toMatchObject({ count: "1", sum: 0.003 });
    expect(point?.bucketCounts).toHaveLength((point?.explicitBounds.length ?? 0) + 1);
    expect(JSON.stringify(find("oct.timer.values"))).toContain("\ufffd home");
  });
});

describe("HdrHistogram log", () => {
  const decode = (encoded: string) => decodeFromCompressedBase64(encoded, 64, false);

  test("a histogram is what HdrHistogram's own reader gets", () => {
    const histogram = new Histogram();
    for (let i = 1; i <= 10_000; i++) histogram.record(i * i);
    const read = decode(compressedHistogram(histogram));
    expect(read.totalCount).toBe(10_000);
    for (const percent of [50, 90, 99, 99.9, 100]) {
      expect(read.getValueAtPercentile(percent)).toBe(histogram.percentile(percent));
    }
  });

  test.each(RUNS)("of %s has every value of every timer, by tag", (_, make) => {
    const results = make();
    const lines = (renderHdrLog(results) ?? "").trimEnd().split("\n");
    expect(lines[1]).toBe("#[Histogram log format version 1.3]");
    const counts = new Map<string, number>();
    for (const line of lines.filter((one) => !/^[#"]/.test(one))) {
      const parts = /^(?:Tag=([^,\s]+),)?([\d.]+),([\d.]+),([\d.]+),([A-Za-z0-9+/=]+)$/.exec(line);
      expect(parts).not.toBeNull();
      const tag = decodeURIComponent(parts?.[1] ?? "");
      counts.set(tag, (counts.get(tag) ?? 0) + decode(parts?.[5] ?? "").totalCount);
    }
    for (const total of results.totals()) {
      if (total.kind !== CELL_KIND.timer || total.name === "" || total.count === 0) continue;
      expect(counts.get(total.name.toWellFormed())).toBe(total.count);
    }
  });
});

describe("HdrHistogram's own reader of logs", () => {
  test("finds the tags, the times and every value", () => {
    const results = shopResults();
    const log = renderHdrLog(results) ?? "";
    const timers = results.totals().filter((total) => total.kind === CELL_KIND.timer);
    expect(listTags(log).sort()).toEqual(
      ["NO TAG", ...timers.map(({ name }) => name.replaceAll(" ", "%20"))]
        .filter((tag) => tag !== "")
        .sort(),
    );
    const reader = new HistogramLogReader(log);
    const counts = new Map<string, number>();
    for (let found = reader.nextIntervalHistogram(); found; ) {
      counts.set(found.tag, (counts.get(found.tag) ?? 0) + found.totalCount);
      expect(found.endTimeStampMsec - found.startTimeStampMsec).toBe(1_000);
      found = reader.nextIntervalHistogram();
    }
    const startMs = results.facts.startWallMs ?? 0;
    expect(reader.startTimeSec * 1000).toBeCloseTo(startMs, 0);
    for (const { name, count } of timers) {
      const tag = name === "" ? "NO TAG" : name.replaceAll(" ", "%20");
      expect(counts.get(tag)).toBe(count);
    }
  });
});

describe("a file of the old OCT", () => {
  test("has the report's figures in every document that it can be", async () => {
    const file = path.resolve(import.meta.dir, "../../fixtures/oct-results.sqlite");
    const results = await openResults(file);
    const finished = finishedOf(results, { exitCode: undefined });
    expect(finished.model.origin).toBe("old");
    const summary = JSON.parse(renderFinished("json", finished));
    expect(schemaMistakes(SUMMARY_SCHEMA, summary)).toEqual([]);
    expect(summary).toMatchObject({ verdict: { word: "NOT JUDGED" }, run: { seed: null } });
    const { p95Us } = finished.model.all.figures;
    expect(summary.transactions.p95Us).toBe(p95Us);
    expect(renderFinished("prometheus-text", finished)).toContain(
      `clock="service",statistic="p95"} ${p95Us / 1e6}\n`,
    );
    expect(renderFinished("markdown", finished)).toContain(` | ${formatMs(p95Us)} | `);
    expect(renderFinished("junit", finished)).toContain('value="NOT JUDGED"');
    expect(renderHdrLog(results)).toBeUndefined();
    expect([...storedSampleLines(results)]).toHaveLength(finished.facts.rowsKept);
    results.close();
  });
});

describe("Prometheus text of a file", () => {
  test("has the report's figures to the digit", () => {
    const finished = finishedOf(shopResults());
    const text = renderFinished("prometheus-text", finished);
    for (const timer of finished.model.timers) {
      const head = `oct_timer_duration_statistic_seconds{project="shop",run="5f0c4c9e2f6b4d3c"`;
      const line = text
        .split("\n")
        .find((one) => one.startsWith(`${head},timer="${timer.name}",statistic="p95"}`));
      expect(Number(line?.split(" ").at(-1))).toBe(timer.figures.p95Us / 1e6);
    }
  });
});
