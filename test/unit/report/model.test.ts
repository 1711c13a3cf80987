// The model against what a slow reader of the same results would say.

import { describe, expect, test } from "bun:test";
import { buildReportModel } from "../../../src/report/model.ts";
import { REPORT_LIMIT } from "../../../src/report/types.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { Histogram } from "../../../src/stats/histogram.ts";
import type { Results, RunFacts } from "../../../src/store/results.ts";
import { sampleResults } from "../../support/report-results.ts";
import {
  emptyResults,
  hostileResults,
  manyTimersResults,
  shopResults,
  singleResults,
  twoClockResults,
} from "../../support/report-samples.ts";

/** Percentile by walking all buckets of the whole histogram. */
function slowPercentile(payload: Uint8Array, percent: number): number {
  const histogram = Histogram.fromPayload(payload);
  let left = Math.max(1, Math.ceil((percent / 100) * histogram.count));
  for (const { highUs, count } of histogram.buckets()) {
    left -= count;
    if (left <= 0) return highUs;
  }
  return 0;
}

describe("buildReportModel", () => {
  test("gives each timer the figures of its whole histogram", () => {
    const results = shopResults();
    const model = buildReportModel(results);
    for (const total of results.totals()) {
      const found = total.name === "" ? model.all : model.timers.find((t) => t.name === total.name);
      const figures = found?.figures;
      expect(figures).toMatchObject({
        count: total.count,
        errorCount: total.errorCount,
        minUs: total.min,
        maxUs: total.max,
      });
      expect(figures?.meanUs).toBeCloseTo(total.sum / total.count, 6);
      expect(figures?.ratePerSec).toBeCloseTo(total.count / 300, 9);
      expect(figures?.errorPercent).toBeCloseTo((100 * total.errorCount) / total.count, 9);
      const slow = slowPercentile(total.histogram as Uint8Array, 95);
      expect(Math.abs((figures?.p95Us ?? 0) - slow)).toBeLessThanOrEqual(slow * 0.001 + 1);
    }
  });

  test("figures of all intervals add up to the whole", () => {
    const model = buildReportModel(shopResults());
    for (const timer of [model.all, ...model.timers]) {
      const rows = timer.table?.rows ?? [];
      const count = rows.reduce((sum, row) => sum + row.count, 0);
      const sum = rows.reduce((all, row) => all + row.meanUs * row.count, 0);
      expect(count).toBe(timer.figures.count);
      expect(sum / count).toBeCloseTo(timer.figures.meanUs, 3);
      expect(Math.max(...rows.map((row) => row.maxUs))).toBe(timer.figures.maxUs);
      expect(Math.min(...rows.map((row) => row.minUs))).toBe(timer.figures.minUs);
    }
  });

  test("groups by what was asked, here or in the run's config, never below a second", () => {
    expect(buildReportModel(shopResults()).intervalS).toBe(10);
    const stepOf = (intervalS: number) => {
      const model = buildReportModel(shopResults(), { intervalS });
      return [model.intervalS, model.all.charts?.stepS];
    };
    expect([1, 7, 30, 0, 2.6].map(stepOf)).toEqual([
      [1, 1],
      [7, 7],
      [30, 30],
      [1, 1],
      [3, 3],
    ]);
    const facts = { intervalS: undefined };
    expect(buildReportModel(sampleResults({ seconds: 5, timers: [], facts })).intervalS).toBe(10);
  });

  test("makes response time the headline where there is one, service time stands beside it", () => {
    const { all, other, method } = buildReportModel(twoClockResults());
    expect([all.clock, all.id, other?.clock, other?.id]).toEqual([
      "response",
      "all",
      "service",
      "service",
    ]);
    expect(all.figures.p50Us).toBeGreaterThan((other?.figures.p50Us ?? 0) * 3);
    expect(method.join(" ")).toContain("The headline is response time");
    const one = buildReportModel(shopResults());
    expect([one.all.clock, one.other]).toEqual(["service", undefined]);
    expect(one.method.join(" ")).toContain("both clocks are the same");
  });

  test("of nothing is all zeros, with no charts and no dashes to divide by", () => {
    const model = buildReportModel(emptyResults());
    expect(model).toMatchObject({ transactions: 0, errorPercent: 0, timers: [], errors: [] });
    expect(new Set(Object.values(model.all.figures))).toEqual(new Set([0]));
    expect([model.all.charts, model.all.table]).toEqual([undefined, undefined]);
    expect(model.verdict.word).toBe("INVALID");
  });

  test("of one result has its value in every figure", () => {
    const { figures } = buildReportModel(singleResults()).all;
    expect(figures).toMatchObject({ count: 1, minUs: 12_345, maxUs: 12_345, stdevUs: 0 });
    expect(new Set([figures.p50Us, figures.p99Us, figures.p999Us, figures.meanUs])).toEqual(
      new Set([12_345]),
    );
  });

  test("is the same for the same results", () => {
    expect(buildReportModel(shopResults())).toEqual(buildReportModel(shopResults()));
  });
});

describe("what rates are divided by", () => {
  const one = { name: "", medianUs: 1000, sigma: 0, perSecond: () => 2 };
  const measured = (facts: Partial<RunFacts>) =>
    buildReportModel(sampleResults({ seconds: 60, timers: [one], facts })).measuredUs / 1e6;

  const cases: readonly (readonly [string, Partial<RunFacts>, number])[] = [
    ["the run as asked", { runTimeUs: 60e6, durationUs: 60e6 }, 60],
    ["without the draining after it", { runTimeUs: 60e6, durationUs: 72e6 }, 60],
    ["until the last result where results came later", { runTimeUs: 40e6, durationUs: 72e6 }, 60],
    ["never beyond its end", { runTimeUs: 30e6, durationUs: 50.5e6 }, 50.5],
    ["until it was stopped", { runTimeUs: 600e6, durationUs: 61.5e6 }, 61.5],
    ["what there is where nobody asked", { runTimeUs: undefined, durationUs: 70e6 }, 60],
    ["what there is in a killed run", { runTimeUs: 600e6, durationUs: undefined }, 60],
  ];
  for (const [what, facts, seconds] of cases) {
    test(what, () => expect(measured(facts)).toBe(seconds));
  }
});

