// A turret between two HQs: the one that let it go, and the next.

import { describe, expect, test } from "bun:test";
import { TURN_US, TurretWorld } from "./support/turret-world.ts";

const HELLO_US = 1_000_000;

/** Served a run whose HQ then let it go. */
async function released(): Promise<TurretWorld> {
  const world = new TurretWorld();
  await world.firing();
  world.crews.last.fire(7);
  world.stop();
  await world.pass(2 * TURN_US);
  world.crews.last.done();
  await world.pass(2 * TURN_US);
  world.acknowledge(1);
  world.release();
  await world.pass(2 * TURN_US);
  expect([world.turret.state, world.lines.at(-1)]).toEqual(["idle", "ready for the next run"]);
  world.heard();
  return world;
}

function joins(world: TurretWorld): number {
  return world.lines.filter((line) => line.startsWith("joined")).length;
}

describe("a turret that was let go", () => {
  test("has joined the next HQ within a second or so, not after a silence", async () => {
    const world = await released();
    // The next HQ is there at once, and answers none but who says hello.
    world.nextHq("run-2");
    const sinceUs = world.clock.nowUs();
    expect(await world.until(() => joins(world) === 2, 10_000_000)).toBe(true);
    expect(world.clock.nowUs() - sinceUs).toBeLessThan(HELLO_US + 10 * TURN_US);
  });

  test("says hello until an HQ comes, and measures its clock anew", async () => {
    const world = await released();
    world.isHqAlive = false;
    await world.pass(7_000_000);
    world.isHqAlive = true;
    world.nextHq("run-2");
    await world.until(() => joins(world) === 2);
    await world.pass(100_000);
    const said = world.heard().map((message) => message.type);
    expect(said.filter((type) => type === "hello").length).toBeLessThanOrEqual(2);
    expect(said).toContain("heartbeat");
    expect(world.lines.slice(-2)).toEqual([
      "waiting for the HQ at the sim",
      "joined the HQ at the sim",
    ]);
  });

  test("is not held by the last HQ, which may go on for a while", async () => {
    const world = await released();
    // It still has other turrets to wait for, and answers hellos.
    await world.pass(5_000_000);
    expect(joins(world)).toBe(1);
    const heard = world.heard().map((message) => message.type);
    expect(new Set(heard)).toEqual(new Set(["hello"]));
    world.nextHq("run-2");
    const sinceUs = world.clock.nowUs();
    await world.until(() => joins(world) === 2);
    expect(world.clock.nowUs() - sinceUs).toBeLessThan(HELLO_US + 10 * TURN_US);
  });

  test("before it fired looks for the next as well", async () => {
    const world = new TurretWorld();
    await world.ready();
    world.stop();
    world.release();
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("idle");
    world.heard();
    world.nextHq("run-2");
    await world.pass(HELLO_US + 2 * TURN_US);
    expect(world.of("hello")).toHaveLength(1);
    expect(joins(world)).toBe(2);
  });

  test("is not let go by an HQ that it does not serve", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.say({ type: "released", runId: "run-0" });
    await world.pass(3_000_000);
    expect(joins(world)).toBe(1);
    expect(world.of("heartbeat").length).toBeGreaterThan(1);
  });
});
