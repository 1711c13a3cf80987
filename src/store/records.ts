// What the journal of a run holds, record by record. journal.ts frames and checks the bytes; this file
// says what the payloads mean. JSON payloads are UTF-8; batches stay in the bytes they travelled in.
//
// All `...Us` times are microseconds from the start of the run on HQ time (negative before it), so a
// record means the same on any machine.

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import type { JsonObject } from "../base/json.ts";

/** The numbers are in files: never reuse one. */
export const RECORD_KIND = {
  runOpened: 1,
  runStarted: 2,
  turret: 3,
  batch: 4,
  malformed: 5,
  counts: 6,
  event: 7,
  runClosed: 8,
  /** Made by compaction (compact.ts): many batches as one, with the sequences it stands for. */
  merged: 9,
  /** Made by compaction: what each turret of a merged segment counted, without histograms. */
  turretTotals: 10,
  /** How the turrets are doing, about once a second. */
  vitals: 11,
  /** Somebody asked something of the run while it fired. */
  control: 12,
} as const;
export type RecordKind = (typeof RECORD_KIND)[keyof typeof RECORD_KIND];

export const JOURNAL_VERSION = 1;

/** First record: what was asked. Secrets are redacted before this is made. */
export interface RunOpened {
  readonly journalVersion: number;
  readonly runId: string;
  readonly octVersion: string;
  readonly project: string;
  /** The command line as typed, redacted. */
  readonly command: string;
  /** The config as run, after --set, redacted. */
  readonly config: JsonObject;
  readonly seed: number;
  readonly host: string;
  readonly platform: string;
  readonly cores: number;
  readonly openedWallMs: number;
  readonly runTimeUs: number;
  readonly intervalS: number;
  readonly rowsMax: number;
}

/** The common start instant. */
export interface RunStarted {
  readonly startWallMs: number;
  readonly turrets: number;
  /** SHA-256 of what the turrets of a definition fire: their scripts with what these import. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** A turret as last known; written at every change of status, the newest wins. */
export interface TurretRecord {
  readonly turretIndex: number;
  readonly name: string;
  readonly uuid: string;
  readonly cannons: number;
  readonly script: string;
  readonly rampup: number;
  readonly status: string;
  readonly atUs: number;
  readonly wallMs: number;
  /** "link" or "protocol 1". */
  readonly wire: string;
  readonly host: string;
  readonly octVersion: string;
  readonly cores: number;
  readonly clockOffsetUs: number;
}

/** A malformed message kept for the report: the first few of each kind. */
export interface MalformedRecord {
  readonly kind: string;
  readonly atUs: number;
  readonly sizeBytes: number;
  /** The first 4 KiB, base64: it may be anything. */
  readonly sampleBase64: string;
}

/** Running counts, written once a second, so that a killed run knows what it knew. */
export interface CountsRecord {
  readonly atUs: number;
  /** Malformed messages by kind. */
  readonly malformed: Readonly<Record<string, number>>;
  readonly turrets: readonly TurretCounts[];
  readonly rowsKept: number;
  readonly rowsCounted: number;
}

/** One turret's side of the count identities, in transactions and batches. */
export interface TurretCounts {
  readonly turretIndex: number;
  /** Undefined until the turret has said goodbye; protocol 1 never says. */
  readonly sentTransactions?: number;
  readonly sentBatches?: number;
  readonly receivedTransactions: number;
  readonly receivedBatches: number;
  readonly journaledTransactions: number;
  readonly journaledBatches: number;
  readonly repeatedBatches: number;
  readonly lostTransactions: number;
  readonly unfinishedTransactions: number;
  readonly droppedTransactions: number;
  readonly plannedTransactions?: number;
  readonly startedTransactions?: number;
}

/** The first turrets as they last told of themselves; what one did not tell is left out. */
export interface VitalsRecord {
  readonly atUs: number;
  readonly turrets: readonly TurretVitals[];
}

export interface TurretVitals {
  readonly turretIndex: number;
  readonly cannons?: number | undefined;
  readonly inFlight?: number | undefined;
  /** Of one core; several threads use more than 100. */
  readonly cpuPercent?: number | undefined;
  /** Longest lag of a thread's loop in the last second. */
  readonly lagUs?: number | undefined;
  readonly sockets?: number | undefined;
  readonly memoryMb?: number | undefined;
  /** In its outbox, not acknowledged. */
  readonly waitingBatches?: number | undefined;
  /** Received of it so far. */
  readonly batches?: number | undefined;
  readonly transactions?: number | undefined;
}

/** Something people should read, at its time: a turret lost, a thread replaced, the run stopped. */
export interface EventRecord {
  readonly atUs: number;
  readonly level: string;
  /** -1 for the HQ itself. */
  readonly turretIndex: number;
  readonly text: string;
}

/** What was asked of the run while it fired, and when it takes effect. */
export interface ControlRecord {
  readonly atUs: number;
  /** "pause", "resume", "cannons", "rate": a segment of the schedule; "stop", "note". */
  readonly kind: string;
  /** The definition it is for; "" for all that it can be for. */
  readonly definition: string;
  /** Cannons, arrivals a second, or percent of the plan; 0 for the others. */
  readonly value: number;
  readonly isPercent: boolean;
  /** Who asked: "terminal", "page", "oct ctl", "replay". */
  readonly by: string;
  /** For people. */
  readonly text: string;
}

/** Last record: present only when the HQ ended the run itself. */
export interface RunClosed {
  readonly endedWallMs: number;
  readonly durationUs: number;
  /** Why it ended: "run time", "interrupted", "all turrets lost", ... */
  readonly reason: string;
  readonly counts: CountsRecord;
}

/** Payload of a batch record: u32 turret index, u32 sequence, f64 receivedUs, then the batch's bytes. */
export interface BatchRecord {
  readonly turretIndex: number;
  /** Per turret from 1; 0 for protocol 1, whose batches the HQ makes itself. */
  readonly sequence: number;
  readonly receivedUs: number;
  readonly batch: Uint8Array;
}

/** The turret index of results that came over protocol 1 (they do not say who sent them). */
export const PROTOCOL1_TURRET_INDEX = 0xffff_ffff;

export function encodeJsonRecord(record: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

export function encodeBatchRecord(record: BatchRecord): Uint8Array {
  const writer = new ByteWriter(16 + record.batch.length);
  writer.u32(record.turretIndex);
  writer.u32(record.sequence);
  writer.f64(record.receivedUs);
  writer.raw(record.batch);
  return writer.view();
}

export function decodeBatchRecord(payload: Uint8Array): BatchRecord {
  const reader = new ByteReader(payload);
  return {
    turretIndex: reader.u32(),
    sequence: reader.u32(),
    receivedUs: reader.f64(),
    batch: reader.raw(reader.remaining),
  };
}
