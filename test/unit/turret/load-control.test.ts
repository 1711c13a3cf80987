// Loads whose schedule is changed while they fire, on a clock that moves when told.

import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/base/json.ts";
import { LoadWorld, type Shot } from "../../support/load-world.ts";

const S = 1_000_000;
const base = { name: "t", script: "s.ts" };

function within(shots: readonly Shot[], fromS: number, untilS: number): Shot[] {
  return shots.filter(({ atUs }) => atUs >= fromS * S && atUs < untilS * S);
}

/** Number and intended start of every transaction, in the order of the numbers. */
function schedule(world: LoadWorld): [k: number, intendedUs: number][] {
  const shots = world.shots.map(({ k, intendedUs }): [number, number] => [k, intendedUs]);
  return shots.sort((a, b) => a[0] - b[0]);
}

describe("an open load that is paused", () => {
  test("starts nothing in the pause, keeps its numbers, and ends as much later", async () => {
    const world = new LoadWorld();
    world.start({ ...base, rate: 10, cannons: 100 }, { runTimeUs: 4 * S });
    await world.pass(1 * S);
    world.control({ kind: "pause", atUs: 1.05 * S });
    await world.pass(1.5 * S);
    expect(world.shots).toHaveLength(11);
    world.control({ kind: "resume", atUs: 3.05 * S });
    await world.pass(4 * S);
    expect(schedule(world)).toEqual(
      Array.from({ length: 40 }, (_, k) => [k, k * 100_000 + (k > 10 ? 2 * S : 0)]),
    );
    expect(world.shots.every(({ atUs, intendedUs }) => atUs - intendedUs <= 10_000)).toBe(true);
    expect([world.over, world.dropped]).toEqual([1, 0]);
  });

  test("heard too late: what had started has, and the rest makes up for it", async () => {
    const world = new LoadWorld();
    world.start({ ...base, rate: 10, cannons: 100 }, { runTimeUs: 4 * S });
    await world.pass(2 * S);
    world.control({ kind: "pause", atUs: 1 * S });
    await world.pass(1 * S);
    const before = world.shots.length;
    world.control({ kind: "resume", atUs: 4 * S });
    await world.pass(2 * S);
    expect(within(world.shots, 2.02, 4)).toEqual([]);
    await world.pass(4 * S);
    expect(before).toBeGreaterThan(15);
    expect(schedule(world).map(([k]) => k)).toEqual(Array.from({ length: 40 }, (_, k) => k));
  });

  test("who waited for a cannon goes on waiting; the pause is not counted as its wait", async () => {
    const world = new LoadWorld();
    const load = { ...base, rate: 10, cannons: 1 };
    world.start(load, { runTimeUs: 2 * S, durationUs: 400_000, graceUs: 5 * S });
    await world.pass(1 * S);
    world.control({ kind: "pause", atUs: 1 * S });
    await world.pass(10 * S);
    const paused = world.shots.length;
    expect(within(world.shots, 1.01, 11)).toEqual([]);
    world.control({ kind: "resume", atUs: 11 * S });
    await world.pass(10 * S);
    expect(world.shots.length).toBeGreaterThan(paused + 1);
    const waits = world.shots.map(({ atUs, intendedUs }) => atUs - intendedUs);
    expect(Math.max(...waits)).toBeLessThan(2 * S);
    expect(world.shots.length + world.dropped).toBe(20);
    expect(world.over).toBe(1);
  });

  test("stopped while it is paused: over, and all that was due is accounted for", async () => {
    const world = new LoadWorld();
    const [scheduler] = world.start({ ...base, rate: 10, cannons: 9 }, { runTimeUs: 60 * S });
    await world.pass(1 * S);
    world.control({ kind: "pause", atUs: 2.05 * S });
    await world.pass(5 * S);
    scheduler?.stop(0);
    await world.pass(1 * S);
    expect([world.shots.length + world.dropped, world.over]).toEqual([21, 1]);
  });
});

