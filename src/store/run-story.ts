// What the journal tells of a run besides its measurements: what was asked, which turrets there were,
// what went wrong. Records are ours, with a right checksum, but may be of an oct that kept other
// fields: what is missing or of another type becomes a plain value, never a crash.

import { MalformedBytes } from "../base/bytes.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import {
  type ControlRecord,
  type CountsRecord,
  type EventRecord,
  type MalformedRecord,
  RECORD_KIND,
  type RecordKind,
  type TurretCounts,
  type TurretRecord,
  type TurretVitals,
} from "./records.ts";
import { TurretSeries, VITALS } from "./turret-series.ts";

export const STORY_LIMIT = {
  /** Of each: status changes, events, malformed samples, controls. */
  events: 10_000,
} as const;

export interface StatusChange {
  readonly turretIndex: number;
  readonly atUs: number;
  readonly status: string;
}

export class RunStory {
  opened: JsonObject | undefined;
  started: JsonObject | undefined;
  closed: JsonObject | undefined;
  counts: CountsRecord = {
    atUs: 0,
    malformed: {},
    turrets: [],
    rowsKept: 0,
    rowsCounted: 0,
  };
  /** Latest record of each turret, in the order of their first. */
  readonly turrets = new Map<number, TurretRecord>();
  readonly statuses: StatusChange[] = [];
  readonly events: EventRecord[] = [];
  readonly malformed: MalformedRecord[] = [];
  readonly controls: ControlRecord[] = [];
  readonly vitals = new TurretSeries();
  /** Status changes, events, samples and controls past the limit. */
  skippedEvents = 0;

  /** Takes a JSON record; false for a kind that is none of these. Throws MalformedBytes. */
  add(kind: RecordKind, payload: Uint8Array): boolean {
    const isKnown = STORY_KINDS.has(kind);
    if (!isKnown) return false;
    const record = parseRecord(payload);
    if (kind === RECORD_KIND.runOpened) this.opened ??= record;
    if (kind === RECORD_KIND.runStarted) this.started ??= record;
    if (kind === RECORD_KIND.counts) this.counts = readCounts(record);
    if (kind === RECORD_KIND.turret) this.#addTurret(readTurret(record));
    if (kind === RECORD_KIND.event) this.#keep(this.events, readEvent(record));
    if (kind === RECORD_KIND.malformed) this.#keep(this.malformed, readMalformed(record));
    if (kind === RECORD_KIND.control) this.#keep(this.controls, readControl(record));
    if (kind === RECORD_KIND.vitals) this.#addVitals(record);
    if (kind === RECORD_KIND.runClosed) {
      this.closed = record;
      if (isJsonObject(record["counts"])) this.counts = readCounts(record["counts"]);
    }
    return true;
  }

  #addTurret(turret: TurretRecord): void {
    const before = this.turrets.get(turret.turretIndex);
    this.turrets.set(turret.turretIndex, turret);
    if (before?.status === turret.status) return;
    const { turretIndex, atUs, status } = turret;
    this.#keep(this.statuses, { turretIndex, atUs, status });
  }

  #addVitals(record: JsonObject): void {
    const turrets = Array.isArray(record["turrets"]) ? (record["turrets"] as JsonValue[]) : [];
    this.vitals.add(numberOf(record["atUs"]), turrets.filter(isJsonObject).map(readVitals));
  }

  #keep<T>(list: T[], item: T): void {
    if (list.length < STORY_LIMIT.events) list.push(item);
    else this.skippedEvents++;
  }
}

const STORY_KINDS: ReadonlySet<number> = new Set([
  RECORD_KIND.runOpened,
  RECORD_KIND.runStarted,
  RECORD_KIND.turret,
  RECORD_KIND.malformed,
  RECORD_KIND.counts,
  RECORD_KIND.event,
  RECORD_KIND.runClosed,
  RECORD_KIND.vitals,
  RECORD_KIND.control,
]);

