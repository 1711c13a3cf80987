// Intake's own promises; what it accepts is tested with the parser and in simulation.

import { describe, expect, test } from "bun:test";
import { EARLY, Intake } from "../../../src/hq/intake.ts";
import { MalformedLog } from "../../../src/hq/malformed.ts";
import type { Batch } from "../../../src/stats/batch.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import type { BatchRecord, MalformedRecord } from "../../../src/store/records.ts";
import { FakeProtocol1, result, spaced } from "../../sim/support/hq-world.ts";

const START_EPOCH_S = 1_795_233_489;
const RUNNING = { elapsedUs: 5_500_000, startWallMs: START_EPOCH_S * 1_000 };

function setUp() {
  const wire = new FakeProtocol1();
  const kept: MalformedRecord[] = [];
  const batches: Batch[] = [];
  const records: BatchRecord[] = [];
  const intake = new Intake({
    wire,
    collector: {
      wantRows: true,
      keep(batch, record) {
        batches.push(batch);
        records.push(record);
      },
    },
    malformed: new MalformedLog((record) => kept.push(record)),
    onStatus() {},
  });
  return { wire, kept, batches, records, intake };
}

describe("Intake", () => {
  test("reads a stock message in full once, all later ones by their shape", () => {
    const { wire, intake } = setUp();
    for (let i = 0; i < 1_000; i++) {
      wire.push(spaced(result({ epoch: START_EPOCH_S, scriptrun_time: i / 7 })));
    }
    intake.drain(RUNNING, 0);
    expect(intake.transactions).toBe(1_000);
    expect(intake.readInFull).toBeLessThan(5);
  });

  test("one turn is one batch, numbered without gaps, none for nothing", () => {
    const { wire, intake, records } = setUp();
    intake.drain(RUNNING, 0);
    for (const count of [3, 0, 5]) {
      for (let i = 0; i < count; i++) wire.push(result());
      intake.drain(RUNNING, 0);
    }
    expect(records.map((record) => record.sequence)).toEqual([1, 2]);
    expect(intake.batches).toBe(2);
  });

  test("a turn takes a bounded number of messages and says that there may be more", () => {
    const { wire, intake } = setUp();
    for (let i = 0; i < 25_000; i++) wire.push(result());
    expect(intake.drain(RUNNING, 0)).toBe(true);
    expect(wire.waiting).toBeGreaterThan(0);
    expect(intake.drain(RUNNING, 0)).toBe(false);
    expect(intake.transactions).toBe(25_000);
  });

  test("large messages end a turn early", () => {
    const { wire, intake } = setUp();
    const padded = new Uint8Array(1024 * 1024).fill(0x20);
    padded.set(new TextEncoder().encode(spaced(result())));
    for (let i = 0; i < 600; i++) wire.push(padded);
    expect(intake.drain(RUNNING, 0)).toBe(true);
    expect(wire.waiting).toBe(600 - 512);
    while (intake.drain(RUNNING, 0));
    expect(intake.transactions).toBe(600);
  });

  test.each([
    ["in the run", START_EPOCH_S + 3, 3, 0],
    ["a little ahead of the HQ", START_EPOCH_S + 6, 6, 0],
    ["long before", 12, 5, 1],
    ["just before", START_EPOCH_S - 1, 5, 1],
    ["in the future", START_EPOCH_S + 7, 5, 1],
  ])("a result %s is placed by epoch or by when it came", (_, epoch, second, misplaced) => {
    const { wire, intake, batches } = setUp();
    wire.push(result({ epoch }));
    intake.drain(RUNNING, 0);
    expect(batches[0]?.cells[0]?.second).toBe(second);
    expect(intake.misplaced).toBe(misplaced);
  });

  test("before the start a result is refused as early, one item of many alone", () => {
    const { wire, intake, kept } = setUp();
    wire.push(JSON.stringify([result(), 7]));
    intake.drain({ elapsedUs: undefined, startWallMs: 0 }, 0);
    expect(kept.map((record) => record.kind)).toEqual([EARLY, "not an object"]);
    expect(Buffer.from(kept[1]?.sampleBase64 ?? "", "base64").toString()).toBe("7");
  });

  test("names that the results of a turn gave are known for that turn", () => {
    const { wire, intake } = setUp();
    for (let i = 0; i < 3; i++) wire.push(result({ turret_name: "a" }), result());
    intake.drain(RUNNING, 0);
    expect([...intake.namesHeard].sort()).toEqual(["Noname", "a"]);
    wire.push(result({ turret_name: "a" }));
    intake.drain(RUNNING, 0);
    expect([...intake.namesHeard]).toEqual(["a"]);
  });

  test("errors count on the transaction, its timers and under their text", () => {
    const { wire, intake, batches } = setUp();
    for (let i = 0; i < 3; i++) wire.push(spaced(result({ error: "boom" })));
    intake.drain(RUNNING, 0);
    const cells = batches[0]?.cells ?? [];
    const error = cells.find((cell) => cell.kind === CELL_KIND.error);
    expect(error).toMatchObject({ name: "boom", count: 3, errorCount: 3 });
    const timers = cells.filter((cell) => cell.kind === CELL_KIND.timer);
    expect(timers.map((cell) => [cell.name, cell.errorCount])).toEqual([
      ["", 3],
      ["home", 3],
      ["login page", 3],
    ]);
  });
});
