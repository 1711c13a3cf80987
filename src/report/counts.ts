// The count identities of a finished run, per turret and whole.

import { formatCount, formatDuration, US_PER_MS } from "../base/units.ts";
import { CELL_KIND, COUNTER, GAUGE } from "../stats/cell.ts";
import { PROTOCOL1_TURRET_INDEX } from "../store/records.ts";
import type { Results, StoredCounts } from "../store/results.ts";
import type { CountRow, CountsModel } from "./types.ts";

type Counted = Pick<CountRow, "sent" | "received" | "journaled" | "counted">;

/** Identities of a file; an old one kept none, so only the rows can be told. */
export function countsModel(
  results: Results,
  nameOf: (turretIndex: number) => string | undefined,
): CountsModel {
  const stored = results.counts();
  const rows = stored.map((counts) => countRow(counts, nameOf));
  const total = rows.length === 0 ? undefined : totalRow(rows);
  return { rows, total, lines: identityLines({ results, stored, rows, total }) };
}

function countRow(
  counts: StoredCounts,
  nameOf: (turretIndex: number) => string | undefined,
): CountRow {
  const isProtocol1 = counts.turretIndex === PROTOCOL1_TURRET_INDEX;
  const label = isProtocol1
    ? "protocol 1, all turrets"
    : (nameOf(counts.turretIndex) ?? `turret ${counts.turretIndex + 1}`);
  const row = {
    label,
    sent: counts.sentTransactions,
    received: counts.receivedTransactions,
    journaled: counts.journaledTransactions,
    counted: counts.countedTransactions,
  };
  return {
    ...row,
    lost: counts.lostTransactions,
    unfinished: counts.unfinishedTransactions,
    dropped: counts.droppedTransactions,
    batches: counts.journaledBatches,
    repeatedBatches: counts.repeatedBatches,
    holds: isEqual(row),
  };
}

function isEqual(row: Counted): boolean {
  const { sent, received, journaled, counted } = row;
  return received === journaled && journaled === counted && (sent ?? received) === received;
}

function totalRow(rows: readonly CountRow[]): CountRow {
  const sum = (pick: (row: CountRow) => number) => rows.reduce((all, row) => all + pick(row), 0);
  const isSentKnown = rows.every((row) => row.sent !== undefined);
  return {
    label: "All turrets",
    sent: isSentKnown ? sum((row) => row.sent ?? 0) : undefined,
    received: sum((row) => row.received),
    journaled: sum((row) => row.journaled),
    counted: sum((row) => row.counted),
    lost: sum((row) => row.lost),
    unfinished: sum((row) => row.unfinished),
    dropped: sum((row) => row.dropped),
    batches: sum((row) => row.batches),
    repeatedBatches: sum((row) => row.repeatedBatches),
    holds: rows.every((row) => row.holds),
  };
}

function identityLines(options: {
  readonly results: Results;
  readonly stored: readonly StoredCounts[];
  readonly rows: readonly CountRow[];
  readonly total: CountRow | undefined;
}): string[] {
  const { results, stored, rows, total } = options;
  const { rowsKept, rowsCounted } = results.facts;
  const kept = `rows kept: ${formatCount(rowsKept)} of ${formatCount(rowsCounted)}`;
  if (total === undefined) return [`counted: ${formatCount(results.facts.transactions)}`, kept];
  const planned = plannedLines(stored, oldestMs(results));
  return [sentLine(rows, total), ...planned, ...lateLines(results), ...resentLines(results), kept];
}

/** Arrivals that found no cannon free: how many, and that their wait is in the response times. */
function lateLines(results: Results): string[] {
  const late = results
    .totals()
    .find(({ kind, name }) => kind === CELL_KIND.counter && name === COUNTER.late);
  if (late === undefined || late.sum === 0) return [];
  return [`late: ${formatCount(late.sum)} waited for a free cannon, which response time includes`];
}

/** Requests that went out a second time: a server that does that to many is worth a look. */
function resentLines(results: Results): string[] {
  const total = results
    .totals()
    .find(({ kind, name }) => kind === CELL_KIND.counter && name === COUNTER.resent);
  if (total === undefined || total.sum === 0) return [];
  const them = total.sum === 1 ? "request" : "requests";
  return [`sent again: ${formatCount(total.sum)} ${them} whose kept-alive connection was closed`];
}

function sentLine(rows: readonly CountRow[], total: CountRow): string {
  if (!total.holds) {
    const sent = total.sent === undefined ? "" : `sent ${formatCount(total.sent)}, `;
    return (
      `${sent}received ${formatCount(total.received)}, ` +
      `journaled ${formatCount(total.journaled)}, counted ${formatCount(total.counted)}: they differ`
    );
  }
  const silent = rows.filter((row) => row.sent === undefined);
  const silentCount = silent.reduce((sum, row) => sum + row.received, 0);
  const told = `sent = received = journaled = counted: ${formatCount(total.counted - silentCount)}`;
  if (silent.length === 0) return told;
  const untold = `received = journaled = counted: ${formatCount(silentCount)} (never told what was sent)`;
  return silent.length === rows.length ? untold : `${told}; ${untold}`;
}

/** Longest time that a transaction which was given up had been running; 0 for none. */
function oldestMs(results: Results): number {
  return (
    results
      .totals()
      .find(({ kind, name }) => kind === CELL_KIND.gauge && name === GAUGE.unfinishedAgeMs)?.max ??
    0
  );
}

function plannedLines(stored: readonly StoredCounts[], unfinishedMs: number): string[] {
  const told = stored.filter((counts) => counts.startedTransactions !== undefined);
  if (told.length === 0) return [];
  const sum = (pick: (counts: StoredCounts) => number | undefined) =>
    told.reduce((all, counts) => all + (pick(counts) ?? 0), 0);
  const started = sum((counts) => counts.startedTransactions);
  const unfinished = sum((counts) => counts.unfinishedTransactions);
  // Finished ones were sent, or measured and lost with their thread or a full outbox.
  const lost = sum(lostBeforeSent);
  const finished = sum((counts) => counts.sentTransactions) + lost;
  const ofThem = lost === 0 ? "" : ` (${formatCount(lost)} of them lost)`;
  const age =
    unfinished === 0 || unfinishedMs === 0
      ? ""
      : ` (the oldest had run for ${formatDuration(unfinishedMs * US_PER_MS)})`;
  const planned = sum((counts) => counts.plannedTransactions);
  const dropped = sum((counts) => counts.droppedTransactions);
  return [
    identity(
      `planned ${formatCount(planned)}`,
      `started ${formatCount(started)} + dropped ${formatCount(dropped)}`,
      planned === started + dropped,
    ),
    identity(
      `started ${formatCount(started)}`,
      `finished ${formatCount(finished)}${ofThem} + unfinished ${formatCount(unfinished)}${age}`,
      started === finished + unfinished,
    ),
  ];
}

// A batch that came and could not be read counts as lost as well, but it was sent: of those that were
// sent and not received, as many as the turret's own numbers leave no other place for.
function lostBeforeSent(counts: StoredCounts): number {
  const { lostTransactions: lost, sentTransactions: sent = 0, startedTransactions } = counts;
  const broken = Math.min(lost, Math.max(0, sent - counts.receivedTransactions));
  const left = (startedTransactions ?? 0) - counts.unfinishedTransactions - sent;
  return Math.max(lost - broken, Math.min(lost, left));
}

function identity(left: string, right: string, holds: boolean): string {
  return holds ? `${left} = ${right}` : `${left} is not ${right}`;
}
