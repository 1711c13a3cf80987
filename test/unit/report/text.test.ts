import { describe, expect, test } from "bun:test";
import { buildReportModel } from "../../../src/report/model.ts";
import { renderSummary } from "../../../src/report/text.ts";
import {
  emptyResults,
  hostileResults,
  manyTimersResults,
  shopResults,
  twoClockResults,
} from "../../support/report-samples.ts";

describe("renderSummary", () => {
  test("opens with the five lines of the old OCT", () => {
    const [transactions, timers, errors, start, finish] = renderSummary(
      buildReportModel(shopResults()),
      { columns: 80 },
    ).split("\n");
    expect(transactions).toMatch(/^transactions: \d+$/);
    expect(timers).toMatch(/^timers: \d+$/);
    expect(errors).toMatch(/^errors: \d+$/);
    expect(start).toMatch(/^test start: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(finish).toMatch(/^test finish: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  test("no line is wider than the terminal, in any width, whatever the texts", () => {
    for (const make of [emptyResults, shopResults, hostileResults, twoClockResults]) {
      const model = buildReportModel(make());
      for (let columns = 40; columns <= 130; columns += 3) {
        const lines = renderSummary(model, { columns }).split("\n");
        const wide = lines.filter((line) => Bun.stringWidth(line) > Math.min(120, columns));
        expect(wide).toEqual([]);
      }
    }
  });

  test("a terminal that tells no width, or a silly one, is taken for a usual one", () => {
    const model = buildReportModel(shopResults());
    const usual = renderSummary(model, { columns: 80 });
    expect(renderSummary(model, { columns: 0 })).toBe(usual);
    expect(renderSummary(model, { columns: Number.NaN })).toBe(usual);
    expect(renderSummary(model, { columns: 3 })).toBe(renderSummary(model, { columns: 40 }));
    expect(renderSummary(model, { columns: 9000 })).toBe(renderSummary(model, { columns: 120 }));
  });

  test("outside texts bring no control character, no escape and no hidden mark", () => {
    const text = renderSummary(buildReportModel(hostileResults()), { columns: 120 });
    expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    const colored = renderSummary(buildReportModel(hostileResults()), {
      columns: 120,
      color: true,
    });
    const codes = new Set(colored.match(/\u001b\[[\d;]*[a-zA-Z]/g));
    expect([...codes].every((code) => /^\u001b\[(1|2|22|31|32|33|39)m$/.test(code))).toBe(true);
    expect(colored.replace(/\u001b\[\d+m/g, "")).not.toContain("\u001b");
  });

  test("shows the busiest timers in the order of their names, and says how many are left", () => {
    const model = buildReportModel(manyTimersResults(40, 30));
    const text = renderSummary(model, { columns: 100 });
    expect(text.match(/^GET /gm)).toHaveLength(12);
    expect(text).toContain("and 28 more timers in the report");
    const shown = [...text.matchAll(/^GET .*? {2,}(\d+)/gm)].map((match) => Number(match[1]));
    const counts = model.timers.map((timer) => timer.figures.count).sort((a, b) => b - a);
    expect(shown.sort((a, b) => b - a)).toEqual(counts.slice(0, 12));
  });

  test("names the files that were made", () => {
    const model = buildReportModel(emptyResults());
    expect(renderSummary(model, { columns: 80, files: ["a/results.html"] })).toEndWith(
      "\ncreated: a/results.html",
    );
  });
});
