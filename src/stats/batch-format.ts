// A batch: what one source (a thread, a turret, or the HQ for protocol 1) measured since its last batch.
// It travels thread -> crew -> HQ -> journal as the same bytes and needs no batch before it.
//
//   u16 magic 0x0c7b | u8 version 1, or 2 with slow requests | varint transactions
//   varint texts     | each: varint bytes, UTF-8                         text 0 is "" and not written
//   varint cells     | each cell, ascending by (second, kind, text), no two alike:
//       varint second minus that of the cell before
//       u8 kind, plus 16 if sum, min and max are whole (WHOLE)
//               plus 32 if sumSquares is whole (SQUARES), plus 64 if it holds one value (SINGLE)
//       varint text | varint count unless SINGLE | varint errorCount
//       sum                                   varint if WHOLE, else f64
//       and unless the kind only adds up (error, counter, check, status) or the cell is SINGLE, where
//       the rest follows from the sum:
//         min | max - min if WHOLE, else max  varint if WHOLE, else f64
//         sumSquares                          varint if SQUARES, else f64
//       and for durations (timer, response, lateness, phase, lag) that are not SINGLE:
//         varint bytes of the count list (count-list.ts), and the list; its total is `count`
//   rows: batch-rows.ts
//   in version 2, the slowest requests: slowest.ts
//
// Numbers are little-endian. Nothing may follow. Decoding is total: it throws MalformedBytes or gives
// a batch in which every index, order and total holds, and it never allocates more than a small
// multiple of the bytes it was given.

import { assert } from "../base/assert.ts";
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
import { HISTOGRAM_INDICES, payloadOf } from "./histogram.ts";
import { decodeSlowest, encodeSlowest, type SlowRequest } from "./slowest.ts";

const MAGIC = 0x0c7b;
export const BATCH_VERSION = 1;
/** The same with slow requests at its end. */
export const BATCH_VERSION_SLOWEST = 2;

export const BATCH_LIMIT = {
  /** A run's last second: 31 days. */
  second: 31 * 86_400,
  texts: 100_000,
  /** A cell of a few bytes becomes an object of a few hundred. */
  cells: 250_000,
  /** Of anything in a cell, which is one second of one source. */
  count: 2 ** 32,
  /** Magnitude of sums and measured values, so that adding them up stays finite. */
  value: 1e200,
} as const;

const scratch = new CountList(HISTOGRAM_INDICES);
const KIND_MASK = 15;
const WHOLE = 16;
const SQUARES = 32;
const SINGLE = 64;
const TAG_MAX = 127;
/** The square of a single value stays within BATCH_LIMIT.value. */
const SINGLE_MAX = 1e100;
const CELL_BYTES_MIN = 5;

export interface Batch {
  readonly transactions: number;
  readonly texts: readonly string[];
  readonly cells: readonly Cell[];
  readonly rows: RowColumns;
  /** Slowest first; few, and mostly none. */
  readonly slowest: readonly SlowRequest[];
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
  /** Their texts are among `texts`. */
  readonly slowest: readonly SlowRequest[];
}

/** The order of cells in a batch. */
export function byPlace(a: PlacedCell, b: PlacedCell): number {
  return a.second - b.second || a.kind - b.kind || a.text - b.text;
}

export function encodeBatch(parts: BatchParts): Uint8Array {
  const { cells, texts, slowest } = parts;
  assert(texts.length <= BATCH_LIMIT.texts + 1, "a batch's texts are within their limit");
  assert(cells.length <= BATCH_LIMIT.cells, "a batch's cells are within their limit");
  const writer = new ByteWriter(4096);
  writer.u16(MAGIC);
  writer.u8(slowest.length === 0 ? BATCH_VERSION : BATCH_VERSION_SLOWEST);
  writer.varint(parts.transactions);
  writer.varint(texts.length - 1);
  for (const text of texts.slice(1)) writer.text(text);
  writer.varint(cells.length);
  let second = 0;
  for (const cell of cells) {
    writer.varint(cell.second - second);
    second = cell.second;
    encodeCell(writer, cell);
  }
  encodeRows(writer, parts.rows);
  if (slowest.length > 0) {
    encodeSlowest(writer, slowest, (text) => {
      const index = texts.indexOf(text);
      assert(index >= 0, "a slow request's texts are among those of its batch");
      return index;
    });
  }
  return writer.finish();
}

function encodeCell(writer: ByteWriter, cell: PlacedCell): void {
  const { sum, min, max, sumSquares } = cell;
  const isWhole = isVarint(sum) && isVarint(min) && isVarint(max);
  const isMeasured = !isAdditive(cell.kind);
  const isSingle = isMeasured && holdsOneValue(cell);
  const hasWholeSquares = isMeasured && !isSingle && isVarint(sumSquares);
  writer.u8(
    cell.kind + (isWhole ? WHOLE : 0) + (hasWholeSquares ? SQUARES : 0) + (isSingle ? SINGLE : 0),
  );
  writer.varint(cell.text);
  if (!isSingle) writer.varint(cell.count);
  writer.varint(cell.errorCount);
  writeNumber(writer, sum, isWhole);
  if (isSingle || !isMeasured) return;
  writeNumber(writer, min, isWhole);
  writeNumber(writer, isWhole ? max - min : max, isWhole);
  writeNumber(writer, sumSquares, hasWholeSquares);
  if (cell.histogram === undefined) return;
  writer.varint(cell.histogram.length);
  writer.raw(cell.histogram);
}

