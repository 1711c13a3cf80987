// A turret up to its first shot: joining, refusals, its pack, the start instant.

import { describe, expect, test } from "bun:test";
import { encodeHqMessage } from "../../src/protocol/codec.ts";
import { HQ_SAMPLES } from "../support/link-samples.ts";
import { AHEAD_US, PACK, PACK_HASH, TURN_US, TurretWorld } from "./support/turret-world.ts";

describe("Turret joining", () => {
  test("says hello every second until an HQ answers, and once that it waits", async () => {
    const world = new TurretWorld("navigation");
    world.isHqAlive = false;
    await world.pass(10_000_000);
    expect(world.lines).toEqual(["waiting for the HQ at the sim"]);
    world.isHqAlive = true;
    await world.joined();
    expect(world.of("hello")[0]).toMatchObject({ name: "navigation", runId: "", state: "joining" });
    expect(world.lines.at(-1)).toBe("joined the HQ at the sim");
  });

  test("a refusal ends it with its reason and code 1", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.say({ type: "refused", reason: "no such turret" });
    await world.pass(2 * TURN_US);
    expect([world.turret.state, world.turret.isOver, world.turret.exitCode]).toEqual([
      "refused",
      true,
      1,
    ]);
    expect(world.lines.at(-1)).toBe("refused by the HQ: no such turret");
    world.heard();
    await world.pass(5_000_000);
    expect(world.heard()).toEqual([]);
  });

  test("what an HQ says of it does not steer the terminal", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.say({ type: "refused", reason: "no \u001b[2J\u202Eturret" });
    await world.pass(2 * TURN_US);
    expect(world.lines.at(-1)).toBe("refused by the HQ: no ·[2J·turret");
  });

  test("an HQ of another version: its refusal is understood", async () => {
    const world = new TurretWorld();
    await world.pass(2 * TURN_US);
    const frame = encodeHqMessage(HQ_SAMPLES.refused);
    frame[0] = 2;
    world.sayRaw(frame);
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("refused");
    expect(world.lines.at(-1)).toContain("another version: link version 2, this side speaks 1");
  });

  test("noise from an HQ is counted and changes nothing", async () => {
    const world = new TurretWorld();
    await world.ready();
    const noise = [new Uint8Array(0), new Uint8Array([1]), new Uint8Array([9, 9, 9]), PACK];
    for (const frame of noise) world.sayRaw(frame);
    await world.pass(TURN_US);
    expect(world.turret.malformedCount).toBe(noise.length);
    expect(world.turret.state).toBe("ready");
  });

  test("noise alone is no sign of life of an HQ", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.isHqAlive = false;
    for (let second = 0; second < 5; second++) {
      world.sayRaw(new Uint8Array([1, 2, 3]));
      await world.pass(1_000_000);
    }
    expect(world.turret.state).toBe("joining");
  });
});

