import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/base/json.ts";
import { applyOverrides } from "../../../src/config/overrides.ts";
import { LEAST, loadConfig, octErrorOf } from "../../support/config-file.ts";
import { tempFolder } from "../../support/temp.ts";

const apply = (...overrides: string[]): JsonObject =>
  applyOverrides(LEAST as unknown as JsonObject, overrides).value;

describe("applyOverrides", () => {
  test.each<[string, string, unknown]>([
    ["run_time=60", "run_time", 60],
    ["run_time=5m", "run_time", "5m"],
    ["testing=true", "testing", true],
    ["a=null", "a", null],
    ["a=", "a", ""],
    ["a=b=c", "a", "b=c"],
    ["a= spaced ", "a", " spaced "],
    ['a="60"', "a", "60"],
    ["a=[1,2]", "a", [1, 2]],
    ['a={"b":{"c":1}}', "a", { b: { c: 1 } }],
    ["a={broken", "a", "{broken"],
    ["a.b.c=1", "a", { b: { c: 1 } }],
    ["extra_turret_config.pass=0123", "extra_turret_config", { pass: "0123" }],
    ["toString.a=1", "toString", { a: 1 }],
  ])("%s", (override, key, expected) => {
    expect(apply(override)[key]).toEqual(expected as never);
  });

  test("reaches into lists and keeps the rest", () => {
    const turrets = apply("turrets.0.cannons=20")["turrets"];
    expect(turrets).toEqual([{ ...LEAST.turrets[0], cannons: 20 }]);
    expect(apply('turrets.1={"name":"b"}')["turrets"]).toHaveLength(2);
  });

  test("takes the last of two, and leaves the given object alone", () => {
    const before = JSON.stringify(LEAST);
    expect(apply("run_time=1", "run_time=2")["run_time"]).toBe(2);
    expect(JSON.stringify(LEAST)).toBe(before);
  });

  test.each([
    "run_time",
    "=5",
    " =5",
    ".=5",
    "a..b=5",
    "a.=5",
    "__proto__.x=1",
    "a.constructor.x=1",
    "prototype=1",
    "turrets.x=1",
    "turrets.-1=1",
    "turrets.2=1",
    "turrets.1e0=1",
    "turrets.=1",
    "run_time.x=1",
  ])("refuses %s and says so", async (override) => {
    const error = await octErrorOf(() => apply(override));
    expect(error.message).toContain("--set");
    expect(error.message).toContain(override);
    expect(error.exitCode).toBe(2);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test("keeps a key __proto__ of JSON a plain key", () => {
    const value = apply('a={"__proto__":{"x":1}}')["a"] as JsonObject;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(value["x"]).toBeUndefined();
  });
});

describe("loadProject with --set", () => {
  test("checks overridden values and tells which option they came from", async () => {
    using folder = tempFolder();
    const overrides = [
      "run_time=soon",
      'turrets=[{"name":"a","script":"a.ts","cannons":1}]',
      "turrets.0.cannons=many",
      "results_database.db_uri=mysql://h/d",
    ];
    const error = await octErrorOf(() => loadConfig(folder.path, LEAST, { overrides }));
    expect(error.message).toStartWith("3 mistakes");
    expect(error.message).toContain("--set run_time=soon: run_time is not a duration");
    expect(error.message).toContain("--set turrets.0.cannons=many: cannons is not a whole number");
    expect(error.message).toContain("--set results_database.db_uri=mysql://h/d: results go to");
  });

  test("shows no secret in a message", async () => {
    using folder = tempFolder();
    for (const override of [
      "password.x.=hunter22",
      "turrets.9.password=hunter22",
      'turrets={"password":"hunter22"}',
      "run_time=http://me:hunter22@host",
      'run_time={"token":"hunter22"}',
    ]) {
      const error = await octErrorOf(() =>
        loadConfig(folder.path, { ...LEAST, testing: "no" }, { overrides: [override] }),
      );
      expect(error.message).toContain(override.slice(0, 6));
      expect(error.message).not.toContain("hunter22");
    }
  });

  test("can give a key that the file lacks, and mend one that is wrong", () => {
    using folder = tempFolder();
    const { run_time: _, ...rest } = LEAST;
    const { config } = loadConfig(
      folder.path,
      { ...rest, testing: "no" },
      { overrides: ["run_time=2", "testing=false"] },
    );
    expect(config).toMatchObject({ runTimeUs: 2_000_000, testing: false });
    expect(config.raw["run_time"]).toBe(2);
  });
});
