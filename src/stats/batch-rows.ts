// Raw rows of a batch, column by column; after the cells (batch-format.ts):
//
//   varint rows; nothing more if 0
//   u8 flags: 1 = response times follow
//   f64 elapsedS x rows | f64 epochS x rows | f64 scriptrunS x rows | [f64 responseS x rows]
//   varint error text x rows | varint turret text x rows | varint number of timers x rows
//   varint timer text x timers | f64 timerS x timers

import { type ByteReader, type ByteWriter, MalformedBytes } from "../base/bytes.ts";
import type { RowColumns } from "./cell.ts";

const HAS_RESPONSE = 1;
const F64_BYTES = 8;
const ROW_BYTES_MIN = 3 * F64_BYTES + 3;
const TIMER_BYTES_MIN = F64_BYTES + 1;
const FIRST_ROWS = 64;

/** One row as it is handed in; texts are indices already. */
export interface IndexedRow {
  readonly elapsedS: number;
  readonly epochS: number;
  readonly scriptrunS: number;
  readonly responseS: number;
  readonly errorText: number;
  readonly turretText: number;
}

/** Growing columns. */
export class RowBuffer {
  #count = 0;
  #timerCount = 0;
  #elapsedS = new Float64Array(0);
  #epochS = new Float64Array(0);
  #scriptrunS = new Float64Array(0);
  #responseS = new Float64Array(0);
  #errorText = new Uint32Array(0);
  #turretText = new Uint32Array(0);
  #timerEnd = new Uint32Array(0);
  #timerText = new Uint32Array(0);
  #timerS = new Float64Array(0);

  get count(): number {
    return this.#count;
  }

  /** About what the rows take in a batch. */
  get sizeBytes(): number {
    return this.#count * (4 * F64_BYTES + 4) + this.#timerCount * (F64_BYTES + 2);
  }

