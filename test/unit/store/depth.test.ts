// What a journal tells in depth (slowest requests, how turrets were doing, hashes of scripts) comes to
// the database whole: also of a compacted journal, and not from a file that is older than its tables.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { BatchBuilder } from "../../../src/stats/batch.ts";
import { SLOWEST_LIMIT } from "../../../src/stats/slowest.ts";
import { Compactor } from "../../../src/store/compact.ts";
import { openResults, type Results } from "../../../src/store/query.ts";
import { rebuildDatabase } from "../../../src/store/rebuild.ts";
import { encodeBatchRecord, RECORD_KIND } from "../../../src/store/records.ts";
import { MadeRun, OPENED } from "../../support/store-run.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";

const PHASES = { dnsUs: 1, connectUs: 2, tlsUs: 3, sendUs: 4, waitUs: 5, receiveUs: 6 };

function slowBatch(turretName: string, durationsUs: readonly number[]): Uint8Array {
  const builder = new BatchBuilder({ turretName });
  for (const durationUs of durationsUs) {
    builder.slow({ ...PHASES, startUs: 7, durationUs, name: "GET /", status: "GET 200" });
    builder.countTransaction();
  }
  return builder.take()?.bytes ?? new Uint8Array();
}

function writeDeepRun(directory: string): void {
  using run = new MadeRun(directory);
  run.json("runOpened", OPENED);
  run.json("runStarted", { startWallMs: 1, turrets: 3, scripts: { navigation: "ab12" } });
  for (let turretIndex = 0; turretIndex < 3; turretIndex++) {
    for (let sequence = 1; sequence <= 20; sequence++) {
      const durations = [1, 2, 3].map((k) => 1_000 * (k + sequence * 10 + turretIndex * 100));
      const batch = slowBatch(`turret ${turretIndex}`, durations);
      const record = { turretIndex, sequence, receivedUs: 0, batch };
      run.journal.append(RECORD_KIND.batch, encodeBatchRecord(record));
    }
  }
  for (let second = 0; second < 5; second++) {
    const turrets = [
      { turretIndex: 0, cannons: 10 + second, cpuPercent: 50, lagUs: 900, batches: 2 * second },
      { turretIndex: 2, cannons: "many", lagUs: null, batches: 1 },
    ];
    run.json("vitals", { atUs: second * 1e6 + 5, turrets });
  }
  run.json("vitals", { atUs: 9e6, turrets: "none" });
}

async function rebuilt(folder: TempFolder): Promise<Results & Disposable> {
  const { databasePath } = await rebuildDatabase({ directory: folder.path });
  const results = await openResults(databasePath);
  return Object.assign(results, { [Symbol.dispose]: () => results.close() });
}

describe("a database", () => {
  test.each([false, true])(
    "of a journal (compacted: %p) has the slowest of all turrets",
    async (isCompacted) => {
      using folder = tempFolder();
      writeDeepRun(folder.path);
      if (isCompacted) {
        using compactor = new Compactor({ directory: folder.path, share: 2 });
        while (compactor.step(Number.POSITIVE_INFINITY));
      }
      using results = await rebuilt(folder);
      const expected = [0, 1, 2]
        .flatMap((turret) => Array.from({ length: 20 }, (_, i) => [turret, i + 1] as const))
        .flatMap(([turret, sequence]) =>
          [1, 2, 3].map((k) => 1_000 * (k + sequence * 10 + turret * 100)),
        )
        .sort((a, b) => b - a)
        .slice(0, SLOWEST_LIMIT.requests);
      expect(results.slowest().map((request) => request.durationUs)).toEqual(expected);
      expect(results.slowest()[0]).toEqual({
        ...PHASES,
        startUs: 7,
        durationUs: 403_000,
        name: "GET /",
        status: "GET 200",
        turret: "turret 2",
      });
    },
  );

  test("has how turrets were doing, and nothing where they did not tell", async () => {
    using folder = tempFolder();
    writeDeepRun(folder.path);
    using results = await rebuilt(folder);
    const steps = results.turretSteps();
    expect([...steps.keys()]).toEqual([0, 2]);
    expect(steps.get(0)?.map(({ second, cannons }) => [second, cannons])).toEqual([
      [0, 10],
      [1, 11],
      [2, 12],
      [3, 13],
      [4, 14],
    ]);
    expect(steps.get(2)?.[0]).toMatchObject({ cannons: undefined, lagUs: undefined, batches: 1 });
    expect(results.facts.scripts).toEqual({ navigation: "ab12" });
    expect(results.facts.journal?.unreadableRecords).toBe(0);
  });

  test("of the old OCT has none of it", async () => {
    const path = new URL("../../fixtures/oct-results.sqlite", import.meta.url).pathname;
    expect(readFileSync(path).length).toBeGreaterThan(0);
    const results = await openResults(path);
    try {
      expect(results.slowest()).toEqual([]);
      expect(results.turretSteps().size).toBe(0);
      expect(results.facts.scripts).toBeUndefined();
    } finally {
      results.close();
    }
  });
});
