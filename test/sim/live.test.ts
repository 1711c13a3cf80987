// The live view of a run on a clock of the test's own, held against the report of the same run.

import { describe, expect, test } from "bun:test";
import { LiveState } from "../../src/live/state.ts";
import { LIVE_LIMIT } from "../../src/live/types.ts";
import { buildReportModel } from "../../src/report/model.ts";
import { COUNTER, GAUGE } from "../../src/stats/cell.ts";
import { parseThreshold } from "../../src/stats/threshold.ts";
import { openResults } from "../../src/store/query.ts";
import { rebuildDatabase } from "../../src/store/rebuild.ts";
import { tempFolder } from "../support/temp.ts";
import { firing } from "./support/hq-firing.ts";
import { HqWorld, type HqWorldOptions, status } from "./support/hq-world.ts";
import { fireSeconds, Gun } from "./support/live-gun.ts";

async function begun(directory: string, options: HqWorldOptions = {}) {
  const live = new LiveState();
  const { world, peer } = await firing(directory, { ...options, observers: [live] });
  return { live, world, peer, gun: new Gun(peer) };
}

async function reportOf(directory: string) {
  const { databasePath } = await rebuildDatabase({ directory });
  const results = await openResults(databasePath);
  try {
    return buildReportModel(results);
  } finally {
    results.close();
  }
}

