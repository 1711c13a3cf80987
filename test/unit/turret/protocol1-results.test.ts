import { describe, expect, test } from "bun:test";
import { BatchBuilder, decodeBatch } from "../../../src/stats/batch.ts";
import { resultsOf } from "../../../src/turret/protocol1-results.ts";

type Row = Parameters<BatchBuilder["row"]>[0];

const ROW: Row = {
  elapsedS: 2.5,
  epochS: 1_700_000_002,
  scriptrunS: 0.25,
  responseS: Number.NaN,
  error: "",
  timers: [],
};

function results(rows: readonly Partial<Row>[], turretName = "navigation") {
  const builder = new BatchBuilder({ turretName });
  for (const row of rows) {
    builder.countTransaction();
    builder.row({ ...ROW, ...row });
  }
  const taken = builder.take();
  if (taken === undefined) return [];
  return [...resultsOf(decodeBatch(taken.bytes), turretName)].map((text) => JSON.parse(text));
}

describe("resultsOf", () => {
  test("one message for each row, in order, each with its own timers", () => {
    const all = results([
      { timers: ["home", 0.1, "login page", 0.05] },
      { error: "500", elapsedS: 3 },
      { timers: ["home", 0.2] },
    ]);
    expect(all).toEqual([
      {
        turret_name: "navigation",
        elapsed: 2.5,
        epoch: 1_700_000_002,
        scriptrun_time: 0.25,
        error: "",
        custom_timers: { home: 0.1, "login page": 0.05 },
      },
      {
        turret_name: "navigation",
        elapsed: 3,
        epoch: 1_700_000_002,
        scriptrun_time: 0.25,
        error: "500",
        custom_timers: {},
      },
      {
        turret_name: "navigation",
        elapsed: 2.5,
        epoch: 1_700_000_002,
        scriptrun_time: 0.25,
        error: "",
        custom_timers: { home: 0.2 },
      },
    ]);
  });

  test("a repeated timer keeps its last value", () => {
    expect(results([{ timers: ["home", 1, "home", 2] }])[0].custom_timers).toEqual({ home: 2 });
  });

  test("a timer may be called __proto__", () => {
    const [result] = results([{ timers: ["__proto__", 1, "constructor", 2] }]);
    expect(Object.entries(result.custom_timers)).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });

  test("a batch without rows has none", () => {
    expect(results([])).toEqual([]);
  });
});
