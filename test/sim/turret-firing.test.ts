// A turret from its first shot to the next run, with an HQ that a test plays: draining, losing the HQ,
// handing over, its operator.

import { describe, expect, test } from "bun:test";
import { TURN_US, TurretWorld } from "./support/turret-world.ts";

/** Fired `count` transactions in one batch and was stopped by its HQ. */
async function drained(count = 7): Promise<TurretWorld> {
  const world = new TurretWorld();
  await world.firing();
  world.crews.last.fire(count);
  world.stop();
  await world.pass(2 * TURN_US);
  world.crews.last.done();
  await world.pass(2 * TURN_US);
  expect(world.turret.state).toBe("leaving");
  return world;
}

describe("Turret firing", () => {
  test("sends batches as they come, each once, and forgets what is acknowledged", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.fire(3);
    world.crews.last.fire(4);
    await world.pass(1_000_000);
    const batches = world.of("batch");
    expect(batches.map((batch) => [batch.sequence, batch.transactions])).toEqual([
      [1, 3],
      [2, 4],
    ]);
    world.acknowledge(2, false);
    await world.pass(5_000_000);
    expect(world.of("batch")).toEqual([]);
    expect(world.crews.last.isRowWanted).toBe(false);
  });

  test("sends again what is not acknowledged after a while", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.fire(3);
    world.crews.last.fire(4);
    await world.pass(1_000_000);
    world.heard();
    world.acknowledge(1);
    await world.pass(3_500_000);
    expect(world.of("batch").map((batch) => batch.sequence)).toEqual([2]);
  });

  test("tells of itself every second, with its crew's numbers and its clock's error", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.fire(3);
    await world.pass(3_000_000);
    const heartbeats = world.of("heartbeat");
    expect(heartbeats).toHaveLength(3);
    expect(heartbeats[2]).toMatchObject({ runId: "run-1", state: "firing" });
    expect(heartbeats[2]?.stats).toMatchObject({
      transactions: 3,
      waiting_batches: 1,
      lost_transactions: 0,
    });
    expect(heartbeats[2]?.stats["clock_error_us"]).toBeLessThanOrEqual(TURN_US);
  });

  test("what its crew has to say goes to its screen and to the HQ, cut to the limit", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.event("error", `v_user.ts:3:5: ${"x".repeat(9_000)}`);
    await world.pass(2 * TURN_US);
    const [event] = world.of("event");
    expect(event).toMatchObject({ runId: "run-1", level: "error" });
    expect(event?.text).toHaveLength(4000);
    expect(world.lines.at(-1)).toStartWith("navigation: v_user.ts:3:5: xxx");
  });

  test("its cannons may end by themselves: the goodbye needs no stop", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.fire(2);
    world.crews.last.done();
    await world.pass(2 * TURN_US);
    expect(world.of("bye")[0]?.totals).toMatchObject({ batches: 1, transactions: 2, started: 2 });
    world.stop();
    world.acknowledge(1);
    world.release();
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("idle");
  });

  test("an assignment while it fires is not taken", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.assign({ runId: "run-1" });
    await world.pass(2 * TURN_US);
    expect([world.turret.state, world.crews.jobs.length]).toEqual(["firing", 1]);
  });

  test("an HQ of another run: the cannons cease, and its run is served afterwards", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.fire(2);
    world.runId = "run-2";
    await world.pass(1_100_000);
    expect(world.turret.state).toBe("draining");
    expect(world.crews.last.stopGraceUs).toBe(0);
    world.assign();
    await world.pass(2 * TURN_US);
    expect(world.crews.jobs).toHaveLength(1);
    world.crews.last.done();
    await world.pass(2 * TURN_US);
    world.assign();
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("ready");
    expect(world.lines.join("\n")).toContain("2 transactions of run run-1 were never taken");
  });
});

