// What the journal told, into the tables of the database: cells, totals and errors; turrets, events
// and malformed messages; the counts of each turret.

import { CELL_KIND, hasHistogram } from "../stats/cell.ts";
import { Histogram } from "../stats/histogram.ts";
import type { SlowRequest } from "../stats/slowest.ts";
import { type CellName, type CellStore, Numbers } from "./cell-store.ts";
import type { Database, Inserter, SqlValue } from "./database.ts";
import type { CountedTurret } from "./journal-reader.ts";
import type { TurretCounts } from "./records.ts";
import type { StoredNumbers } from "./results.ts";
import type { RunStory } from "./run-story.ts";
import { localTimeText, NO_NAME } from "./schema.ts";
import { VITALS } from "./turret-series.ts";

export interface WrittenCells {
  readonly intervals: number;
  /** Sum of the counts of all intervals of all kinds. */
  readonly intervalCounts: number;
  /** Failed transactions. */
  readonly transactionErrors: number;
}

/** Empties `cells` into the database. */
export function writeCells(
  database: Database,
  cells: CellStore,
  onProgress: (done: number, total: number) => void,
): WrittenCells {
  const total = cells.intervalCount;
  const tables = {
    names: database.inserter("oct_name", 3),
    intervals: database.inserter("oct_interval", 9),
    totals: database.inserter("oct_total", 8),
    errors: database.inserter("oct_error", 5),
  };
  let intervals = 0;
  let intervalCounts = 0;
  let transactionErrors = 0;
  let errorId = 0;
  for (const entry of cells.names) {
    tables.names.row(entry.id, entry.kind, entry.name);
    const written = writeIntervals(cells, entry, tables.intervals);
    if (written.intervals === 0) continue;
    pushTotal(tables.totals, entry, written);
    intervals += written.intervals;
    intervalCounts += written.numbers.count;
    const { count, errorCount } = written.numbers;
    if (entry.kind === CELL_KIND.timer && entry.name === "") transactionErrors = errorCount;
    if (entry.kind === CELL_KIND.error) {
      tables.errors.row(++errorId, entry.name, count, written.firstSecond, written.lastSecond);
    }
    onProgress(intervals, total);
  }
  for (const table of Object.values(tables)) table.finish();
  writeTurretTotals(database, cells);
  return { intervals, intervalCounts, transactionErrors };
}

interface WrittenName {
  readonly intervals: number;
  readonly numbers: Numbers;
  readonly histogram: Histogram;
  readonly firstSecond: number;
  readonly lastSecond: number;
}

function writeIntervals(cells: CellStore, entry: CellName, table: Inserter): WrittenName {
  const numbers = new Numbers();
  const histogram = new Histogram();
  let intervals = 0;
  let firstSecond = 0;
  let lastSecond = 0;
  for (const interval of cells.takeIntervals(entry)) {
    if (intervals === 0) firstSecond = interval.second;
    lastSecond = interval.second;
    intervals++;
    numbers.add(interval, entry.kind);
    if (interval.histogram !== undefined) histogram.mergePayload(interval.histogram);
    table.push(entry.id);
    table.push(interval.second);
    pushNumbers(table, interval);
    table.push(interval.histogram ?? null);
  }
  return { intervals, numbers, histogram, firstSecond, lastSecond };
}

function pushTotal(table: Inserter, entry: CellName, written: WrittenName): void {
  table.push(entry.id);
  pushNumbers(table, written.numbers);
  table.push(hasHistogram(entry.kind) ? written.histogram.payload() : null);
}

function pushNumbers(table: Inserter, numbers: StoredNumbers): void {
  const { count, errorCount, sum, sumSquares, min, max } = numbers;
  table.row(count, errorCount, sum, sumSquares, min, max);
}

function writeTurretTotals(database: Database, cells: CellStore): void {
  const table = database.inserter("oct_turret_total", 8);
  for (const turretIndex of cells.turretIndices.sort((a, b) => a - b)) {
    const totals = [...cells.turretTotals(turretIndex)].sort(([a], [b]) => a - b);
    for (const [nameId, numbers] of totals) {
      table.push(turretIndex);
      table.push(nameId);
      pushNumbers(table, numbers);
    }
  }
  table.finish();
}

