// All cells of a run on their way from the journal into the database: by name and interval, with
// their histograms still as sparse payloads. Payloads of the same interval are only collected and are
// merged a few dozen at a time through one open histogram, so that memory follows the intervals and
// not the turrets. When a run has more intervals than the limit, they are made longer.

import {
  CELL_KIND,
  CELL_KIND_MAX,
  type Cell,
  type CellKind,
  isAdditive,
  isOwnName,
  OTHER_NAME,
  STATS_LIMIT,
} from "../stats/cell.ts";
import { Histogram } from "../stats/histogram.ts";
import type { StoredNumbers } from "./results.ts";

export const CELL_STORE_LIMIT = {
  /** Interval cells of a run; past it the base interval grows. */
  intervals: 1_000_000,
  /** Payloads that one interval collects before they are merged. */
  payloads: 32,
} as const;

/** Base intervals in seconds; the next one is the first of which the present is a divisor. */
const BASES_S = [1, 2, 5, 10, 30, 60, 300, 600, 3_600, 86_400] as const;

/** Numbers that grow: a cell, a total, or a turret's total. */
export class Numbers implements StoredNumbers {
  count = 0;
  errorCount = 0;
  sum = 0;
  sumSquares = 0;
  min = 0;
  max = 0;

  add(other: StoredNumbers, kind: CellKind): void {
    if (!isAdditive(kind) && other.count > 0) {
      const isFirst = this.count === 0;
      this.min = isFirst ? other.min : Math.min(this.min, other.min);
      this.max = isFirst ? other.max : Math.max(this.max, other.max);
      this.sumSquares += other.sumSquares;
    }
    this.count += other.count;
    this.errorCount += other.errorCount;
    this.sum += other.sum;
  }
}

class Interval extends Numbers {
  payloads: Uint8Array[] = [];
}

/** A kind and name with its intervals by first second. */
export interface CellName {
  readonly id: number;
  readonly kind: CellKind;
  readonly name: string;
  readonly intervals: Map<number, Interval>;
}

/** One interval as it goes into the database. */
export interface FinishedInterval extends StoredNumbers {
  readonly second: number;
  readonly histogram: Uint8Array | undefined;
}

export interface CellStoreOptions {
  readonly intervalsMax?: number;
  readonly namesMax?: number;
  readonly errorTextsMax?: number;
}

export class CellStore {
  readonly #byKind: readonly Map<string, CellName>[];
  readonly #names: CellName[] = [];
  readonly #turrets = new Map<number, Map<number, Numbers>>();
  readonly #intervalsMax: number;
  readonly #namesMax: number;
  readonly #errorTextsMax: number;
  readonly #scratch = new Histogram();
  #baseIntervalS = 1;
  #intervalCount = 0;

  constructor(options: CellStoreOptions = {}) {
    this.#intervalsMax = options.intervalsMax ?? CELL_STORE_LIMIT.intervals;
    this.#namesMax = options.namesMax ?? STATS_LIMIT.names;
    this.#errorTextsMax = options.errorTextsMax ?? STATS_LIMIT.errorTexts;
    this.#byKind = Array.from({ length: CELL_KIND_MAX + 1 }, () => new Map());
  }

  get baseIntervalS(): number {
    return this.#baseIntervalS;
  }

  get intervalCount(): number {
    return this.#intervalCount;
  }

  /** In the order in which they first came. */
  get names(): readonly CellName[] {
    return this.#names;
  }

