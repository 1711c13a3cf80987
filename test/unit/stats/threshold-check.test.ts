// Thresholds held against totals: which number is compared, what nothing measured means, and how the
// result reads.

import { describe, expect, test } from "bun:test";
import { CELL_KIND, type CellKind } from "../../../src/stats/cell.ts";
import { storedThresholds } from "../../../src/stats/stored-thresholds.ts";
import { Tally } from "../../../src/stats/tally.ts";
import { parseThreshold } from "../../../src/stats/threshold.ts";
import {
  checkThreshold,
  limitText,
  type MeasuredRun,
  resultText,
  THRESHOLD_REASON,
  withEnding,
} from "../../../src/stats/threshold-check.ts";

const totals = new Map<string, Tally>();

function put(kind: CellKind, name: string, fill: (tally: Tally) => void): void {
  const tally = new Tally(kind);
  fill(tally);
  totals.set(`${kind} ${name}`, tally);
}

/** 1 to 100 ms, the last `errors` of them failed. */
const hundred =
  (errors: number, factor = 1_000) =>
  (tally: Tally) => {
    for (let i = 1; i <= 100; i++) tally.record(i * factor, i > 100 - errors);
  };

put(CELL_KIND.timer, "", hundred(7));
put(CELL_KIND.timer, "Login", hundred(0, 10));
put(CELL_KIND.timer, "never", () => {});
put(CELL_KIND.check, "logged in", (tally) => tally.add(1_000, 1, 0));
put(CELL_KIND.check, "never made", () => {});
put(CELL_KIND.counter, "logins", (tally) => tally.add(3, 0, 41));
put(CELL_KIND.counter, "money", (tally) => tally.add(2, 0, 0.30000000000000004));

const run: MeasuredRun = { total: (kind, name) => totals.get(`${kind} ${name}`), measuredS: 8 };
const empty: MeasuredRun = { total: () => undefined, measuredS: 0 };
const check = (text: string, of = run) => checkThreshold(parseThreshold(text), of);

