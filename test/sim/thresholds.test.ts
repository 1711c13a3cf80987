// Thresholds while a run goes, on a clock of the test's own: looked at each second, on the figures that
// the report of the same run has, and ending the run where they are asked to.

import { describe, expect, test } from "bun:test";
import { buildReportModel } from "../../src/report/model.ts";
import { parseThreshold } from "../../src/stats/threshold.ts";
import { openResults } from "../../src/store/query.ts";
import { rebuildDatabase } from "../../src/store/rebuild.ts";
import { tempFolder } from "../support/temp.ts";
import { firing } from "./support/hq-firing.ts";
import type { HqWorld, LinkPeer } from "./support/hq-world.ts";

const parsed = (...texts: string[]) => ({ thresholds: texts.map(parseThreshold) });

/** Heartbeats until the HQ drains; then the turret hands over and says goodbye. */
async function drain(world: HqWorld, peer: LinkPeer): Promise<void> {
  await world.until(() => {
    if (world.clock.nowUs() % 500_000 === 0) peer.heartbeat("firing");
    return world.hq.phase === "draining";
  });
}

async function end(world: HqWorld, peer: LinkPeer): Promise<void> {
  peer.bye();
  await world.until(() => world.hq.isOver);
}

async function modelOf(directory: string, thresholds: ReturnType<typeof parsed>["thresholds"]) {
  const { databasePath } = await rebuildDatabase({ directory });
  const results = await openResults(databasePath);
  try {
    return buildReportModel(results, { thresholds });
  } finally {
    results.close();
  }
}

describe("thresholds while a run goes", () => {
  test("one that fails ends the run, in one sentence everywhere", async () => {
    using folder = tempFolder();
    const asked = parsed("max < 1010us, abort", "count >= 1", "p95 < 1s");
    const { world, peer } = await firing(folder.path, asked);
    peer.say(peer.batch(10));
    await world.pass(1_500_000);
    expect(world.hq.phase).toBe("firing");
    peer.say(peer.batch(30));
    await drain(world, peer);
    const reason = "threshold failed: max < 1010us: 1.03 ms, service time";
    expect(world.hq.atUs()).toBeLessThan(5_000_000);
    expect(world.lines.filter((line) => line.includes("threshold"))).toEqual([
      `${reason}: the run ends`,
    ]);
    expect(
      world.hq.snapshot().thresholds.map(({ holds, hasEndedRun }) => [holds, hasEndedRun]),
    ).toEqual([
      [false, true],
      [true, false],
      [true, false],
    ]);
    await end(world, peer);
    expect(world.hq.outcome).toMatchObject({ reason, exitCode: 0 });
    const { events } = world.journal();
    expect(events.map(({ text }) => text)).toContain(`stop: ${reason}`);
    const model = await modelOf(folder.path, asked.thresholds);
    expect(model.thresholds[0]).toMatchObject({ holds: false, note: "it ended the run" });
  });

  test("one that holds again when all has come has failed all the same", async () => {
    using folder = tempFolder();
    const asked = parsed("mean < 1009us, abort");
    const { world, peer } = await firing(folder.path, asked);
    peer.say(peer.batch(30));
    await drain(world, peer);
    for (let i = 0; i < 50; i++) peer.say(peer.batch(1));
    await end(world, peer);
    expect(world.hq.snapshot().thresholds).toMatchObject([{ holds: false, hasEndedRun: true }]);
    const model = await modelOf(folder.path, asked.thresholds);
    expect(model.thresholds).toMatchObject([
      { holds: false, note: "it had failed while the run went, and ended it" },
    ]);
    expect(model.thresholds[0]?.measured).toBeLessThan(1_009);
  });

  test("what is not measured yet, what may not yet and what is not asked to end nothing", async () => {
    using folder = tempFolder();
    const asked = parsed(
      "Login: max < 1ms, abort",
      "check ok > 99%, abort",
      "max < 1us, abort after 1m",
      "max < 1us",
    );
    const { world, peer } = await firing(folder.path, asked);
    expect(world.hq.snapshot().thresholds.map(({ holds }) => holds)).toEqual(Array(4).fill(false));
    peer.say(peer.batch(10));
    await drain(world, peer);
    expect(world.hq.atUs()).toBeGreaterThanOrEqual(10_000_000);
    await end(world, peer);
    expect(world.hq.outcome.reason).toBe("run time");
  });

  test("the last look of the HQ and the report agree to the digit", async () => {
    using folder = tempFolder();
    const asked = parsed(
      ..."mean,min,max,p50,p99.9".split(",").map((what) => `${what} < 1s`),
      ...["rate > 1/s", "errors < 1%", "count > 5", "count of oct.started = 0", "Foo: p95 < 1s"],
    );
    const { world, peer } = await firing(folder.path, asked);
    for (let second = 0; second < 9; second++) {
      peer.say(peer.batch(37 + second, second));
      await world.pass(500_000);
      peer.heartbeat("firing");
      await world.pass(500_000);
    }
    await drain(world, peer);
    peer.say(peer.batch(11, 12));
    await end(world, peer);
    const model = await modelOf(folder.path, asked.thresholds);
    const live = world.hq.snapshot().thresholds;
    expect(live).toHaveLength(10);
    expect(model.thresholds.map(({ note: _, ...result }) => result)).toEqual([...live]);
  });

  test("a run without thresholds has none", async () => {
    using folder = tempFolder();
    const { world } = await firing(folder.path);
    expect(world.hq.snapshot().thresholds).toEqual([]);
  });
});