describe("Turret loading its pack", () => {
  test("asks for one chunk after the other, and says ready until the start comes", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    const offsets: number[] = [];
    for (let turn = 0; turn < 10 && world.turret.state === "loading"; turn++) {
      const wanted = world.of("pack-wanted");
      for (const one of wanted) {
        offsets.push(one.offsetBytes);
        world.sendChunk(one);
      }
      await world.pass(TURN_US);
    }
    expect(offsets).toEqual([0, 262_144, 524_288]);
    expect(world.turret.state).toBe("ready");
    expect(world.crews.jobs[0]).toMatchObject({ directory: `/packs/${PACK_HASH}`, threads: 2 });
    await world.pass(3_000_000);
    const ready = world.of("ready");
    expect(ready.length).toBeGreaterThanOrEqual(3);
    expect(ready.every((one) => one.error === "" && one.runId === "run-1")).toBe(true);
  });

  test("a chunk that never came is asked for again", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    world.sendChunk(world.of("pack-wanted")[0] as never);
    await world.pass(2 * TURN_US);
    expect(world.of("pack-wanted").map((one) => one.offsetBytes)).toEqual([262_144]);
    await world.pass(2_500_000);
    expect(world.of("pack-wanted").map((one) => one.offsetBytes)).toEqual([262_144]);
    await world.pass(2_500_000);
    await world.deliverPack();
    expect(world.turret.state).toBe("ready");
  });

  test("chunks that come twice, out of order, empty, too long or of another pack are left", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    const chunk = (offsetBytes: number, bytes: Uint8Array, hash = PACK_HASH) =>
      world.say({ type: "pack-chunk", hash, offsetBytes, bytes });
    chunk(300_000, PACK.subarray(300_000));
    chunk(0, new Uint8Array(0));
    chunk(0, new Uint8Array(PACK.length + 1));
    chunk(0, PACK, "f".repeat(64));
    chunk(0, PACK.subarray(0, 1000));
    chunk(0, PACK.subarray(0, 1000));
    await world.pass(2 * TURN_US);
    expect(world.of("pack-wanted").map((one) => one.offsetBytes)).toEqual([0, 1000]);
    chunk(1000, PACK.subarray(1000));
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("ready");
    chunk(0, PACK);
    await world.pass(TURN_US);
    expect(world.crews.jobs).toHaveLength(1);
  });

  test("a pack that arrived damaged is fetched again", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    const damaged = PACK.slice();
    damaged[400_000] = 1;
    world.sendChunk(world.of("pack-wanted")[0] as never, damaged);
    await world.pass(2 * TURN_US);
    world.sendChunk(world.of("pack-wanted")[0] as never, damaged);
    await world.pass(2 * TURN_US);
    world.sendChunk(world.of("pack-wanted")[0] as never, damaged);
    await world.pass(2 * TURN_US);
    expect(world.lines.at(-1)).toContain("the pack arrived damaged: fetching it again");
    await world.deliverPack();
    expect(world.turret.state).toBe("ready");
  });

  test("a pack that is damaged twice: failed, said to the HQ; an assignment tries again", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    await world.deliverPack(PACK.toReversed());
    expect(world.turret.state).toBe("failed");
    await world.pass(1_100_000);
    expect(world.of("ready").at(-1)?.error).toContain("the pack arrived damaged");
    expect(world.opened.size).toBe(0);
    world.assign();
    await world.pass(2 * TURN_US);
    await world.deliverPack();
    expect(world.turret.state).toBe("ready");
  });

  test("a pack without bytes is damaged and not waited for", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign({ packBytes: 0 });
    await world.pass(2 * TURN_US);
    await world.deliverPack(new Uint8Array(0));
    expect(world.turret.state).toBe("failed");
  });

  test.each([
    ["a pack that cannot be opened", { openError: "not a tar archive" }, "not a tar archive"],
    ["a script that cannot be loaded", { loadError: "v_user.ts:3:5: bad" }, "v_user.ts:3:5: bad"],
  ])("%s: failed, with its text", async (_, errors, text) => {
    const world = new TurretWorld();
    world.openError = "openError" in errors ? errors.openError : "";
    world.crews.loadError = "loadError" in errors ? errors.loadError : "";
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    await world.deliverPack();
    expect(world.turret.state).toBe("failed");
    await world.pass(2_000_000);
    expect(world.of("ready").at(-1)?.error).toBe(text);
    expect(world.lines.at(-1)).toBe(`navigation: Aborted: ${text}`);
    world.start();
    await world.pass(1_000_000);
    expect(world.turret.state).toBe("failed");
  });

  test("a pack that it has opened before is not fetched again", async () => {
    const world = new TurretWorld();
    await world.ready();
    world.stop();
    await world.pass(2 * TURN_US);
    world.heard();
    world.runId = "run-2";
    world.assign();
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("ready");
    expect(world.of("pack-wanted")).toEqual([]);
  });

  test("an assignment that is said again changes nothing; one of another run takes its place", async () => {
    const world = new TurretWorld();
    await world.ready();
    world.assign();
    await world.pass(2 * TURN_US);
    expect(world.crews.jobs).toHaveLength(1);
    world.runId = "run-2";
    world.assign();
    await world.pass(2 * TURN_US);
    expect(world.crews.jobs.map((job) => job.runId)).toEqual(["run-1", "run-2"]);
    expect(world.crews.crews[0]?.isClosed).toBe(true);
  });

  test("an HQ that falls silent while it loads: it joins afresh", async () => {
    const world = new TurretWorld();
    await world.joined();
    world.assign();
    await world.pass(2 * TURN_US);
    world.isHqAlive = false;
    await world.pass(5_000_000);
    expect(world.turret.state).toBe("joining");
    world.isHqAlive = true;
    await world.joined();
    await world.ready();
    expect(world.turret.state).toBe("ready");
  });
});

