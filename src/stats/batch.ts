// The source's side of a batch, and the hot path of a cannon thread: `record` adds to the open cell of
// a slot (a kind and name) and second, and allocates nothing. A slot keeps the cells of a few seconds
// open, because results of protocol 1 arrive with the whole second of their own turret's clock and
// alternate around each boundary. The bytes: batch-format.ts.

import { BATCH_LIMIT, encodeBatch, type PlacedCell } from "./batch-format.ts";
import { mergeCells, placedCell, Texts } from "./batch-merge.ts";
import { RowBuffer } from "./batch-rows.ts";
import {
  CELL_KIND,
  CELL_KIND_MAX,
  type CellKind,
  isOwnName,
  OTHER_NAME,
  type RowColumns,
  STATS_LIMIT,
} from "./cell.ts";
import { SlowestRequests, type SlowRequest } from "./slowest.ts";
import { Tally } from "./tally.ts";
import { keptText } from "./text.ts";

export { type Batch, decodeBatch } from "./batch-format.ts";
export { mergeBatches } from "./batch-merge.ts";

/** Rows of one batch stay under this; further ones are counted in `skippedRows` until `take`. */
const ROW_BYTES_MAX = 24 * 1024 * 1024;
const FULL_BYTES = 8 * 1024 * 1024;
const FULL_CELLS = 50_000;

/** Gauges and what is added to counters. */
const VALUE_MAX = Number.MAX_SAFE_INTEGER;

/** Open seconds of a slot: a power of two. */
const OPEN_SECONDS = 4;
const OPEN_BITS = 2;
const OPEN_MASK = OPEN_SECONDS - 1;

export interface BatchBuilderOptions {
  readonly turretName: string;
  readonly namesMax?: number;
  readonly errorTextsMax?: number;
  readonly cellsMax?: number;
}

export interface Row {
  readonly elapsedS: number;
  readonly epochS: number;
  readonly scriptrunS: number;
  /** NaN where there is no intended start. */
  readonly responseS: number;
  /** "" for success. */
  readonly error: string;
  /** The turret's name where it is not the builder's. */
  readonly turretName?: string;
  /** Name, seconds, name, seconds, ... */
  readonly timers: readonly (string | number)[];
}

/** A row of a caller that holds slots; may be one object used again and again. */
export interface SlotRow {
  readonly elapsedS: number;
  readonly epochS: number;
  readonly scriptrunS: number;
  /** Slot of the error, -1 for success. */
  readonly errorSlot: number;
  /** From `turretText`. */
  readonly turretText: number;
  readonly timerSlots: readonly number[];
  /** Of each of `timerSlots`; more may follow. */
  readonly timerS: Float64Array;
}

interface OpenCell {
  second: number;
  readonly tally: Tally;
}

export class BatchBuilder {
  readonly #turretName: string;
  readonly #namesMax: number;
  readonly #errorTextsMax: number;
  readonly #cellsMax: number;
  readonly #slotsByName: readonly Map<string, number>[];
  readonly #turretNames = new Map<string, number>();
  /** Of each slot. */
  readonly #kinds: CellKind[] = [];
  readonly #slotTexts: number[] = [];
  /** Of each slot, OPEN_SECONDS places. */
  readonly #open: (OpenCell | undefined)[] = [];
  #closed: PlacedCell[] = [];
  /** Texts of all batches; each batch writes those it uses. */
  readonly #texts: string[] = [""];
  readonly #textIds = new Map<string, number>([["", 0]]);
  readonly #rows = new RowBuffer();
  readonly #slowest = new SlowestRequests();
  #wantsRows = true;
  #transactions = 0;
  #overflowCount = 0;
  #skippedRows = 0;

  constructor(options: BatchBuilderOptions) {
    this.#turretName = options.turretName;
    this.#namesMax = options.namesMax ?? STATS_LIMIT.names;
    this.#errorTextsMax = options.errorTextsMax ?? STATS_LIMIT.errorTexts;
    this.#cellsMax = options.cellsMax ?? BATCH_LIMIT.cells;
    this.#slotsByName = Array.from({ length: CELL_KIND_MAX + 1 }, () => new Map());
  }

  /** How often a name was asked for past the limit of names and counted under OTHER_NAME. */
  get overflowCount(): number {
    return this.#overflowCount;
  }

  /** Rows left out because a batch held as many as it may. */
  get skippedRows(): number {
    return this.#skippedRows;
  }

  get rowCount(): number {
    return this.#rows.count;
  }

