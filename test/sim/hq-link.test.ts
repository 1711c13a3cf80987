// One HQ and scripted turrets of the oct link that do what real ones do seldom.

import { describe, expect, test } from "bun:test";
import { tempFolder } from "../support/temp.ts";
import { firing, join } from "./support/hq-firing.ts";
import { HqWorld, type LinkPeer, status } from "./support/hq-world.ts";
import { definition } from "./support/world.ts";

function countsOf(world: HqWorld, index = 0) {
  return world.hq.outcome.counts.turrets.find((turret) => turret.turretIndex === index);
}

/** Lets the run end with the turret saying goodbye. */
async function end(world: HqWorld, peer: LinkPeer): Promise<void> {
  await world.until(() => {
    if (world.clock.nowUs() % 1_000_000 === 0) peer.heartbeat("firing");
    return world.hq.phase === "draining";
  });
  peer.bye();
  await world.until(() => world.hq.isOver);
}

describe("HqRun and batches of the link", () => {
  test("repeats are dropped and counted, gaps wait, each is acknowledged after the journal has it", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 3_000_000 });
    const [one, two, three] = [peer.batch(5), peer.batch(7), peer.batch(11)];
    peer.say(one);
    peer.say(one);
    peer.say(three);
    await world.turn();
    const acks = peer.heard().filter((message) => message.type === "ack");
    expect(acks).toMatchObject([{ sequence: 1, wantRows: true }]);
    expect(world.journal().batches.map((batch) => batch.sequence)).toEqual([1]);
    for (const batch of [two, three, one, two]) peer.say(batch);
    await world.turn();
    await end(world, peer);
    expect(countsOf(world)).toMatchObject({
      sentTransactions: 23,
      receivedTransactions: 23,
      journaledTransactions: 23,
      receivedBatches: 3,
      repeatedBatches: 3,
    });
    expect(world.journal().batches.map((batch) => batch.sequence)).toEqual([1, 2, 3]);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
  });

  test("a batch that cannot be read is counted as lost, never journaled, not asked for again", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 3_000_000 });
    const batch = peer.batch(10);
    peer.say({ ...batch, bytes: batch.bytes.slice(0, -1) });
    peer.say(peer.batch(3));
    await world.turn();
    expect(peer.heard().filter((message) => message.type === "ack")).toMatchObject([
      { sequence: 2 },
    ]);
    await end(world, peer);
    expect(world.journal().batches.map((kept) => kept.sequence)).toEqual([2]);
    expect(countsOf(world)).toMatchObject({ receivedTransactions: 3, lostTransactions: 10 });
    expect(world.hq.outcome.counts.malformed).toEqual({ "batch that cannot be read": 1 });
    expect(world.hq.outcome.verdict).toEqual({
      word: "PARTIAL",
      reasons: ["10 transactions were measured and lost"],
    });
  });

  test("a batch that counts other than it says is refused", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 1_000_000 });
    peer.say({ ...peer.batch(4), transactions: 400 });
    await end(world, peer);
    expect(world.hq.snapshot().transactions).toBe(0);
    expect(world.hq.outcome.exitCode).toBe(4);
  });

  test("results of another run are refused by run id and counted", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 1_000_000 });
    peer.say({ ...peer.batch(4), runId: "yesterday" });
    peer.sequence = 0;
    peer.transactions = 0;
    await end(world, peer);
    expect(world.hq.outcome.counts.malformed).toEqual({ "batch of another run": 1 });
    expect(world.journal().batches).toEqual([]);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
  });

  test("what was sent and never came makes the run PARTIAL", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 1_000_000 });
    peer.say(peer.batch(4));
    peer.batch(6);
    await end(world, peer);
    expect(world.hq.outcome.verdict.reasons).toEqual([
      "6 transactions were sent and never received",
    ]);
  });

  test("a turret that does not say goodbye in time makes the run PARTIAL", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 1_000_000, graceUs: 1_000_000 });
    const ended = world.until(() => {
      if (world.clock.nowUs() % 500_000 === 0) peer.heartbeat("draining");
      return world.hq.isOver;
    });
    expect(await ended).toBe(true);
    expect(world.hq.outcome.verdict.reasons[0]).toContain("did not hand over in time");
    expect(peer.types()).toContain("released");
  });

  test("numbers of a turret that do not add up are said", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 1_000_000 });
    peer.say(peer.batch(4));
    await world.until(() => {
      if (world.clock.nowUs() % 500_000 === 0) peer.heartbeat("firing");
      return world.hq.phase === "draining";
    });
    peer.bye({ planned: 10, started: 9 });
    await world.until(() => world.hq.isOver);
    expect(world.hq.outcome.verdict.reasons[0]).toContain("do not add up: planned 10, started 9");
  });
});

