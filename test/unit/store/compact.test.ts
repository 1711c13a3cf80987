import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { Compactor } from "../../../src/store/compact.ts";
import { readJournal } from "../../../src/store/journal.ts";
import { decodeMerged } from "../../../src/store/merged.ts";
import { openResults } from "../../../src/store/query.ts";
import { rebuildDatabase } from "../../../src/store/rebuild.ts";
import { encodeBatchRecord, RECORD_KIND, type RecordKind } from "../../../src/store/records.ts";
import { listSegments } from "../../../src/store/segments.ts";
import { foundIn } from "../../support/store-oracle.ts";
import { batchOf, MadeRun, OPENED } from "../../support/store-run.ts";
import { tempFolder } from "../../support/temp.ts";

function kindsOf(directory: string): RecordKind[] {
  const kinds: RecordKind[] = [];
  readJournal(directory, (kind) => kinds.push(kind));
  return kinds;
}

function compactAll(directory: string, segmentNumber = Number.POSITIVE_INFINITY): Compactor {
  const compactor = new Compactor({ directory });
  while (compactor.step(segmentNumber));
  compactor.close();
  return compactor;
}

/** Ten turrets, `seconds` seconds, each second one batch a turret. */
function manyTurrets(directory: string, options: { seconds: number; segmentBytes?: number }): void {
  const { seconds, segmentBytes = 1_000_000_000 } = options;
  using run = new MadeRun(directory, { segmentBytes });
  run.json("runOpened", OPENED);
  for (let second = 0; second < seconds; second++) {
    for (let turretIndex = 0; turretIndex < 10; turretIndex++) {
      const batch = batchOf([{ second, timers: ["a", 0.1, "b", 0.2] }]);
      const record = { turretIndex, sequence: second + 1, receivedUs: second * 1e6, batch };
      run.journal.append(RECORD_KIND.batch, encodeBatchRecord(record));
    }
    run.journal.flush();
  }
}

async function databaseOf(directory: string) {
  const { databasePath, journal } = await rebuildDatabase({ directory });
  const results = await openResults(databasePath);
  try {
    return { ...foundIn(results), repeated: journal.repeatedBatches, batches: journal.batches };
  } finally {
    results.close();
  }
}

