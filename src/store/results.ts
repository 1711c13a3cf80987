// What query.ts reads from a results database, own or of the old OCT, as plain typed data: all that
// report, CSV and comparison know about a finished run. Times are seconds or microseconds since the
// run's start, as their names say; a thing the file does not know is undefined.

import type { JsonObject } from "../base/json.ts";
import type { Cell, CellKind } from "../stats/cell.ts";
import type { SlowRequest } from "../stats/slowest.ts";
import type { ControlRecord, EventRecord, TurretCounts } from "./records.ts";
import type { TurretStep } from "./turret-series.ts";

/** Run facts; the old OCT kept none of those that may be undefined. */
export interface RunFacts {
  readonly runId: string | undefined;
  readonly octVersion: string | undefined;
  readonly project: string | undefined;
  readonly command: string | undefined;
  readonly config: JsonObject | undefined;
  readonly seed: number | undefined;
  /** Turrets that were ready at the start. */
  readonly startedTurrets?: number | undefined;
  readonly host: string | undefined;
  readonly platform: string | undefined;
  readonly cores: number | undefined;
  readonly openedWallMs: number | undefined;
  /** The common start; of an old database the whole second of the first row's epoch. */
  readonly startWallMs: number | undefined;
  readonly endedWallMs: number | undefined;
  readonly durationUs: number | undefined;
  readonly runTimeUs: number | undefined;
  readonly intervalS: number | undefined;
  /** Why it ended; undefined when the HQ was killed (`isKilled`) or the file does not say. */
  readonly reason: string | undefined;
  /** The HQ did not end this run itself: everything it had journaled is here all the same. */
  readonly isKilled: boolean;
  /** All transactions that were counted. */
  readonly transactions: number;
  /** Transactions whose error is not "". */
  readonly errorCount: number;
  /** Rows in `result`: rowsKept of rowsCounted. */
  readonly rowsKept: number;
  readonly rowsCounted: number;
  readonly rowsMax: number | undefined;
  /** Seconds of one interval cell: 1 unless the run was too long for that. */
  readonly baseIntervalS: number;
  /** Smallest and largest `epoch` of the rows. */
  readonly firstEpochS: number | undefined;
  readonly lastEpochS: number | undefined;
  readonly journal: JournalFacts | undefined;
  /** SHA-256 of what each definition's turrets fired, by the definition's name. */
  readonly scripts: Readonly<Record<string, string>> | undefined;
}

/** What was found when the journal was read. */
export interface JournalFacts {
  readonly sizeBytes: number;
  readonly segments: number;
  readonly records: number;
  readonly batches: number;
  /** Bytes cut off by a kill at the end of a segment. */
  readonly tornBytes: number;
  /** Batches that came again and were not counted again. */
  readonly repeatedBatches: number;
  /** Records with a right checksum that could not be read. */
  readonly unreadableRecords: number;
}

/** A row of OCT's `turret` table, with our details where we have them. */
export interface TurretRow {
  readonly name: string;
  readonly uuid: string;
  readonly cannons: number;
  readonly script: string;
  readonly rampup: number;
  readonly status: string;
  /** Local time `YYYY-MM-DD HH:MM:SS.ffffff` as in the table. */
  readonly updatedAt: string;
  readonly details: TurretDetails | undefined;
}

export interface TurretDetails {
  readonly turretIndex: number;
  /** "link" or "protocol 1". */
  readonly wire: string;
  readonly host: string;
  readonly octVersion: string;
  readonly cores: number;
  readonly clockOffsetUs: number;
  readonly history: readonly { readonly atUs: number; readonly status: string }[];
}

/** The numbers of a cell, a total or a turret's total; min and max are 0 where nothing was measured. */
export type StoredNumbers = Pick<
  Cell,
  "count" | "errorCount" | "sum" | "sumSquares" | "min" | "max"
>;

/** Of one (kind, name) over the whole run. Timer values are microseconds, as in a cell. */
export interface StoredTotal extends StoredNumbers {
  readonly kind: CellKind;
  readonly name: string;
  /** Payload for Histogram.fromPayload; undefined where the kind has none. */
  readonly histogram: Uint8Array | undefined;
  /**
   * Of an old database only: every value in seconds, in row order, so that statistics can be made as
   * the old OCT made them (linear interpolation, n - 1).
   */
  readonly valuesS: Float64Array | undefined;
}

/** One interval of a (kind, name): `second` is its first, it is RunFacts.baseIntervalS long. */
export interface StoredInterval extends StoredNumbers {
  readonly second: number;
  readonly histogram: Uint8Array | undefined;
}

export interface StoredTurretTotal extends StoredNumbers {
  readonly turretIndex: number;
  readonly kind: CellKind;
  readonly name: string;
}

export interface StoredError {
  readonly text: string;
  readonly count: number;
  /** Seconds since the start of the run. */
  readonly firstSecond: number;
  readonly lastSecond: number;
}

/** A turret's side of the identities, and what the database counted of it. */
export interface StoredCounts extends TurretCounts {
  readonly countedTransactions: number;
  readonly countedBatches: number;
}

export interface StoredMalformed {
  readonly counts: readonly { readonly kind: string; readonly count: number }[];
  readonly samples: readonly StoredSample[];
}

export interface StoredSample {
  readonly kind: string;
  readonly atUs: number;
  readonly sizeBytes: number;
  /** The first 4 KiB. */
  readonly sample: Uint8Array;
}

/** A row of OCT's `result` table. */
export interface ResultRow {
  readonly id: number;
  readonly error: string;
  readonly scriptrunS: number;
  readonly elapsedS: number;
  readonly epochS: number;
  /** Name and seconds, in the row's order; not numbers are left out. */
  readonly timers: readonly (readonly [name: string, seconds: number])[];
  readonly turretName: string;
}

export interface Results {
  readonly path: string;
  /** Who made the file: this oct, or the old OCT (then numbers come from the rows). */
  readonly origin: "oct" | "old";
  readonly facts: RunFacts;
  turrets(): readonly TurretRow[];
  /** Of all kinds, timers in the order of their names, "" (all transactions) first. */
  totals(): readonly StoredTotal[];
  /** Ascending by second; seconds without values are absent. */
  intervals(kind: CellKind, name: string): readonly StoredInterval[];
  turretTotals(): readonly StoredTurretTotal[];
  /** Most frequent first. */
  errors(): readonly StoredError[];
  /** In the order of their ids, streamed. */
  rows(): Iterable<ResultRow>;
  /** Row id and response time from the intended start, in seconds; empty where there is none. */
  responses(): Iterable<readonly [id: number, responseS: number]>;
  counts(): readonly StoredCounts[];
  malformed(): StoredMalformed;
  events(): readonly EventRecord[];
  /** What was asked of the run while it fired, in the order of asking. */
  controls(): readonly ControlRecord[];
  /** Slowest first. */
  slowest(): readonly SlowRequest[];
  /** How the first turrets were doing, by turret index; ascending by second. */
  turretSteps(): ReadonlyMap<number, readonly TurretStep[]>;
  close(): void;
}