describe("the limits of the model", () => {
  test("keep the busiest timers, in the order of their names, charts for the busiest of them", () => {
    const model = buildReportModel(manyTimersResults(700, 30));
    expect(model.timers).toHaveLength(REPORT_LIMIT.timers);
    expect(model.timersTotal).toBe(700);
    const least = Math.min(...model.timers.map((timer) => timer.figures.count));
    const all = manyTimersResults(700, 30)
      .totals()
      .filter((total) => total.name !== "")
      .map((total) => total.count)
      .sort((a, b) => b - a);
    expect(least).toBe(all[REPORT_LIMIT.timers - 1] as number);
    const charted = model.timers.filter((timer) => timer.charts !== undefined);
    expect(charted).toHaveLength(REPORT_LIMIT.charts);
    expect(Math.min(...charted.map((timer) => timer.figures.count))).toBe(
      all[REPORT_LIMIT.charts - 1] as number,
    );
    expect(model.timerValues).toBe(all.reduce((sum, count) => sum + count, 0));
    expect(new Set(model.timers.map((timer) => timer.id)).size).toBe(REPORT_LIMIT.timers);
  });

  test("cut long texts and count what they leave out", () => {
    const long = "e".repeat(5000);
    const base = shopResults();
    const many: Results = {
      ...base,
      facts: { ...base.facts, config: { text: "c".repeat(90_000) } },
      errors: () =>
        Array.from({ length: 300 }, (_, i) => ({
          text: long,
          count: 300 - i,
          firstSecond: 0,
          lastSecond: 1,
        })),
      events: () =>
        Array.from({ length: 900 }, () => ({ atUs: 1, level: "info", turretIndex: 7, text: long })),
    };
    const model = buildReportModel(many);
    expect([model.errors.length, model.errorsTotal]).toEqual([REPORT_LIMIT.errors, 300]);
    expect([model.events.length, model.eventsTotal]).toEqual([REPORT_LIMIT.events, 900]);
    expect(model.errors[0]?.text).toHaveLength(REPORT_LIMIT.errorText);
    expect(model.events[0]).toMatchObject({ who: "turret", level: "info" });
    expect(model.config).toHaveLength(REPORT_LIMIT.config);
    const percents = model.errors.map((error) => error.percent);
    expect(percents[0]).toBeCloseTo((100 * 300) / 45_150, 9);
  });

  test("names are clipped, samples of anything are text", () => {
    const model = buildReportModel(hostileResults());
    const longest = Math.max(...model.timers.map((timer) => timer.name.length));
    expect(longest).toBe(REPORT_LIMIT.name);
    const bytes = Uint8Array.of(0xff, 0xfe, 0, 0x41, 0x1b);
    const made = buildReportModel({
      ...hostileResults(),
      malformed: () => ({
        counts: [
          { kind: "rare", count: 1 },
          { kind: "often", count: 9 },
        ],
        samples: [{ kind: "rare", atUs: 2_500_000, sizeBytes: 99, sample: bytes }],
      }),
    }).malformed;
    expect(made).toEqual({
      total: 10,
      kinds: [
        { kind: "often", count: 9 },
        { kind: "rare", count: 1 },
      ],
      samples: [{ kind: "rare", atS: 2.5, sizeBytes: 99, text: "\ufffd\ufffd\u2400A\u241b" }],
      samplesTotal: 1,
    });
  });
});

describe("the turrets of the model", () => {
  test("have what each measured, and their last statuses", () => {
    const model = buildReportModel(shopResults());
    expect(model.turrets.map((turret) => turret.name)).toEqual(["browsers-1", "browsers-2"]);
    const measured = model.turrets.map((turret) => turret.transactions ?? 0);
    expect(measured.reduce((sum, count) => sum + count)).toBe(model.transactions);
    expect(model.turrets[0]).toMatchObject({
      updatedAt: "2026-11-21 07:05:01",
      isLost: false,
      history: [
        { atS: -2, status: "ready" },
        { atS: 0, status: "running" },
        { atS: 300, status: "stopped" },
      ],
    });
    expect(model.cannons).toBe(50);
  });

  test("of protocol 1 do not say whose results are whose", () => {
    const base = shopResults();
    const totals = [
      {
        turretIndex: 0,
        kind: CELL_KIND.timer,
        name: "a timer",
        count: 4,
        errorCount: 0,
        sum: 0,
        sumSquares: 0,
        min: 0,
        max: 0,
      },
    ];
    const model = buildReportModel({ ...base, turretTotals: () => totals });
    expect(model.turrets.map((turret) => turret.transactions)).toEqual([undefined, undefined]);
  });

  test("without a name go by their uuid", () => {
    const base = shopResults();
    const turrets = base.turrets().map((turret) => ({ ...turret, name: "", details: undefined }));
    const model = buildReportModel({ ...base, turrets: () => turrets });
    expect(model.turrets[0]).toMatchObject({
      name: "0b5b9c1e-7c1f-4d7f-9a57-000000000000",
      wire: undefined,
      history: [],
    });
  });
});