describe("Turret draining and leaving", () => {
  test("waits for its cannons, then says goodbye until it is released", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.fire(2);
    world.stop(4_000_000);
    await world.pass(2 * TURN_US);
    expect([world.turret.state, world.crews.last.stopGraceUs]).toEqual(["draining", 4_000_000]);
    world.stop(1_000_000);
    world.release();
    await world.pass(2_000_000);
    expect(world.turret.state).toBe("draining");
    expect(world.of("bye")).toEqual([]);
    world.crews.last.fire(1);
    world.crews.last.done({ unfinished: 3, dropped: 4 });
    await world.pass(2_500_000);
    const byes = world.of("bye");
    expect(byes).toHaveLength(3);
    expect(byes[0]).toMatchObject({
      reason: "done",
      totals: {
        batches: 2,
        transactions: 3,
        planned: 10,
        started: 6,
        dropped: 4,
        unfinished: 3,
        lostTransactions: 0,
      },
    });
    world.acknowledge(2);
    world.release();
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("idle");
    expect(world.crews.last.isClosed).toBe(true);
    expect(world.lines.at(-1)).toBe("ready for the next run");
  });

  test("the goodbye comes behind all batches", async () => {
    const world = await drained();
    const order = world.heard().map((message) => message.type);
    expect(order.indexOf("batch")).toBeLessThan(order.indexOf("bye"));
    expect(order.indexOf("batch")).toBeGreaterThanOrEqual(0);
  });

  test("a release of another run is not its own", async () => {
    const world = await drained();
    world.say({ type: "released", runId: "run-0" });
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("leaving");
  });

  test("serves one run after the other, each with its own numbers from 1", async () => {
    const world = await drained(7);
    world.acknowledge(1);
    world.release();
    await world.pass(2 * TURN_US);
    world.runId = "run-2";
    await world.firing();
    world.crews.last.fire(5);
    await world.pass(2 * TURN_US);
    expect(world.of("batch")).toMatchObject([{ runId: "run-2", sequence: 1, transactions: 5 }]);
    world.stop();
    await world.pass(2 * TURN_US);
    world.crews.last.done();
    await world.pass(2 * TURN_US);
    expect(world.of("bye")[0]?.totals).toMatchObject({ batches: 1, transactions: 5, started: 5 });
  });
});

describe("Turret that loses its HQ", () => {
  test("fires on until the limit, then drains with the run's grace and keeps its results", async () => {
    const world = new TurretWorld();
    await world.firing({ hqLossUs: 8_000_000, graceUs: 3_000_000 });
    world.crews.last.fire(7);
    await world.pass(100_000);
    world.heard();
    world.isHqAlive = false;
    await world.pass(6_500_000);
    expect(world.turret.state).toBe("firing");
    await world.pass(2_500_000);
    expect([world.turret.state, world.crews.last.stopGraceUs]).toEqual(["draining", 3_000_000]);
    expect(world.lines.join("\n")).toContain("the HQ was lost for 8.00 s: stopping fire");
    world.crews.last.fire(1);
    world.crews.last.done();
    await world.pass(60_000_000);
    expect(world.turret.state).toBe("leaving");
  });

  test("the same run's HQ that comes back gets everything, once and in order", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.crews.last.fire(7);
    await world.pass(100_000);
    world.isHqAlive = false;
    await world.pass(9_000_000);
    world.crews.last.fire(1);
    world.crews.last.done();
    await world.pass(20_000_000);
    world.heard();
    world.isHqAlive = true;
    await world.until(() => world.turret.state === "leaving");
    await world.pass(2_000_000);
    const all = world.heard();
    expect(all.find((message) => message.type === "hello")).toMatchObject({
      runId: "run-1",
      state: "leaving",
    });
    const batches = all.filter((message) => message.type === "batch");
    expect(batches.map((batch) => batch.sequence)).toEqual([1, 2]);
    expect(all.find((message) => message.type === "bye")).toMatchObject({
      totals: { batches: 2, transactions: 8 },
    });
    world.acknowledge(2);
    world.release();
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("idle");
  });

  test("an HQ that is back before the limit: firing was not broken off", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.isHqAlive = false;
    await world.pass(6_000_000);
    world.isHqAlive = true;
    await world.pass(8_000_000);
    expect(world.turret.state).toBe("firing");
    expect(world.of("hello").length).toBeGreaterThan(0);
    expect(world.lines).toContain("the HQ is silent: trying to join it again");
  });

  test("a limit that an HQ's pulse cannot hold is raised to one that it can", async () => {
    const world = new TurretWorld();
    await world.firing({ hqLossUs: 0 });
    await world.pass(10_000_000);
    expect(world.turret.state).toBe("firing");
    world.isHqAlive = false;
    await world.pass(3_500_000);
    expect(world.turret.state).toBe("draining");
  });

  test("its clock is measured afresh: another HQ has another one", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.isHqAlive = false;
    await world.pass(6_000_000);
    world.isHqAlive = true;
    world.isAnsweringPings = false;
    await world.pass(3_000_000);
    const [last] = world.of("heartbeat").slice(-1);
    expect(last?.stats["clock_error_us"]).toBeUndefined();
  });

  test("a wire that is full: nothing is lost, everything comes later", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.link.cut();
    for (let i = 0; i < 50; i++) world.crews.last.fire(2);
    await world.pass(2_000_000);
    world.link.restore();
    await world.pass(6_000_000);
    const sequences = new Set(world.of("batch").map((batch) => batch.sequence));
    expect([...sequences]).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });
});

