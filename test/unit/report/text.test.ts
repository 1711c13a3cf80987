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
  test("opens with the counts and times of the old OCT, each count on a line of its own", () => {
    const text = renderSummary(buildReportModel(shopResults()), { columns: 80 });
    const [transactions, timers, errors] = text.split("\n");
    expect(transactions).toMatch(/^transactions: \d+ +test start: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(timers).toMatch(/^timers: \d+ +test finish: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(errors).toMatch(/^errors: \d+ +failed: [\d.]+ %$/);
    const narrow = renderSummary(buildReportModel(shopResults()), { columns: 40 }).split("\n");
    expect(narrow.slice(0, 3).join(" ")).toMatch(/^transactions: \d+ timers: \d+ errors: \d+$/);
    expect(narrow[3]).toStartWith("test start: ");
    expect(narrow[4]).toStartWith("test finish: ");
  });

  test("a usual run fits one screen with what is printed after it", () => {
    const asked = ["50 cannons, started over 10.00 s, for 5m 00s"];
    const whole = buildReportModel(shopResults());
    const model = { ...whole, timers: whole.timers.slice(0, 4), timersTotal: 4 };
    const text = renderSummary(model, { columns: 80, asked });
    // Two files and "done." follow.
    expect(text.split("\n").length + 3).toBeLessThanOrEqual(24);
  });

  test("its caller may open it otherwise", () => {
    const model = buildReportModel(shopResults());
    const text = renderSummary(model, { columns: 80, heading: "none" });
    expect(text).toStartWith("VALID  sent = received = journaled = counted: ");
    expect(text).not.toContain("transactions: ");
    expect(text.replaceAll(/\s+/g, " ")).toContain("0.83 % failed");
  });

  test("says the load that was asked for, up to a limit", () => {
    const asked = Array.from({ length: 9 }, (_, i) => `definition ${i}: 5 cannons`);
    const text = renderSummary(buildReportModel(shopResults()), { columns: 80, asked });
    expect(text).toContain("asked: definition 3: 5 cannons\nasked: and 5 more lines");
    expect(text).not.toContain("definition 4");
  });

  test("says what was changed while it fired, and then no number of cannons", () => {
    const whole = buildReportModel(shopResults());
    const change = (atS: number) => ({ atS, kind: "control" as const, text: `${atS} cannons` });
    const note = { atS: 1, kind: "note" as const, text: "deploy" };
    const marks = [note, change(5), change(65), change(70), change(80)];
    const model = { ...whole, details: { ...whole.details, marks } };
    const text = renderSummary(model, { columns: 120 });
    expect(text).toContain(
      "changed: 5 cannons, at 0:05\nchanged: 65 cannons, at 1:05\nchanged: 70 cannons, at 1:10\n" +
        "changed: and 1 more time\n",
    );
    expect(text).toContain("the cannons of ");
    expect(text).not.toContain("deploy");
    const plain = { ...model, details: { ...model.details, marks: [note] } };
    expect(renderSummary(plain, { columns: 120 })).not.toContain("changed");
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
});