describe("Turret starting", () => {
  test("fires at the HQ's instant on its own clock", async () => {
    const world = new TurretWorld();
    await world.ready();
    await world.pass(500_000);
    const startUs = world.clock.nowUs() + 300_000;
    world.start({ startHqUs: startUs + AHEAD_US });
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("firing");
    expect(Math.abs((world.crews.last.startUs as number) - startUs)).toBeLessThanOrEqual(TURN_US);
    expect(world.of("started")).toEqual([{ type: "started", runId: "run-1", error: "" }]);
  });

  test("an instant that has passed is handed on as it is: the run's second 0 stays", async () => {
    const world = new TurretWorld();
    await world.ready();
    await world.pass(500_000);
    const startUs = world.clock.nowUs() - 20_000_000;
    world.start({ startHqUs: startUs + AHEAD_US });
    await world.pass(2 * TURN_US);
    expect(Math.abs((world.crews.last.startUs as number) - startUs)).toBeLessThanOrEqual(TURN_US);
  });

  test("a start while it loads is kept until it is ready", async () => {
    const world = new TurretWorld();
    await world.joined();
    await world.pass(500_000);
    world.assign();
    await world.pass(TURN_US);
    world.start();
    await world.pass(TURN_US);
    expect(world.turret.state).toBe("loading");
    await world.deliverPack();
    expect(world.turret.state).toBe("firing");
  });

  test("without a measured clock the start waits for the first answer", async () => {
    const world = new TurretWorld();
    world.isAnsweringPings = false;
    await world.ready();
    const startUs = world.clock.nowUs();
    world.start({ startHqUs: startUs + AHEAD_US });
    await world.pass(500_000);
    expect(world.turret.state).toBe("ready");
    world.isAnsweringPings = true;
    await world.pass(100_000);
    expect(world.turret.state).toBe("firing");
    expect(Math.abs((world.crews.last.startUs as number) - startUs)).toBeLessThanOrEqual(
      2 * TURN_US,
    );
  });

  test("a start that is said twice starts once; one of another run not at all", async () => {
    const world = new TurretWorld();
    await world.ready();
    await world.pass(500_000);
    world.start({ runId: "run-0" });
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("ready");
    world.start();
    await world.pass(2 * TURN_US);
    const { startUs } = world.crews.last;
    world.start();
    await world.pass(2 * TURN_US);
    expect(world.crews.last.startUs).toBe(startUs as number);
    expect(world.of("started")).toHaveLength(1);
  });

  test.each(["loading", "ready", "failed"] as const)(
    "a stop before the start, while %s: says goodbye with nothing fired and idles",
    async (state) => {
      const world = new TurretWorld();
      if (state === "failed") world.crews.loadError = "bad";
      await world.joined();
      world.assign();
      await world.pass(2 * TURN_US);
      if (state !== "loading") await world.deliverPack();
      expect(world.turret.state).toBe(state);
      world.heard();
      world.stop();
      await world.pass(2 * TURN_US);
      expect(world.turret.state).toBe("idle");
      const [bye] = world.of("bye");
      expect(bye).toMatchObject({ runId: "run-1", reason: "not started" });
      expect(Object.values(bye?.totals ?? {}).every((count) => count === 0)).toBe(true);
      world.start();
      await world.pass(1_000_000);
      expect(world.turret.state).toBe("idle");
      expect(world.crews.crews.every((crew) => crew.isClosed)).toBe(true);
    },
  );

  test("a stop of another run is not its business", async () => {
    const world = new TurretWorld();
    await world.firing();
    world.say({ type: "stop", runId: "run-0", graceUs: 0, reason: "stop" });
    await world.pass(2 * TURN_US);
    expect(world.turret.state).toBe("firing");
    expect(world.crews.last.stopGraceUs).toBeUndefined();
  });
});
