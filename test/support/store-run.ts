// Journals of made-up runs for tests of the store: what an HQ would have written.

import { BatchBuilder } from "../../src/stats/batch.ts";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { Journal, type JournalOptions } from "../../src/store/journal.ts";
import {
  type CountsRecord,
  encodeBatchRecord,
  encodeJsonRecord,
  JOURNAL_VERSION,
  RECORD_KIND,
  type RunClosed,
  type RunOpened,
  type TurretRecord,
} from "../../src/store/records.ts";

export const OPENED: RunOpened = {
  journalVersion: JOURNAL_VERSION,
  runId: "run-1",
  octVersion: "1.0.0",
  project: "shop",
  command: "oct run shop",
  config: { run_time: 30, results_ts_interval: 10 },
  seed: 7,
  host: "hq.example",
  platform: "linux-x64",
  cores: 8,
  openedWallMs: 1_700_000_000_000,
  runTimeUs: 30_000_000,
  intervalS: 10,
  rowsMax: 1_000,
};

export const COUNTS: CountsRecord = {
  atUs: 29_000_000,
  malformed: { "not JSON": 2 },
  turrets: [
    {
      turretIndex: 1,
      sentTransactions: 3,
      sentBatches: 2,
      receivedTransactions: 3,
      receivedBatches: 2,
      journaledTransactions: 3,
      journaledBatches: 2,
      repeatedBatches: 0,
      lostTransactions: 0,
      unfinishedTransactions: 1,
      droppedTransactions: 0,
      startedTransactions: 4,
    },
  ],
  rowsKept: 3,
  rowsCounted: 3,
};

export const CLOSED: RunClosed = {
  endedWallMs: 1_700_000_031_000,
  durationUs: 30_500_000,
  reason: "run time",
  counts: COUNTS,
};

export const TURRET: TurretRecord = {
  turretIndex: 1,
  name: "navigation",
  uuid: "04b17e53-3b04-4a52-b2f6-01a496b29fa3",
  cannons: 2,
  script: "test_scripts/v_user.ts",
  rampup: 0,
  status: "ready",
  atUs: -500_000,
  wallMs: 1_700_000_000_123.456,
  wire: "link",
  host: "turret.example",
  octVersion: "1.0.0",
  cores: 4,
  clockOffsetUs: -12.5,
};

export interface MadeRow {
  readonly second?: number;
  readonly scriptrunS?: number;
  readonly responseS?: number;
  readonly error?: string;
  readonly turretName?: string;
  readonly timers?: readonly (string | number)[];
}

/** A batch of rows, counted as a turret counts them. */
export function batchOf(rows: readonly MadeRow[]): Uint8Array {
  const builder = new BatchBuilder({ turretName: "navigation" });
  for (const row of rows) {
    const { second = 0, scriptrunS = 0.5, error = "", timers = [] } = row;
    const slot = builder.slot(CELL_KIND.timer, "");
    builder.record(slot, second, scriptrunS * 1e6, error !== "");
    for (let i = 0; i < timers.length; i += 2) {
      const timer = builder.slot(CELL_KIND.timer, String(timers[i]));
      builder.record(timer, second, Number(timers[i + 1]) * 1e6, false);
    }
    if (error !== "") builder.add(builder.slot(CELL_KIND.error, error), second, 1, 1, 0);
    builder.countTransaction();
    builder.row({
      elapsedS: second + 1,
      epochS: 1_700_000_000 + second,
      scriptrunS,
      responseS: row.responseS ?? Number.NaN,
      error,
      timers,
      ...(row.turretName === undefined ? {} : { turretName: row.turretName }),
    });
  }
  return builder.take()?.bytes ?? new Uint8Array();
}

/** A journal that is written step by step; `flush` is called for each record. */
export class MadeRun implements Disposable {
  readonly journal: Journal;
  #sequence = 0;

  constructor(directory: string, options: JournalOptions = {}) {
    this.journal = Journal.create(directory, options);
  }

  json(kind: keyof typeof RECORD_KIND, record: object): this {
    this.journal.append(RECORD_KIND[kind], encodeJsonRecord(record));
    this.journal.flush();
    return this;
  }

  batch(rows: readonly MadeRow[], place: { turretIndex?: number; sequence?: number } = {}): this {
    const { turretIndex = 1, sequence = ++this.#sequence } = place;
    const batch = batchOf(rows);
    const record = encodeBatchRecord({ turretIndex, sequence, receivedUs: 1_000_000, batch });
    this.journal.append(RECORD_KIND.batch, record);
    this.journal.flush();
    return this;
  }

  [Symbol.dispose](): void {
    this.journal.close();
  }
}

/** Opened, started, one turret, closed, with `rows` between. */
export function writeRun(directory: string, rows: readonly MadeRow[]): void {
  using run = new MadeRun(directory);
  run.json("runOpened", OPENED).json("turret", TURRET);
  run.json("runStarted", { startWallMs: 1_700_000_000_500, turrets: 1 });
  run.json("turret", { ...TURRET, status: "Running", atUs: 0, wallMs: 1_700_000_000_500 });
  if (rows.length > 0) run.batch(rows);
  run.json("runClosed", CLOSED);
}
