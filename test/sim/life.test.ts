// HQ and turrets together, on a clock of the test's own.

import { describe, expect, test } from "bun:test";
import { tempFolder } from "../support/temp.ts";
import { definition, World } from "./support/world.ts";

describe("a run in memory", () => {
  test("two turrets join, fire at one instant, hand over everything, and every count agrees", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, {
      minTurrets: 2,
      turrets: [definition("a"), definition("b")],
    });
    const [one, two] = [world.addTurret(), world.addTurret()];
    expect(await world.until(() => world.hq.phase === "firing")).toBe(true);
    await world.until(() => one.turret.state === "firing" && two.turret.state === "firing");
    expect(one.crews.last.startUs).toBe(two.crews.last.startUs as number);
    expect([one.crews.jobs[0]?.turretName, two.crews.jobs[0]?.turretName].sort()).toEqual([
      "a",
      "b",
    ]);
    for (let second = 0; second < 9; second++) {
      one.crews.last.fire(100, second);
      two.crews.last.fire(50, second);
      await world.pass(1_000_000);
    }
    await world.until(() => world.hq.phase === "draining");
    expect(one.crews.last.stopGraceUs).toBeUndefined();
    await world.until(() => one.crews.last.stopGraceUs !== undefined);
    one.crews.last.fire(1, 9);
    one.crews.last.done();
    two.crews.last.done({ unfinished: 2 });
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    const { outcome } = world.hq;
    expect(outcome.exitCode).toBe(0);
    expect(outcome.verdict).toEqual({ word: "VALID", reasons: [] });
    const counts = outcome.counts.turrets.map((turret) => [
      turret.sentTransactions,
      turret.receivedTransactions,
      turret.journaledTransactions,
      turret.unfinishedTransactions,
    ]);
    expect(counts).toEqual([
      [901, 901, 901, 0],
      [450, 450, 450, 2],
    ]);
    await world.pass(100_000);
    expect([one.turret.state, two.turret.state]).toEqual(["idle", "idle"]);
    expect(one.crews.last.isClosed).toBe(true);
  });

  test("a turret may be there before its HQ and says once that it waits", async () => {
    using folder = tempFolder();
    const world = new World(folder.path);
    const { turret, lines } = world.addTurret();
    await world.pass(30_000_000, { hq: false });
    expect(lines.filter((line) => line.startsWith("waiting for the HQ"))).toHaveLength(1);
    expect(await world.until(() => turret.state === "firing")).toBe(true);
  });

  test("a script that cannot load ends the run with its error", async () => {
    using folder = tempFolder();
    const world = new World(folder.path);
    world.addTurret().crews.loadError = "v_user.ts:3:5: unexpected =";
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(world.hq.outcome.hasStarted).toBe(false);
    expect(world.hq.outcome.exitCode).toBe(1);
    expect(world.hq.outcome.reason).toContain("v_user.ts:3:5");
  });

  test("turrets that never come: exit code 3 after the wait", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { minTurrets: 2, waitUs: 5_000_000 });
    world.addTurret();
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(world.hq.outcome.exitCode).toBe(3);
    expect(world.hq.outcome.reason).toContain("1 of 2 turrets are missing; these came: navigation");
  });

  test("an unknown --name is refused with the names there are", async () => {
    using folder = tempFolder();
    const world = new World(folder.path);
    const { turret, lines } = world.addTurret("nobody");
    expect(await world.until(() => turret.isOver)).toBe(true);
    expect(turret.exitCode).toBe(1);
    expect(lines.at(-1)).toContain("no turret called nobody; it has navigation");
  });

  test("several turrets share a definition, the least served first", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, {
      minTurrets: 5,
      turrets: [definition("a"), definition("b")],
    });
    const all = Array.from({ length: 5 }, () => world.addTurret());
    expect(await world.until(() => world.hq.phase === "firing")).toBe(true);
    const names = all.map(({ crews }) => crews.jobs[0]?.turretName).sort();
    expect(names).toEqual(["a", "a", "a", "b", "b"]);
  });

  test("a turret that comes late is started", async () => {
    using folder = tempFolder();
    const world = new World(folder.path);
    world.addTurret();
    await world.until(() => world.hq.phase === "firing");
    await world.pass(3_000_000);
    const late = world.addTurret();
    expect(await world.until(() => late.turret.state === "firing", 3_000_000)).toBe(true);
    expect(late.crews.last.startUs).toBeLessThan(world.clock.nowUs() - 2_000_000);
  });

  test("losing a turret: shown as lost, the run goes on and is PARTIAL", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { minTurrets: 2 });
    const [one, two] = [world.addTurret(), world.addTurret()];
    await world.until(() => one.turret.state === "firing" && two.turret.state === "firing");
    one.crews.last.fire(10);
    two.crews.last.fire(10);
    await world.pass(1_000_000);
    two.isFrozen = true;
    await world.pass(5_000_000);
    expect(world.lines.join("\n")).toMatch(/turret navigation .*lost: silent/);
    expect(world.hq.snapshot().lostTurrets).toBe(1);
    await world.until(() => one.crews.last.stopGraceUs !== undefined);
    one.crews.last.done();
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(world.hq.outcome.exitCode).toBe(4);
    expect(world.hq.outcome.verdict.reasons[0]).toContain("navigation was lost");
  });

  test("a connection cut and restored loses nothing and counts nothing twice", async () => {
    using folder = tempFolder();
    const world = new World(folder.path);
    const one = world.addTurret();
    await world.until(() => one.turret.state === "firing");
    for (let second = 0; second < 8; second++) {
      one.crews.last.fire(100, second);
      await world.pass(4_000);
      one.link.cut();
      one.crews.last.fire(10, second);
      await world.pass(500_000);
      one.link.restore();
      await world.pass(400_000);
    }
    await world.until(() => one.crews.last.stopGraceUs !== undefined);
    one.crews.last.done();
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    const counts = world.hq.outcome.counts.turrets[0];
    expect(counts?.sentTransactions).toBe(880);
    expect(counts?.receivedTransactions).toBe(880);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
  });

  test("losing the HQ: the turret stops firing after the limit, keeps its results, serves the next run", async () => {
    using folder = tempFolder();
    using second = tempFolder();
    const world = new World(folder.path, { hqLossUs: 6_000_000, runTimeUs: 3_600_000_000 });
    const one = world.addTurret();
    await world.until(() => one.turret.state === "firing");
    await world.pass(2_000_000);
    one.crews.last.fire(7);
    one.link.cut();
    await world.pass(4_000_000, { hq: false });
    expect(one.crews.last.stopGraceUs).toBeUndefined();
    await world.pass(3_000_000, { hq: false });
    expect(one.crews.last.stopGraceUs).toBeDefined();
    one.crews.last.done();
    await world.pass(1_000_000, { hq: false });
    expect(one.turret.state).toBe("leaving");
    world.nextHq(second.path, {}, "run-2");
    one.link.restore();
    expect(await world.until(() => one.turret.state === "firing")).toBe(true);
    expect(one.lines.join("\n")).toContain("7 transactions of run run-1 were never taken");
    expect(one.crews.jobs.map((job) => job.runId)).toEqual(["run-1", "run-2"]);
  });

  test.each(["gathering", "firing"] as const)("a stop while %s ends the run", async (phase) => {
    using folder = tempFolder();
    const world = new World(folder.path, { minTurrets: phase === "gathering" ? 2 : 1 });
    const one = world.addTurret();
    await world.until(() => one.turret.state === (phase === "gathering" ? "ready" : "firing"));
    world.hq.requestStop("interrupted");
    await world.pass(100_000);
    if (phase === "firing") one.crews.last.done();
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(world.hq.outcome.reason).toBe("interrupted");
    expect(world.hq.outcome.exitCode).toBe(0);
    await world.pass(100_000);
    expect(one.turret.state).toBe("idle");
  });

  test("Ctrl-C at a turret hands over and is gone", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { minTurrets: 2 });
    const [one, two] = [world.addTurret(), world.addTurret()];
    await world.until(() => one.turret.state === "firing" && two.turret.state === "firing");
    two.crews.last.fire(5);
    two.turret.stop("interrupted");
    two.crews.last.done();
    expect(await world.until(() => two.turret.isOver)).toBe(true);
    expect(two.turret.exitCode).toBe(0);
    await world.until(() => one.crews.last.stopGraceUs !== undefined);
    one.crews.last.done();
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(world.hq.outcome.counts.turrets[1]?.receivedTransactions).toBe(5);
  });
});
