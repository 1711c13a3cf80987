// The thresholds of a finished run in its model, in the terminal and on the page.

import { describe, expect, test } from "bun:test";
import { renderReport } from "../../../src/report/html.ts";
import { buildReportModel } from "../../../src/report/model.ts";
import { renderSummary } from "../../../src/report/text.ts";
import { thresholdLines } from "../../../src/report/threshold-text.ts";
import type { VerdictWord } from "../../../src/report/types.ts";
import { THRESHOLD_REASON } from "../../../src/stats/threshold-check.ts";
import type { Results } from "../../../src/store/results.ts";
import { HOSTILE_NAMES, hostileResults, shopResults } from "../../support/report-samples.ts";

const plain = (_: string, text: string) => text;

function asked(thresholds: unknown, base: Results = shopResults(), reason = "run time"): Results {
  const config = { ...base.facts.config, thresholds } as Results["facts"]["config"];
  return { ...base, facts: { ...base.facts, config, reason } };
}

const sectionOf = (html: string) =>
  /<section id="thresholds"[\s\S]*?<\/section>/.exec(html)?.[0] ?? "";
const modelOf = (...args: Parameters<typeof asked>) => buildReportModel(asked(...args));

describe("the thresholds of a model", () => {
  test("are those of the figures beside them", () => {
    const model = modelOf([
      "p95 < 1s",
      "Login: mean < 1s",
      "errors < 1%",
      "rate > 1/s",
      "count > 1",
    ]);
    const login = model.timers.find(({ name }) => name === "Login");
    expect(model.thresholds.map(({ measured }) => measured)).toEqual([
      model.all.figures.p95Us,
      login?.figures.meanUs,
      model.errorPercent,
      model.all.figures.ratePerSec,
      model.transactions,
    ]);
  });

  test("what was not measured says why, with the name that was meant", () => {
    const texts = [
      "Logon: p95 < 1s",
      "Nothing like it: p95 < 1s",
      "check ok > 9%",
      "count of x < 5",
    ];
    expect(modelOf(texts).thresholds.map(({ note }) => note)).toEqual([
      "there was no such timer; did you mean Login?",
      "there was no such timer",
      "there was no such check",
      "",
    ]);
  });

  test("what the copy does not tell is no pass", () => {
    const [hidden] = modelOf(["GET /***: p95 < 1s"]).thresholds;
    expect(hidden).toMatchObject({ holds: false, measured: undefined });
    expect(hidden?.note).toBe("the copy of the configuration does not tell what it was");
    const html = renderReport(modelOf(["GET /***: p95 < 1s"]));
    expect(html).toContain("GET /***: p95 &lt; 1s");
    expect(sectionOf(html)).not.toContain("NaN");
  });

  test("runs that were asked for none, and copies of any shape, have none", () => {
    for (const given of [undefined, [], {}, "p95 < 1s", 5])
      expect(modelOf(given).thresholds).toEqual([]);
    expect(renderSummary(modelOf(undefined), { columns: 80 })).not.toContain("threshold");
    expect(renderReport(modelOf(undefined))).not.toContain('id="thresholds"');
  });
});

describe("thresholds in a terminal", () => {
  test("failed ones come first, in words that need no colour", () => {
    const model = modelOf(
      ["p95 < 10s", "errors < 0.01%", "Logon: p95 < 1s", "rate > 1/s, abort after 5s"],
      undefined,
      `${THRESHOLD_REASON}rate > 1/s: 0.50/s`,
    );
    const verdict = { ...model.verdict, word: "VALID" as VerdictWord };
    expect(thresholdLines({ ...model, verdict }, 90, plain)).toEqual([
      "3 of 4 thresholds failed",
      "  ✗ FAILED  errors < 0.01%   0.83 %",
      "  ✗ FAILED  Logon: p95 < 1s  not measured: there was no such timer; did you mean Login?",
      "  ✗ FAILED  rate > 1/s       112/s: it had failed while the run went, and ended it",
      "  ✓ holds   p95 < 10s        1,847 ms, service time",
    ]);
    const partial = { ...model.verdict, word: "PARTIAL" as VerdictWord };
    expect(thresholdLines({ ...model, verdict: partial }, 60, plain).slice(0, 2)).toEqual([
      "3 of 4 thresholds failed; thresholds pass only on a VALID",
      "  run, and this one is PARTIAL",
    ]);
  });

  test.each([40, 60, 80, 120])("hostile names fit into %i columns", (columns) => {
    const texts = HOSTILE_NAMES.map((name) => `${JSON.stringify(name.slice(0, 400))}: p95 < 1us`);
    const model = modelOf(texts, hostileResults());
    const lines = thresholdLines(model, columns, plain);
    expect(lines.length).toBe(
      Math.min(20, texts.length) + lines.findIndex((line) => /FAILED/.test(line)),
    );
    for (const line of lines) {
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(line).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });

  test("very many are counted", () => {
    const many = modelOf(Array.from({ length: 200 }, (_, i) => `p95 < ${i + 1}s`));
    const lines = thresholdLines(many, 80, plain);
    expect(lines.at(-1)).toBe("  and 180 more thresholds in the report");
    expect(lines.length).toBeLessThan(25);
  });
});

describe("thresholds on the page", () => {
  test("say by word and sign what holds and what failed", () => {
    const html = renderReport(modelOf(["p95 < 10s", "errors < 0.01%"]));
    const section = sectionOf(html);
    expect(section).toContain("1 of 2 thresholds failed");
    expect(section).toMatch(
      /p95 &lt; 10s[\s\S]*✓ holds[\s\S]*ms, service time[\s\S]*&lt; 10,000 ms/,
    );
    expect(section).toMatch(/errors &lt; 0.01%[\s\S]*✗ failed[\s\S]*0\.83 %[\s\S]*&lt; 0\.01 %/);
    expect(html).toContain('<a href="#thresholds">Thresholds <span class="bad">1 failed</span>');
  });

  test("names from outside stay text, and two hundred long ones stay in bounds", () => {
    const long = (i: number) => `"<img src=x onerror=alert(${i})>${"&".repeat(900)}": p95 < 1s`;
    const html = renderReport(modelOf(Array.from({ length: 200 }, (_, i) => long(i))));
    expect(html).not.toContain("<img");
    expect(Buffer.byteLength(html)).toBeLessThan(1_000_000);
  });
});