describe("Compactor", () => {
  test("makes a segment smaller and changes nothing that is counted", async () => {
    using folder = tempFolder();
    manyTurrets(folder.path, { seconds: 30 });
    const before = await databaseOf(folder.path);
    const sizeBytes = statSync(folder.file("journal", "000001.octj")).size;
    const compactor = compactAll(folder.path);
    expect(readdirSync(folder.file("journal"))).toEqual(["000001.octc"]);
    const compactedBytes = statSync(folder.file("journal", "000001.octc")).size;
    expect(compactor.savedBytes).toBe(sizeBytes - compactedBytes);
    expect(compactedBytes).toBeLessThan(sizeBytes * 0.8);
    expect(await databaseOf(folder.path)).toEqual(before);
  });

  test("reads more than its reader holds at a time", async () => {
    using folder = tempFolder();
    manyTurrets(folder.path, { seconds: 900 });
    const before = await databaseOf(folder.path);
    using compactor = new Compactor({ directory: folder.path, sliceBytes: 100_000_000 });
    while (compactor.step(2));
    expect(statSync(folder.file("journal", "000001.octc")).size).toBeGreaterThan(0);
    expect(before.transactions).toBe(9_000);
    expect(await databaseOf(folder.path)).toEqual(before);
  });

  test("leaves the segment that is being written, and goes on when it is sealed", () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path, { segmentBytes: 2_000 });
    using compactor = new Compactor({ directory: folder.path, share: 100 });
    const step = () => {
      while (compactor.step(run.journal.segmentNumber));
      return listSegments(folder.path).map((segment) => segment.isCompacted);
    };
    run.json("runOpened", OPENED);
    expect(step()).toEqual([false]);
    while (run.journal.segmentNumber < 3) run.batch([{}]);
    expect(step()).toEqual([true, true, false]);
    run.json("event", { text: "still open" });
    expect(kindsOf(folder.path).at(-1)).toBe(RECORD_KIND.event);
  });

  test("keeps all other records, in their order", () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", OPENED).batch([{}]).json("event", {}).batch([{}]).json("counts", {});
    run.journal.append(99 as RecordKind, Uint8Array.of(1));
    run.journal.flush();
    using compactor = new Compactor({ directory: folder.path, share: 100 });
    while (compactor.step(2));
    const { runOpened, event, counts, merged, turretTotals } = RECORD_KIND;
    const kinds = [runOpened, event, counts, 99 as RecordKind, merged, turretTotals];
    expect(kindsOf(folder.path)).toEqual(kinds);
  });

  test("knows sequences of segments that were compacted before it was made", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path, { segmentBytes: 10 });
    run.json("runOpened", OPENED).batch([{}], { sequence: 1 }).batch([{}], { sequence: 2 });
    using first = new Compactor({ directory: folder.path, share: 100 });
    while (first.step(4));
    run.batch([{}], { sequence: 1 }).batch([{}], { sequence: 3 });
    using second = new Compactor({ directory: folder.path, share: 100 });
    while (second.step(6));
    expect(listSegments(folder.path).every((segment) => segment.isCompacted)).toBe(true);
    const { transactions, repeated, batches } = await databaseOf(folder.path);
    expect([transactions, repeated, batches]).toEqual([3, 1, 3]);
  });

  test("leaves a segment that would not get smaller, and a torn one", () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", OPENED).batch([{}]);
    compactAll(folder.path);
    expect(readdirSync(folder.file("journal"))).toEqual(["000001.octj"]);
    using other = tempFolder();
    manyTurrets(other.path, { seconds: 30 });
    const path = other.file("journal", "000001.octj");
    writeFileSync(path, Uint8Array.of(1, 2, 3), { flag: "a" });
    compactAll(other.path);
    expect(readdirSync(other.file("journal"))).toEqual(["000001.octj"]);
  });

  test("keeps a batch that can not be read", () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.journal.append(RECORD_KIND.batch, new TextEncoder().encode("this is not a batch at all"));
    run.batch([{}]);
    using compactor = new Compactor({ directory: folder.path, share: 100 });
    while (compactor.step(2));
    expect(kindsOf(folder.path)).toContain(RECORD_KIND.batch);
  });

  test("writes one record of many small slices", () => {
    using folder = tempFolder();
    manyTurrets(folder.path, { seconds: 20 });
    using compactor = new Compactor({ directory: folder.path, sliceBytes: 500 });
    let steps = 0;
    while (compactor.step(2)) steps++;
    expect(steps).toBeGreaterThan(10);
    const merged: Uint8Array[] = [];
    readJournal(folder.path, (kind, payload) => {
      if (kind === RECORD_KIND.merged) merged.push(payload.slice());
    });
    expect(merged.length).toBe(1);
    const { head } = decodeMerged(merged[0] as Uint8Array);
    expect(head.turrets.map((part) => part.sequences)).toEqual(Array(10).fill([[1, 20]]));
    expect(head.lastUs).toBe(19e6);
  });

  test("a kill between rename and delete leaves the compacted one to count", async () => {
    using folder = tempFolder();
    manyTurrets(folder.path, { seconds: 10 });
    const before = await databaseOf(folder.path);
    const path = folder.file("journal", "000001.octj");
    const original = await Bun.file(path).bytes();
    compactAll(folder.path);
    writeFileSync(path, original);
    expect(await databaseOf(folder.path)).toEqual(before);
  });

  test("gives up what is half done without a trace", () => {
    using folder = tempFolder();
    manyTurrets(folder.path, { seconds: 10 });
    const compactor = new Compactor({ directory: folder.path, sliceBytes: 100 });
    expect(compactor.step(2)).toBe(true);
    expect(readdirSync(folder.file("journal")).length).toBe(2);
    compactor.close();
    expect(readdirSync(folder.file("journal"))).toEqual(["000001.octj"]);
  });

  test("stops and says why when the disk refuses, and the journal stays whole", () => {
    using folder = tempFolder();
    manyTurrets(folder.path, { seconds: 10 });
    const inTheWay = folder.file("journal", ".000001.octc.part");
    mkdirSync(inTheWay);
    const records = kindsOf(folder.path).length;
    const compactor = new Compactor({ directory: folder.path });
    expect(compactor.step(2)).toBe(false);
    expect(compactor.failure?.where).toEndWith("000001.octc");
    expect(compactor.step(2)).toBe(false);
    expect(kindsOf(folder.path).length).toBe(records);
    expect(existsSync(folder.file("journal", "000001.octj"))).toBe(true);
  });
});