describe("an open load whose rate is changed", () => {
  const definitions: readonly (readonly [string, JsonObject])[] = [
    ["even", { ...base, rate: 20, cannons: 500, split: true }],
    ["Poisson", { ...base, rate: 20, cannons: 500, split: true, spacing: "poisson" }],
  ];

  test.each(definitions)("%s: turrets and threads make what one makes", async (_, definition) => {
    const made: [number, number][][] = [];
    for (const shape of [{}, { turrets: 3, threads: 2 }]) {
      const world = new LoadWorld();
      world.start(definition, { runTimeUs: 6 * S, staysIdle: true, ...shape });
      await world.pass(1 * S);
      world.control({ kind: "rate", value: 55, atUs: 1.5 * S });
      world.control({ kind: "pause", atUs: 2 * S });
      await world.pass(2 * S);
      world.control({ kind: "rate", value: 50, isPercent: true, atUs: 3.5 * S });
      world.control({ kind: "resume", atUs: 4 * S });
      await world.pass(6 * S);
      expect(within(world.shots, 2.02, 4)).toEqual([]);
      made.push(schedule(world));
    }
    const [one = [], many] = made;
    expect(many).toEqual(one);
    expect(one.map(([k]) => k)).toEqual(one.map((_, k) => k));
    expect(one.length).toBeGreaterThan(60);
  });

  test("even: exactly as many as the rates add up to", async () => {
    const world = new LoadWorld();
    world.start({ ...base, rate: 10, cannons: 500 }, { runTimeUs: 4 * S });
    await world.pass(1 * S);
    world.control({ kind: "rate", value: 100, atUs: 2 * S });
    world.control({ kind: "rate", value: 0, atUs: 3 * S });
    await world.pass(4 * S);
    expect([world.shots.length, world.dropped, world.over]).toEqual([120, 0, 1]);
    expect(within(world.shots, 2.02, 3.01)).toHaveLength(98);
  });

  test("a thread whose arrivals are all dealt with waits for more", async () => {
    const world = new LoadWorld();
    world.start(
      { ...base, stages: [{ duration: 1, rate: 10 }], cannons: 9 },
      { runTimeUs: 5 * S, staysIdle: true, threads: 2 },
    );
    await world.pass(3 * S);
    expect([world.shots.length, world.over]).toEqual([5, 0]);
    world.control({ kind: "rate", value: 10, atUs: 3.5 * S });
    await world.pass(3 * S);
    expect([world.shots.length, world.over]).toEqual([5 + 15, 2]);
  });

  test("of another definition, or as cannons, it stays as it is", async () => {
    const world = new LoadWorld();
    world.start({ ...base, rate: 10, cannons: 500 }, { runTimeUs: 2 * S });
    world.control({ kind: "rate", value: 100, atUs: 1 * S, definition: "other" });
    world.control({ kind: "cannons", value: 1, atUs: 1 * S });
    await world.pass(3 * S);
    expect(world.shots).toHaveLength(20);
  });
});

describe("a closed load whose cannons are changed", () => {
  test("some are added, and others end after their transaction", async () => {
    const world = new LoadWorld();
    const [scheduler] = world.start(
      { ...base, cannons: 2 },
      { runTimeUs: 6 * S, durationUs: 100_000 },
    );
    const looping: (number | undefined)[] = [];
    const look = async (seconds: number) => {
      await world.pass(seconds * S);
      looping.push(scheduler?.loops);
    };
    await look(1);
    world.control({ kind: "cannons", value: 5, atUs: 2 * S });
    world.control({ kind: "cannons", value: 1, atUs: 4 * S });
    await look(0.9);
    await look(0.6);
    await look(1);
    await look(1);
    world.control({ kind: "cannons", value: 100, isPercent: true, atUs: 5 * S });
    await look(1);
    expect(looping).toEqual([2, 2, 5, 5, 1, 2]);
    await world.pass(2 * S);
    expect(new Set(world.shots.map(({ cannon }) => cannon))).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(within(world.shots, 4.15, 5).every(({ cannon }) => cannon === 0)).toBe(true);
    expect(world.over).toBe(1);
  });

  test("divided among turrets and threads, those without a part get theirs", async () => {
    const world = new LoadWorld();
    const schedulers = world.start(
      { ...base, cannons: 2, split: true },
      { runTimeUs: 4 * S, durationUs: 100_000, turrets: 2, threads: 2, staysIdle: true },
    );
    await world.pass(1 * S);
    expect(schedulers.map(({ loops }) => loops)).toEqual([1, 0, 1, 0]);
    world.control({ kind: "cannons", value: 7, atUs: 1.5 * S });
    await world.pass(1 * S);
    expect(schedulers.map(({ loops }) => loops)).toEqual([2, 2, 2, 1]);
    await world.pass(3 * S);
    expect(world.over).toBe(4);
  });

  test("heard too late, it is as it was asked from then on", async () => {
    const world = new LoadWorld();
    const [scheduler] = world.start(
      { ...base, cannons: 4, rampup: 4 },
      { runTimeUs: 6 * S, durationUs: 100_000 },
    );
    await world.pass(2.5 * S);
    world.control({ kind: "cannons", value: 1, atUs: 1 * S });
    await world.pass(0.3 * S);
    expect(scheduler?.loops).toBe(1);
    world.control({ kind: "cannons", value: 3, atUs: 2 * S });
    await world.pass(0.3 * S);
    expect(scheduler?.loops).toBe(3);
  });

  test("shared iterations stay as many, whoever fires them", async () => {
    const world = new LoadWorld();
    world.start(
      { ...base, cannons: 2, iterations_shared: 50 },
      { runTimeUs: 60 * S, durationUs: 100_000, threads: 2 },
    );
    world.control({ kind: "cannons", value: 9, atUs: 1 * S });
    await world.pass(5 * S);
    expect(schedule(world).map(([k]) => k)).toEqual(Array.from({ length: 50 }, (_, k) => k));
    expect(world.over).toBe(2);
  });

  test("iterations of each cannon are not changed", async () => {
    const world = new LoadWorld();
    world.start({ ...base, cannons: 2, iterations: 5 }, { durationUs: 100_000 });
    world.control({ kind: "cannons", value: 9, atUs: 0.2 * S });
    await world.pass(5 * S);
    expect(schedule(world).map(([k]) => k)).toEqual(Array.from({ length: 10 }, (_, k) => k));
  });
});

