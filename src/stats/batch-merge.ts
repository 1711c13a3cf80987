// Merging of batches: cells of the same second, kind and name become one, rows are put one after the
// other. Sums of whole numbers do not depend on the order; sums of fractions do in their last digits.

import { type Batch, byPlace, encodeBatch, type PlacedCell } from "./batch-format.ts";
import { RowBuffer } from "./batch-rows.ts";
import type { RowColumns } from "./cell.ts";
import { type SlowRequest, slowestOf } from "./slowest.ts";
import { Tally } from "./tally.ts";

export interface MergeOptions {
  /** Rows past this many are left out; their cells are not. */
  readonly rowsMax?: number;
}

/** One batch of all; `mergeBatches` of merged ones holds the same as of their parts. */
export function mergeBatches(batches: Iterable<Batch>, options: MergeOptions = {}): Uint8Array {
  const rowsMax = options.rowsMax ?? Number.POSITIVE_INFINITY;
  const texts = new Texts();
  const cells: PlacedCell[] = [];
  const rows = new RowBuffer();
  let slowest: readonly SlowRequest[] = [];
  let transactions = 0;
  for (const batch of batches) {
    transactions += batch.transactions;
    for (const cell of batch.cells) cells.push({ ...cell, text: texts.indexOf(cell.name) });
    appendRows(rows, batch, { texts, rowsMax });
    if (batch.slowest.length > 0) slowest = slowestOf([...slowest, ...batch.slowest]);
  }
  for (const request of slowest) texts.add(request);
  return encodeBatch({
    transactions,
    texts: texts.list,
    cells: mergeCells(cells),
    rows: rows.columns(),
    slowest,
  });
}

/** Sorts `cells` in place and gives them with equals made one. */
export function mergeCells(cells: PlacedCell[]): PlacedCell[] {
  cells.sort(byPlace);
  const merged: PlacedCell[] = [];
  for (let i = 0; i < cells.length; ) {
    const first = cells[i] as PlacedCell;
    let end = i + 1;
    while (end < cells.length && byPlace(first, cells[end] as PlacedCell) === 0) end++;
    merged.push(end === i + 1 ? first : mergeEquals(cells.slice(i, end)));
    i = end;
  }
  return merged;
}

function mergeEquals(cells: readonly PlacedCell[]): PlacedCell {
  const { second, kind, text } = cells[0] as PlacedCell;
  const tally = new Tally(kind);
  for (const cell of cells) tally.merge(cell);
  return placedCell({ second, text }, tally);
}

/** The cell of a tally. */
export function placedCell(place: { second: number; text: number }, tally: Tally): PlacedCell {
  return {
    second: place.second,
    kind: tally.kind,
    text: place.text,
    count: tally.count,
    errorCount: tally.errorCount,
    sum: tally.sum,
    sumSquares: tally.sumSquares,
    min: tally.min,
    max: tally.max,
    histogram: tally.histogram?.payload(),
  };
}

/** The texts of a batch in the making, each once. */
export class Texts {
  readonly list: string[];
  readonly #indices: Map<string, number>;

  constructor(list: string[] = [""]) {
    this.list = list;
    this.#indices = new Map(list.map((text, i) => [text, i]));
  }

  add({ name, status, turret }: SlowRequest): void {
    for (const text of [name, status, turret]) this.indexOf(text);
  }

  indexOf(text: string): number {
    const known = this.#indices.get(text);
    if (known !== undefined) return known;
    this.#indices.set(text, this.list.length);
    return this.list.push(text) - 1;
  }
}

function appendRows(
  into: RowBuffer,
  batch: { readonly texts: readonly string[]; readonly rows: RowColumns },
  options: { readonly texts: Texts; readonly rowsMax: number },
): void {
  const { rows } = batch;
  if (rows.count === 0) return;
  const mapped = batch.texts.map((text) => options.texts.indexOf(text));
  const textAt = (indices: Uint32Array, i: number) => mapped[indices[i] as number] as number;
  let timer = 0;
  for (let i = 0; i < rows.count && into.count < options.rowsMax; i++) {
    for (; timer < (rows.timerEnd[i] as number); timer++) {
      into.pushTimer(textAt(rows.timerText, timer), rows.timerS[timer] as number);
    }
    into.push({
      elapsedS: rows.elapsedS[i] as number,
      epochS: rows.epochS[i] as number,
      scriptrunS: rows.scriptrunS[i] as number,
      responseS: rows.responseS[i] as number,
      errorText: textAt(rows.errorText, i),
      turretText: textAt(rows.turretText, i),
    });
  }
}
