// What may be asked of a run, read from anything that came.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonValue } from "../../../src/base/json.ts";
import {
  instantInWords,
  readControlAction,
  segmentInWords,
} from "../../../src/hq/control-words.ts";
import type { ControlKind } from "../../../src/pace/control.ts";

const KINDS = ["stop", "pause", "resume", "cannons", "rate", "note"];

describe("readControlAction", () => {
  test.each<[JsonValue, object]>([
    [{ kind: "pause", x: 1 }, { kind: "pause" }],
    [{ kind: "resume" }, { kind: "resume" }],
    [{ kind: "stop" }, { kind: "stop" }],
    [
      { kind: "note", text: "  deploy 🚀 " },
      { kind: "note", text: "deploy 🚀" },
    ],
    [
      { kind: "cannons", value: 50, turret: "a" },
      { kind: "cannons", value: 50, turret: "a" },
    ],
    [
      { kind: "rate", value: 0.5, turret: "" },
      { kind: "rate", value: 0.5 },
    ],
    [
      { kind: "rate", percent: 150 },
      { kind: "rate", percent: 150 },
    ],
  ])("%j", (given, read) => {
    expect(readControlAction(given)).toEqual(read as ReturnType<typeof readControlAction>);
  });

  test.each<[JsonValue, string]>([
    [null, "an action is an object"],
    [[1], "an action is an object"],
    [{}, "there is no action null"],
    [{ kind: "kill" }, 'there is no action "kill"'],
    [{ kind: "note", text: " " }, "a note has a text"],
    [{ kind: "rate" }, "rate take a number, as value or as percent"],
    [{ kind: "rate", value: "5" }, "rate take a number, as value or as percent"],
    [{ kind: "rate", value: 5, percent: 5 }, "rate take a value or percent, not both"],
    [{ kind: "rate", value: -1 }, "a rate is a number from 0 to 10000000"],
    [{ kind: "rate", percent: 1e9 }, "percent are a number from 0 to 100000"],
    [{ kind: "cannons", value: 1.5 }, "cannons are a whole number from 0 to 1000000"],
    [{ kind: "cannons", value: 5, turret: 7 }, "turret is the name of one"],
    [{ kind: "cannons", value: 5, turret: "x".repeat(256) }, "turret is the name of one"],
  ])("%j: %s", (given, why) => {
    expect(readControlAction(given)).toBe(why);
  });

  test("anything is read as an action that can be done, or refused in one short sentence", () => {
    const anyField = fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom(...KINDS));
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          kind: fc.constantFrom(...KINDS),
          value: anyField,
          percent: anyField,
          turret: anyField,
          text: anyField,
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(anything, (given) => {
        const read = readControlAction(given as JsonValue);
        if (typeof read === "string") expect(read.length).toBeLessThan(100);
        else expect(KINDS).toContain(read.kind);
      }),
      { numRuns: 500 },
    );
  });
});

describe("words", () => {
  const segment = (kind: ControlKind, value = 0, isPercent = false, definition = "") => {
    return { atUs: 0, kind, value, isPercent, definition };
  };

  test.each([
    [segmentInWords(segment("pause")), "paused"],
    [segmentInWords(segment("rate", 200)), "rate 200/s"],
    [segmentInWords(segment("rate", 0.5), true), "rate 0.50/s a turret"],
    [segmentInWords(segment("rate", 150, true, "shop"), true), "rate 150 % of the plan (shop)"],
    [segmentInWords(segment("cannons", 1)), "1 cannon"],
    [segmentInWords(segment("cannons", 5_000)), "5,000 cannons"],
    [segmentInWords(segment("cannons", 33.3333, true)), "cannons 33.33 % of the plan"],
    [instantInWords(12_540_000), "12.5 s"],
    [instantInWords(59_960_000), "01:00.0"],
    [instantInWords(3_723_500_000), "1:02:03.5"],
  ])("%s", (made, wanted) => {
    expect(made).toBe(wanted);
  });
});