describe("checkThreshold", () => {
  test.each([
    ["mean = 1ms", "mean < 50501us", "mean < 50500us", "50.5 ms, service time"],
    ["min", "min >= 1ms", "min > 1ms", "1.00 ms, service time"],
    ["max", "max <= 100ms", "max < 100ms", "100 ms, service time"],
    ["p100", "p100 <= 100ms", "p100 < 100ms", "100 ms, service time"],
    ["tiny percentiles", "p0.000001 <= 1ms", "p0.000001 > 1ms", "1.00 ms, service time"],
    ["a timer's", "Login: max < 1001us", "Login: max < 1ms", "1.00 ms, service time"],
    ["errors in percent", "errors <= 7%", "errors < 7%", "7.00 %"],
    ["errors", "errors = 7", "errors < 7", "7"],
    ["rate", "rate >= 12.5/s", "rate > 12.5/s", "12.5/s"],
    ["count", "count = 100", "count < 100", "100"],
    ["count of a timer", "Login: count >= 100", "Login: count > 100", "100"],
    ["a check", "check logged in >= 99.9%", "check logged in > 99.9%", "99.9 %"],
    ["a counter", "count of logins = 41", "count of logins < 41", "41"],
    ["a counter nobody touched", "count of failures = 0", "count of failures > 0", "0"],
  ])("%s", (_, holding, failing, found) => {
    const [held, failed] = [check(holding), check(failing)];
    expect([held.holds, failed.holds]).toEqual([true, false]);
    expect(resultText(failed)).toBe(`${failing}: ${found}`);
  });

  test("response time is compared where there is one, of all transactions and of a timer", () => {
    const both: MeasuredRun = {
      measuredS: 1,
      total: (kind) => {
        const tally = new Tally(kind);
        if (kind === CELL_KIND.response) tally.record(9_000, false);
        if (kind === CELL_KIND.timer) tally.record(1_000, false);
        return tally;
      },
    };
    expect(resultText(check("p95 < 5ms", both))).toBe("p95 < 5ms: 9.00 ms, response time");
    expect(check("Echo: max < 5ms", both).holds).toBe(false);
    expect(check("p95 < 5ms", both).clock).toBe("response");
  });

  test.each([
    "p95 < 1h",
    "Foo: p95 < 1h",
    "never: p95 < 1h",
    "errors < 100%",
    "Foo: errors < 100%",
    "Foo: errors = 0",
    "Foo: rate < 5/s",
    "Foo: count = 0",
    "rate >= 0/s",
    "check nobody made > 0%",
    "check never made > 0%",
  ])("%s fails where nothing was measured", (text) => {
    const result = check(text, text.includes("ever") ? run : empty);
    expect(result).toMatchObject({ holds: false, measured: undefined });
    expect(resultText(result)).toBe(`${text}: not measured`);
  });

  test("no transactions at all are 0 of them, and 0 errors", () => {
    expect([check("count = 0", empty).holds, check("errors = 0", empty).holds]).toEqual([
      true,
      true,
    ]);
  });

  test("digits that would hide why a threshold failed are shown", () => {
    const close = (measured: number, text: string) => {
      const made = checkThreshold(parseThreshold(text), {
        measuredS: 1,
        total: (kind) => {
          if (kind !== CELL_KIND.timer) return undefined;
          const tally = new Tally(kind);
          tally.record(measured, false);
          return tally;
        },
      });
      return resultText(made);
    };
    expect(close(500_400, "max < 500ms")).toBe("max < 500ms: 500.4 ms, service time");
    expect(close(500_000, "max < 500ms")).toBe("max < 500ms: 500 ms, service time");
    expect(resultText(check("count of money = 0.3"))).toContain(": 0");
  });

  test("limits are shown in the units of the tables", () => {
    const texts = ["p95 < 1.5s", "errors <= 1%", "rate ≥ 90/min", "count > 10000"];
    expect(texts.map((text) => limitText(check(text)))).toEqual([
      "< 1,500 ms",
      "<= 1.00 %",
      ">= 1.50/s",
      "> 10,000",
    ]);
  });
});

describe("withEnding", () => {
  test("a threshold that has ended the run has failed, whatever is measured by now", () => {
    const results = ["errors < 10%", "errors < 10%, abort", "p95 < 1s, abort"].map((text) =>
      check(text),
    );
    expect(results.map(({ holds }) => holds)).toEqual([true, true, true]);
    const reason = `${THRESHOLD_REASON}errors < 10%: 11.0 %`;
    const ended = withEnding(results, reason);
    expect(ended.map(({ holds, hasEndedRun }) => [holds, hasEndedRun])).toEqual([
      [true, false],
      [false, true],
      [true, false],
    ]);
    for (const other of ["run time", "interrupted", undefined, `${THRESHOLD_REASON}errors`]) {
      expect(withEnding(results, other).every(({ holds }) => holds)).toBe(true);
    }
  });
});

describe("storedThresholds", () => {
  test("reads texts and objects, and tells what it cannot read", () => {
    const stored = storedThresholds({
      thresholds: [
        "p95 < 1s, abort",
        { threshold: "errors < 1%", abort: true, after: "10s" },
        { threshold: "errors < 2%, abort", abort: false },
        "GET http://***@shop: p95 < 1s",
        "quantile(95) < 1s",
        { other: 1 },
        null,
      ],
    });
    expect(stored.map(({ text, threshold }) => [text, threshold?.isAborting])).toEqual([
      ["p95 < 1s", true],
      ["errors < 1%", true],
      ["errors < 2%", false],
      ["GET http://***@shop: p95 < 1s", undefined],
      ["quantile(95) < 1s", undefined],
      ['{"other":1}', undefined],
      ["null", undefined],
    ]);
    expect(storedThresholds(undefined)).toEqual([]);
    expect(storedThresholds({ thresholds: "p95 < 1s" })).toEqual([]);
    const many = Array.from({ length: 5_000 }, () => "p95 < 1s");
    expect(storedThresholds({ thresholds: many })).toHaveLength(200);
  });
});
