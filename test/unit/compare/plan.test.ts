import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/base/json.ts";
import { compareRuns } from "../../../src/compare/compare.ts";
import { checkPlan } from "../../../src/compare/plan.ts";
import { buildReportModel } from "../../../src/report/model.ts";
import type { Results, RunFacts, TurretRow } from "../../../src/store/results.ts";
import { simulateRun } from "../../support/compare-runs.ts";

interface Made {
  readonly facts?: Partial<RunFacts>;
  readonly more?: Partial<Results>;
}

function run(made: Made = {}): Results {
  const timers = [{ name: "", medianUs: 1e5, perSecond: 5 }];
  return simulateRun({ seed: 1, seconds: 30, timers, ...made });
}

function check(base: Made, next: Made) {
  const [before, after] = [base, next].map((made) => {
    const results = run(made);
    return { results, model: buildReportModel(results) };
  });
  if (before === undefined || after === undefined) throw new Error("two runs are made");
  return checkPlan(before, after);
}

const configured = (turret: JsonObject, more: JsonObject = {}): Made => ({
  facts: { config: { run_time: 30, turrets: [{ name: "a", cannons: 10, ...turret }], ...more } },
});

function turretRow(cannons: number, host = "hq.example"): TurretRow {
  return {
    name: "a",
    uuid: "u",
    cannons,
    script: "a.ts",
    rampup: 0,
    status: "stopped",
    updatedAt: "2026-01-01 00:00:00.000000",
    details: {
      turretIndex: 0,
      wire: "link",
      host,
      octVersion: "1.0.0",
      cores: 4,
      clockOffsetUs: 0,
      history: [],
    },
  };
}