  get wantRows(): boolean {
    return this.#wantsRows;
  }

  /** False: `row` keeps nothing; cells still count everything. */
  set wantRows(wantsRows: boolean) {
    this.#wantsRows = wantsRows;
  }

  /** True when the batch should be taken before its period is over. */
  get isFull(): boolean {
    return this.#rows.sizeBytes >= FULL_BYTES || this.#closed.length >= FULL_CELLS;
  }

  get isEmpty(): boolean {
    const hasNone = this.#transactions === 0 && this.#rows.count === 0 && this.#slowest.isEmpty;
    return hasNone && this.#closed.length === 0 && !this.#open.some(isOpen);
  }

  /** Handle of a kind and name for `record` and `add`; the same for the life of the builder. */
  slot(kind: CellKind, name: string): number {
    const slots = this.#slotsByName[kind] as Map<string, number>;
    const known = slots.get(name);
    if (known !== undefined) return known;
    const text = keptText(name);
    const found = slots.get(text);
    if (found !== undefined) return found;
    const limit = kind === CELL_KIND.error ? this.#errorTextsMax : this.#namesMax;
    if (slots.size >= limit && !isOwnName(text)) {
      this.#overflowCount++;
      return this.slot(kind, OTHER_NAME);
    }
    const slot = this.#kinds.push(kind) - 1;
    this.#slotTexts.push(this.#textId(text));
    for (let i = 0; i < OPEN_SECONDS; i++) this.#open.push(undefined);
    slots.set(text, slot);
    return slot;
  }

  /** One value: microseconds for kinds with a histogram (rounded to whole ones), any for a gauge. */
  record(slot: number, second: number, value: number, isError: boolean): void {
    const cell = this.#open[(slot << OPEN_BITS) | (second & OPEN_MASK)];
    if (cell !== undefined && cell.second === second) {
      cell.tally.record(recordable(cell.tally, value), isError);
      return;
    }
    const { tally } = this.#openCell(slot, second);
    tally.record(recordable(tally, value), isError);
  }

  /** Adds to a counter, an error, a check or a status. */
  add(slot: number, second: number, count: number, errorCount: number, sum: number): void {
    this.#openCell(slot, second).tally.add(count, errorCount, bounded(sum));
  }

  /** A request that took no longer is not among the slowest. */
  get slowFloorUs(): number {
    return this.#slowest.floorUs;
  }

