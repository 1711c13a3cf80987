// How long a run takes from its stop to database and report: 1,000,000 results with two timers each.
//
//   bun scripts/bench/finish.ts [RESULTS]
//
// Writes the journal that such a run leaves (as one killed at its stop), then times `oct report` of the
// built binary on it, which makes database, report and summary, and reads its highest memory.

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { Random } from "../../src/base/random.ts";
import { BatchBuilder } from "../../src/stats/batch.ts";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { Journal } from "../../src/store/journal.ts";
import {
  encodeBatchRecord,
  encodeJsonRecord,
  JOURNAL_VERSION,
  RECORD_KIND,
} from "../../src/store/records.ts";

const RESULTS = 1_000_000;
const SECONDS = 600;

const results = Number(process.argv[2] ?? RESULTS);
const binary = path.resolve(import.meta.dir, "../../dist/oct");
const folder = mkdtempSync(path.join(os.tmpdir(), "oct-bench-finish-"));
try {
  writeJournal(path.join(folder, "run"), results);
  const startMs = performance.now();
  const child = Bun.spawnSync([binary, "report", path.join(folder, "run")], { cwd: folder });
  const elapsedS = (performance.now() - startMs) / 1000;
  if (child.exitCode !== 0) throw new Error(child.stderr.toString());
  const sizes = readdirSync(path.join(folder, "run"))
    .map((name) => [name, statSync(path.join(folder, "run", name))] as const)
    .filter(([, stat]) => stat.isFile())
    .map(([name, stat]) => `${name} ${(stat.size / 1e6).toFixed(2)} MB`);
  const memoryMb = (child.resourceUsage?.maxRSS ?? 0) / 1e6;
  console.log(
    `${results} results: ${elapsedS.toFixed(2)} s, ${memoryMb.toFixed(0)} MB at most, ` +
      `${sizes.join(", ")} (budget at 1,000,000: 4 s, 600 MB, report under 1 MB)`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function writeJournal(directory: string, count: number): void {
  const journal = Journal.create(directory);
  const wallMs = Date.now();
  const opened = {
    journalVersion: JOURNAL_VERSION,
    runId: "bench",
    octVersion: "0",
    project: "bench",
    command: "oct run bench",
    config: {},
    seed: 1,
    host: "bench",
    platform: "linux-x64",
    cores: 1,
    openedWallMs: wallMs,
    runTimeUs: SECONDS * 1e6,
    intervalS: 10,
    rowsMax: 2_000_000,
  };
  journal.append(RECORD_KIND.runOpened, encodeJsonRecord(opened));
  journal.append(RECORD_KIND.runStarted, encodeJsonRecord({ startWallMs: wallMs, turrets: 1 }));
  const random = new Random(1);
  const builder = new BatchBuilder({ turretName: "bench" });
  const transaction = builder.slot(CELL_KIND.timer, "");
  const home = builder.slot(CELL_KIND.timer, "home page");
  const search = builder.slot(CELL_KIND.timer, "search");
  let sequence = 0;
  for (let second = 0, done = 0; second < SECONDS; second++) {
    const until = Math.floor((count * (second + 1)) / SECONDS);
    for (; done < until; done++) {
      const homeUs = Math.round(Math.exp(random.normal(9, 0.6)));
      const searchUs = Math.round(Math.exp(random.normal(10, 0.6)));
      const runUs = homeUs + searchUs;
      builder.record(home, second, homeUs, false);
      builder.record(search, second, searchUs, false);
      builder.record(transaction, second, runUs, false);
      builder.countTransaction();
      const elapsedS = second + random.unit();
      builder.row({
        elapsedS,
        epochS: wallMs / 1000 + elapsedS,
        scriptrunS: runUs / 1e6,
        responseS: Number.NaN,
        error: "",
        timers: ["home page", homeUs / 1e6, "search", searchUs / 1e6],
      });
    }
    const batch = builder.take();
    if (batch === undefined) continue;
    const record = {
      turretIndex: 0,
      sequence: ++sequence,
      receivedUs: (second + 1) * 1e6,
      batch: batch.bytes,
    };
    journal.append(RECORD_KIND.batch, encodeBatchRecord(record));
  }
  journal.close();
}