describe("checkPlan", () => {
  test.each<[string, Made, Made]>([
    ["the same", {}, {}],
    ["a duration written otherwise", configured({ rampup: 90 }), configured({ rampup: "1m30s" })],
    ["a default that is spelled out", configured({}), configured({ rampup: 0 })],
    [
      "the old OCT's spelling",
      configured({}),
      {
        facts: { config: { run_time: 30, turrets: [{ name: "a", canons: 10 }] } },
      },
    ],
    [
      "keys in another order",
      configured({ mix: [{ script: "a", weight: 1 }] }),
      configured({
        mix: [{ weight: 1, script: "a" }],
      }),
    ],
    ["another way to show results", configured({}, { results_ts_interval: 5 }), configured({})],
    ["an old file, which knows no machine", { facts: { host: undefined } }, {}],
    ["the same script", { facts: { scripts: { a: "11" } } }, { facts: { scripts: { a: "11" } } }],
    ["a file that knows no script", { facts: { scripts: { a: "11" } } }, {}],
    [
      "definitions that only one has",
      { facts: { scripts: JSON.parse('{ "__proto__": "1", "a": "2" }') } },
      { facts: { scripts: { b: "3" } } },
    ],
  ])("lets %s be compared", (_, base, next) => {
    expect(check(base, next).refusals).toEqual([]);
  });

  test.each<[string, Made, Made, "plan" | "machine" | "verdict", string]>([
    [
      "another script",
      { facts: { scripts: { a: "11".repeat(32) } } },
      { facts: { scripts: { a: "12".repeat(32) } } },
      "plan",
      "the plans differ in the script of a: SHA-256 111111111111…, and 121212121212…",
    ],
    [
      "cannons",
      configured({}),
      configured({ cannons: 20 }),
      "plan",
      "turrets.0.cannons: 10, and 20",
    ],
    [
      "ramp-up",
      configured({ rampup: 5 }),
      configured({}),
      "plan",
      "turrets.0.rampup: 5.00 s, and 0 us",
    ],
    ["rate", configured({ rate: 1000 }), configured({}), "plan", "turrets.0.rate: 1,000, and none"],
    [
      "stages",
      configured({ stages: "30s:5" }),
      configured({ stages: "30s:6" }),
      "plan",
      "30s:5, and 30s:6",
    ],
    [
      "run time",
      configured({}),
      configured({}, { run_time: 60 }),
      "plan",
      "run_time: 30.00 s, and 1m 00s",
    ],
    [
      "script",
      configured({ script: "a.ts" }),
      configured({ script: "b.ts" }),
      "plan",
      "script: a.ts, and b.ts",
    ],
    [
      "method",
      configured({ fire: { method: "GET" } }),
      configured({ fire: { method: "POST" } }),
      "plan",
      "fire.method: GET, and POST",
    ],
    [
      "definitions",
      configured({}),
      { facts: { config: { run_time: 30, turrets: [] } } },
      "plan",
      "turret definitions: 1, and 0",
    ],
    [
      "turrets that came",
      { more: { turrets: () => [turretRow(5)] } },
      { more: { turrets: () => [turretRow(5), turretRow(5)] } },
      "plan",
      "1 turret with 5 cannons, and 2 turrets with 10 cannons",
    ],
    [
      "host",
      {},
      { facts: { host: "other" } },
      "machine",
      "hq.example (linux x64, 8 cores), and other",
    ],
    [
      "cores",
      {},
      { facts: { cores: 2 } },
      "machine",
      "8 cores), and hq.example (linux x64, 2 cores)",
    ],
    [
      "a turret's machine",
      { more: { turrets: () => [turretRow(5, "t1")] } },
      { more: { turrets: () => [turretRow(5, "t2")] } },
      "machine",
      "t1 (4 cores)",
    ],
    [
      "a run that was killed",
      {},
      { facts: { isKilled: true } },
      "verdict",
      "NEW is PARTIAL: the run was broken off",
    ],
    [
      "a limited generator",
      {
        more: {
          events: () => [
            { atUs: 0, level: "warn", turretIndex: -1, text: "GENERATOR-LIMITED: too late" },
          ],
        },
      },
      {},
      "verdict",
      "BASE is GENERATOR-LIMITED: too late",
    ],
    ["a run of nothing", { facts: { transactions: 0 } }, {}, "verdict", "BASE is INVALID"],
  ])("refuses another %s", (_, base, next, about, text) => {
    const { refusals } = check(base, next);
    expect(refusals.map((refusal) => refusal.about)).toEqual([about]);
    expect(refusals[0]?.text).toContain(text);
  });

  test("tells of many differences only the first", () => {
    const [one, other] = [1, 2].map((n): Made => {
      const turrets = Array.from({ length: 30 }, (_, i) => ({ name: `t${i}`, cannons: n }));
      return { facts: { config: { run_time: 30, turrets } } };
    });
    const { refusals } = check(one ?? {}, other ?? {});
    expect(refusals).toHaveLength(9);
    expect(refusals.at(-1)?.text).toBe("and in 22 more keys");
  });

  test("notes what may be just what is compared", () => {
    const { refusals, notes } = check(
      configured({ fire: { url: "http://a/" }, env: { A: "1" }, threads: 1 }),
      {
        facts: {
          ...configured({ fire: { url: "http://b/" }, env: { A: "2" }, threads: 2 }).facts,
          octVersion: "1.1.0",
          runTimeUs: 10_000_000,
          durationUs: 10_000_000,
        },
      },
    );
    expect(refusals).toEqual([]);
    expect(notes).toEqual([
      "made by oct 1.0.0 and 1.1.0",
      "targets: http://a/, and http://b/",
      "turrets.0 differ in env, threads too",
      "they fired for 30.00 s and 10.00 s",
    ]);
  });

  test.each<JsonObject>([
    { run_time: null, turrets: "none" },
    { turrets: [1, null, ["x"], { name: { a: [] } }] },
    {},
  ])("takes a config that is none: %p", (config) => {
    expect(() => check({ facts: { config } }, {})).not.toThrow();
  });
});

describe("compareRuns", () => {
  test.each([
    ["another plan", configured({ cannons: 3 }), 1],
    ["another machine", { facts: { host: "other" } }, 1],
    ["an invalid run", { facts: { isKilled: true } }, 5],
  ])("refuses %s with its own exit code, unless forced", (_, made, exitCode) => {
    const runs = { base: run(), next: run(made) };
    expect(() => compareRuns(runs)).toThrow(
      expect.objectContaining({ exitCode, hint: expect.stringContaining("--force") }),
    );
    const forced = compareRuns({ ...runs, isForced: true });
    expect(forced.forced.length).toBeGreaterThan(0);
    expect(compareRuns({ base: run(), next: run(), isForced: true }).forced).toEqual([]);
  });
});