function isVarint(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function writeNumber(writer: ByteWriter, value: number, isWhole: boolean): void {
  if (isWhole) writer.varint(value);
  else writer.f64(value);
}

// One value needs no histogram, if the histogram is the one that the value gives.
function holdsOneValue(cell: PlacedCell): boolean {
  const { count, sum, histogram } = cell;
  if (count !== 1 || cell.min !== sum || cell.max !== sum) return false;
  if (cell.sumSquares !== sum * sum) return false;
  return histogram === undefined || isSameList(histogram, payloadOf(sum));
}

function isSameList(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Cells and their histograms are views of `bytes`, rows are copies. Throws MalformedBytes. */
export function decodeBatch(bytes: Uint8Array): Batch {
  const reader = new ByteReader(bytes);
  if (reader.u16() !== MAGIC) throw new MalformedBytes("not a batch");
  const version = reader.u8();
  const hasSlowest = version === BATCH_VERSION_SLOWEST;
  if (version !== BATCH_VERSION && !hasSlowest) {
    throw new MalformedBytes(`batch of version ${version}`);
  }
  const transactions = reader.count(BATCH_LIMIT.count, "transactions");
  const texts = decodeTexts(reader);
  const cells = decodeCells(reader, texts);
  const rows = decodeRows(reader, texts.length);
  const slowest = hasSlowest ? decodeSlowest(reader, texts) : [];
  reader.end();
  return { transactions, texts, cells, rows, slowest };
}

function decodeTexts(reader: ByteReader): string[] {
  const count = reader.count(Math.min(BATCH_LIMIT.texts, reader.remaining), "texts");
  const texts = [""];
  for (let i = 0; i < count; i++) texts.push(reader.text(STATS_LIMIT.textBytes));
  if (new Set(texts).size !== texts.length) throw new MalformedBytes("a text twice");
  return texts;
}

function decodeCells(reader: ByteReader, texts: readonly string[]): Cell[] {
  const room = Math.floor(reader.remaining / CELL_BYTES_MIN);
  const count = reader.count(Math.min(BATCH_LIMIT.cells, room), "cells");
  const cells: Cell[] = [];
  let second = 0;
  let lastKind = -1;
  let lastText = -1;
  for (let i = 0; i < count; i++) {
    const delta = reader.count(BATCH_LIMIT.second, "seconds");
    second += delta;
    if (second > BATCH_LIMIT.second) throw new MalformedBytes(`second ${second} is too late`);
    const tag = reader.u8();
    const kind = tag & KIND_MASK;
    if (kind > CELL_KIND_MAX || tag > TAG_MAX)
      throw new MalformedBytes(`cell of unknown kind ${tag}`);
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
        tag,
      }),
    );
  }
  return cells;
}

function decodeCell(
  reader: ByteReader,
  place: { second: number; kind: CellKind; name: string; tag: number },
): Cell {
  const { second, kind, name, tag } = place;
  const isWhole = (tag & WHOLE) !== 0;
  const isSingle = (tag & SINGLE) !== 0;
  const count = isSingle ? 1 : reader.count(BATCH_LIMIT.count, "values in a cell");
  const errorCount = reader.count(count, "errors in a cell");
  const sum = readNumber(reader, isWhole);
  if (isAdditive(kind)) {
    if (tag > kind + WHOLE) throw new MalformedBytes("a cell with flags of another kind");
    const nothing = { sumSquares: 0, min: 0, max: 0, histogram: undefined };
    return { second, kind, name, count, errorCount, sum, ...nothing };
  }
  if (isSingle) {
    if (Math.abs(sum) > SINGLE_MAX) throw new MalformedBytes("a value that is too large");
    const histogram = hasHistogram(kind) ? payloadOf(sum) : undefined;
    const squares = { sumSquares: sum * sum, min: sum, max: sum };
    return { second, kind, name, count, errorCount, sum, ...squares, histogram };
  }
  if (count === 0) throw new MalformedBytes("a cell of measurements without any");
  const min = readNumber(reader, isWhole);
  const max = isWhole ? min + reader.varint() : readNumber(reader, false);
  const sumSquares = readNumber(reader, (tag & SQUARES) !== 0);
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

function readNumber(reader: ByteReader, isWhole: boolean): number {
  if (isWhole) return reader.varint();
  const value = reader.f64();
  if (Math.abs(value) <= BATCH_LIMIT.value) return value;
  throw new MalformedBytes("a number that is not finite, or too large");
}
