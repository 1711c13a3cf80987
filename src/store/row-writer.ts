// Raw rows of batches into OCT's `result` table, up to the run's limit of rows, and their response
// times into ours.

import type { Batch } from "../stats/batch.ts";
import type { Inserter } from "./database.ts";
import { NO_NAME } from "./schema.ts";

/** Timers of a row up to which a repeated name is looked for by comparing all pairs. */
const PAIRS_MAX = 16;

export class RowWriter {
  readonly #rows: Inserter;
  readonly #responses: Inserter;
  readonly #rowsMax: number;
  #count = 0;
  #received = 0;
  #firstEpochS = Number.POSITIVE_INFINITY;
  #lastEpochS = Number.NEGATIVE_INFINITY;

  constructor(options: {
    readonly rows: Inserter;
    readonly responses: Inserter;
    readonly rowsMax: number;
  }) {
    this.#rows = options.rows;
    this.#responses = options.responses;
    this.#rowsMax = options.rowsMax;
  }

  /** Rows put into the table. */
  get count(): number {
    return this.#count;
  }

  /** Rows that came, those past the limit included. */
  get received(): number {
    return this.#received;
  }

  /** Smallest and largest epoch of the rows that were kept. */
  get epochsS(): { first: number; last: number } | undefined {
    if (this.#count === 0) return undefined;
    return { first: this.#firstEpochS, last: this.#lastEpochS };
  }

  add(batch: Batch): void {
    const { rows, texts } = batch;
    this.#received += rows.count;
    const count = Math.min(rows.count, this.#rowsMax - this.#count);
    if (count <= 0) return;
    const keys = timerKeys(batch);
    const into = this.#rows;
    let timer = 0;
    for (let i = 0; i < count; i++) {
      const id = ++this.#count;
      const end = rows.timerEnd[i] as number;
      const epochS = rows.epochS[i] as number;
      if (epochS < this.#firstEpochS) this.#firstEpochS = epochS;
      if (epochS > this.#lastEpochS) this.#lastEpochS = epochS;
      into.push(id);
      into.push(texts[rows.errorText[i] as number] as string);
      into.push(rows.scriptrunS[i] as number);
      into.push(rows.elapsedS[i] as number);
      into.push(epochS);
      into.push(timersJson(batch, { keys, start: timer, end }));
      into.push(texts[rows.turretText[i] as number] || NO_NAME);
      const responseS = rows.responseS[i] as number;
      if (!Number.isNaN(responseS)) this.#responses.row(id, responseS);
      timer = end;
    }
  }
}

// `"name":` of each text, made when a timer first uses it.
function timerKeys(batch: Batch): string[] {
  const keys: string[] = [];
  for (const text of batch.rows.timerText) {
    keys[text] ??= `${JSON.stringify(batch.texts[text])}:`;
  }
  return keys;
}

/** The timers of a row as JSON; a name that comes again keeps its place and its last value. */
function timersJson(
  batch: Batch,
  range: { readonly keys: readonly string[]; readonly start: number; readonly end: number },
): string {
  const { keys, start, end } = range;
  const { timerText, timerS } = batch.rows;
  if (start === end) return "{}";
  if (hasRepeat(timerText, range)) {
    const last = new Map<number, number>();
    for (let i = start; i < end; i++) last.set(timerText[i] as number, timerS[i] as number);
    return `{${[...last].map(([text, value]) => `${keys[text]}${value}`).join(",")}}`;
  }
  let json = `{${keys[timerText[start] as number]}${timerS[start]}`;
  for (let i = start + 1; i < end; i++) json += `,${keys[timerText[i] as number]}${timerS[i]}`;
  return `${json}}`;
}

function hasRepeat(texts: Uint32Array, range: { start: number; end: number }): boolean {
  const { start, end } = range;
  if (end - start > PAIRS_MAX) return new Set(texts.subarray(start, end)).size < end - start;
  for (let i = start + 1; i < end; i++) {
    for (let j = start; j < i; j++) if (texts[i] === texts[j]) return true;
  }
  return false;
}
