// Whatever bytes a configuration is made of: it loads, or an OctError says what is wrong.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { OctError } from "../../src/base/errors.ts";
import type { JsonObject, JsonValue } from "../../src/base/json.ts";
import { parseJsonc, parseJsoncBytes, readJsonc } from "../../src/config/jsonc.ts";
import { PROJECT_KEYS, TURRET_KEYS } from "../../src/config/keys.ts";
import { applyOverrides } from "../../src/config/overrides.ts";
import { LEAST, loadConfig, TURRET } from "../support/config-file.ts";
import { tempFolder } from "../support/temp.ts";

const KEYS = [...PROJECT_KEYS, ...TURRET_KEYS].map(({ name }) => name);
const name = fc.oneof(fc.constantFrom(...KEYS, "__proto__", "toString"), fc.string());

/** True when it returned, false when it threw an OctError; anything else is thrown. */
function loads(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (thrown) {
    if (!(thrown instanceof OctError)) throw thrown;
    expect(thrown.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(thrown.message.length).toBeLessThan(60_000);
    return false;
  }
}

test("readJsonc: any text is an object or an OctError", () => {
  const pieces = fc.constantFrom(...'{}[]:,"\\/*\n 01e-.', "true", "null", '"a"', "//", "/*", "*/");
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 60 }).map((all) => all.join("")),
    fc.dictionary(name, fc.jsonValue()).map((object) => `${JSON.stringify(object)} // end`),
  );
  let read = 0;
  fc.assert(
    fc.property(texts, (text) => {
      if (loads(() => readJsonc(text, "f"))) read++;
    }),
    { numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(0);
});

test("parseJsoncBytes: any bytes are an object or an OctError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      loads(() => parseJsoncBytes(bytes, "f"));
    }),
    { numRuns: 2000 },
  );
  expect(parseJsoncBytes(Buffer.from("{}"), "f")).toEqual({});
});

test("parseJsonc: what JSON is, it reads as JSON.parse does", () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
  fc.assert(
    fc.property(objects, fc.boolean(), (object, isPretty) => {
      const text = JSON.stringify(object, null, isPretty ? 2 : 0);
      expect(parseJsonc(text, "f")).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test("loadProject: any keys with any values load, or all mistakes are told", () => {
  using folder = tempFolder();
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom<unknown>(1, "1", "5s", true, [], {}, ["x"], { db_uri: "default" }, [TURRET]),
  );
  const turret = fc.dictionary(name, value).map((more) => ({ ...TURRET, ...more }));
  const configs = fc.record({
    more: fc.dictionary(name, value),
    turrets: fc.array(fc.oneof(turret, value), { maxLength: 3 }),
    isWhole: fc.boolean(),
  });
  let loaded = 0;
  fc.assert(
    fc.property(configs, ({ more, turrets, isWhole }) => {
      const config = isWhole ? { ...LEAST, ...more } : { ...LEAST, ...more, turrets };
      if (loads(() => loadConfig(folder.path, config))) loaded++;
    }),
    { numRuns: 500 },
  );
  expect(loaded).toBeGreaterThan(0);
});

test("loadProject: a config.json broken anywhere loads, or an OctError says where", () => {
  using folder = tempFolder();
  const whole = Buffer.from(JSON.stringify({ ...LEAST, results_database: { db_uri: "default" } }));
  const damage = fc.record({
    at: fc.nat(whole.length - 1),
    length: fc.nat(8),
    insert: fc.uint8Array({ maxLength: 8 }),
  });
  fc.assert(
    fc.property(damage, ({ at, length, insert }) => {
      const bytes = Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + length)]);
      loads(() => loadConfig(folder.path, bytes));
    }),
    { numRuns: 500 },
  );
  expect(loadConfig(folder.path, whole).config.turrets).toHaveLength(1);
});

test("applyOverrides: any --set changes its place alone, or an OctError says why not", () => {
  const value = LEAST as unknown as JsonObject;
  const key = fc.oneof(name, fc.nat(3).map(String)).filter((text) => /^[^.=\s]+$/.test(text));
  const path = fc.array(key, { minLength: 1, maxLength: 4 });
  let applied = 0;
  fc.assert(
    fc.property(path, fc.jsonValue(), fc.string(), (keys, json, noise) => {
      loads(() => applyOverrides(value, [noise]));
      const override = `${keys.join(".")}=${JSON.stringify(json)}`;
      if (!loads(() => applyOverrides(value, [override]))) return;
      applied++;
      const changed = applyOverrides(value, [override]).value;
      let at: JsonValue = changed;
      for (const part of keys) at = (at as JsonObject)[part] as JsonValue;
      expect(at).toEqual(JSON.parse(JSON.stringify(json)));
      for (const other of Object.keys(LEAST)) {
        if (other !== keys[0]) expect(changed[other]).toBe(value[other] as JsonValue);
      }
    }),
    { numRuns: 1000 },
  );
  expect(applied).toBeGreaterThan(0);
});
