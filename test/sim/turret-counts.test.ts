// Turrets and a real HQ together: whatever is lost, dropped, delayed or repeated, the numbers of every
// run add up, and the verdict says what is missing.

import { describe, expect, test } from "bun:test";
import { tempFolder } from "../support/temp.ts";
import type { FakeCrew } from "./support/fake-crew.ts";
import { World, type WorldTurret } from "./support/world.ts";

function countsOf(world: World, index = 0) {
  const counts = world.hq.outcome.counts.turrets.find((turret) => turret.turretIndex === index);
  if (counts === undefined) throw new Error(`turret ${index} has no counts`);
  return counts;
}

/** Sent = received = journaled, and live counts the same. */
function expectWhole(world: World, transactions: number): void {
  const counts = world.hq.outcome.counts.turrets;
  const sum = (pick: (turret: (typeof counts)[number]) => number) =>
    counts.reduce((total, turret) => total + pick(turret), 0);
  expect(sum((turret) => turret.sentTransactions ?? 0)).toBe(transactions);
  expect(sum((turret) => turret.receivedTransactions)).toBe(transactions);
  expect(sum((turret) => turret.journaledTransactions)).toBe(transactions);
  expect(world.hq.snapshot().transactions).toBe(transactions);
}

async function fired(world: World, ...turrets: WorldTurret[]): Promise<void> {
  await world.until(() => turrets.every(({ turret }) => turret.state === "firing"));
}

async function ended(world: World, finish: (crew: FakeCrew) => void, ...turrets: WorldTurret[]) {
  const hasStopped = ({ crews }: WorldTurret) => crews.last.stopGraceUs !== undefined;
  await world.until(() => turrets.every(hasStopped), 3_700_000_000);
  for (const { crews } of turrets) finish(crews.last);
  expect(await world.until(() => world.hq.isOver)).toBe(true);
}

describe("the numbers of a turret", () => {
  test.each<readonly [string, { unfinished?: number; dropped?: number }]>([
    ["all finished", {}],
    ["some unfinished", { unfinished: 3 }],
    ["some dropped before they could start", { dropped: 5 }],
    ["unfinished and dropped", { unfinished: 3, dropped: 5 }],
  ])("%s: planned = started + dropped, started = finished + unfinished", async (_, parts) => {
    using folder = tempFolder();
    const world = new World(folder.path);
    const one = world.addTurret();
    await fired(world, one);
    one.crews.last.fire(40);
    await ended(world, (crew) => crew.done(parts), one);
    expect(world.hq.outcome.verdict).toEqual({ word: "VALID", reasons: [] });
    expectWhole(world, 40);
    expect(countsOf(world).unfinishedTransactions).toBe(parts.unfinished ?? 0);
  });

  test("a lost thread: its transactions are said to be lost, and the numbers add up", async () => {
    using folder = tempFolder();
    const world = new World(folder.path);
    const one = world.addTurret();
    await fired(world, one);
    one.crews.last.fire(40);
    await ended(world, (crew) => crew.done({ lost: 6, unfinished: 2, replaced: 1 }), one);
    const { verdict, exitCode } = world.hq.outcome;
    expect(verdict).toEqual({
      word: "PARTIAL",
      reasons: ["6 transactions were measured and lost"],
    });
    expect(exitCode).toBe(4);
    expectWhole(world, 40);
    expect(countsOf(world)).toMatchObject({ lostTransactions: 6, unfinishedTransactions: 2 });
  });

  test("batches too large to be sent: given up, counted, said once, and the numbers add up", async () => {
    using folder = tempFolder();
    const world = new World(folder.path);
    const one = world.addTurret();
    await fired(world, one);
    one.crews.last.fire(40);
    for (let i = 0; i < 3; i++) one.crews.last.fireOversize(10);
    await ended(world, (crew) => crew.done({ lost: 1 }), one);
    expect(world.hq.outcome.verdict.reasons).toEqual(["31 transactions were measured and lost"]);
    expectWhole(world, 40);
    expect(countsOf(world).lostTransactions).toBe(31);
    expect(one.lines.filter((line) => line.includes("the outbox is full"))).toHaveLength(1);
  });

  test("two runs in a row: the second's numbers know nothing of the first's", async () => {
    using first = tempFolder();
    using second = tempFolder();
    const world = new World(first.path);
    const one = world.addTurret();
    await fired(world, one);
    one.crews.last.fire(40);
    await ended(world, (crew) => crew.done({ unfinished: 2, lost: 1 }), one);
    await world.pass(200_000);
    expect(one.turret.state).toBe("idle");
    world.nextHq(second.path, {}, "run-2");
    await fired(world, one);
    one.crews.last.fire(9);
    await ended(world, (crew) => crew.done(), one);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expectWhole(world, 9);
  });
});