/** Turrets, their history, events, and what was malformed. */
export function writeStory(database: Database, story: RunStory): void {
  writeTurrets(database, story);
  writeVitals(database, story);
  const statuses = database.inserter("oct_turret_event", 4);
  for (const [i, { turretIndex, atUs, status }] of story.statuses.entries()) {
    statuses.row(i + 1, turretIndex, atUs, status);
  }
  statuses.finish();
  const events = database.inserter("oct_event", 5);
  for (const [i, { atUs, level, turretIndex, text }] of story.events.entries()) {
    events.row(i + 1, atUs, level, turretIndex, text);
  }
  events.finish();
  const controls = database.inserter("oct_control", 8);
  for (const [i, control] of story.controls.entries()) {
    const { atUs, kind, definition, value, isPercent, by, text } = control;
    controls.row(i + 1, atUs, kind, definition, value, isPercent ? 1 : 0, by, text);
  }
  controls.finish();
  const samples = database.inserter("oct_malformed", 5);
  for (const [i, { kind, atUs, sizeBytes, sampleBase64 }] of story.malformed.entries()) {
    const sample = new Uint8Array(Buffer.from(sampleBase64, "base64"));
    samples.row(i + 1, kind, atUs, sizeBytes, sample);
  }
  samples.finish();
  const counts = database.inserter("oct_malformed_count", 2);
  for (const [kind, count] of Object.entries(story.counts.malformed)) counts.row(kind, count);
  counts.finish();
}

/** Slowest first. */
export function writeSlowest(database: Database, slowest: readonly SlowRequest[]): void {
  const table = database.inserter("oct_slowest", 12);
  for (const [i, request] of slowest.entries()) {
    const { startUs, name, status, turret, durationUs } = request;
    table.row(i + 1, startUs, name, status, turret, durationUs);
    const { dnsUs, connectUs, tlsUs, sendUs, waitUs, receiveUs } = request;
    table.row(dnsUs, connectUs, tlsUs, sendUs, waitUs, receiveUs);
  }
  table.finish();
}

function writeVitals(database: Database, { vitals }: RunStory): void {
  const table = database.inserter("oct_turret_interval", 3 + VITALS.length);
  for (const turretIndex of vitals.turretIndices) {
    for (const step of vitals.steps(turretIndex)) {
      table.row(
        turretIndex,
        step.second,
        step.seconds,
        ...VITALS.map((name) => step[name] ?? null),
      );
    }
  }
  table.finish();
}

function writeTurrets(database: Database, story: RunStory): void {
  const turrets = database.inserter("turret", 8);
  const details = database.inserter("oct_turret", 7);
  let id = 0;
  for (const turret of story.turrets.values()) {
    const { name, uuid, cannons, script, rampup, status, wallMs } = turret;
    id++;
    turrets.row(id, name || NO_NAME, uuid, cannons, script, rampup, status, localTimeText(wallMs));
    const { turretIndex, wire, host, octVersion, cores, clockOffsetUs } = turret;
    details.row(turretIndex, id, wire, host, octVersion, cores, clockOffsetUs);
  }
  turrets.finish();
  details.finish();
}

/**
 * The identities of each turret: as last counted by the HQ, and as counted from the journal. An HQ that
 * was killed had read and written more than it last said: all that the journal holds.
 */
export function writeCounts(
  database: Database,
  parts: { readonly story: RunStory; readonly turrets: ReadonlyMap<number, CountedTurret> },
): void {
  const known = new Map(parts.story.counts.turrets.map((turret) => [turret.turretIndex, turret]));
  const indices = new Set([...known.keys(), ...parts.turrets.keys()]);
  const table = database.inserter("oct_count", 15);
  for (const turretIndex of [...indices].sort((a, b) => a - b)) {
    const counted = parts.turrets.get(turretIndex);
    const said = known.get(turretIndex);
    const isBrokenOff = parts.story.closed === undefined;
    table.row(
      turretIndex,
      ...countValues(isBrokenOff ? atLeastCounted(turretIndex, said, counted) : said),
      counted?.transactions ?? 0,
      counted?.batches ?? 0,
    );
  }
  table.finish();
}

function atLeastCounted(
  turretIndex: number,
  said: TurretCounts | undefined,
  counted: CountedTurret | undefined,
): TurretCounts {
  const { transactions = 0, batches = 0 } = counted ?? {};
  const journaledTransactions = Math.max(said?.journaledTransactions ?? 0, transactions);
  const journaledBatches = Math.max(said?.journaledBatches ?? 0, batches);
  return {
    repeatedBatches: 0,
    lostTransactions: 0,
    unfinishedTransactions: 0,
    droppedTransactions: 0,
    ...said,
    turretIndex,
    receivedTransactions: Math.max(said?.receivedTransactions ?? 0, journaledTransactions),
    receivedBatches: Math.max(said?.receivedBatches ?? 0, journaledBatches),
    journaledTransactions,
    journaledBatches,
  };
}

function countValues(counts: TurretCounts | undefined): SqlValue[] {
  return [
    counts?.sentTransactions ?? null,
    counts?.sentBatches ?? null,
    counts?.receivedTransactions ?? 0,
    counts?.receivedBatches ?? 0,
    counts?.journaledTransactions ?? 0,
    counts?.journaledBatches ?? 0,
    counts?.repeatedBatches ?? 0,
    counts?.lostTransactions ?? 0,
    counts?.unfinishedTransactions ?? 0,
    counts?.droppedTransactions ?? 0,
    counts?.plannedTransactions ?? null,
    counts?.startedTransactions ?? null,
  ];
}