function parseRecord(payload: Uint8Array): JsonObject {
  let record: unknown;
  try {
    record = JSON.parse(new TextDecoder().decode(payload));
  } catch (error) {
    throw new MalformedBytes("a record that is not JSON", { cause: error });
  }
  if (!isJsonObject(record)) throw new MalformedBytes("a record that is not an object");
  return record;
}

export function textOf(value: unknown): string {
  return typeof value === "string"
    ? value
    : value === undefined || value === null
      ? ""
      : `${value}`;
}

export function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

export function maybeNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function readTurret(record: JsonObject): TurretRecord {
  return {
    turretIndex: numberOf(record["turretIndex"]),
    name: textOf(record["name"]),
    uuid: textOf(record["uuid"]),
    cannons: numberOf(record["cannons"]),
    script: textOf(record["script"]),
    rampup: numberOf(record["rampup"]),
    status: textOf(record["status"]),
    atUs: numberOf(record["atUs"]),
    wallMs: numberOf(record["wallMs"]),
    wire: textOf(record["wire"]),
    host: textOf(record["host"]),
    octVersion: textOf(record["octVersion"]),
    cores: numberOf(record["cores"]),
    clockOffsetUs: numberOf(record["clockOffsetUs"]),
  };
}

function readVitals(record: JsonObject): TurretVitals {
  const values = VITALS.map((name) => [name, maybeNumber(record[name])] as const);
  return { turretIndex: numberOf(record["turretIndex"]), ...Object.fromEntries(values) };
}

function readEvent(record: JsonObject): EventRecord {
  return {
    atUs: numberOf(record["atUs"]),
    level: textOf(record["level"]),
    turretIndex: maybeNumber(record["turretIndex"]) ?? -1,
    text: textOf(record["text"]),
  };
}

function readControl(record: JsonObject): ControlRecord {
  return {
    atUs: numberOf(record["atUs"]),
    kind: textOf(record["kind"]),
    definition: textOf(record["definition"]),
    value: numberOf(record["value"]),
    isPercent: record["isPercent"] === true,
    by: textOf(record["by"]),
    text: textOf(record["text"]),
  };
}

function readMalformed(record: JsonObject): MalformedRecord {
  return {
    kind: textOf(record["kind"]),
    atUs: numberOf(record["atUs"]),
    sizeBytes: numberOf(record["sizeBytes"]),
    sampleBase64: textOf(record["sampleBase64"]),
  };
}

function readCounts(record: JsonObject): CountsRecord {
  const malformed = isJsonObject(record["malformed"]) ? record["malformed"] : {};
  const turrets = Array.isArray(record["turrets"]) ? (record["turrets"] as JsonValue[]) : [];
  return {
    atUs: numberOf(record["atUs"]),
    malformed: Object.fromEntries(
      Object.entries(malformed).map(([kind, count]) => [kind, numberOf(count)]),
    ),
    turrets: turrets.filter(isJsonObject).map(readTurretCounts),
    rowsKept: numberOf(record["rowsKept"]),
    rowsCounted: numberOf(record["rowsCounted"]),
  };
}

function readTurretCounts(record: JsonObject): TurretCounts {
  const optional = (key: keyof TurretCounts) => {
    const value = maybeNumber(record[key]);
    return value === undefined ? {} : { [key]: value };
  };
  return {
    turretIndex: numberOf(record["turretIndex"]),
    ...optional("sentTransactions"),
    ...optional("sentBatches"),
    receivedTransactions: numberOf(record["receivedTransactions"]),
    receivedBatches: numberOf(record["receivedBatches"]),
    journaledTransactions: numberOf(record["journaledTransactions"]),
    journaledBatches: numberOf(record["journaledBatches"]),
    repeatedBatches: numberOf(record["repeatedBatches"]),
    lostTransactions: numberOf(record["lostTransactions"]),
    unfinishedTransactions: numberOf(record["unfinishedTransactions"]),
    droppedTransactions: numberOf(record["droppedTransactions"]),
    ...optional("plannedTransactions"),
    ...optional("startedTransactions"),
  };
}
