// The key thresholds: texts and objects, and the place in the file of what is wrong.

import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { loadProject } from "../../../src/config/load.ts";
import { tempFolder } from "../../support/temp.ts";

const least = '"run_time": 1, "results_ts_interval": 1, "progress_bar": true, "testing": false';

function load(thresholds: string, overrides: readonly string[] = []) {
  using folder = tempFolder();
  const file = folder.file("config.json");
  writeFileSync(file, `{ ${least}, "turrets": [],\n"thresholds": ${thresholds} }`);
  return loadProject({ directory: folder.path, overrides }).config.thresholds;
}

function mistake(thresholds: string, overrides: readonly string[] = []): string {
  try {
    load(thresholds, overrides);
  } catch (thrown) {
    return (thrown as Error).message;
  }
  throw new Error(`${thresholds} was read`);
}

describe("thresholds in the configuration", () => {
  test("are texts, or objects that say whether they end the run", () => {
    const read = load(`[
      "p95 < 500ms", // all transactions
      "errors < 1%, abort after 10s",
      { "threshold": "rate > 5/s", "abort": true, "after": 90 },
      { "threshold": "errors < 2%, abort", "abort": false },
      { "threshold": "max < 1s" },
    ]`);
    expect(read.map(({ text, isAborting, afterUs }) => [text, isAborting, afterUs])).toEqual([
      ["p95 < 500ms", false, 0],
      ["errors < 1%", true, 10_000_000],
      ["rate > 5/s", true, 90_000_000],
      ["errors < 2%", false, 0],
      ["max < 1s", false, 0],
    ]);
    expect(load("[]")).toEqual([]);
  });

  test("a mistake is shown where it is: line, column and caret", () => {
    const told = mistake('["p95 < 1s", "errors < x%"]');
    expect(told).toMatch(/config\.json:2:38: "x" is not a number that fits here/);
    const [, shown = "", caret = ""] = told.split("\n\n")[1]?.split("\n") ?? [];
    expect(shown.slice(caret.indexOf("^"))).toBe('x%"] }');
  });

  test("in an object, too, and in a text with escapes at the text", () => {
    const inside = mistake('[{ "threshold": "p95 < 5" }]');
    expect(inside).toMatch(/config\.json:2:39: a duration needs its unit/);
    const escaped = mistake('["\\"a\\": p95 < 5"]');
    expect(escaped).toMatch(/config\.json:2:16: a duration needs its unit/);
  });

  test.each([
    ['"p95 < 1s"', "thresholds must be a list of at most 200"],
    ["{}", "thresholds must be a list of at most 200"],
    [JSON.stringify(Array(201).fill("p95 < 1s")), "thresholds must be a list of at most 200"],
    ["[5]", "a threshold is a text, or an object with one"],
    ["[null]", "a threshold is a text, or an object with one"],
    ["[{}]", "a threshold is a text, or an object with one"],
    ['[{ "threshold": "p95 < 1s", "abrot": true }]', "a threshold has no key abrot"],
    ['[{ "threshold": "p95 < 1s", "abort": "yes" }]', "abort must be true or false"],
    ['[{ "threshold": "p95 < 1s", "abort": true, "after": "x" }]', "after is not a duration"],
    ['[{ "threshold": "rate > 5/s", "abort": true }]', "every run begins below this"],
  ])("%s is told", (thresholds, reason) => {
    expect(mistake(thresholds)).toContain(reason);
  });

  test("all mistakes are told at once, and those of --set with the option", () => {
    expect(mistake('["p95", "rate"]')).toMatch(/^2 mistakes/);
    const told = mistake("[]", ['thresholds=["p95 < soon"]']);
    expect(told).toContain('--set thresholds=["p95 < soon"]: "soon" is not a duration');
  });
});