  /** A request that took longer than `slowFloorUs`. */
  slow(request: Omit<SlowRequest, "turret">): void {
    this.#slowest.add({
      ...request,
      name: keptText(request.name),
      status: keptText(request.status),
      turret: keptText(this.#turretName),
    });
  }

  countTransaction(n = 1): void {
    this.#transactions += n;
  }

  row(row: Row): void {
    if (!this.#wantsRows) return;
    if (this.#rows.sizeBytes >= ROW_BYTES_MAX) {
      this.#skippedRows++;
      return;
    }
    const { timers } = row;
    for (let i = 0; i + 1 < timers.length; i += 2) {
      const slot = this.slot(CELL_KIND.timer, String(timers[i]));
      this.#rows.pushTimer(this.#slotTexts[slot] as number, Number(timers[i + 1]));
    }
    const errorSlot = row.error === "" ? -1 : this.slot(CELL_KIND.error, row.error);
    this.#rows.push({
      elapsedS: row.elapsedS,
      epochS: row.epochS,
      scriptrunS: row.scriptrunS,
      responseS: row.responseS,
      errorText: errorSlot < 0 ? 0 : (this.#slotTexts[errorSlot] as number),
      turretText: this.#turretText(row.turretName ?? this.#turretName),
    });
  }

  /** `row` by slots, without a response time. */
  slotRow(row: SlotRow): void {
    if (!this.#wantsRows) return;
    const rows = this.#rows;
    if (rows.sizeBytes >= ROW_BYTES_MAX) {
      this.#skippedRows++;
      return;
    }
    const { errorSlot, timerSlots, timerS } = row;
    const texts = this.#slotTexts;
    for (let i = 0; i < timerSlots.length; i++) {
      rows.pushTimer(texts[timerSlots[i] as number] as number, timerS[i] as number);
    }
    rows.push({
      elapsedS: row.elapsedS,
      epochS: row.epochS,
      scriptrunS: row.scriptrunS,
      responseS: Number.NaN,
      errorText: errorSlot < 0 ? 0 : (texts[errorSlot] as number),
      turretText: row.turretText,
    });
  }

  /** Number of a turret's name for `slotRow`; the same for the life of the builder. */
  turretText(name: string): number {
    return this.#turretText(name);
  }

  /**
   * Everything since the last `take` as one batch, or undefined if there was nothing. Cells past the
   * limit of a batch wait for the next one: take until it is undefined to have all.
   */
  take(): { bytes: Uint8Array; transactions: number } | undefined {
    if (this.isEmpty) return undefined;
    for (let place = 0; place < this.#open.length; place++) {
      const cell = this.#open[place];
      if (cell !== undefined && isOpen(cell)) this.#close(cell, place >> OPEN_BITS);
    }
    const merged = mergeCells(this.#closed);
    this.#closed = merged.slice(0, this.#cellsMax);
    const transactions = this.#transactions;
    const rows = this.#rows.columns();
    const { texts, indices } = this.#usedTexts(rows);
    const cells = this.#closed.map((cell) => {
      return { ...cell, text: indices[cell.text] as number };
    });
    const slowest = this.#slowest.take();
    const all = new Texts(texts);
    for (const request of slowest) all.add(request);
    const bytes = encodeBatch({
      transactions,
      texts,
      cells,
      rows: reindexed(rows, indices),
      slowest,
    });
    this.#closed = merged.slice(this.#cellsMax);
    this.#rows.clear();
    this.#transactions = 0;
    return { bytes, transactions };
  }

  // The open cell of a slot and second, made or emptied if another second was in its place.
  #openCell(slot: number, second: number): OpenCell {
    const whole = Math.max(0, Math.min(BATCH_LIMIT.second, Math.floor(second) || 0));
    const place = (slot << OPEN_BITS) | (whole & OPEN_MASK);
    let cell = this.#open[place];
    if (cell === undefined) {
      cell = { second: whole, tally: new Tally(this.#kinds[slot] as CellKind) };
      this.#open[place] = cell;
    } else if (cell.second !== whole) {
      if (isOpen(cell)) this.#close(cell, slot);
      cell.second = whole;
    }
    return cell;
  }

  #close(cell: OpenCell, slot: number): void {
    const text = this.#slotTexts[slot] as number;
    this.#closed.push(placedCell({ second: cell.second, text }, cell.tally));
    cell.tally.clear();
  }

  #textId(text: string): number {
    const known = this.#textIds.get(text);
    if (known !== undefined) return known;
    this.#textIds.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  #turretText(name: string): number {
    const known = this.#turretNames.get(name);
    if (known !== undefined) return known;
    if (this.#turretNames.size >= this.#namesMax) {
      this.#overflowCount++;
      return this.#textId(OTHER_NAME);
    }
    const text = this.#textId(keptText(name));
    this.#turretNames.set(name, text);
    return text;
  }

  // The texts of this batch in the order of their ids, and the index of each id among them.
  #usedTexts(rows: RowColumns): { texts: string[]; indices: Uint32Array } {
    const isUsed = new Uint8Array(this.#texts.length);
    for (const cell of this.#closed) isUsed[cell.text] = 1;
    for (const ids of [rows.errorText, rows.turretText, rows.timerText]) {
      for (const id of ids) isUsed[id] = 1;
    }
    const indices = new Uint32Array(this.#texts.length);
    const texts = [""];
    for (let id = 1; id < isUsed.length; id++) {
      if (isUsed[id] === 1) indices[id] = texts.push(this.#texts[id] as string) - 1;
    }
    return { texts, indices };
  }
}

function isOpen(cell: OpenCell | undefined): boolean {
  return cell !== undefined && (cell.tally.count > 0 || cell.tally.sum !== 0);
}

// Durations are whole microseconds from 0; what is no number at all counts as 0.
function recordable(tally: Tally, value: number): number {
  if (tally.histogram === undefined) return bounded(value);
  return value > 0 ? Math.min(Math.floor(value + 0.5), VALUE_MAX) : 0;
}

function bounded(value: number): number {
  return Number.isFinite(value) ? Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value)) : 0;
}

function reindexed(rows: RowColumns, indices: Uint32Array): RowColumns {
  const map = (ids: Uint32Array) => {
    const mapped = new Uint32Array(ids.length);
    for (let i = 0; i < ids.length; i++) mapped[i] = indices[ids[i] as number] as number;
    return mapped;
  };
  return {
    ...rows,
    errorText: map(rows.errorText),
    turretText: map(rows.turretText),
    timerText: map(rows.timerText),
  };
}
