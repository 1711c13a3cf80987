// Load models on a clock that moves when told: what fires when, and that the identities hold.

import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/base/json.ts";
import { LoadWorld, type Shot } from "../../support/load-world.ts";

const S = 1_000_000;

const base = { name: "t", script: "s.ts" };

describe("open load", () => {
  test("arrivals start at their time, whoever is free, with numbers of their own", async () => {
    const world = new LoadWorld();
    world.start({ ...base, rate: 10, cannons: 100 }, { runTimeUs: 2 * S });
    await world.pass(4 * S);
    expect(world.shots.map((shot) => shot.k)).toEqual(Array.from({ length: 20 }, (_, k) => k));
    expect(world.shots.map((shot) => shot.intendedUs)).toEqual(
      Array.from({ length: 20 }, (_, k) => k * 100_000),
    );
    expect(world.shots.every((shot) => shot.atUs - shot.intendedUs < 10_001)).toBe(true);
    expect(world.dropped).toBe(0);
    expect(world.over).toBe(1);
  });

  test("a server that stalls makes arrivals late, never fewer: their clock runs", async () => {
    const world = new LoadWorld();
    const load = { ...base, rate: 10, cannons: 1 };
    world.start(load, { runTimeUs: 4 * S, durationUs: 350_000, graceUs: 5 * S });
    await world.pass(12 * S);
    const { shots } = world;
    expect(shots.length + world.dropped).toBe(40);
    expect(shots.every((shot, i) => i === 0 || shot.k === (shots[i - 1]?.k ?? 0) + 1)).toBe(true);
    expect(shots.at(-1)?.atUs ?? 0).toBeGreaterThan((shots.at(-1)?.intendedUs ?? 0) + 2 * S);
    expect(world.late).toBeGreaterThan(25);
  });

  test("more than max_queue waiting arrivals are dropped and counted", async () => {
    const world = new LoadWorld();
    const load = { ...base, rate: 100, cannons: 1, max_queue: 5 };
    world.start(load, { runTimeUs: 2 * S, durationUs: S, graceUs: 5 * S });
    await world.pass(8 * S);
    expect(world.shots.length + world.dropped).toBe(200);
    expect(world.shots.length).toBeLessThan(4);
  });

  test("a stop drops what waits and plans nothing further", async () => {
    const world = new LoadWorld();
    const [scheduler] = world.start(
      { ...base, rate: 10, cannons: 1 },
      { durationUs: 500_000, runTimeUs: 100 * S },
    );
    await world.pass(2 * S - 10_000);
    scheduler?.stop(S);
    await world.pass(3 * S);
    expect(world.shots.length + world.dropped).toBe(20);
    expect(world.over).toBe(1);
  });

  test.each([
    [1, 1],
    [3, 1],
    [2, 3],
    [5, 2],
  ])("split among %d turrets of %d threads it is the same load", async (turrets, threads) => {
    const world = new LoadWorld();
    const load = {
      ...base,
      stages: "1s:20, 2s:20, 1s:0",
      cannons: 50,
      spacing: "poisson",
      split: true,
    };
    const rates = { ...load, stages: [] as JsonObject[] };
    rates.stages = [
      { duration: 1, rate: 20 },
      { duration: 2, rate: 20 },
      { duration: 1, rate: 0 },
    ];
    world.start(rates, { runTimeUs: 4 * S, turrets, threads });
    const lone = new LoadWorld();
    lone.start({ ...rates, split: false }, { runTimeUs: 4 * S });
    await world.pass(6 * S);
    await lone.pass(6 * S);
    const key = (shot: Shot) => `${shot.k} ${shot.intendedUs}`;
    expect(world.shots.map(key).sort()).toEqual(lone.shots.map(key).sort());
    expect(lone.shots.length).toBeGreaterThan(20);
    expect(world.over).toBe(turrets * threads);
  });

  test("turrets with a load each are one schedule of so many times the rate", async () => {
    const world = new LoadWorld();
    const load = { ...base, rate: 10, cannons: 50 };
    world.start(load, { runTimeUs: 2 * S, turrets: 3 });
    await world.pass(3 * S);
    expect(world.shots.length).toBe(60);
    expect(new Set(world.shots.map((shot) => shot.k)).size).toBe(60);
    expect(new Set(world.shots.map((shot) => shot.intendedUs)).size).toBe(60);
  });

  test("a turret that comes late fires a load of its own, from when it came", async () => {
    const world = new LoadWorld();
    world.clock.advance(5 * S);
    world.start({ ...base, rate: 10, cannons: 50 }, { runTimeUs: 10 * S, lateTurret: true });
    await world.pass(6 * S);
    expect(world.shots.length).toBe(50);
    expect(world.dropped).toBe(0);
  });

  test("a turret that comes after the start of a divided load stands by", async () => {
    const world = new LoadWorld();
    world.start({ ...base, rate: 10, split: true }, { lateTurret: true });
    await world.pass(2 * S);
    expect(world.shots).toEqual([]);
    expect(world.over).toBe(1);
  });
});