describe("LiveState", () => {
  for (const clock of ["service", "response"] as const) {
    test(`the last view of a run is its report to the digit, on the clock of ${clock} time`, async () => {
      using folder = tempFolder();
      const thresholds = [parseThreshold("errors < 1%"), parseThreshold("p95 < 1s")];
      const { live, world, peer, gun } = await begun(folder.path, {
        runTimeUs: 7_000_000,
        thresholds,
      });
      await fireSeconds(world, peer, (second) => {
        for (let i = 0; i < 10 + second; i++) {
          const durationUs = 1_000 + 997 * i * (second + 1);
          gun.fire(second, durationUs, i % 3 === 0 ? "login" : "home", i === 4 ? "HTTP 500" : "");
          if (clock === "response") gun.respond(second, durationUs + 333 * i);
        }
        gun.send();
      });
      gun.fire(8, 2_400_000, "login");
      if (clock === "response") gun.respond(8, 2_500_000);
      gun.send();
      await world.pass(1_300_000);
      peer.bye();
      await world.until(() => world.hq.isOver);
      const view = live.view();
      const report = await reportOf(folder.path);
      const keys = ["count", "errorCount", "errorPercent", "ratePerSec"] as const;
      const asReport = (figures: typeof report.all.figures) => ({
        ...Object.fromEntries(keys.map((key) => [key, figures[key]])),
        mean: figures.meanUs,
        min: figures.minUs,
        p50: figures.p50Us,
        p90: figures.p90Us,
        p95: figures.p95Us,
        p99: figures.p99Us,
        max: figures.maxUs,
      });
      expect(view).toMatchObject({
        phase: "over",
        clock,
        verdict: report.verdict.word,
        transactions: report.transactions,
        timerValues: report.timerValues,
        errors: report.errorCount,
        timersTotal: report.timersTotal,
      });
      expect(view.elapsedS).toBeGreaterThan(8);
      expect(view.all).toEqual(asReport(report.all.figures) as typeof view.all);
      const byCount = [...report.timers].sort((a, b) => b.figures.count - a.figures.count);
      expect(view.timers).toEqual(
        byCount.map(({ name, figures }) => ({ name, ...asReport(figures) })) as never,
      );
      expect(view.errorTexts).toEqual(report.errors.map(({ text, count }) => ({ text, count })));
      expect(view.thresholds).toHaveLength(2);
      const points = live.history();
      const counted = points.ratePerSec.reduce<number>((sum, rate) => sum + (rate ?? 0), 0);
      expect(counted).toBe(report.transactions);
      expect(points.ratePerSec).toHaveLength(Math.ceil(report.measuredUs / 1e6));
    });
  }

  test("while it fires it shows the last second whose results are here", async () => {
    using folder = tempFolder();
    const { live, world, peer, gun } = await begun(folder.path, { runTimeUs: 60_000_000 });
    expect(live.view()).toMatchObject({ phase: "firing", verdict: "", transactions: 0 });
    let second = 0;
    await world.until(() => {
      const atS = Math.floor(world.hq.atUs() / 1_000_000);
      for (; second < atS; second++) {
        for (let i = 0; i < 5 + second; i++) gun.fire(second, 2_000);
        gun.gauge(second, GAUGE.cannons, 3);
        gun.gauge(second, GAUGE.cannons, 4);
        gun.gauge(second, GAUGE.inFlight, 6);
        gun.gauge(second, GAUGE.cpuPercent, 55);
        gun.count(second, COUNTER.late, 2);
        gun.send();
        peer.heartbeat("firing");
      }
      return atS >= 10;
    });
    await world.pass(50_000);
    const view = live.view();
    expect(view).toMatchObject({ nowPerSec: 13, cannons: 7, inFlight: 6, late: 20 });
    expect(view.recent).toEqual({ p50: 2_000, p95: 2_000, p99: 2_000 });
    expect(view.turrets).toMatchObject([
      { wire: "link", ratePerSec: 13, cpuPercent: 55, trouble: "", transactions: 95 },
    ]);
    const points = live.history();
    expect(points.ratePerSec).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13]);
    expect(points.cannons).toEqual(new Array(9).fill(7));
    expect(points.turretsPerSec[0]?.ratePerSec).toEqual(points.ratePerSec);
    expect(live.view()).toBe(view);
  });

  test("what changed since the last look begins where that ended, however long ago it was", async () => {
    using folder = tempFolder();
    const { live, world, peer, gun } = await begun(folder.path, { runTimeUs: 12_400_000 });
    let taken: (number | null)[] = [];
    const take = () => {
      const from = live.takeChangedPoint();
      expect(from).toBeLessThanOrEqual(taken.length);
      taken = [...taken.slice(0, from), ...live.history(from).ratePerSec];
      expect(taken).toEqual([...live.history().ratePerSec]);
    };
    await fireSeconds(world, peer, (second) => {
      gun.fire(second, 1_000);
      gun.send();
      if (second % 4 === 3) take();
    });
    peer.bye();
    await world.until(() => world.hq.isOver);
    take();
    expect(taken).toHaveLength(13);
  });

  test("a note and a stop are in the log and marked; other events are in the log alone", async () => {
    using folder = tempFolder();
    const { live, world, peer } = await begun(folder.path, { runTimeUs: 60_000_000 });
    world.hq.control({ kind: "note", text: "deploy <b>now</b>" }, "page");
    world.hq.control({ kind: "stop" }, "page");
    peer.bye();
    await world.until(() => world.hq.isOver);
    expect(live.marks().map(({ text }) => text)).toEqual([
      "deploy <b>now</b>",
      "stop asked for by page",
    ]);
    const events = live.events();
    expect(events.map(({ number }) => number)).toEqual(events.map((_, i) => i));
    expect(events.length).toBeGreaterThan(2);
    expect(live.events(2)).toEqual(events.slice(2));
    expect(live.view()).toMatchObject({ phase: "over", endReason: "stopped by page" });
  });

  test("hostile texts and more names than fit stay bounded and are counted", async () => {
    using folder = tempFolder();
    const { live, world, gun } = await begun(folder.path, { runTimeUs: 60_000_000 });
    for (let i = 0; i < 900; i++) gun.fire(0, 1_000, `${"x".repeat(300)} ${i}`, `<script>${i}`);
    gun.send();
    for (let i = 0; i < 2_000; i++) world.hq.event("info", 0, `event ${i}`);
    await world.pass(3_000_000);
    const view = live.view();
    expect(view.timers).toHaveLength(LIVE_LIMIT.timers);
    expect(view.timersTotal).toBe(900);
    expect(view.timers.every(({ name }) => name.length <= LIVE_LIMIT.name)).toBe(true);
    expect(view.errorTexts).toHaveLength(LIVE_LIMIT.errors);
    expect(view.errorTextsTotal).toBe(900);
    const events = live.events();
    expect(events).toHaveLength(LIVE_LIMIT.events);
    expect(events.at(-1)?.text).toBe("event 1999");
  });

  test("turrets of protocol 1 are shown with their cannons, and lost ones with since when", async () => {
    using folder = tempFolder();
    const live = new LiveState();
    const options = { runTimeUs: 60_000_000, observers: [live], silenceUs: 3_000_000 };
    const world = new HqWorld(folder.path, options);
    expect(live.view()).toMatchObject({ phase: "gathering", project: "sim", turretCount: 0 });
    await world.begin();
    await world.pass(1_200_000);
    world.protocol1.push(status({ status: "Running" }));
    await world.pass(1_000_000);
    expect(live.view()).toMatchObject({ cannons: 2, plannedCannons: 2, plannedPerSec: null });
    expect(live.view().turrets).toMatchObject([{ wire: "protocol 1", cannons: 2, isLost: false }]);
    await world.pass(4_000_000);
    expect(live.view()).toMatchObject({ lostTurrets: 1, cannons: 0 });
    expect(live.view().turrets[0]?.trouble).toStartWith("lost");
    expect(live.marks().map(({ who, text }) => `${who} ${text}`)).toEqual([
      "navigation lost: silent",
    ]);
  });
});
