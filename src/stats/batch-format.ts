// A batch: what one source (a thread, a turret, or the HQ for protocol 1) measured since its last batch.
// It travels thread -> crew -> HQ -> journal as the same bytes and needs no batch before it.
//
//   u16 magic 0x0c7b | u8 version 1 | varint transactions
//   varint texts     | each: varint bytes, UTF-8                         text 0 is "" and not written
//   varint cells     | each cell, ascending by (second, kind, text), no two alike:
//       varint second minus that of the cell before
//       u8 kind, plus 16 if sum, min and max are whole (WHOLE)
//       varint text | varint count | varint errorCount
//       sum                                   varint if WHOLE, else f64
//       and unless the kind only adds up (error, counter, check, status):
//         min | max - min if WHOLE, else max  varint if WHOLE, else f64
//         f64 sumSquares
//       and for durations (timer, response, lateness, phase, lag):
//         varint bytes of the count list (count-list.ts), and the list; its total is `count`
//   rows: batch-rows.ts
//
// Numbers are little-endian. Nothing may follow. Decoding is total: it throws MalformedBytes or gives
// a batch in which every index, order and total holds, and it never allocates more than a small
// multiple of the bytes it was given.

import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.ts";
import { decodeRows, encodeRows } from "./batch-rows.ts";
import {
  CELL_KIND_MAX,
  type Cell,
  type CellKind,
  hasHistogram,
  isAdditive,
  type RowColumns,
  STATS_LIMIT,
} from "./cell.ts";
import { CountList } from "./count-list.ts";
import { HISTOGRAM_INDICES } from "./histogram.ts";

const MAGIC = 0x0c7b;
export const BATCH_VERSION = 1;

export const BATCH_LIMIT = {
  /** A run's last second: 31 days. */
  second: 31 * 86_400,
  texts: 100_000,
  /** Of anything in a cell, which is one second of one source. */
  count: 2 ** 32,
  /** Magnitude of sums and measured values, so that adding them up stays finite. */
  value: 1e200,
} as const;

const scratch = new CountList(HISTOGRAM_INDICES);
const WHOLE = 16;
const CELL_BYTES_MIN = 6;

export interface Batch {
  readonly transactions: number;
  readonly texts: readonly string[];
  readonly cells: readonly Cell[];
  readonly rows: RowColumns;
}

/** A cell whose name is still an index into a table of texts. */
export interface PlacedCell extends Omit<Cell, "name"> {
  readonly text: number;
}

export interface BatchParts {
  readonly transactions: number;
  /** Distinct and clipped; the first is "". */
  readonly texts: readonly string[];
  /** In order and without two alike: see `byPlace`. */
  readonly cells: readonly PlacedCell[];
  readonly rows: RowColumns;
}

/** The order of cells in a batch. */
export function byPlace(a: PlacedCell, b: PlacedCell): number {
  return a.second - b.second || a.kind - b.kind || a.text - b.text;
}

export function encodeBatch(parts: BatchParts): Uint8Array {
  const writer = new ByteWriter(4096);
  writer.u16(MAGIC);
  writer.u8(BATCH_VERSION);
  writer.varint(parts.transactions);
  writer.varint(parts.texts.length - 1);
  for (const text of parts.texts.slice(1)) writer.text(text);
  writer.varint(parts.cells.length);
  let second = 0;
  for (const cell of parts.cells) {
    writer.varint(cell.second - second);
    second = cell.second;
    encodeCell(writer, cell);
  }
  encodeRows(writer, parts.rows);
  return writer.finish();
}

function encodeCell(writer: ByteWriter, cell: PlacedCell): void {
  const { sum, min, max } = cell;
  const isWhole =
    Number.isSafeInteger(sum) && Number.isSafeInteger(min) && Number.isSafeInteger(max);
  const isVarint = isWhole && sum >= 0 && min >= 0;
  writer.u8(cell.kind + (isVarint ? WHOLE : 0));
  writer.varint(cell.text);
  writer.varint(cell.count);
  writer.varint(cell.errorCount);
  if (isVarint) writer.varint(sum);
  else writer.f64(sum);
  if (isAdditive(cell.kind)) return;
  if (isVarint) {
    writer.varint(min);
    writer.varint(max - min);
  } else {
    writer.f64(min);
    writer.f64(max);
  }
  writer.f64(cell.sumSquares);
  if (cell.histogram === undefined) return;
  writer.varint(cell.histogram.length);
  writer.raw(cell.histogram);
}