describe("closed load", () => {
  test("iterations of each cannon end it, with numbers of their own", async () => {
    const world = new LoadWorld();
    world.start({ ...base, cannons: 3, iterations: 4 }, { durationUs: 100_000, threads: 2 });
    await world.pass(2 * S);
    expect(world.shots.map((shot) => shot.k).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, k) => k),
    );
    expect(world.over).toBe(2);
  });

  test("shared iterations are taken by whoever is free, and divided exactly", async () => {
    const world = new LoadWorld();
    const load = { ...base, cannons: 3, iterations_shared: 25, split: true };
    world.start(load, { durationUs: 100_000, turrets: 2, threads: 2 });
    await world.pass(3 * S);
    expect(world.shots.map((shot) => shot.k).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 25 }, (_, k) => k),
    );
  });

  test("stages go up and down", async () => {
    const world = new LoadWorld();
    const load = { ...base, stages: "2s:4, 2s:4, 2s:0" };
    world.start(load, { runTimeUs: 60 * S, durationUs: 50_000 });
    await world.pass(8 * S);
    const at = (from: number, to: number) =>
      new Set(world.shots.filter((s) => s.atUs >= from && s.atUs < to).map((s) => s.cannon)).size;
    expect(at(0, 400_000)).toBe(1);
    expect(at(2 * S, 4 * S)).toBe(4);
    expect(at(5_700_000, 5_900_000)).toBe(1);
    expect(at(6 * S, 60 * S)).toBe(0);
    expect(world.over).toBe(1);
  });

  test("cycles: a step begins when all users of all threads have ended the one before", async () => {
    const world = new LoadWorld();
    const load = { ...base, cycles: "1:3:2", iterations: 5 };
    world.start(load, { runTimeUs: 600 * S, durationUs: 100_000, threads: 2 });
    await world.pass(4 * S);
    expect(world.shots.length).toBe((1 + 3 + 2) * 5);
    expect(new Set(world.shots.map((shot) => shot.k)).size).toBe(30);
    const steps = [0, 5, 20].map((k) => world.shots.filter((shot) => shot.k >= k));
    const firstOfSecond = Math.min(...(steps[1]?.map((shot) => shot.atUs) ?? []));
    expect(firstOfSecond).toBeGreaterThanOrEqual(500_000);
    expect(world.over).toBe(2);
  });

  test("think waits after each transaction; pacing goes from intended start to intended start", async () => {
    const thinking = new LoadWorld();
    thinking.start({ ...base, cannons: 1, think: 0.4 }, { runTimeUs: 2 * S, durationUs: 100_000 });
    await thinking.pass(3 * S);
    expect(thinking.shots.length).toBe(4);
    const paced = new LoadWorld();
    paced.start({ ...base, cannons: 1, pacing: 0.25 }, { runTimeUs: 2 * S, durationUs: 100_000 });
    await paced.pass(3 * S);
    expect(paced.shots.map((shot) => shot.intendedUs)).toEqual(
      Array.from({ length: 8 }, (_, i) => i * 250_000),
    );
    const slow = new LoadWorld();
    slow.start({ ...base, cannons: 1, pacing: 0.1 }, { runTimeUs: S, durationUs: 300_000 });
    await slow.pass(3 * S);
    // What cannot keep its pace is late against it, and says so.
    expect(slow.shots.map((shot) => shot.intendedUs)).toEqual([0, 100_000, 200_000, 300_000]);
  });
});
