// The rules by which a run says that its generator was a part of what it measured.

import { describe, expect, test } from "bun:test";
import { GENERATOR_LIMIT, generatorReasons } from "../../../src/hq/generator-rules.ts";
import { concludeVerdict } from "../../../src/hq/verdict.ts";
import { Aggregate } from "../../../src/stats/aggregate.ts";
import { BatchBuilder, decodeBatch } from "../../../src/stats/batch.ts";
import { CELL_KIND, type CellKind, COUNTER } from "../../../src/stats/cell.ts";

interface Facts {
  readonly timesUs?: readonly number[];
  readonly responsesUs?: readonly number[];
  readonly latenessUs?: readonly number[];
  readonly lagUs?: readonly number[];
  readonly counters?: Readonly<Record<string, number>>;
  readonly statuses?: Readonly<Record<string, number>>;
}

function reasonsOf(facts: Facts): string[] {
  const builder = new BatchBuilder({ turretName: "t" });
  const record = (kind: CellKind, values: readonly number[] = []) => {
    const slot = builder.slot(kind, "");
    for (const value of values) builder.record(slot, 0, value, false);
  };
  record(CELL_KIND.timer, facts.timesUs);
  record(CELL_KIND.response, facts.responsesUs);
  record(CELL_KIND.lateness, facts.latenessUs);
  record(CELL_KIND.lag, facts.lagUs);
  for (const [name, sum] of Object.entries(facts.counters ?? {})) {
    builder.add(builder.slot(CELL_KIND.counter, name), 0, sum, 0, sum);
  }
  for (const [name, count] of Object.entries(facts.statuses ?? {})) {
    builder.add(builder.slot(CELL_KIND.status, name), 0, count, 0, count);
  }
  const aggregate = new Aggregate();
  const batch = builder.take();
  if (batch !== undefined) aggregate.add(decodeBatch(batch.bytes), 0);
  return generatorReasons(aggregate);
}

/** `many` values of which one in fifty is `slow`. */
const mostly = (usual: number, slow: number, many = 1_000) =>
  Array.from({ length: many }, (_, i) => (i % 50 === 0 ? slow : usual));

describe("generatorReasons", () => {
  test("are none for a run that kept its times, or measured nothing", () => {
    expect(reasonsOf({})).toEqual([]);
    const counters = { [COUNTER.started]: 1_000 };
    const kept = { timesUs: mostly(5_000, 6_000), latenessUs: mostly(100, 900), counters };
    expect(reasonsOf({ ...kept, lagUs: mostly(50, 800) })).toEqual([]);
  });

  test.each([
    ["latenessUs", "started"],
    ["lagUs", "own loop stood still"],
  ] as const)("a p99 of %s past the floor is one", (key, words) => {
    const { floorUs } = GENERATOR_LIMIT;
    const run = { timesUs: mostly(1_000, 1_000), counters: { [COUNTER.started]: 1_000 } };
    const [reason = "", ...others] = reasonsOf({ ...run, [key]: mostly(10, floorUs * 1.5) });
    expect(reason).toContain(words);
    expect(others).toEqual([]);
    expect(reasonsOf({ ...run, [key]: mostly(10, floorUs * 0.9) })).toEqual([]);
  });

  test("what is a small part of long response times is none", () => {
    const run = { counters: { [COUNTER.started]: 1_000 }, latenessUs: mostly(10, 15_000) };
    expect(reasonsOf({ ...run, responsesUs: mostly(100_000, 120_000) })).toEqual([]);
    expect(reasonsOf({ ...run, responsesUs: mostly(50_000, 60_000) })).toHaveLength(1);
  });

  test("few samples have no p99", () => {
    const many = GENERATOR_LIMIT.samplesMin - 1;
    expect(reasonsOf({ lagUs: mostly(10, 50_000, many) })).toEqual([]);
  });

  test("arrivals that waited for a free cannon are not the loop's lateness", () => {
    const late = { timesUs: mostly(1_000, 1_000), latenessUs: mostly(900_000, 900_000) };
    const counters = { [COUNTER.started]: 1_000, [COUNTER.late]: 500 };
    expect(reasonsOf({ ...late, counters })).toEqual([]);
  });

  test("dropped arrivals, files and ports that ran out are told with their numbers", () => {
    const reasons = reasonsOf({
      counters: { [COUNTER.started]: 900, [COUNTER.dropped]: 100 },
      statuses: {
        "GET 200": 5,
        "GET too-many-files": 7,
        "POST too-many-files": 1,
        "GET no-free-ports": 3,
      },
    });
    expect(reasons).toEqual([
      expect.stringContaining("100 of 1,000 planned transactions were dropped"),
      expect.stringContaining(
        "8 requests were not sent: the turret reached its limit of open files",
      ),
      expect.stringContaining("3 requests were not sent: the turret reached its free local ports"),
    ]);
  });
});

describe("concludeVerdict", () => {
  const valid = { word: "VALID", reasons: [] } as const;
  const partial = { word: "PARTIAL", reasons: ["lost"] } as const;

  test.each([
    [valid, [], true, "VALID", []],
    [valid, ["slow"], true, "GENERATOR-LIMITED", ["slow"]],
    [partial, ["slow"], true, "PARTIAL", ["lost"]],
    [valid, [], false, "INVALID", ["no transaction has finished"]],
    [partial, ["slow"], false, "INVALID", ["no transaction has finished", "lost"]],
  ] as const)(
    "of %j and limits %j, finished %p, is %s",
    (judged, limits, hasFinished, word, reasons) => {
      expect(concludeVerdict({ judged, limits, hasFinished })).toEqual({
        word,
        reasons: [...reasons],
      });
    },
  );
});
