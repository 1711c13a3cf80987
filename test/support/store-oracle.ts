// A small made-up run and, worked out slowly from its samples, what a database of it must say.

import { type BatchBuilder, BatchBuilder as Builder } from "../../src/stats/batch.ts";
import { CELL_KIND, type CellKind } from "../../src/stats/cell.ts";
import { Histogram } from "../../src/stats/histogram.ts";
import type { ResultRow, Results } from "../../src/store/results.ts";

export interface OracleTimer {
  readonly name: string;
  readonly valueUs: number;
}

export interface OracleSample {
  readonly second: number;
  readonly scriptrunUs: number;
  readonly error: string;
  readonly responseUs: number | undefined;
  readonly timers: readonly OracleTimer[];
}

/** What one turret sends at once. */
export interface OracleBatch {
  readonly turretIndex: number;
  readonly sequence: number;
  readonly samples: readonly OracleSample[];
}

export const EPOCH_S = 1_700_000_000;
const US_PER_S = 1_000_000;

export function turretName(turretIndex: number): string {
  return turretIndex === 0 ? "" : `turret ${turretIndex}`;
}

/** The batch as a turret would build it. */
export function buildBatch(batch: OracleBatch): Uint8Array {
  const builder = new Builder({ turretName: turretName(batch.turretIndex) });
  for (const sample of batch.samples) addSample(builder, sample);
  return builder.take()?.bytes ?? new Uint8Array();
}

function addSample(builder: BatchBuilder, sample: OracleSample): void {
  const { second, scriptrunUs, error, responseUs, timers } = sample;
  const record = (kind: CellKind, name: string, valueUs: number, isError: boolean) =>
    builder.record(builder.slot(kind, name), second, valueUs, isError);
  record(CELL_KIND.timer, "", scriptrunUs, error !== "");
  if (responseUs !== undefined) record(CELL_KIND.response, "", responseUs, false);
  for (const { name, valueUs } of timers) record(CELL_KIND.timer, name, valueUs, false);
  if (error !== "") builder.add(builder.slot(CELL_KIND.error, error), second, 1, 1, 0);
  builder.countTransaction();
  builder.row({
    elapsedS: second + 0.25,
    epochS: EPOCH_S + second,
    scriptrunS: scriptrunUs / US_PER_S,
    responseS: responseUs === undefined ? Number.NaN : responseUs / US_PER_S,
    error,
    timers: timers.flatMap(({ name, valueUs }) => [name, valueUs / US_PER_S]),
  });
}

export interface Expected {
  readonly transactions: number;
  readonly totals: unknown;
  readonly intervals: unknown;
  readonly turretTotals: unknown;
  readonly errors: unknown;
  readonly rows: readonly unknown[];
  readonly responses: unknown;
  readonly counted: unknown;
}

interface Value {
  readonly kind: CellKind;
  readonly name: string;
  readonly turretIndex: number;
  readonly second: number;
  readonly valueUs: number;
  readonly isError: boolean;
}

/** What must be read back when exactly `batches` were counted, in this order. */
export function expectedOf(batches: readonly OracleBatch[], rowsMax: number): Expected {
  const values = batches.flatMap((batch) =>
    batch.samples.flatMap((sample) => valuesOf(sample, batch.turretIndex)),
  );
  const samples = batches.flatMap((batch) =>
    batch.samples.map((sample) => ({ sample, turretIndex: batch.turretIndex })),
  );
  const kept = samples.slice(0, rowsMax);
  return {
    transactions: samples.length,
    totals: grouped(values, (value) => [value.kind, value.name], withHistogram),
    intervals: grouped(values, (value) => [value.kind, value.name, value.second], withHistogram),
    turretTotals: grouped(
      values,
      (value) => [value.turretIndex, value.kind, value.name],
      (group) => numbersOf(group),
    ),
    errors: grouped(
      values.filter((value) => value.kind === CELL_KIND.error),
      (value) => [value.name],
      (group) => {
        const seconds = group.map((value) => value.second);
        return [group.length, Math.min(...seconds), Math.max(...seconds)];
      },
    ),
    rows: kept.map(({ sample, turretIndex }, i) => rowOf(sample, { turretIndex, id: i + 1 })),
    responses: kept.flatMap(({ sample }, i) =>
      sample.responseUs === undefined ? [] : [[i + 1, sample.responseUs / US_PER_S]],
    ),
    counted: grouped(
      batches,
      (batch) => [batch.turretIndex],
      (group) => [group.reduce((sum, batch) => sum + batch.samples.length, 0), group.length],
    ),
  };
}

