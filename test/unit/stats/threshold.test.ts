// Thresholds in words: what is read, and where the caret stands under what is not.

import { describe, expect, test } from "bun:test";
import {
  parseThreshold,
  THRESHOLD_LIMIT,
  type Threshold,
  ThresholdMistake,
} from "../../../src/stats/threshold.ts";

const percentile = (percent: number) => ({ kind: "duration", statistic: "percentile", percent });
const plain = (statistic: string) => ({ kind: "duration", statistic, percent: 0 });

type Read = Partial<Omit<Threshold, "measure">> & { readonly measure: object };

const READ: readonly (readonly [text: string, read: Read])[] = [
  [
    "p95 < 500ms",
    { measure: percentile(95), name: "", comparison: "<", limit: 500_000, unit: "us" },
  ],
  ["p(99.9)<=1.5s", { measure: percentile(99.9), comparison: "<=", limit: 1_500_000 }],
  ["P50 < 1m30s", { measure: percentile(50), limit: 90_000_000 }],
  ["median < 250us", { measure: percentile(50), limit: 250 }],
  ["MED ≤ 1ms", { measure: percentile(50), comparison: "<=", limit: 1_000 }],
  ["avg < 1h", { measure: plain("mean"), limit: 3_600_000_000 }],
  ["average < 2 s", { measure: plain("mean"), limit: 2_000_000 }],
  ["mean > 1us", { measure: plain("mean"), comparison: ">", limit: 1 }],
  ["min > 1ms", { measure: plain("min") }],
  ["max ≥ 1ms", { measure: plain("max"), comparison: ">=" }],
  ["Echo service: p99 <= 300ms", { measure: percentile(99), name: "Echo service", limit: 300_000 }],
  ["a: b: c: max < 1s", { measure: plain("max"), name: "a: b: c" }],
  ["http://shop/a<b: p95 < 1s", { measure: percentile(95), name: "http://shop/a<b" }],
  ['"a: p95": max < 1s', { measure: plain("max"), name: "a: p95" }],
  ['"check \\u00e9\\n": max < 1s', { measure: plain("max"), name: "check é\n" }],
  ["errors < 1%", { measure: { kind: "errors" }, limit: 1, unit: "percent" }],
  ["errors = 0", { measure: { kind: "errors" }, comparison: "=", limit: 0, unit: "count" }],
  ["Login: errors <= 0.01 %", { measure: { kind: "errors" }, name: "Login", limit: 0.01 }],
  ["rate >= 100/s", { measure: { kind: "rate" }, limit: 100, unit: "per_second" }],
  ["rate >= 100", { measure: { kind: "rate" }, limit: 100, unit: "per_second" }],
  ["Login: rate > 90 / min", { measure: { kind: "rate" }, name: "Login", limit: 1.5 }],
  ["rate > 7200/h", { measure: { kind: "rate" }, limit: 2 }],
  ["count == 1000", { measure: { kind: "count" }, comparison: "=", limit: 1_000, unit: "count" }],
  ["check logged in > 99%", { measure: { kind: "check" }, name: "logged in", limit: 99 }],
  ["check p95 >= 99.5%", { measure: { kind: "check" }, name: "p95" }],
  ["Check is it: so = 100%", { measure: { kind: "check" }, name: "is it: so", limit: 100 }],
  ['check "x > 5: max" > 9%', { measure: { kind: "check" }, name: "x > 5: max" }],
  ["check login: errors < 1%", { measure: { kind: "errors" }, name: "check login" }],
  ["count of logins >= 10", { measure: { kind: "counter" }, name: "logins", limit: 10 }],
  ["COUNT  OF  oct.dropped = 0", { measure: { kind: "counter" }, name: "oct.dropped" }],
  ["  p95 < 500ms  ", { text: "p95 < 500ms", measure: percentile(95) }],
  ["p95 < 1s, abort", { text: "p95 < 1s", measure: percentile(95), isAborting: true, afterUs: 0 }],
  ["p95 < 1s abort", { measure: percentile(95), isAborting: true }],
  ["p95 < 1s , ABORT AFTER 1m30s", { measure: percentile(95), afterUs: 90_000_000 }],
  ["rate > 5/s, abort after 10s", { measure: { kind: "rate" }, afterUs: 10_000_000 }],
  ["rate < 5/s, abort", { measure: { kind: "rate" }, isAborting: true }],
  ["errors = 0, abort", { measure: { kind: "errors" }, isAborting: true }],
  ["count < 100, abort", { measure: { kind: "count" }, isAborting: true }],
];

