// One HQ and scripted turrets of OCT protocol 1: what a run is when anything may arrive.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import path from "node:path";
import { tempFolder } from "../support/temp.ts";
import { agreed, counted } from "./support/hq-counts.ts";
import { HqWorld, result, status } from "./support/hq-world.ts";

const CAPTURE = path.join(import.meta.dir, "../fixtures/oct-wire-capture.jsonl");

/** Frames that stock turrets pushed in the captured run, in order. */
function stockFrames(): string[] {
  return readFileSync(CAPTURE, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .filter((event) => event.kind === "message" && event.link === "rc" && event.dir === "peer->hq")
    .flatMap((event) => event.frames as string[]);
}

describe("HqRun with stock turrets", () => {
  test("the frames of a captured run give its 97 transactions and 17 errors", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 2, runTimeUs: 15_000_000 });
    const frames = stockFrames();
    const statuses = frames.filter((frame) => frame.includes('"uuid"'));
    const results = frames.filter((frame) => !frame.includes('"uuid"'));
    expect(results).toHaveLength(97);
    world.protocol1.push(...statuses.filter((frame) => frame.includes("ready")));
    await world.until(() => world.protocol1.commands.includes("start"));
    world.protocol1.push(...statuses.filter((frame) => frame.includes("Running")));
    for (const frame of results) {
      const shifted = { ...JSON.parse(frame) };
      shifted.epoch += world.epoch(0) - 1_795_233_489;
      world.protocol1.push(frame.replace(/"epoch": [\d.]+/, `"epoch": ${shifted.epoch}.0`));
      await world.pass(140_000);
    }
    await world.until(() => world.protocol1.commands.includes("stop"));
    await world.turn();
    for (const frame of statuses.slice(0, 6)) world.protocol1.push(frame);
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(agreed(world)).toBe(97);
    const snapshot = world.hq.snapshot();
    expect([snapshot.transactions, snapshot.timers, snapshot.errors]).toEqual([97, 275, 17]);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(world.hq.outcome.exitCode).toBe(0);
    expect(world.hq.malformed.total).toBe(0);
    expect(counted(world.journal()).rows).toBe(97);
  });

  test("orders go out in OCT's order and form, and statuses are never answered", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 2, runTimeUs: 3_000_000 });
    world.protocol1.push(status({ uuid: "a" }));
    await world.pass(1_000_000);
    for (let i = 0; i < 500; i++) world.protocol1.push(status({ uuid: "a" }));
    await world.pass(1_000_000);
    const requests = world.protocol1.commands.length;
    expect(requests).toBeLessThanOrEqual(2);
    world.protocol1.push(status({ uuid: "b" }));
    await world.until(() => world.hq.phase === "draining");
    const orders = world.protocol1.orders.filter((order) => !order.includes("status_request"));
    expect(orders).toEqual([
      ' {"command":"set_transaction_context","msg":{}}',
      ' {"command":"start","msg":"open fire"}',
      ' {"command":"stop","msg":"premature stop"}',
    ]);
    expect(world.lines[0]).toBe("Warmup");
    const waiting = world.lines.filter((line) => line.startsWith("waiting for"));
    expect(waiting).toEqual([
      "waiting for 2 turrets to connect",
      "waiting for 1 turrets to connect",
      "waiting for 0 turrets to connect",
    ]);
  });

  test("a wait says again every ten seconds that it goes on", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    await world.pass(35_000_000);
    const waiting = world.lines.filter((line) => line === "waiting for 1 turrets to connect");
    expect(waiting).toHaveLength(4);
    expect(world.hq.isOver).toBe(false);
  });

  test("the newest status is kept, whatever its word", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 5_000_000 });
    await world.begin();
    world.protocol1.push(status({ status: "Bogus \u0007 word", cannons: "250", rampup: "30" }));
    await world.pass(2_000_000);
    expect(world.hq.snapshot().turrets[0]).toMatchObject({
      status: "Bogus \u0007 word",
      cannons: 250,
    });
    await world.end();
    const records = world.journal().turrets;
    expect(records.at(-1)).toMatchObject({ status: "ready", uuid: "uuid-1", wire: "protocol 1" });
    expect(records.some((record) => record["status"] === "Bogus \u0007 word")).toBe(true);
  });

  test("a turret that missed the start gets it again, one that fires does not", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 20_000_000 });
    world.protocol1.push(status());
    await world.until(() => world.protocol1.commands.includes("start"));
    await world.pass(1_000_000);
    world.protocol1.push(status());
    await world.pass(1_000_000);
    const starts = () => world.protocol1.commands.filter((command) => command === "start").length;
    expect(starts()).toBe(1);
    for (let second = 0; second < 8; second++) {
      world.protocol1.push(status());
      await world.pass(1_000_000);
    }
    expect(starts()).toBe(3);
    world.protocol1.push(status({ status: "Running" }));
    await world.pass(5_000_000);
    expect(starts()).toBe(3);
  });

  test("a late turret is started", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path);
    await world.begin();
    await world.pass(2_000_000);
    world.protocol1.push(status({ uuid: "late" }));
    await world.turn();
    expect(world.protocol1.commands.slice(-2)).toEqual(["set_transaction_context", "start"]);
  });

  test("a silent turret is shown as lost, and as back when it is heard again", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 30_000_000 });
    await world.begin();
    world.protocol1.push(status({ uuid: "b" }));
    await world.turn();
    for (let second = 0; second < 6; second++) {
      world.protocol1.push(status({ uuid: "b", status: "Running" }));
      await world.pass(1_000_000);
    }
    expect(world.hq.snapshot().lostTurrets).toBe(1);
    expect(world.lines).toContain("turret navigation is lost: it says nothing any more");
    world.protocol1.push(status({ status: "Running" }));
    await world.pass(300_000);
    expect(world.hq.snapshot().lostTurrets).toBe(0);
    expect(world.lines).toContain("turret navigation is back");
  });

  test("a turret that was lost before the start is not missed at the end", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 1_000_000 });
    const early = world.addPeer();
    early.hello();
    await world.pass(5_000_000);
    expect(world.hq.snapshot().lostTurrets).toBe(1);
    await world.begin();
    await world.end();
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(
      world
        .journal()
        .turrets.filter(({ turretIndex }) => turretIndex === 0)
        .at(-1),
    ).toMatchObject({
      status: "left",
    });
  });

  test("results keep a turret alive that answers no request", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 12_000_000 });
    await world.begin();
    for (let second = 0; second < 10; second++) {
      world.protocol1.push(result({ epoch: world.epoch(second) }));
      await world.pass(1_000_000);
    }
    expect(world.hq.snapshot().lostTurrets).toBe(0);
  });

  test("a run with a lost turret is PARTIAL and says which", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 8_000_000 });
    await world.begin();
    await world.until(() => world.hq.isOver);
    expect(world.hq.outcome.verdict.word).toBe("PARTIAL");
    expect(world.hq.outcome.verdict.reasons[0]).toContain("turret navigation was lost");
    expect(world.hq.outcome.exitCode).toBe(4);
  });

  test.each(["Aborted", "Killed"])(
    "a turret that says %s ends a run without others",
    async (word) => {
      using folder = tempFolder();
      const world = new HqWorld(folder.path, { runTimeUs: 3_600_000_000 });
      await world.begin();
      world.protocol1.push(status({ status: word }));
      expect(await world.until(() => world.hq.isOver, 20_000_000)).toBe(true);
      expect(world.hq.outcome.reason).toBe("all turrets have ended");
      expect(world.lines.join("\n")).toContain(`says ${word}`);
    },
  );

  test("results in flight at the stop are waited for, no longer than the grace", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 2_000_000, graceUs: 5_000_000 });
    await world.begin();
    await world.until(() => world.hq.phase === "draining");
    const stopUs = world.clock.nowUs();
    for (let i = 0; i < 4; i++) {
      await world.pass(800_000);
      world.protocol1.push(result({ epoch: world.epoch(2) }), status({ status: "Running" }));
    }
    expect(world.hq.isOver).toBe(false);
    await world.until(() => world.hq.isOver);
    expect(world.clock.nowUs() - stopUs).toBeLessThan(6_000_000);
    expect(agreed(world)).toBe(4);
    expect(world.hq.outcome.verdict.reasons[0]).toContain("still firing when the grace was over");
  });

  test("a quiet turret does not hold up the end", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { runTimeUs: 2_000_000, graceUs: 60_000_000 });
    await world.begin();
    await world.until(() => world.hq.phase === "draining");
    const stopUs = world.clock.nowUs();
    await world.end();
    expect(world.clock.nowUs() - stopUs).toBeLessThan(1_000_000);
  });
});