/** The same of what a database says. */
export function foundIn(results: Results): Expected {
  const totals = results.totals();
  const summary = (cell: Parameters<typeof storedNumbers>[0]) => [
    ...storedNumbers(cell),
    percentilesOf(cell.histogram),
  ];
  return {
    transactions: results.facts.transactions,
    totals: sorted(totals.map((total) => [[total.kind, total.name], summary(total)])),
    intervals: sorted(
      totals.flatMap(({ kind, name }) =>
        results
          .intervals(kind, name)
          .map((interval) => [[kind, name, interval.second], summary(interval)] as const),
      ),
    ),
    turretTotals: sorted(
      results
        .turretTotals()
        .map((total) => [[total.turretIndex, total.kind, total.name], storedNumbers(total)]),
    ),
    errors: sorted(
      results.errors().map((error) => {
        return [[error.text], [error.count, error.firstSecond, error.lastSecond]] as const;
      }),
    ),
    rows: [...results.rows()],
    responses: [...results.responses()],
    counted: sorted(
      results
        .counts()
        .map((one) => [[one.turretIndex], [one.countedTransactions, one.countedBatches]] as const),
    ),
  };
}

function storedNumbers(cell: {
  readonly count: number;
  readonly errorCount: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly histogram?: Uint8Array | undefined;
}): number[] {
  return [cell.count, cell.errorCount, cell.sum, cell.min, cell.max];
}

function valuesOf(sample: OracleSample, turretIndex: number): Value[] {
  const { second, error } = sample;
  const value = (kind: CellKind, name: string, valueUs: number, isError = false): Value => {
    return { kind, name, turretIndex, second, valueUs, isError };
  };
  return [
    value(CELL_KIND.timer, "", sample.scriptrunUs, error !== ""),
    ...(sample.responseUs === undefined ? [] : [value(CELL_KIND.response, "", sample.responseUs)]),
    ...sample.timers.map(({ name, valueUs }) => value(CELL_KIND.timer, name, valueUs)),
    ...(error === "" ? [] : [value(CELL_KIND.error, error, 0, true)]),
  ];
}

function numbersOf(group: readonly Value[]): number[] {
  const values = group.map((value) => value.valueUs);
  const failed = group.filter((value) => value.isError).length;
  const sum = values.reduce((total, value) => total + value, 0);
  return [group.length, failed, sum, Math.min(...values), Math.max(...values)];
}

function withHistogram(group: readonly Value[]): unknown[] {
  const histogram = new Histogram();
  for (const value of group) histogram.record(value.valueUs);
  const hasNone = group[0]?.kind === CELL_KIND.error;
  return [...numbersOf(group), percentilesOf(hasNone ? undefined : histogram.payload())];
}

function percentilesOf(payload: Uint8Array | undefined): number[] | undefined {
  if (payload === undefined) return undefined;
  const histogram = Histogram.fromPayload(payload);
  return [histogram.count, ...[0, 50, 95, 100].map((percent) => histogram.percentile(percent))];
}

function rowOf(sample: OracleSample, at: { turretIndex: number; id: number }): ResultRow {
  const timers = new Map(sample.timers.map(({ name, valueUs }) => [name, valueUs / US_PER_S]));
  return {
    id: at.id,
    error: sample.error,
    scriptrunS: sample.scriptrunUs / US_PER_S,
    elapsedS: sample.second + 0.25,
    epochS: EPOCH_S + sample.second,
    timers: [...timers],
    turretName: turretName(at.turretIndex) || "Noname",
  };
}

type Key = readonly (string | number)[];

function grouped<T>(
  items: readonly T[],
  keyOf: (item: T) => Key,
  describe: (group: readonly T[]) => unknown,
): unknown {
  const groups = new Map<string, { key: Key; group: T[] }>();
  for (const item of items) {
    const key = keyOf(item);
    const id = JSON.stringify(key);
    const known = groups.get(id) ?? { key, group: [] };
    groups.set(id, known);
    known.group.push(item);
  }
  return sorted([...groups.values()].map(({ key, group }) => [key, describe(group)] as const));
}

function sorted(pairs: readonly (readonly [Key, unknown])[]): unknown {
  const textOf = (pair: readonly [Key, unknown]) => JSON.stringify(pair[0]);
  return [...pairs].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
}