describe("Turret.stop", () => {
  test("idle: says goodbye and is gone", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.turret.stop("interrupted");
    expect([world.turret.state, world.turret.exitCode]).toEqual(["gone", 0]);
    await world.pass(2 * TURN_US);
    expect(world.of("bye")).toMatchObject([{ runId: "", reason: "interrupted" }]);
  });

  test("ready: the run is told that it will not fire", async () => {
    const world = new TurretWorld();
    await world.ready();
    world.turret.stop("interrupted");
    await world.pass(2 * TURN_US);
    expect(world.of("bye")).toMatchObject([{ runId: "run-1", totals: { started: 0, batches: 0 } }]);
    expect(world.crews.last.isClosed).toBe(true);
  });

  test("firing: cannons end within the grace, results are handed over, then it is gone", async () => {
    const world = new TurretWorld();
    await world.firing({ graceUs: 2_000_000 });
    world.crews.last.fire(4);
    world.turret.stop("interrupted");
    world.turret.stop("interrupted");
    expect([world.turret.state, world.crews.last.stopGraceUs]).toEqual(["draining", 2_000_000]);
    world.crews.last.done({ unfinished: 1 });
    await world.pass(1_000_000);
    expect(world.of("bye")[0]).toMatchObject({
      reason: "stopped by its operator",
      totals: { transactions: 4, unfinished: 1 },
    });
    world.acknowledge(1);
    world.release();
    await world.pass(2 * TURN_US);
    expect([world.turret.state, world.turret.exitCode]).toEqual(["gone", 0]);
  });

  test("firing without an HQ: gives up after a while, says what is lost, code 4", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.isHqAlive = false;
    world.crews.last.fire(4);
    world.turret.stop("interrupted");
    world.crews.last.done();
    await world.pass(14_000_000);
    expect(world.turret.isOver).toBe(false);
    await world.pass(2_000_000);
    expect([world.turret.state, world.turret.exitCode]).toEqual(["gone", 4]);
    expect(world.lines.at(-1)).toContain("4 transactions of run run-1 were never taken");
    expect(world.crews.last.isClosed).toBe(true);
  });

  test("leaving and everything acknowledged: an HQ that never releases it does not cost the code", async () => {
    const world = await drained();
    world.acknowledge(1);
    await world.pass(2 * TURN_US);
    world.isHqAlive = false;
    world.turret.stop("interrupted");
    await world.pass(11_000_000);
    expect([world.turret.state, world.turret.exitCode]).toEqual(["gone", 0]);
  });
});