describe("a closed load that is paused", () => {
  test("nothing starts, what is in flight ends, stages go on where they were", async () => {
    const world = new LoadWorld();
    const [scheduler] = world.start(
      { ...base, cannons: 4, rampup: 4 },
      { runTimeUs: 6 * S, durationUs: 300_000 },
    );
    await world.pass(1 * S);
    world.control({ kind: "pause", atUs: 1.5 * S });
    await world.pass(4 * S);
    expect(within(world.shots, 1.51, 9)).toEqual([]);
    expect([scheduler?.loops, scheduler?.inFlight]).toEqual([2, 0]);
    world.control({ kind: "resume", atUs: 5.5 * S });
    await world.pass(10 * S);
    const first = (cannon: number) => world.shots.find((shot) => shot.cannon === cannon)?.atUs ?? 0;
    expect([2, 3].map((cannon) => Math.floor(first(cannon) / S))).toEqual([6, 7]);
    const last = Math.max(...world.shots.map(({ atUs }) => atUs));
    expect([last > 9.6 * S, last < 10 * S, world.over]).toEqual([true, true, 1]);
  });

  test("the ticks of a pace move with the plan", async () => {
    const world = new LoadWorld();
    world.start({ ...base, cannons: 1, pacing: 1 }, { runTimeUs: 6 * S, durationUs: 100_000 });
    await world.pass(2.2 * S);
    world.control({ kind: "pause", atUs: 2.5 * S });
    await world.pass(1 * S);
    world.control({ kind: "resume", atUs: 4.7 * S });
    await world.pass(8 * S);
    expect(world.shots.map(({ intendedUs }) => intendedUs)).toEqual(
      [0, 1, 2, 5.2, 6.2, 7.2].map((s) => s * S),
    );
  });

  test("who thinks goes on thinking, and waits for the end of the pause", async () => {
    const world = new LoadWorld();
    world.start({ ...base, cannons: 1, think: 1 }, { runTimeUs: 6 * S, durationUs: 100_000 });
    await world.pass(0.2 * S);
    world.control({ kind: "pause", atUs: 0.5 * S });
    await world.pass(2 * S);
    world.control({ kind: "resume", atUs: 3 * S });
    await world.pass(1 * S);
    expect(world.shots.map(({ atUs }) => atUs)).toEqual([0, 3 * S]);
  });

  test("cycles wait, too, and are whole in the end", async () => {
    const world = new LoadWorld();
    world.start(
      { ...base, cycles: "2:4", iterations: 3 },
      { runTimeUs: 30 * S, durationUs: 300_000, threads: 2 },
    );
    world.control({ kind: "pause", atUs: 0.5 * S });
    await world.pass(3 * S);
    const paused = world.shots.length;
    world.control({ kind: "resume", atUs: 3 * S });
    await world.pass(10 * S);
    expect(paused).toBeLessThan(5);
    expect(schedule(world).map(([k]) => k)).toEqual(Array.from({ length: 18 }, (_, k) => k));
  });
});