const MISTAKES: readonly (readonly [text: string, caret: string, reason: string, hint?: string])[] =
  [
    ["", "^", "the threshold is empty", 'e.g. "p95 < 500ms"'],
    ["   ", "^", "the threshold is empty"],
    ["p95", "   ^", "there is no comparison", "p95 < 500ms"],
    ["p95 !! 5ms", "          ^", "there is no comparison"],
    ["< 500ms", "^", "nothing is compared"],
    ["p95 < ", "      ^", "there is no limit to compare with"],
    ["p95 < 500", "         ^", "a duration needs its unit", "500ms or 500s"],
    ["p95 < fast", "      ^", '"fast" is not a duration', "500ms"],
    ["p95 < -5ms", "      ^", '"-5ms" is not a duration'],
    ["p95 < 1,5s", "      ^", '"1,5s" is not a duration'],
    ["p95 < 99999999h", "      ^", "a year is the longest time there is"],
    [`p95 < ${"9".repeat(400)}h`, "      ^", "a year is the longest time there is"],
    ["p95 = 500ms", "    ^", "a time or a rate is never exactly something", "< <= > >="],
    ["rate == 5/s", "     ^", "a time or a rate is never exactly something"],
    ["p0 < 1s", " ^", "there is no percentile 0", "above 0 and up to 100"],
    ["p101 < 1s", " ^", "there is no percentile 101"],
    ["Echo: p(999) < 1s", "       ^", "there is no percentile 999"],
    ["p95s < 1s", "^", '"p95s" is nothing that is measured', "did you mean p95?"],
    ["erors < 1%", "^", '"erors" is nothing that is measured', "did you mean errors?"],
    ["latency < 1s", "^", '"latency" is nothing that is measured', "mean, avg"],
    ["Echo: speed < 1s", "      ^", '"speed" is nothing that is measured'],
    ["Echo: < 1s", "      ^", "there is no measure after the colon"],
    [": p95 < 1s", "^", "the timer has no name"],
    ["Echo p95 < 1s", "    ^", "a colon stands between", 'did you mean "Echo: p95"?'],
    ["check > 9%", "      ^", "the check has no name"],
    ["count of >= 9", "         ^", "the counter has no name"],
    ['"a: p95 < 1s', "^", "this name is quoted"],
    ["check ok > 99", "             ^", "this is a share: it needs %", "99%"],
    ["check ok > 101%", "           ^", "a share is at most 100 %"],
    ["errors < x%", "         ^", '"x" is not a number that fits here'],
    ["errors < 1e3", "         ^", '"1e3" is not a number that fits here'],
    ["count > 10,000", "        ^", "is not a number that fits here", "without separators"],
    ["rate > 5/d", "        ^", '"/d" is not a unit of rates', "/s, /min or /h"],
    ["rate > 5ms", "       ^", '"5ms" is not a number that fits here'],
    ["p95 < 1s, abrot", "        ^", "only abort may follow the limit", "abort after 10s"],
    ["p95 < 1s, abort after", "                     ^", "there is no time after this"],
    ["p95 < 1s, abort after 5", "                       ^", "a duration needs its unit", "5s"],
    ["p95 < 1s, abort after x", "                      ^", '"x" is not a duration'],
    ["rate > 5/s, abort", "          ^", "every run begins below this", "abort after 1m"],
    ["count >= 5, abort after 0s", "          ^", "every run begins below this"],
    ["p\u001b95 < 1s", "^", '"p 95" is nothing that is measured'],
    ["全角\u202e < 1s", "^", '"全角 " is nothing that is measured'],
    ["全角: p95 < 1", "             ^", "a duration needs its unit"],
  ];

function mistakeOf(text: string): ThresholdMistake {
  try {
    parseThreshold(text);
  } catch (thrown) {
    if (thrown instanceof ThresholdMistake) return thrown;
    throw thrown;
  }
  throw new Error(`${text} was read`);
}

describe("parseThreshold", () => {
  test.each(READ)("reads %s", (text, read) => {
    expect(parseThreshold(text)).toMatchObject(read as object);
  });

  test.each(MISTAKES.map((row) => [row[0], row] as const))(
    "does not read %j",
    (text, [, caret, reason, hint = ""]) => {
      const mistake = mistakeOf(text);
      const [first, line, mark, ...more] = mistake.message.split("\n");
      expect(first).toContain(reason);
      expect(mark).toBe(`    ${caret}`);
      expect(more).toEqual([]);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(mistake.hint ?? "").toContain(hint);
      expect(mistake.exitCode).toBe(2);
    },
  );

  test("a long text is shown around the place of its mistake", () => {
    const text = `${"x".repeat(700)}: p95 < nothing`;
    const [, line = "", mark = ""] = mistakeOf(text).message.split("\n");
    expect(line.length).toBeLessThanOrEqual(104);
    expect(line.slice(mark.indexOf("^"))).toBe("nothing");
  });

  test("a text too long is refused without being looked at", () => {
    const mistake = mistakeOf(`p95 < 1s${" ".repeat(THRESHOLD_LIMIT.text)}`);
    expect(mistake.reason).toBe("a threshold has at most 1000 characters");
    expect(mistakeOf(`${"<".repeat(THRESHOLD_LIMIT.text * 1000)}`).message.length).toBeLessThan(
      300,
    );
  });
});