describe("HqRun and its end", () => {
  test.each(["gathering", "arming", "firing", "draining"] as const)(
    "a stop while %s ends it, told why",
    async (phase) => {
      using folder = tempFolder();
      const world = new HqWorld(folder.path, { runTimeUs: 2_000_000 });
      if (phase === "arming") {
        world.addPeer().hello();
        await world.turn();
      }
      if (phase !== "gathering") world.protocol1.push(status());
      await world.until(() => world.hq.phase === phase);
      expect(world.hq.phase).toBe(phase);
      world.hq.requestStop("interrupted");
      const hasFired = phase === "firing" || phase === "draining";
      expect(world.hq.isOver).toBe(!hasFired);
      if (hasFired) await world.end();
      expect(world.hq.outcome.reason).toBe(phase === "draining" ? "run time" : "interrupted");
      expect(world.hq.outcome.hasStarted).toBe(hasFired);
      const [closed] = world.journal().closed;
      expect(closed?.["reason"]).toBe(world.hq.outcome.reason);
    },
  );

  test("a full disk ends the run with its error, and turrets are told to stop", async () => {
    using folder = tempFolder();
    let isFull = false;
    const { writeSync } = await import("node:fs");
    const write = (fd: number, bytes: Uint8Array) => {
      if (isFull) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      return writeSync(fd, bytes);
    };
    const world = new HqWorld(folder.path, { journal: { write } });
    await world.begin();
    isFull = true;
    world.protocol1.push(result({ epoch: world.epoch(0) }));
    expect(world.turn()).rejects.toThrow();
    expect(world.hq.isOver).toBe(true);
    expect(world.protocol1.commands.at(-1)).toBe("stop");
  });

  test("too few turrets in time: exit code 3, and which came", async () => {
    using folder = tempFolder();
    const world = new HqWorld(folder.path, { minTurrets: 3, waitUs: 4_000_000 });
    for (let second = 0; second < 5; second++) {
      world.protocol1.push(status({ uuid: "a", turret: "random" }));
      await world.pass(1_000_000);
    }
    expect(world.hq.isOver).toBe(true);
    expect(world.hq.outcome).toMatchObject({
      hasStarted: false,
      exitCode: 3,
      reason: "2 of 3 turrets are missing; these came: random",
    });
  });
});