  get turretIndices(): number[] {
    return [...this.#turrets.keys()];
  }

  find(kind: CellKind, name: string): CellName | undefined {
    return this.#byKind[kind]?.get(name);
  }

  /**
   * Adds cells whose histograms may be views of a buffer that is used again. `doneShare` is how much
   * of the journal has been read (0 to 1): it tells how much longer intervals must be when there are
   * too many.
   */
  add(cells: readonly Cell[], doneShare: number): void {
    for (const cell of cells) this.#addCell(cell);
    while (this.#intervalCount > this.#intervalsMax) {
      const longer = this.#longerBase(doneShare);
      if (longer === undefined) return;
      this.#regroup(longer);
    }
  }

  /** What `turretIndex` by itself measured. */
  addTurret(turretIndex: number, cells: readonly (StoredNumbers & Pick<Cell, "kind" | "name">)[]) {
    let totals = this.#turrets.get(turretIndex);
    if (totals === undefined) this.#turrets.set(turretIndex, (totals = new Map()));
    for (const cell of cells) {
      const { id } = this.#entry(cell.kind, cell.name);
      let numbers = totals.get(id);
      if (numbers === undefined) totals.set(id, (numbers = new Numbers()));
      numbers.add(cell, cell.kind);
    }
  }

  /** Totals of a turret by the id of their name. */
  turretTotals(turretIndex: number): ReadonlyMap<number, StoredNumbers> {
    return this.#turrets.get(turretIndex) ?? new Map();
  }

  /** The intervals of a name, ascending; each is let go once it was given. */
  *takeIntervals(entry: CellName): Generator<FinishedInterval> {
    const seconds = [...entry.intervals.keys()].sort((a, b) => a - b);
    for (const second of seconds) {
      const interval = entry.intervals.get(second) as Interval;
      this.#mergePayloads(interval);
      entry.intervals.delete(second);
      const { count, errorCount, sum, sumSquares, min, max } = interval;
      const histogram = interval.payloads[0];
      yield { second, count, errorCount, sum, sumSquares, min, max, histogram };
    }
  }

  #addCell(cell: Cell): void {
    const entry = this.#entry(cell.kind, cell.name);
    const second = this.#baseIntervalS * Math.floor(cell.second / this.#baseIntervalS);
    let interval = entry.intervals.get(second);
    if (interval === undefined) {
      entry.intervals.set(second, (interval = new Interval()));
      this.#intervalCount++;
    }
    interval.add(cell, cell.kind);
    if (cell.histogram === undefined) return;
    if (interval.payloads.length >= CELL_STORE_LIMIT.payloads) this.#mergePayloads(interval);
    interval.payloads.push(cell.histogram.slice());
  }

  #entry(kind: CellKind, name: string): CellName {
    const names = this.#byKind[kind] as Map<string, CellName>;
    const known = names.get(name);
    if (known !== undefined) return known;
    const limit = kind === CELL_KIND.error ? this.#errorTextsMax : this.#namesMax;
    if (names.size >= limit && !isOwnName(name) && name !== OTHER_NAME) {
      return this.#entry(kind, OTHER_NAME);
    }
    const entry: CellName = { id: this.#names.length + 1, kind, name, intervals: new Map() };
    names.set(name, entry);
    this.#names.push(entry);
    return entry;
  }

  #mergePayloads(interval: Interval): void {
    if (interval.payloads.length < 2) return;
    this.#scratch.clear();
    for (const payload of interval.payloads) this.#scratch.mergePayload(payload);
    interval.payloads = [this.#scratch.payload()];
  }

  #longerBase(doneShare: number): number | undefined {
    const longer = BASES_S.filter((base) => {
      return base > this.#baseIntervalS && base % this.#baseIntervalS === 0;
    });
    const expected = this.#intervalCount / Math.max(doneShare, 0.001);
    const factor = expected / this.#intervalsMax;
    return longer.find((base) => base / this.#baseIntervalS >= factor) ?? longer.at(-1);
  }

  #regroup(baseIntervalS: number): void {
    this.#baseIntervalS = baseIntervalS;
    this.#intervalCount = 0;
    for (const entry of this.#names) {
      const old = [...entry.intervals];
      entry.intervals.clear();
      for (const [second, interval] of old) this.#regroupOne(entry, { second, interval });
    }
  }

  #regroupOne(entry: CellName, old: { second: number; interval: Interval }): void {
    const second = this.#baseIntervalS * Math.floor(old.second / this.#baseIntervalS);
    const known = entry.intervals.get(second);
    if (known === undefined) {
      entry.intervals.set(second, old.interval);
      this.#intervalCount++;
      return;
    }
    known.add(old.interval, entry.kind);
    known.payloads.push(...old.interval.payloads);
    if (known.payloads.length >= CELL_STORE_LIMIT.payloads) this.#mergePayloads(known);
  }
}