/** Cells and their histograms are views of `bytes`, rows are copies. Throws MalformedBytes. */
export function decodeBatch(bytes: Uint8Array): Batch {
  const reader = new ByteReader(bytes);
  if (reader.u16() !== MAGIC) throw new MalformedBytes("not a batch");
  const version = reader.u8();
  if (version !== BATCH_VERSION) throw new MalformedBytes(`batch of version ${version}`);
  const transactions = reader.count(BATCH_LIMIT.count, "transactions");
  const texts = decodeTexts(reader);
  const cells = decodeCells(reader, texts);
  const rows = decodeRows(reader, texts.length);
  reader.end();
  return { transactions, texts, cells, rows };
}

function decodeTexts(reader: ByteReader): string[] {
  const count = reader.count(Math.min(BATCH_LIMIT.texts, reader.remaining), "texts");
  const texts = [""];
  for (let i = 0; i < count; i++) texts.push(reader.text(STATS_LIMIT.textBytes));
  if (new Set(texts).size !== texts.length) throw new MalformedBytes("a text twice");
  return texts;
}

function decodeCells(reader: ByteReader, texts: readonly string[]): Cell[] {
  const count = reader.count(Math.floor(reader.remaining / CELL_BYTES_MIN), "cells");
  const cells: Cell[] = [];
  let second = 0;
  let lastKind = -1;
  let lastText = -1;
  for (let i = 0; i < count; i++) {
    const delta = reader.count(BATCH_LIMIT.second, "seconds");
    second += delta;
    if (second > BATCH_LIMIT.second) throw new MalformedBytes(`second ${second} is too late`);
    const tag = reader.u8();
    const kind = tag & ~WHOLE;
    if (kind > CELL_KIND_MAX) throw new MalformedBytes(`cell of unknown kind ${kind}`);
    const text = reader.count(texts.length - 1, "as the index of a text");
    const isAfter = delta > 0 || kind > lastKind || (kind === lastKind && text > lastText);
    if (!isAfter) throw new MalformedBytes("cells out of order");
    lastKind = kind;
    lastText = text;
    cells.push(
      decodeCell(reader, {
        second,
        kind: kind as CellKind,
        name: texts[text] as string,
        isVarint: (tag & WHOLE) !== 0,
      }),
    );
  }
  return cells;
}

function decodeCell(
  reader: ByteReader,
  place: { second: number; kind: CellKind; name: string; isVarint: boolean },
): Cell {
  const { second, kind, name, isVarint } = place;
  const count = reader.count(BATCH_LIMIT.count, "values in a cell");
  const errorCount = reader.count(count, "errors in a cell");
  const sum = isVarint ? reader.varint() : finite(reader);
  if (isAdditive(kind)) {
    const nothing = { sumSquares: 0, min: 0, max: 0, histogram: undefined };
    return { second, kind, name, count, errorCount, sum, ...nothing };
  }
  if (count === 0) throw new MalformedBytes("a cell of measurements without any");
  const min = isVarint ? reader.varint() : finite(reader);
  const max = isVarint ? min + reader.varint() : finite(reader);
  const sumSquares = finite(reader);
  if (max < min || sumSquares < 0) {
    throw new MalformedBytes("a cell's numbers contradict each other");
  }
  const histogram = hasHistogram(kind) ? decodeHistogram(reader, count) : undefined;
  return { second, kind, name, count, errorCount, sum, sumSquares, min, max, histogram };
}

function decodeHistogram(reader: ByteReader, count: number): Uint8Array {
  const payload = reader.raw(reader.count(reader.remaining, "bytes of histogram"));
  const { total } = scratch.read(payload);
  if (total !== count)
    throw new MalformedBytes(`histogram of ${total} values in a cell of ${count}`);
  return payload;
}

function finite(reader: ByteReader): number {
  const value = reader.f64();
  if (Math.abs(value) <= BATCH_LIMIT.value) return value;
  throw new MalformedBytes("a number that is not finite, or too large");
}