describe("HqRun and barriers of the link", () => {
  test("a start that got lost is said again when the turret says ready again", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const peer = world.addPeer();
    await join(world, peer);
    await world.until(() => world.hq.phase === "firing");
    await world.pass(1_000_000);
    expect(peer.types()).toContain("start");
    peer.ready();
    await world.turn();
    const [again] = peer.heard().filter((message) => message.type === "start");
    expect(again).toMatchObject({ startHqUs: world.hq.startUs, startWallMs: world.hq.startWallMs });
    peer.started();
    peer.ready();
    await world.turn();
    expect(peer.types()).not.toContain("start");
  });

  test("an assignment that got lost is said again to a turret that idles", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const peer = world.addPeer();
    peer.hello();
    await world.turn();
    expect(peer.types()).toContain("assign");
    for (let second = 0; second < 4; second++) {
      peer.heartbeat("idle", "");
      await world.pass(1_000_000);
    }
    expect(peer.types().filter((type) => type === "assign")).toHaveLength(1);
  });

  test("an armed HQ whose turret goes away gathers again", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const [one, two] = [world.addPeer(), world.addPeer()];
    one.hello();
    two.hello();
    await world.turn();
    one.ready();
    await world.turn();
    await world.turn();
    expect(world.hq.phase).toBe("arming");
    one.bye({}, "stopped by its operator");
    await world.turn();
    expect(world.hq.phase).toBe("gathering");
    expect(world.lines).toContain("turret navigation (box) left: stopped by its operator");
    two.ready();
    expect(await world.until(() => world.hq.phase === "firing")).toBe(true);
  });

  test("an armed HQ waits for those that load, and names them", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { silenceUs: 60_000_000 });
    const [one, two] = [world.addPeer(), world.addPeer()];
    one.hello();
    two.hello();
    await world.turn();
    one.ready();
    await world.pass(25_000_000);
    expect(world.hq.phase).toBe("arming");
    expect(world.lines.filter((line) => line.startsWith("still loading"))).toHaveLength(2);
    await world.pass(6_000_000);
    expect(world.hq.phase).toBe("firing");
    two.ready();
    await world.turn();
    expect(two.types()).toContain("start");
  });

  test("a turret that cannot load is named with its text; with enough others the run goes on", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    const [one, two] = [world.addPeer(), world.addPeer()];
    one.hello();
    two.hello();
    await world.turn();
    one.ready("v_user.ts:3:5: no such thing");
    two.ready();
    expect(await world.until(() => world.hq.phase === "firing")).toBe(true);
    expect(world.lines.join("\n")).toContain("could not load: v_user.ts:3:5: no such thing");
    expect(world.hq.snapshot().turrets[0]?.status).toBe("Aborted");
  });

  test("a project that cannot be packed ends the run with its error", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, {
      packFor: async () => {
        throw new Error("v_user.ts does not exist");
      },
    });
    world.addPeer().hello();
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(world.hq.outcome).toMatchObject({ hasStarted: false, exitCode: 1 });
    expect(world.hq.outcome.reason).toContain("cannot be packed: v_user.ts does not exist");
  });

  test("a late turret whose pack fails is refused and the run goes on", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, {
      turrets: [definition("good"), definition("bad")],
      packFor: async ({ name }) => {
        if (name === "bad") throw new Error("broken");
        return { bytes: new Uint8Array(10), hash: "b".repeat(64) };
      },
    });
    const peer = world.addPeer();
    await join(world, peer);
    await world.until(() => world.hq.phase === "firing");
    const late = world.addPeer();
    late.hello({ name: "bad" });
    await world.turn();
    await world.turn();
    expect(late.heard().at(-1)).toMatchObject({ type: "refused" });
    expect(world.hq.phase).toBe("firing");
  });

  test("a turret that fired and dropped the run is not begun anew", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 2_000_000 });
    peer.say(peer.batch(5));
    peer.hello({ runId: "" });
    await world.turn();
    expect(peer.types()).not.toContain("assign");
    await world.until(() => world.hq.isOver);
    expect(world.hq.outcome.verdict.reasons[0]).toContain("dropped this run");
    expect(world.hq.snapshot().transactions).toBe(5);
  });

  test("a turret that ended is not started again when it says hello", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { minTurrets: 1 });
    const other = world.addPeer();
    await join(world, other);
    other.started();
    peer.say(peer.batch(5));
    peer.bye();
    await world.turn();
    expect(peer.types()).toContain("released");
    peer.hello({ runId: "" });
    await world.turn();
    expect(peer.types()).toEqual(["heartbeat"]);
    expect(world.hq.phase).toBe("firing");
  });

  test("the run ends when every turret has ended, before its time", async () => {
    using folder = tempFolder();
    const { world, peer } = await firing(folder.path, { runTimeUs: 3_600_000_000 });
    peer.say(peer.batch(5));
    peer.bye();
    expect(await world.until(() => world.hq.isOver, 5_000_000)).toBe(true);
    expect(world.hq.outcome.reason).toBe("all turrets have ended");
    expect(world.hq.outcome.verdict.word).toBe("VALID");
  });

  test("losing every turret ends the run once none can be firing any more", async () => {
    using folder = tempFolder();
    const { world } = await firing(folder.path, { runTimeUs: 3_600_000_000 });
    await world.pass(9_000_000);
    expect(world.hq.phase).toBe("firing");
    expect(await world.until(() => world.hq.isOver, 30_000_000)).toBe(true);
    expect(world.hq.outcome.reason).toBe("all turrets are lost");
    expect(world.hq.outcome.exitCode).toBe(4);
  });

  test("both kinds of turrets serve one run", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 2, runTimeUs: 2_000_000 });
    const peer = world.addPeer();
    await join(world, peer);
    expect(world.hq.phase).toBe("gathering");
    world.protocol1.push(status());
    await world.until(() => world.protocol1.commands.includes("start"));
    expect(peer.types()).toContain("start");
    peer.started();
    peer.say(peer.batch(3));
    world.protocol1.push(status({ status: "Running" }));
    await world.until(() => world.hq.phase === "draining");
    world.protocol1.push(status());
    peer.bye();
    await world.until(() => world.hq.isOver);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(world.hq.snapshot().turretCount).toBe(2);
  });
});