describe("a wire that fails", () => {
  test("cut at every moment of a run, two turrets lose nothing and count nothing twice", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { minTurrets: 2, silenceUs: 60_000_000 });
    const both = [world.addTurret(), world.addTurret()];
    await fired(world, ...both);
    let random = 12345;
    const next = (limit: number) => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return random % limit;
    };
    let count = 0;
    for (let turn = 0; turn < 150; turn++) {
      for (const { crews, link } of both) {
        const now = next(5);
        crews.last.fire(now, Math.floor(turn / 20));
        count += now;
        if (next(4) === 0) link.cut();
        else if (next(2) === 0) link.restore();
      }
      await world.pass(5_000 * (1 + next(12)));
    }
    for (const { link } of both) link.restore();
    await ended(world, (crew) => crew.done(), ...both);
    expect(world.hq.outcome.verdict).toEqual({ word: "VALID", reasons: [] });
    expectWhole(world, count);
    expect(count).toBeGreaterThan(300);
  });

  test("an HQ that stands still past the limit and comes back gets what the turret kept", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { hqLossUs: 6_000_000, runTimeUs: 600_000_000 });
    const one = world.addTurret();
    await fired(world, one);
    one.crews.last.fire(20);
    await world.pass(1_000_000);
    one.crews.last.fire(5);
    await world.pass(7_000_000, { hq: false });
    expect(one.turret.state).toBe("draining");
    one.crews.last.fire(1);
    one.crews.last.done({ unfinished: 1 });
    await world.pass(1_000_000, { hq: false });
    expect(await world.until(() => world.hq.isOver)).toBe(true);
    expectWhole(world, 26);
    expect(world.hq.outcome.verdict.word).toBe("VALID");
    expect(world.hq.outcome.reason).toBe("all turrets have ended");
    await world.pass(200_000);
    expect(one.turret.state).toBe("idle");
  });

  test("a stop that a cut connection lost is said again", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { runTimeUs: 3_000_000, silenceUs: 60_000_000 });
    const one = world.addTurret();
    await fired(world, one);
    one.crews.last.fire(3);
    await world.pass(2_500_000);
    one.link.cut();
    await world.pass(1_500_000);
    expect(one.crews.last.stopGraceUs).toBeUndefined();
    one.link.restore();
    await ended(world, (crew) => crew.done(), one);
    expectWhole(world, 3);
  });

  test("one turret of two gone for good: PARTIAL, and the other's data is whole", async () => {
    using folder = tempFolder();
    const world = new World(folder.path, { minTurrets: 2 });
    const [one, two] = [world.addTurret(), world.addTurret()];
    await fired(world, one, two);
    for (let second = 0; second < 8; second++) {
      one.crews.last.fire(10, second);
      if (second < 4) two.crews.last.fire(10, second);
      if (second === 4) two.isFrozen = true;
      await world.pass(1_000_000);
    }
    await ended(world, (crew) => crew.done(), one);
    expect(world.hq.outcome.exitCode).toBe(4);
    expect(world.hq.outcome.verdict.word).toBe("PARTIAL");
    expect(countsOf(world, 0)).toMatchObject({ sentTransactions: 80, journaledTransactions: 80 });
    expect(countsOf(world, 1)).toMatchObject({ receivedTransactions: 40 });
    expect(countsOf(world, 1).sentTransactions).toBeUndefined();
  });
});
