import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import { Histogram } from "../../../src/stats/histogram.ts";
import { openResults, type Results } from "../../../src/store/query.ts";
import { rebuildDatabase, recoverable } from "../../../src/store/rebuild.ts";
import { RECORD_KIND } from "../../../src/store/records.ts";
import { localTimeText } from "../../../src/store/schema.ts";
import { CLOSED, COUNTS, MadeRun, OPENED, TURRET, writeRun } from "../../support/store-run.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";

async function rebuilt(folder: TempFolder): Promise<Results & Disposable> {
  const { databasePath } = await rebuildDatabase({ directory: folder.path });
  const results = await openResults(databasePath);
  return Object.assign(results, { [Symbol.dispose]: () => results.close() });
}

describe("rebuildDatabase", () => {
  test("tells the facts of a run as its records told them", async () => {
    using folder = tempFolder();
    writeRun(folder.path, [{ second: 2, error: "boom" }, { second: 5 }]);
    using results = await rebuilt(folder);
    const { journalVersion: _, ...opened } = OPENED;
    expect(results.origin).toBe("oct");
    expect(results.facts).toMatchObject({
      ...opened,
      startWallMs: 1_700_000_000_500,
      endedWallMs: CLOSED.endedWallMs,
      durationUs: CLOSED.durationUs,
      reason: "run time",
      isKilled: false,
      transactions: 2,
      errorCount: 1,
      rowsKept: 2,
      rowsCounted: 2,
      baseIntervalS: 1,
      firstEpochS: 1_700_000_002,
      lastEpochS: 1_700_000_005,
    });
    expect(results.facts.journal).toMatchObject({ batches: 1, tornBytes: 0, records: 6 });
  });

  test("keeps a turret's newest status, its history, and OCT's local time", async () => {
    using folder = tempFolder();
    writeRun(folder.path, []);
    using results = await rebuilt(folder);
    const { name, uuid, cannons, script, rampup } = TURRET;
    const { wire, host, octVersion, cores, clockOffsetUs, turretIndex } = TURRET;
    const history = [
      { atUs: -500_000, status: "ready" },
      { atUs: 0, status: "Running" },
    ];
    expect(results.turrets()).toEqual([
      {
        ...{ name, uuid, cannons, script, rampup },
        status: "Running",
        updatedAt: localTimeText(1_700_000_000_500),
        details: { turretIndex, wire, host, octVersion, cores, clockOffsetUs, history },
      },
    ]);
    expect(results.turrets()[0]?.updatedAt).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
  });

  test("works for a run without results", async () => {
    using folder = tempFolder();
    writeRun(folder.path, []);
    using results = await rebuilt(folder);
    expect(results.facts).toMatchObject({ transactions: 0, rowsKept: 0, isKilled: false });
    expect([...results.rows(), ...results.totals(), ...results.errors()]).toEqual([]);
  });

  test("works for a run that was killed before it began", async () => {
    using folder = tempFolder();
    new MadeRun(folder.path).journal.close();
    using results = await rebuilt(folder);
    expect(results.facts).toMatchObject({ isKilled: true, runId: undefined, transactions: 0 });
  });

  test("says that a run was killed, and that it had received and written all that its journal holds", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", OPENED).json("counts", COUNTS).batch([{}, {}, {}]).batch([{}]);
    using results = await rebuilt(folder);
    expect(results.facts).toMatchObject({
      isKilled: true,
      reason: undefined,
      transactions: 4,
      durationUs: 29_000_000,
    });
    expect(results.counts()).toEqual([
      {
        ...COUNTS.turrets[0],
        receivedTransactions: 4,
        journaledTransactions: 4,
        countedTransactions: 4,
        countedBatches: 2,
      } as never,
    ]);
  });

  test("of a killed run whose journal lacks what its HQ had written, keeps the difference", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", OPENED).json("counts", COUNTS).batch([{}]);
    using results = await rebuilt(folder);
    expect(results.counts()).toMatchObject([
      { receivedTransactions: 3, journaledTransactions: 3, countedTransactions: 1 },
    ]);
  });

  test("a repeated timer counts twice and the row holds the last value", async () => {
    using folder = tempFolder();
    writeRun(folder.path, [{ timers: ["a", 0.25, "b", 1, "a", 0.75] }]);
    using results = await rebuilt(folder);
    expect([...results.rows()][0]?.timers).toEqual([
      ["a", 0.75],
      ["b", 1],
    ]);
    const total = results.totals().find(({ name }) => name === "a");
    expect([total?.count, total?.sum]).toEqual([2, 1_000_000]);
  });

  test("finds a repeated timer in a row of many", async () => {
    using folder = tempFolder();
    const timers = Array.from({ length: 40 }, (_, i) => [`t${i % 39}`, i]).flat();
    writeRun(folder.path, [{ timers }]);
    using results = await rebuilt(folder);
    const [row] = results.rows();
    expect(row?.timers.length).toBe(39);
    expect(row?.timers[0]).toEqual(["t0", 39]);
  });

  test("names who sent a row, Noname where nobody says", async () => {
    using folder = tempFolder();
    writeRun(folder.path, [{}, { turretName: "" }, { turretName: "random" }]);
    using results = await rebuilt(folder);
    expect([...results.rows()].map((row) => row.turretName)).toEqual([
      "navigation",
      "Noname",
      "random",
    ]);
  });

  test("keeps rows up to the run's limit, and counts all", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run
      .json("runOpened", { ...OPENED, rowsMax: 2 })
      .batch([{ responseS: 2 }])
      .batch([{}, {}, {}]);
    using results = await rebuilt(folder);
    expect(results.facts).toMatchObject({ rowsKept: 2, rowsCounted: 4, transactions: 4 });
    expect([...results.rows()].map((row) => row.id)).toEqual([1, 2]);
    expect([...results.responses()]).toEqual([[1, 2]]);
    expect(results.totals()[0]?.count).toBe(4);
  });

  test("keeps errors, events, malformed messages and turret totals", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", OPENED);
    run.batch([
      { second: 4, error: "x" },
      { second: 9, error: "x" },
      { second: 1, error: "y" },
    ]);
    const event = { atUs: 5, level: "warning", turretIndex: -1, text: "turret 2 was lost" };
    run.json("event", event);
    const sampleBase64 = Buffer.from([1, 255, 0]).toString("base64");
    run.json("malformed", { kind: "not JSON", atUs: 9, sizeBytes: 70, sampleBase64 });
    run.json("runClosed", CLOSED);
    using results = await rebuilt(folder);
    expect(results.errors()).toEqual([
      { text: "x", count: 2, firstSecond: 4, lastSecond: 9 },
      { text: "y", count: 1, firstSecond: 1, lastSecond: 1 },
    ]);
    expect(results.events()).toEqual([event]);
    expect(results.malformed()).toEqual({
      counts: [{ kind: "not JSON", count: 2 }],
      samples: [{ kind: "not JSON", atUs: 9, sizeBytes: 70, sample: Uint8Array.of(1, 255, 0) }],
    });
    const total = results.turretTotals().find(({ kind, name }) => {
      return kind === CELL_KIND.timer && name === "";
    });
    expect(total).toMatchObject({ turretIndex: 1, count: 3, errorCount: 3, min: 500_000 });
  });

  test("makes intervals longer for a run of very many, and says so", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", OPENED).batch(Array.from({ length: 100 }, (_, second) => ({ second })));
    const cells = { intervalsMax: 30 };
    const summary = await rebuildDatabase({ directory: folder.path, cells });
    const results = await openResults(summary.databasePath);
    const intervals = results.intervals(CELL_KIND.timer, "");
    results.close();
    expect(summary.baseIntervalS).toBeGreaterThan(1);
    expect(results.facts.baseIntervalS).toBe(summary.baseIntervalS);
    expect(intervals.reduce((sum, { count }) => sum + count, 0)).toBe(100);
    const histogram = Histogram.fromPayload(intervals[0]?.histogram as Uint8Array);
    expect(histogram.count).toBe(intervals[0]?.count as number);
  });

  test("counts records it can not read and goes on", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", OPENED);
    const payloads = [
      [RECORD_KIND.batch, "short"],
      [RECORD_KIND.batch, "long enough for its head but no batch"],
      [RECORD_KIND.counts, "{"],
      [RECORD_KIND.event, "[]"],
      [RECORD_KIND.merged, "\u0002{}"],
      [RECORD_KIND.turretTotals, ""],
      [200, "of a later oct"],
    ] as const;
    for (const [kind, text] of payloads) {
      run.journal.append(kind as typeof RECORD_KIND.batch, new TextEncoder().encode(text));
    }
    run.batch([{}]);
    const { journal, transactions } = await rebuildDatabase({ directory: folder.path });
    expect(journal.unreadableRecords).toBe(payloads.length);
    expect(transactions).toBe(1);
  });

  test("bears records with fields of other types", async () => {
    using folder = tempFolder();
    using run = new MadeRun(folder.path);
    run.json("runOpened", { rowsMax: "many", config: 5, cores: null });
    run.json("turret", { turretIndex: 0, name: null, cannons: "2", status: 5 });
    run.json("counts", { malformed: [], turrets: [null, { turretIndex: 3 }] });
    run.batch([{}]);
    using results = await rebuilt(folder);
    expect(results.facts).toMatchObject({ config: undefined, cores: undefined, rowsKept: 1 });
    expect(results.turrets()[0]).toMatchObject({ name: "Noname", cannons: 0, status: "5" });
    expect(results.counts().map((one) => one.turretIndex)).toEqual([1, 3]);
  });

  test("takes the place of an older database, and leaves it where it fails", async () => {
    using folder = tempFolder();
    writeRun(folder.path, [{}]);
    const databasePath = folder.file("results.sqlite");
    writeFileSync(databasePath, "the old one");
    const segment = folder.file("journal", "000001.octj");
    const journal = readFileSync(segment);
    journal[4] = 77;
    writeFileSync(segment, journal);
    await expect(rebuildDatabase({ directory: folder.path })).rejects.toThrow("version 77");
    expect(readFileSync(databasePath, "utf8")).toBe("the old one");
    journal[4] = 1;
    writeFileSync(segment, journal);
    await rebuildDatabase({ directory: folder.path });
    expect(readFileSync(databasePath).subarray(0, 15).toString()).toBe("SQLite format 3");
    expect(readdirSync(folder.path).sort()).toEqual(["journal", "results.sqlite"]);
  });

  test("tells its progress to the end", async () => {
    using folder = tempFolder();
    writeRun(folder.path, [{}]);
    const seen = new Map<string, number>();
    await rebuildDatabase({
      directory: folder.path,
      onProgress: (done, total, what) => seen.set(what, done / total),
    });
    expect([...seen]).toEqual([
      ["reading the journal", 1],
      ["writing intervals", 1],
      ["writing the database", 1],
    ]);
  });

  test("says so when there is no journal", async () => {
    using folder = tempFolder();
    await expect(rebuildDatabase({ directory: folder.path })).rejects.toThrow(
      "there is no journal in this folder",
    );
    expect(existsSync(folder.file("results.sqlite"))).toBe(false);
  });
});

describe("recoverable", () => {
  test("tells what a folder holds", async () => {
    using folder = tempFolder();
    const databasePath = folder.file("results.sqlite");
    const found = () => recoverable(folder.path);
    expect(found()).toEqual({ hasJournal: false, hasDatabase: false, databasePath });
    writeRun(folder.path, []);
    expect(found()).toEqual({ hasJournal: true, hasDatabase: false, databasePath });
    await rebuildDatabase({ directory: folder.path });
    expect(found()).toEqual({ hasJournal: true, hasDatabase: true, databasePath });
    expect(recoverable(folder.file("none")).hasJournal).toBe(false);
  });
});
