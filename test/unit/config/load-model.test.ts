// Loads of turret definitions: what the keys mean, what is refused, and how it is said.

import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/base/json.ts";
import { Random } from "../../../src/base/random.ts";
import { loadInWords, plannedTransactions } from "../../../src/config/load-words.ts";
import { drawThinkUs } from "../../../src/config/think.ts";
import { loadOf } from "../../../src/config/turret-load.ts";

const S = 1_000_000;
const RUN_US = 60 * S;
const load = (keys: JsonObject) => loadOf({ name: "t", script: "s.ts", ...keys }, RUN_US);
const words = (keys: JsonObject, turrets = 1) =>
  loadInWords({ load: load(keys), runTimeUs: RUN_US, turrets });

describe("loadOf", () => {
  test("cannons and rampup are OCT's ramp", () => {
    expect(load({ cannons: 10, rampup: 20 }).model).toMatchObject({
      kind: "closed",
      stages: [
        { durationUs: 20 * S, fromCannons: 0, toCannons: 10 },
        { durationUs: 40 * S, fromCannons: 10, toCannons: 10 },
      ],
    });
  });

  test("stages begin where the one before ended, as list or text", () => {
    const stages = [
      { durationUs: 10 * S, fromCannons: 0, toCannons: 5 },
      { durationUs: 20 * S, fromCannons: 5, toCannons: 5 },
    ];
    const list = [
      { duration: "10s", cannons: 5 },
      { duration: 20, cannons: 5 },
    ];
    expect(load({ stages: list }).model).toMatchObject({ stages });
    expect(load({ stages: "10s:5, 20s:5" })).toMatchObject({ cannons: 5, model: { stages } });
  });

  test("a rate, rates in stages and phases are open loads", () => {
    const flat = { durationUs: RUN_US, fromPerSec: 5, toPerSec: 5 };
    expect(load({ rate: 5 })).toMatchObject({ cannons: 1_000, model: { segments: [flat] } });
    const phases = [
      { duration: 1, rate: 2 },
      { duration: 3, rate: 4 },
    ];
    expect(load({ phases }).model).toMatchObject({
      segments: [
        { durationUs: S, fromPerSec: 2, toPerSec: 2 },
        { durationUs: 3 * S, fromPerSec: 4, toPerSec: 4 },
      ],
    });
    expect(load({ stages: phases }).model).toMatchObject({
      segments: [
        { durationUs: S, fromPerSec: 0, toPerSec: 2 },
        { durationUs: 3 * S, fromPerSec: 2, toPerSec: 4 },
      ],
    });
  });

  test.each<[JsonObject, string]>([
    [{ cannons: 1, iterations: 2, iterations_shared: 3 }, "exclude each other"],
    [{ rate: 5, phases: [{ duration: 1, rate: 2 }] }, "exclude each other"],
    [{ rate: -1 }, "rate is not a number"],
    [{ rate: 1, spacing: "odd" }, 'spacing is "odd"'],
    [{ stages: "10s" }, "no usable duration"],
    [{ stages: [] }, "must be a list of 1 to"],
    [{ cycles: "10:x", iterations: 1 }, "cycles are users, step by step"],
    [{ cycles: "10:20" }, "cycles need iterations"],
    [{ cannons: 1, think: { uniform: [3, 1] } }, "not a time to think"],
    [{ cannons: 1, mix: [{ script: "" }] }, "mix must be a list"],
    [{ cannons: 1, user_agents: [{ name: "a\r\nX: 1" }] }, "user_agents must be a list"],
    [{ cannons: 1, http_proxy: "proxy:3128" }, "http_proxy is no proxy"],
    [{ cannons: 1, http_proxy: 7 }, "http_proxy must be a text"],
    [{ cannons: 1, http_proxy: `http://${"x".repeat(3000)}` }, "http_proxy is no proxy"],
    [{ cannons: 1, http_resend: "no" }, "http_resend must be true or false"],
  ])("%j is refused", (keys, message) => {
    expect(() => load(keys)).toThrow(message);
  });
});

describe("the network of a load", () => {
  test("is plain unless told, and as told", () => {
    expect(load({ cannons: 1 }).network).toEqual({ proxy: undefined, resends: true });
    expect(load({ cannons: 1, http_proxy: "" }).network.proxy).toBeUndefined();
    for (const proxy of ["env", "http://p", "SOCKS5H://u:p@[::1]:9", "https://p:1"]) {
      const { network } = load({ cannons: 1, http_proxy: proxy, http_resend: false });
      expect(network).toEqual({ proxy, resends: false });
    }
  });
});

describe("drawThinkUs", () => {
  test.each<[JsonObject[string], number, number, number]>([
    [0.5, 500_000, 500_000, 500_000],
    ["20ms", 20_000, 20_000, 20_000],
    [{ uniform: [1, 3] }, 1e6, 3e6, 2e6],
    [{ exponential: 2 }, 0, 1e9, 2e6],
    [{ normal: [2, 0.5] }, 0, 1e7, 2e6],
  ])("of %j keeps its bounds and mean", (think, low, high, mean) => {
    const { model } = load({ cannons: 1, think });
    if (model.kind !== "closed" || model.think === undefined) throw new Error("no think");
    const random = new Random(5);
    const draws = Array.from({ length: 4_000 }, () => drawThinkUs(model.think as never, random));
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...draws)).toBeLessThanOrEqual(high);
    const found = draws.reduce((sum, us) => sum + us, 0) / draws.length;
    expect(Math.abs(found / mean - 1)).toBeLessThan(0.06);
  });
});

describe("loadInWords", () => {
  test.each<[JsonObject, string]>([
    [{ cannons: 1 }, "1 cannon at once, for 1m 00s"],
    [{ cannons: 20, rampup: 30 }, "20 cannons, started over 30.00 s, for 1m 00s"],
    [{ cannons: 3, iterations: 4 }, "3 cannons at once, 4 transactions each: 12 in all"],
    [{ cannons: 3, iterations_shared: 4 }, "3 cannons at once, 4 transactions together"],
    [
      { cycles: "10:20:30", iterations: 20 },
      "10, then 20, then 30 users, 20 transactions each: 1,200 in all",
    ],
    [{ cannons: 2, think: 1, pacing: 5 }, "thinking 1.00 s, one every 5.00 s each"],
    [{ rate: 10, spacing: "poisson" }, "at 10.0/s for 1m 00s, Poisson arrivals: 600 in all"],
  ])("%j", (keys, text) => {
    expect(words(keys).join(" ")).toContain(text);
  });

  test("several turrets: each, or all together, and the total", () => {
    const keys = { cannons: 10, iterations: 6 };
    expect(words(keys, 5)).toEqual([
      "each of 5 turrets: 10 cannons at once, 6 transactions each: 60 in all",
      "in all: 300 transactions",
    ]);
    expect(words({ ...keys, split: true }, 5)).toEqual([
      "all 5 turrets together: 10 cannons at once, 6 transactions each: 60 in all",
    ]);
  });

  test("plannedTransactions counts what will be made, where only time ends it nothing", () => {
    expect(plannedTransactions(load({ cannons: 3 }))).toBeUndefined();
    expect(plannedTransactions(load({ rate: 0.1 }))).toBe(6);
    expect(plannedTransactions(load({ cycles: "1:2", iterations: 7 }))).toBe(21);
  });
});
