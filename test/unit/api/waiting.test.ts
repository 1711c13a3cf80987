// Unit tests of think times and pacing, and of work that is done once.

import { describe, expect, test } from "bun:test";
import { once, type ThinkTime, think } from "../../../src/api/index.ts";
import { thinkSeconds } from "../../../src/api/waiting.ts";
import { ManualClock } from "../../../src/base/clock.ts";
import type { JsonValue } from "../../../src/base/json.ts";
import { Random } from "../../../src/base/random.ts";
import { apiBench } from "../../support/api-host.ts";

const DRAWS = 20_000;

function moments(time: ThinkTime): { mean: number; deviation: number; min: number; max: number } {
  const random = new Random(7);
  const all = Array.from({ length: DRAWS }, () => thinkSeconds(time, random));
  const mean = all.reduce((sum, one) => sum + one, 0) / DRAWS;
  const variance = all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / DRAWS;
  return { mean, deviation: Math.sqrt(variance), min: Math.min(...all), max: Math.max(...all) };
}

describe("thinkSeconds", () => {
  test("follows each distribution", () => {
    expect(moments(2)).toEqual({ mean: 2, deviation: 0, min: 2, max: 2 });
    const uniform = moments({ uniform: [1, 3] });
    expect(uniform.mean).toBeCloseTo(2, 1);
    expect(uniform.deviation).toBeCloseTo(2 / Math.sqrt(12), 1);
    expect(uniform.min).toBeGreaterThanOrEqual(1);
    expect(uniform.max).toBeLessThan(3);
    const exponential = moments({ exponential: 4 });
    expect(Math.abs(exponential.mean - 4)).toBeLessThan(0.15);
    expect(Math.abs(exponential.deviation - 4)).toBeLessThan(0.2);
    const normal = moments({ normal: [10, 2] });
    expect(normal.mean).toBeCloseTo(10, 1);
    expect(normal.deviation).toBeCloseTo(2, 1);
  });

  test("is never below 0 and never above a day", () => {
    expect(moments({ normal: [0, 5] }).min).toBe(0);
    expect(moments({ exponential: 1e9 }).max).toBe(86_400);
  });

  test.each([
    -1,
    Number.NaN,
    "2",
    null,
    {},
    { uniform: [3, 1] },
    { exponential: -1 },
    { normal: [1, -1] },
    { normal: [1] },
  ])("refuses %p", (time) => {
    expect(() => thinkSeconds(time as ThinkTime, new Random(1))).toThrow("think takes seconds");
  });
});

describe("Transaction.think", () => {
  test("waits as long, and the same again with the same seed", async () => {
    const waitsOf = async (seed: number) => {
      const waits: number[] = [];
      const sleep = async (durationUs: number) => void waits.push(durationUs);
      using bench = apiBench({ seed, thread: { sleep } });
      for (let i = 0; i < 5; i++) await bench.transaction.think({ exponential: 1 });
      await bench.transaction.think(0.25);
      return waits;
    };
    const first = await waitsOf(5);
    expect(first).toEqual(await waitsOf(5));
    expect(first).not.toEqual(await waitsOf(6));
    expect(new Set(first).size).toBe(6);
    expect(first.at(-1)).toBe(250_000);
  });

  test("rejects what is no time, and ends with the run", async () => {
    const clock = new ManualClock();
    const bench = apiBench({ clock });
    await expect(bench.transaction.think(-1)).rejects.toThrow("think takes seconds");
    const waiting = bench.transaction.think(5);
    bench.close();
    await expect(waiting).rejects.toThrow("the run ended");
  });

  test("is a function of the module too", async () => {
    const clock = new ManualClock();
    using bench = apiBench({ clock });
    const waiting = think({ uniform: [1, 1] });
    clock.advance(1_000_000);
    expect(await waiting).toBeUndefined();
    expect(bench.measured.timers).toEqual([]);
  });
});

describe("Transaction.pace", () => {
  test("tells the cannon microseconds", () => {
    const paced: number[] = [];
    using bench = apiBench({ cannon: { pace: (periodUs) => paced.push(periodUs) } });
    bench.transaction.pace(2.5);
    bench.transaction.pace(0);
    expect(paced).toEqual([2_500_000, 0]);
    expect(() => bench.transaction.pace(-1)).toThrow("pace takes seconds");
    expect(() => bench.transaction.pace(Number.POSITIVE_INFINITY)).toThrow("pace takes seconds");
  });
});

describe("once", () => {
  test("runs for the first who asks, and hands its result to all", async () => {
    using bench = apiBench();
    let runs = 0;
    const run = async () => ({ token: ++runs });
    const all = await Promise.all([once("token", run), once("token", run), once("other", run)]);
    expect(all).toEqual([{ token: 1 }, { token: 1 }, { token: 2 }]);
    expect(await once("token", run)).toEqual({ token: 1 });
    expect(bench.thread.context).toEqual({ token: { token: 1 }, other: { token: 2 } });
  });

  test("keeps what is per run apart from what is per turret, through the host", async () => {
    const asked: string[] = [];
    const hook = async (scope: string, name: string, run: () => Promise<JsonValue>) => {
      asked.push(`${scope} ${name}`);
      return run();
    };
    using bench = apiBench({ thread: { once: hook } });
    await Promise.all([
      once("a", () => 1),
      once("a", () => 2, { per: "run" }),
      once("a", () => 3, { per: "turret" }),
    ]);
    expect(asked).toEqual(["turret a", "run a"]);
    expect(bench.thread.context).toEqual({});
  });

  test("fails for all who wait, and is tried again by the next", async () => {
    using bench = apiBench();
    let tries = 0;
    const run = async () => {
      if (++tries === 1) throw new Error("refused");
      return tries;
    };
    const first = await Promise.allSettled([once("login", run), once("login", run)]);
    expect(first.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await once("login", run)).toBe(2);
    expect(bench.thread.context).toEqual({ login: 2 });
  });

  test.each([
    ["a function", () => () => 1, "is no JSON"],
    ["a number without end", () => 1n, "is no JSON"],
    ["what is too deep", () => deep(100), "is no JSON"],
    ["what is too large", () => "x".repeat(1_100_000), "more than"],
  ])("refuses %s as a result", async (_, run, message) => {
    using bench = apiBench();
    await expect(once("bad", run)).rejects.toThrow(message);
    expect(bench.thread.context).toEqual({});
  });

  test("takes undefined as null", async () => {
    using bench = apiBench();
    expect(await once("nothing", () => undefined)).toBeNull();
    expect(bench.thread.context).toEqual({ nothing: null });
  });

  test("refuses no name, and more names than it keeps", async () => {
    using bench = apiBench();
    await expect(once("", () => 1)).rejects.toThrow("needs a name");
    await expect(once("a", () => 1, { per: "world" as "run" })).rejects.toThrow(
      '"turret" or "run"',
    );
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => once(`n${i}`, () => i)));
    await expect(once("one more", () => 1)).rejects.toThrow("more than 1000 names");
    expect(Object.keys(bench.thread.context).length).toBe(1_000);
  });
});

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}
