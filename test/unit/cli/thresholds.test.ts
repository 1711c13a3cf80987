// --threshold and the end of a run that was asked for thresholds.

import { describe, expect, test } from "bun:test";
import { Redactor } from "../../../src/base/redact.ts";
import { type CommandSpec, readInput } from "../../../src/cli/command.ts";
import { findCommand } from "../../../src/cli/commands.ts";
import { endOfRun, thresholdPlan, withThresholds } from "../../../src/cli/thresholds.ts";
import type { VerdictWord } from "../../../src/report/types.ts";
import { parseThreshold, THRESHOLD_LIMIT } from "../../../src/stats/threshold.ts";
import { checkThreshold } from "../../../src/stats/threshold-check.ts";
import { configOf } from "../../sim/support/world.ts";

function given(texts: readonly string[], config = configOf(), redactor = new Redactor()) {
  const options = texts.flatMap((text) => ["--threshold", text]);
  const input = readInput(findCommand("fire") as CommandSpec, ["http://localhost/", ...options]);
  return withThresholds(config, input, redactor);
}

describe("withThresholds", () => {
  test("adds to what the configuration says, and to the copy that is kept", () => {
    const before = configOf({
      thresholds: [parseThreshold("errors < 1%")],
      raw: { run_time: 5, thresholds: ["errors < 1%"] },
    });
    const config = given(["p95 < 1s, abort after 10s", "max < 2s"], before);
    expect(config.thresholds.map(({ text }) => text)).toEqual([
      "errors < 1%",
      "p95 < 1s",
      "max < 2s",
    ]);
    expect(config.raw).toEqual({
      run_time: 5,
      thresholds: ["errors < 1%", "p95 < 1s, abort after 10s", "max < 2s"],
    });
    expect(thresholdPlan(config)).toEqual([
      "thresholds:",
      "  errors < 1%",
      "  p95 < 1s (ends the run when it fails after 10.00 s)",
      "  max < 2s",
    ]);
  });

  test("without the option nothing is added", () => {
    const config = given([]);
    expect([config.thresholds, config.raw, thresholdPlan(config)]).toEqual([[], {}, []]);
  });

  test("a mistake is told with the option, a hint and a caret", () => {
    expect(() => given(["p95 < 500"])).toThrow(
      expect.objectContaining({
        message: "a duration needs its unit\n    p95 < 500\n             ^",
        where: "--threshold",
        hint: "500ms or 500s",
        exitCode: 2,
      }),
    );
  });

  test("there may be so many and no more", () => {
    const texts = Array.from({ length: THRESHOLD_LIMIT.count }, () => "p95 < 1s");
    expect(given(texts).thresholds).toHaveLength(THRESHOLD_LIMIT.count);
    expect(() => given([...texts, "max < 1s"])).toThrow(
      "a run has at most 200 thresholds, not 201",
    );
  });

  test("a secret in a name is hidden in what is shown, and matched as it is", () => {
    const redactor = new Redactor(["hunter22"]);
    const [threshold] = given(["GET /hunter22: p95 < 1s"], configOf(), redactor).thresholds;
    expect(threshold).toMatchObject({ text: "GET /***: p95 < 1s", name: "GET /hunter22" });
  });
});

const empty = { total: () => undefined, measuredS: 1 };
const result = (text: string) => ({ ...checkThreshold(parseThreshold(text), empty), note: "" });
const HOLDS = result("count = 0");
const FAILED = result("p95 < 1s");
const verdict = (word: VerdictWord) => ({ word, sentence: "", reasons: [] });

describe("endOfRun", () => {
  test.each<[VerdictWord, number, readonly (typeof HOLDS)[], number, string]>([
    ["VALID", 0, [], 0, ""],
    ["GENERATOR-LIMITED", 0, [], 0, ""],
    ["PARTIAL", 4, [], 4, ""],
    ["VALID", 0, [HOLDS], 0, "the threshold holds"],
    ["VALID", 0, [HOLDS, HOLDS], 0, "all 2 thresholds hold"],
    ["VALID", 0, [FAILED], 99, "the threshold failed: p95 < 1s: not measured"],
    ["VALID", 0, [HOLDS, FAILED], 99, "1 of 2 thresholds failed: p95 < 1s: not measured"],
    ["VALID", 0, [FAILED, FAILED], 99, "2 of 2 thresholds failed:"],
    ["GENERATOR-LIMITED", 0, [HOLDS], 5, "and this one is GENERATOR-LIMITED"],
    ["GENERATOR-LIMITED", 0, [FAILED], 5, "the threshold failed: p95 < 1s"],
    ["PARTIAL", 4, [HOLDS], 4, "and this one is PARTIAL"],
    ["INVALID", 4, [FAILED], 4, "and this one is INVALID"],
    // The file itself may know of what its HQ did not.
    ["PARTIAL", 0, [HOLDS], 5, "and this one is PARTIAL"],
    ["NOT JUDGED", 0, [HOLDS], 5, "and this one is NOT JUDGED"],
  ])("%s, exit code %i, %j: %i", (word, before, thresholds, after, told) => {
    const { exitCode, lines } = endOfRun({ thresholds, verdict: verdict(word) }, before);
    expect(exitCode).toBe(after);
    expect(lines.join("\n")).toContain(told);
    expect(lines.length > 0).toBe(thresholds.length > 0);
  });

  test("without a model nothing was asked", () => {
    expect(endOfRun(undefined, 4)).toEqual({ exitCode: 4, lines: [] });
  });

  test("very many that failed are counted", () => {
    const thresholds = Array.from({ length: 200 }, () => FAILED);
    const { lines } = endOfRun({ thresholds, verdict: verdict("VALID") }, 0);
    expect(lines).toHaveLength(12);
    expect(lines.at(-1)).toBe("  and 190 more");
  });
});
