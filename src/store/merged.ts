// The two records that compaction makes (compact.ts), and their bytes:
//
//   merged        = varint bytes of JSON | JSON MergedHead | one batch (stats/batch-format.ts)
//   turretTotals  = varint turret index | varint cells | each: u8 kind | text name | varint count |
//                   varint errorCount | f64 sum | f64 sumSquares | f64 min | f64 max
//
// A merged batch holds the cells of many turrets by second, so what each turret measured by itself is
// kept apart, over the whole segment and without histograms: exact counts, sums, minimum and maximum.

import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.ts";
import { CELL_KIND_MAX, type CellKind, STATS_LIMIT } from "../stats/cell.ts";
import type { StoredNumbers } from "./results.ts";

/** One turret's part in a merged batch. */
export interface MergedPart {
  readonly turretIndex: number;
  readonly batches: number;
  readonly transactions: number;
  /** Batches that had been counted before and are not in the merged one. */
  readonly repeatedBatches: number;
  /** The sequences it stands for; none for protocol 1. */
  readonly sequences: readonly (readonly [first: number, last: number])[];
}

export interface MergedHead {
  /** When the last of them was received, in microseconds since the start. */
  readonly lastUs: number;
  readonly turrets: readonly MergedPart[];
}

export interface NamedNumbers extends StoredNumbers {
  readonly kind: CellKind;
  readonly name: string;
}

const HEAD_BYTES_MAX = 16 * 1024 * 1024;
const CELL_BYTES_MIN = 36;

export function encodeMerged(head: MergedHead, batch: Uint8Array): Uint8Array {
  const writer = new ByteWriter(batch.length + 1024);
  writer.text(JSON.stringify(head));
  writer.raw(batch);
  return writer.view();
}

/** Throws MalformedBytes. The batch is a view. */
export function decodeMerged(payload: Uint8Array): { head: MergedHead; batch: Uint8Array } {
  const reader = new ByteReader(payload);
  const text = reader.text(HEAD_BYTES_MAX);
  const batch = reader.raw(reader.remaining);
  try {
    const head = JSON.parse(text) as MergedHead;
    if (!Number.isFinite(head.lastUs)) throw new MalformedBytes("a time that is not a number");
    for (const part of head.turrets) checkPart(part);
    return { head, batch };
  } catch (error) {
    throw new MalformedBytes("the head of a merged record can not be read", { cause: error });
  }
}

function checkPart(part: MergedPart): void {
  const numbers = [part.turretIndex, part.batches, part.transactions, part.repeatedBatches];
  const isWhole = [...numbers, ...part.sequences.flat()].every(Number.isSafeInteger);
  const isPaired = part.sequences.every((range) => range.length === 2);
  if (!isWhole || !isPaired) throw new MalformedBytes("a part that is not of whole numbers");
}

export function encodeTurretTotals(
  turretIndex: number,
  cells: readonly NamedNumbers[],
): Uint8Array {
  const writer = new ByteWriter(64 * cells.length + 16);
  writer.varint(turretIndex);
  writer.varint(cells.length);
  for (const cell of cells) {
    writer.u8(cell.kind);
    writer.text(cell.name);
    writer.varint(cell.count);
    writer.varint(cell.errorCount);
    for (const value of [cell.sum, cell.sumSquares, cell.min, cell.max]) writer.f64(value);
  }
  return writer.view();
}

/** Throws MalformedBytes. */
export function decodeTurretTotals(payload: Uint8Array): {
  turretIndex: number;
  cells: NamedNumbers[];
} {
  const reader = new ByteReader(payload);
  const turretIndex = reader.varint();
  const count = reader.count(Math.floor(reader.remaining / CELL_BYTES_MIN), "cells");
  const cells: NamedNumbers[] = [];
  for (let i = 0; i < count; i++) {
    const kind = reader.u8();
    if (kind > CELL_KIND_MAX) throw new MalformedBytes(`cell of unknown kind ${kind}`);
    cells.push({
      kind: kind as CellKind,
      name: reader.text(STATS_LIMIT.textBytes),
      count: reader.varint(),
      errorCount: reader.varint(),
      sum: reader.f64(),
      sumSquares: reader.f64(),
      min: reader.f64(),
      max: reader.f64(),
    });
  }
  reader.end();
  return { turretIndex, cells };
}
