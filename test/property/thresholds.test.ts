// Thresholds of any kind: what is written in their words is read as it was meant, whatever the names
// are; any other text is refused at a place that it has.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  parseThreshold,
  THRESHOLD_LIMIT,
  type Threshold,
  ThresholdMistake,
} from "../../src/stats/threshold.ts";

const NAME = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }),
  fc.constantFrom("p95", "errors", "check", "count of", "a: p95", "a < 5ms", '"', "\\", "<script>"),
);
const NUMBER = fc.integer({ min: 0, max: 500_000_000 }).map((n) => n / 1_000);
const COMPARISON = fc.constantFrom("<", "<=", ">", ">=" as const);
const DURATION = fc.record({
  words: fc.constantFrom("mean", "min", "max", "p50", "p95", "p99.9", "p(75)"),
  number: NUMBER,
  unit: fc.constantFrom(
    ...([
      ["us", 1],
      ["ms", 1e3],
      ["s", 1e6],
      ["m", 60e6],
    ] as const),
  ),
});

const SUBJECT = fc.oneof(
  DURATION.map(({ words, number, unit: [word, factor] }) => ({
    of: (name: string) => (name === "" ? words : `${JSON.stringify(name)}: ${words}`),
    limit: `${number}${word}`,
    value: Math.round(number * factor),
    canBeAll: true,
  })),
  fc.record({ what: fc.constantFrom("errors", "rate", "count"), number: NUMBER }).map((one) => ({
    of: (name: string) => (name === "" ? one.what : `${JSON.stringify(name)}: ${one.what}`),
    limit: `${one.number}`,
    value: one.number,
    canBeAll: true,
  })),
  fc.record({ what: fc.constantFrom("check", "count of"), number: NUMBER }).map((one) => {
    const value = Math.round((one.number % 100) * 1_000) / 1_000;
    return {
      of: (name: string) => `${one.what} ${JSON.stringify(name)}`,
      limit: one.what === "check" ? `${value}%` : `${value}`,
      value,
      canBeAll: false,
    };
  }),
);

const ABORT = fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined });

describe("parseThreshold", () => {
  test("reads every threshold that is written in its words", () => {
    const written = fc.record({
      subject: SUBJECT,
      name: fc.option(NAME, { nil: "" }),
      comparison: COMPARISON,
      blank: fc.constantFrom("", " ", "  \t"),
      abortS: ABORT,
    });
    fc.assert(
      fc.property(written, ({ subject, name: given, comparison, blank, abortS }) => {
        const name = subject.canBeAll ? given : given || "x";
        const threshold = `${subject.of(name)}${blank}${comparison}${blank}${subject.limit}`;
        const abort = abortS === undefined ? "" : `, abort after ${abortS}s`;
        const read = parseThreshold(`${blank}${threshold}${abort}${blank}`);
        expect(read).toMatchObject({
          text: threshold,
          name,
          comparison,
          isAborting: abortS !== undefined,
          afterUs: (abortS ?? 0) * 1e6,
        });
        expect(read.limit).toBeCloseTo(subject.value, 6);
        // What is kept of it is read as the same again.
        const { isAborting, afterUs, ...again } = parseThreshold(read.text);
        expect(read).toMatchObject(again satisfies Partial<Threshold>);
        expect([isAborting, afterUs]).toEqual([false, 0]);
      }),
      { numRuns: 2_000 },
    );
  });

  test("refuses any other text at a place of it, in lines that move no cursor", () => {
    const token = fc.constantFrom(
      ...'p95 p( ) 500ms < <= > = : , abort after check count of errors % /s 1 . " \\ \u001b \u202e \n 🚀'.split(
        " ",
      ),
      " ",
    );
    const text = fc.oneof(
      fc.string({ maxLength: 60, unit: "binary" }),
      fc.array(token, { maxLength: 14 }).map((tokens) => tokens.join("")),
      fc.array(token, { maxLength: 14 }).map((tokens) => tokens.join(" ")),
    );
    fc.assert(
      fc.property(text, (source) => {
        try {
          const { limit, afterUs, name } = parseThreshold(source);
          expect(Number.isFinite(limit) && limit >= 0).toBe(true);
          expect(Number.isFinite(afterUs) && afterUs >= 0).toBe(true);
          expect(name.length).toBeLessThanOrEqual(source.length);
        } catch (thrown) {
          if (!(thrown instanceof ThresholdMistake)) throw thrown;
          expect(thrown.offset).toBeGreaterThanOrEqual(0);
          expect(thrown.offset).toBeLessThanOrEqual(Math.max(source.length, 0));
          const lines = thrown.message.split("\n");
          expect(lines).toHaveLength(3);
          expect(lines[2]).toMatch(/^ {4} *\^$/);
          for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test("takes no longer for a text that is as long as one may be", () => {
    const hard = [" ", ",", " abort", "<", ":", '"', "9", ",9", " abort after "];
    for (const piece of hard) {
      const text = `p95 <${piece.repeat(THRESHOLD_LIMIT.text)}`.slice(0, THRESHOLD_LIMIT.text);
      expect(() => parseThreshold(text)).toThrow(ThresholdMistake);
    }
  });
});
