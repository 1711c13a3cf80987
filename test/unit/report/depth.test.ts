import { describe, expect, test } from "bun:test";
import { Random } from "../../../src/base/random.ts";
import { distributionOf } from "../../../src/report/distribution.ts";
import { errorGroups } from "../../../src/report/error-groups.ts";
import { HEAT_LIMIT, storedHeat } from "../../../src/report/heat.ts";
import { loadModel } from "../../../src/report/load.ts";
import { buildReportModel } from "../../../src/report/model.ts";
import { CELL_KIND, GAUGE } from "../../../src/stats/cell.ts";
import { errorPattern } from "../../../src/stats/error-pattern.ts";
import { Tally } from "../../../src/stats/tally.ts";
import type { StoredInterval } from "../../../src/store/results.ts";
import {
  deepClockResults,
  deepHostileResults,
  deepShopResults,
} from "../../support/report-depth.ts";
import { numbersOf, sampleResults } from "../../support/report-results.ts";
import { HOSTILE_NAMES } from "../../support/report-samples.ts";

describe("errorPattern", () => {
  test.each([
    ["order 48030 was not found after 51 ms", "order # was not found after # ms"],
    ["user 0b5b9c1e-7c1f-4d7f-9a57-000000000001 is gone", "user # is gone"],
    ["session deadbeef0123 ended", "session # ended"],
    ["at 0x7ffe12", "at #"],
    ["timed out after 10.5 s", "timed out after # s"],
    ["answered 503", "answered 503"],
    ["POST /checkout: 503 Service Unavailable", "POST /checkout: 503 Service Unavailable"],
    ["GET /users/17 answered 404", "GET /users/# answered 404"],
    ["status code 502 from 10.0.0.7:8080", "status code 502 from #"],
    ["plain words stay", "plain words stay"],
    ["facade and decade are words", "facade and decade are words"],
    ["", ""],
  ])("of %p is %p", (text, pattern) => {
    expect(errorPattern(text)).toBe(pattern);
  });

  test("is found soon, however long and odd the text", () => {
    const texts = [...HOSTILE_NAMES, "1".repeat(4_096), "a1".repeat(2_048), "1.".repeat(2_048)];
    for (const text of texts) expect(errorPattern(text).length).toBeLessThanOrEqual(text.length);
  });
});

describe("errorGroups", () => {
  test("adds up what differs only in numbers, most frequent first, with its times", () => {
    const { errorGroups: groups, errorGroupsTotal } = errorGroups(deepShopResults(), 300);
    const orders = groups.find(({ text }) => text.startsWith("order"));
    expect(orders).toMatchObject({
      text: "order # was not found after # ms",
      textsTotal: 40,
      count: 120,
      firstSecond: 40,
      lastSecond: 240,
    });
    expect(orders?.examples.length).toBe(3);
    expect(errorGroupsTotal).toBe(3);
    expect(groups.map(({ count }) => count)).toEqual(
      groups.map(({ count }) => count).sort((a, b) => b - a),
    );
    expect(groups.reduce((sum, { percent }) => sum + percent, 0)).toBeCloseTo(100);
  });
});

describe("storedHeat", () => {
  function secondsOf(seed: number): { values: number[][]; intervals: StoredInterval[] } {
    const random = new Random(seed);
    const values = Array.from({ length: 50 }, () =>
      Array.from({ length: random.integer(0, 30) }, () => Math.floor(10 ** random.uniform(0, 7.5))),
    );
    const intervals = values.flatMap((list, second) => {
      const tally = new Tally(CELL_KIND.timer);
      for (const value of list) tally.record(value, false);
      return list.length === 0 ? [] : [{ second, ...numbersOf(tally) }];
    });
    return { values, intervals };
  }

  test("counts every value once, where it belongs", () => {
    for (let seed = 0; seed < 10; seed++) {
      const { values, intervals } = secondsOf(seed);
      const heat = storedHeat(intervals, 5);
      expect(heat.bands).toBeLessThanOrEqual(HEAT_LIMIT.bands);
      const sums = heat.columns.map((column) => column.reduce((sum, count) => sum + count, 0));
      const expected = heat.columns.map((_, i) => values.slice(i * 5, i * 5 + 5).flat().length);
      expect(sums).toEqual(expected);
      expect(Math.max(...heat.columns.flat())).toBe(heat.most);
      const slowest = Math.max(...values.flat());
      const top = 10 ** ((heat.firstBand + heat.bands) / heat.perDecade);
      expect(slowest * 0.998).toBeLessThan(top);
      expect(slowest * 1.002).toBeGreaterThan(top / 10 ** (1 / heat.perDecade));
    }
  });

  test("of nothing has no columns", () => {
    expect(storedHeat([], 1)).toMatchObject({ columns: [], most: 0 });
  });
});