  /** Adds a row; its timers are those added since the row before. */
  push(row: IndexedRow): void {
    const i = this.#count;
    if (i === this.#elapsedS.length) this.#growRows();
    this.#elapsedS[i] = finiteOrZero(row.elapsedS);
    this.#epochS[i] = finiteOrZero(row.epochS);
    this.#scriptrunS[i] = finiteOrZero(row.scriptrunS);
    this.#responseS[i] = Number.isFinite(row.responseS) ? row.responseS : Number.NaN;
    this.#errorText[i] = row.errorText;
    this.#turretText[i] = row.turretText;
    this.#timerEnd[i] = this.#timerCount;
    this.#count++;
  }

  pushTimer(text: number, valueS: number): void {
    const i = this.#timerCount;
    if (i === this.#timerS.length) {
      const size = Math.max(FIRST_ROWS, i * 2);
      this.#timerS = grown(this.#timerS, new Float64Array(size));
      this.#timerText = grown(this.#timerText, new Uint32Array(size));
    }
    this.#timerText[i] = text;
    this.#timerS[i] = finiteOrZero(valueS);
    this.#timerCount++;
  }

  /** Views that the next push may overwrite. */
  columns(): RowColumns {
    const count = this.#count;
    return {
      count,
      elapsedS: this.#elapsedS.subarray(0, count),
      epochS: this.#epochS.subarray(0, count),
      scriptrunS: this.#scriptrunS.subarray(0, count),
      responseS: this.#responseS.subarray(0, count),
      errorText: this.#errorText.subarray(0, count),
      turretText: this.#turretText.subarray(0, count),
      timerEnd: this.#timerEnd.subarray(0, count),
      timerText: this.#timerText.subarray(0, this.#timerCount),
      timerS: this.#timerS.subarray(0, this.#timerCount),
    };
  }

  clear(): void {
    this.#count = 0;
    this.#timerCount = 0;
  }

  #growRows(): void {
    const size = Math.max(FIRST_ROWS, this.#count * 2);
    this.#elapsedS = grown(this.#elapsedS, new Float64Array(size));
    this.#epochS = grown(this.#epochS, new Float64Array(size));
    this.#scriptrunS = grown(this.#scriptrunS, new Float64Array(size));
    this.#responseS = grown(this.#responseS, new Float64Array(size));
    this.#errorText = grown(this.#errorText, new Uint32Array(size));
    this.#turretText = grown(this.#turretText, new Uint32Array(size));
    this.#timerEnd = grown(this.#timerEnd, new Uint32Array(size));
  }
}

export function encodeRows(writer: ByteWriter, rows: RowColumns): void {
  writer.varint(rows.count);
  if (rows.count === 0) return;
  const hasResponse = holdsNumber(rows.responseS);
  writer.u8(hasResponse ? HAS_RESPONSE : 0);
  writeColumn(writer, rows.elapsedS);
  writeColumn(writer, rows.epochS);
  writeColumn(writer, rows.scriptrunS);
  if (hasResponse) writeColumn(writer, rows.responseS);
  writeVarints(writer, rows.errorText);
  writeVarints(writer, rows.turretText);
  const timers = new Uint32Array(rows.count);
  for (let i = 0, start = 0; i < rows.count; i++) {
    const end = rows.timerEnd[i] as number;
    timers[i] = end - start;
    start = end;
  }
  writeVarints(writer, timers);
  writeVarints(writer, rows.timerText);
  writeColumn(writer, rows.timerS);
}

/** Reads what encodeRows wrote; `textCount` texts exist. Throws MalformedBytes. */
export function decodeRows(reader: ByteReader, textCount: number): RowColumns {
  const count = reader.count(Math.floor(reader.remaining / ROW_BYTES_MIN), "rows");
  if (count === 0) return new RowBuffer().columns();
  const flags = reader.u8();
  if (flags > HAS_RESPONSE) throw new MalformedBytes(`rows with unknown flags ${flags}`);
  const elapsedS = readColumn(reader, count);
  const epochS = readColumn(reader, count);
  const scriptrunS = readColumn(reader, count);
  const responseS =
    flags === HAS_RESPONSE
      ? readResponses(reader, count)
      : new Float64Array(count).fill(Number.NaN);
  const errorText = readTexts(reader, count, textCount);
  const turretText = readTexts(reader, count, textCount);
  const timerEnd = new Uint32Array(count);
  let timers = 0;
  for (let i = 0; i < count; i++) {
    const limit = Math.floor(reader.remaining / TIMER_BYTES_MIN) - timers;
    timers += reader.count(Math.max(0, limit), "timers of a row");
    timerEnd[i] = timers;
  }
  const timerText = readTexts(reader, timers, textCount);
  const timerS = readColumn(reader, timers);
  return {
    count,
    elapsedS,
    epochS,
    scriptrunS,
    responseS,
    errorText,
    turretText,
    timerEnd,
    timerText,
    timerS,
  };
}

function holdsNumber(column: Float64Array): boolean {
  for (let i = 0; i < column.length; i++) if (!Number.isNaN(column[i])) return true;
  return false;
}

// Nearly always all of them are below 128 and so are bytes already.
function writeVarints(writer: ByteWriter, values: Uint32Array): void {
  let bits = 0;
  for (let i = 0; i < values.length; i++) bits |= values[i] as number;
  if (bits >>> 0 < 128) return writer.raw(new Uint8Array(values));
  for (let i = 0; i < values.length; i++) writer.varint(values[i] as number);
}

function writeColumn(writer: ByteWriter, column: Float64Array): void {
  writer.raw(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
}

function readBlock(reader: ByteReader, count: number): Float64Array {
  const bytes = reader.raw(count * F64_BYTES);
  const column = new Float64Array(count);
  new Uint8Array(column.buffer).set(bytes);
  return column;
}

function readColumn(reader: ByteReader, count: number): Float64Array {
  const column = readBlock(reader, count);
  for (let i = 0; i < count; i++) {
    if (!Number.isFinite(column[i])) throw new MalformedBytes("a row's number is not finite");
  }
  return column;
}

function readResponses(reader: ByteReader, count: number): Float64Array {
  const column = readBlock(reader, count);
  for (let i = 0; i < count; i++) {
    const value = column[i] as number;
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      throw new MalformedBytes("a row's response time is not finite");
    }
  }
  return column;
}

function readTexts(reader: ByteReader, count: number, textCount: number): Uint32Array {
  const texts = new Uint32Array(count);
  for (let i = 0; i < count; i++) texts[i] = reader.count(textCount - 1, "as the index of a text");
  return texts;
}

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function finiteOrZero(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
