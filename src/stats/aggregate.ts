// The live view of a run at the HQ: all batches added up. Totals of every name, the seconds of the
// first names (the transaction always among them), and of those the histograms of the last few
// seconds for "now". Memory grows with names and seconds, never with requests. Nothing here is the
// truth of a run: that is the journal.

import { BATCH_LIMIT, type Batch } from "./batch-format.ts";
import {
  CELL_KIND,
  CELL_KIND_MAX,
  type Cell,
  type CellKind,
  isOwnName,
  OTHER_NAME,
  STATS_LIMIT,
} from "./cell.ts";
import { CountList } from "./count-list.ts";
import { HISTOGRAM_INDICES } from "./histogram.ts";
import { type SecondColumns, SecondSeries } from "./series.ts";
import { type CellTotal, NamedTally } from "./tally.ts";

export interface AggregateOptions {
  readonly namesMax?: number;
  readonly errorTextsMax?: number;
  /** How many names of each kind have their seconds kept. */
  readonly seriesMax?: number;
  /** Later seconds are counted in this one. */
  readonly secondMax?: number;
}

/** Seconds whose histograms are kept for `recent`. */
export const RECENT_SECONDS = 16;

const SERIES_MAX = 50;

interface Entry {
  readonly total: NamedTally;
  readonly series: SecondSeries | undefined;
  /** Second s is at s modulo RECENT_SECONDS, made when first needed. */
  readonly recent: ({ second: number; readonly tally: NamedTally } | undefined)[];
}

export class Aggregate {
  readonly #options: Required<AggregateOptions>;
  readonly #entries: readonly Map<string, Entry>[];
  readonly #transactionsOf = new Map<number, number>();
  readonly #list = new CountList(HISTOGRAM_INDICES);
  #transactions = 0;
  #lastSecond = -1;
  #overflowCount = 0;
  #lateCells = 0;
  #secondMax: number;

  constructor(options: AggregateOptions = {}) {
    this.#options = {
      namesMax: options.namesMax ?? STATS_LIMIT.names,
      errorTextsMax: options.errorTextsMax ?? STATS_LIMIT.errorTexts,
      seriesMax: options.seriesMax ?? SERIES_MAX,
      secondMax: options.secondMax ?? BATCH_LIMIT.second,
    };
    this.#secondMax = this.#options.secondMax;
    this.#entries = Array.from({ length: CELL_KIND_MAX + 1 }, () => new Map());
  }

  /** Transactions that the batches say they count. */
  get transactions(): number {
    return this.#transactions;
  }

  /** Failed transactions. */
  get errorCount(): number {
    return this.total(CELL_KIND.timer, "")?.errorCount ?? 0;
  }

  /** The last second that any cell was of, -1 for none. */
  get lastSecond(): number {
    return this.#lastSecond;
  }

  /** Cells that were counted under OTHER_NAME because the run has too many names. */
  get overflowCount(): number {
    return this.#overflowCount;
  }

  /** Cells of seconds past `secondMax`. */
  get lateCells(): number {
    return this.#lateCells;
  }

  /** The last second that holds something of this name, -1 for none; only of names with a series. */
  lastSecondOf(kind: CellKind, name: string): number {
    return this.#entries[kind]?.get(name)?.series?.lastSecond ?? -1;
  }

  transactionsOf(turretIndex: number): number {
    return this.#transactionsOf.get(turretIndex) ?? 0;
  }

  /** The run may last longer than it was to: `seconds` from its start. */
  allowSeconds(seconds: number): void {
    this.#secondMax = Math.max(this.#secondMax, Math.ceil(seconds));
  }

  add(batch: Batch, turretIndex: number): void {
    this.#transactions += batch.transactions;
    this.#transactionsOf.set(turretIndex, this.transactionsOf(turretIndex) + batch.transactions);
    for (const cell of batch.cells) this.#addCell(cell);
  }

  total(kind: CellKind, name: string): CellTotal | undefined {
    return this.#entries[kind]?.get(name)?.total;
  }

  /** Names in the order in which they first came. */
  names(kind: CellKind): string[] {
    return [...(this.#entries[kind]?.keys() ?? [])];
  }

  totals(kind: CellKind): CellTotal[] {
    return [...(this.#entries[kind]?.values() ?? [])].map((entry) => entry.total);
  }

  /**
   * The `spanS` seconds that end with `second`, merged; undefined where they are not kept. Of the last
   * RECENT_SECONDS seconds and of names that have a series.
   */
  recent(kind: CellKind, name: string, second: number, spanS = 5): CellTotal | undefined {
    const entry = this.#entries[kind]?.get(name);
    if (entry === undefined || entry.series === undefined) return undefined;
    const merged = new NamedTally(kind, name);
    for (const kept of entry.recent) {
      if (kept === undefined || kept.second > second || kept.second <= second - spanS) continue;
      merged.mergeTally(kept.tally);
    }
    return merged;
  }

  /** Seconds `firstSecond` to `lastSecond`; undefined for names past the limit of series. */
  series(
    kind: CellKind,
    name: string,
    range: { readonly firstSecond: number; readonly lastSecond: number },
  ): SecondColumns | undefined {
    const series = this.#entries[kind]?.get(name)?.series;
    return series?.columns(range.firstSecond, range.lastSecond);
  }

  /** Frees what only the live view needs; totals stay. */
  close(): void {
    for (const entries of this.#entries) {
      for (const entry of entries.values()) entry.recent.length = 0;
    }
  }

  #addCell(cell: Cell): void {
    const entry = this.#entry(cell.kind, cell.name);
    const list = cell.histogram === undefined ? undefined : this.#list.read(cell.histogram);
    mergeCell(entry.total, cell, list);
    const second = Math.min(cell.second, this.#secondMax);
    if (second < cell.second) this.#lateCells++;
    if (second > this.#lastSecond) this.#lastSecond = second;
    if (entry.series === undefined) return;
    entry.series.add(second, cell);
    this.#addRecent(entry, { second, cell, list });
  }

  #addRecent(
    entry: Entry,
    added: { readonly second: number; readonly cell: Cell; readonly list: CountList | undefined },
  ): void {
    const { second, cell, list } = added;
    const place = second % RECENT_SECONDS;
    let kept = entry.recent[place];
    if (kept === undefined) {
      kept = { second, tally: new NamedTally(cell.kind, cell.name) };
      entry.recent[place] = kept;
    }
    if (kept.second > second) return;
    if (kept.second < second) {
      kept.tally.clear();
      kept.second = second;
    }
    mergeCell(kept.tally, cell, list);
  }

  #entry(kind: CellKind, name: string): Entry {
    const entries = this.#entries[kind] as Map<string, Entry>;
    const known = entries.get(name);
    if (known !== undefined) return known;
    const { errorTextsMax, namesMax, seriesMax } = this.#options;
    const limit = kind === CELL_KIND.error ? errorTextsMax : namesMax;
    if (entries.size >= limit && !isOwnName(name)) {
      this.#overflowCount++;
      return this.#entry(kind, OTHER_NAME);
    }
    const hasSeries = name === "" || entries.size < seriesMax;
    const entry = {
      total: new NamedTally(kind, name),
      series: hasSeries ? new SecondSeries() : undefined,
      recent: [],
    };
    entries.set(name, entry);
    return entry;
  }
}

function mergeCell(tally: NamedTally, cell: Cell, list: CountList | undefined): void {
  tally.mergeSums(cell);
  if (list !== undefined) tally.histogram?.mergeList(list);
}