describe("distributionOf", () => {
  test("rises to the slowest value, within what was measured", () => {
    const [total] = sampleResults({
      seconds: 100,
      timers: [{ name: "", medianUs: 40_000, sigma: 0.8, perSecond: () => 1_000 }],
    }).totals();
    const found = distributionOf(total);
    const values = found?.valuesUs ?? [];
    expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(values.at(-1)).toBe(total?.max as number);
    expect(values.length).toBe(52);
  });

  test("of one value is that value", () => {
    const [total] = sampleResults({
      seconds: 1,
      timers: [{ name: "", medianUs: 777, sigma: 0, perSecond: () => 1 }],
    }).totals();
    expect(distributionOf(total)?.valuesUs).toEqual([777, 777]);
    expect(distributionOf(undefined)).toBeUndefined();
  });
});

describe("loadModel", () => {
  const gauge = (intervals: readonly [second: number, count: number, sum: number][], baseS = 1) => {
    const base = sampleResults({ seconds: 10, timers: [], facts: { baseIntervalS: baseS } });
    return {
      ...base,
      intervals: (kind: number, name: string) =>
        kind === CELL_KIND.gauge && name === GAUGE.cannons
          ? intervals.map(([second, count, sum]) => ({
              ...{ second, count, sum, errorCount: 0, sumSquares: 0, min: 0, max: 0 },
              histogram: undefined,
            }))
          : [],
    };
  };

  test("is the sum of all threads, whatever the step", () => {
    const seconds = Array.from({ length: 20 }, (_, s) => [s, 4, 100] as [number, number, number]);
    expect(loadModel(gauge(seconds), 20, 1)?.cannons).toEqual(new Array(20).fill(100));
    expect(loadModel(gauge(seconds), 20, 10)?.cannons).toEqual([100, 100]);
  });

  test("is right in the last interval, which the run ends", () => {
    const intervals: [number, number, number][] = [
      [0, 40, 1_000],
      [10, 12, 300],
    ];
    expect(loadModel(gauge(intervals, 10), 12.4, 10)?.cannons).toEqual([100, 100]);
  });

  test("has a gap where nobody told, and is nothing where nobody ever did", () => {
    const cannons = loadModel(
      gauge([
        [0, 1, 5],
        [2, 1, 5],
      ]),
      3,
      1,
    )?.cannons;
    expect(cannons).toEqual([5, null, 5]);
    expect(loadModel(gauge([]), 3, 1)).toBeUndefined();
  });
});

describe("the details of a model", () => {
  test("tell of checks, statuses and the slowest", () => {
    const { details } = buildReportModel(deepShopResults());
    expect(details.checks.map(({ name, failed }) => [name, failed])).toEqual([
      ["price is right", 300],
      ["basket is not empty", 0],
    ]);
    const errors = details.statuses.filter(({ isError }) => isError).map(({ name }) => name);
    expect(errors.sort()).toEqual(["GET 404", "GET timeout", "POST 503"]);
    expect(details.statuses.reduce((sum, { count }) => sum + count, 0)).toBe(details.requests);
    for (const { durationUs, phases } of details.slowest) {
      expect(phases.reduce((sum, { us }) => sum + us, 0)).toBe(durationUs);
    }
    expect(details.marks.map(({ kind }) => kind)).toEqual(["note", "control"]);
    expect(details.turretCharts.length).toBe(6);
    const [first] = details.turretCharts;
    expect(first?.name).toBe("browsers-1");
    expect(Math.round(first?.lagMaxUs ?? 0)).toBe(90_570);
    expect(first?.stepS).toBe(2);
  });

  test("hold the measurement against the limits of its verdict", () => {
    const rows = buildReportModel(deepClockResults()).details.measurement;
    const states = Object.fromEntries(rows.map(({ what, state }) => [what, state]));
    expect(states["Starts late, 99 %"]).toBe("bad");
    expect(states["Planned transactions dropped"]).toBe("good");
    expect(states["Busiest thread's CPU"]).toBe("info");
  });

  test("take service time for the headline where only some had an intended start", () => {
    const perSecond = () => 50;
    const mixed = sampleResults({
      seconds: 20,
      timers: [
        { name: "", medianUs: 20_000, sigma: 0.2, perSecond: () => 400 },
        { name: "", kind: CELL_KIND.response, medianUs: 85_000, sigma: 0.7, perSecond },
      ],
    });
    const model = buildReportModel(mixed);
    expect([model.all.clock, model.other?.clock]).toEqual(["service", "response"]);
    expect(model.all.figures.count).toBe(8_000);
    expect(model.details.clocks?.responseP50.length).toBe(model.details.clocks?.serviceP50.length);
  });

  test("count a turret's notes as no marks, and bear any name", () => {
    const { details } = buildReportModel(deepHostileResults());
    expect(details.marks.length).toBe(Math.ceil(HOSTILE_NAMES.length / 2));
    expect(details.marks.every(({ text }) => text.length <= 200)).toBe(true);
    expect(details.checks.length).toBe(HOSTILE_NAMES.length);
  });
});
