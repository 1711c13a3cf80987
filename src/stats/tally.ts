// What was counted of one name: the sums that a cell carries, while they still grow.

import { type Cell, type CellKind, hasHistogram, isAdditive } from "./cell.ts";
import { Histogram } from "./histogram.ts";

/** The numbers of a cell or of a whole run; `min` and `max` are 0 where nothing was measured. */
export type CellNumbers = Pick<
  Cell,
  "count" | "errorCount" | "sum" | "sumSquares" | "min" | "max" | "histogram"
>;

/** A name's numbers with the histogram open to read; undefined where the kind has none. */
export interface CellTotal {
  readonly kind: CellKind;
  readonly name: string;
  readonly count: number;
  readonly errorCount: number;
  readonly sum: number;
  readonly sumSquares: number;
  readonly min: number;
  readonly max: number;
  readonly histogram: Histogram | undefined;
}

export class Tally {
  readonly kind: CellKind;
  readonly histogram: Histogram | undefined;
  count = 0;
  errorCount = 0;
  sum = 0;
  sumSquares = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(kind: CellKind) {
    this.kind = kind;
    this.histogram = hasHistogram(kind) ? new Histogram() : undefined;
  }

  /** Smallest measured value; 0 where nothing was measured or the kind only adds up. */
  get min(): number {
    return this.#min === Number.POSITIVE_INFINITY ? 0 : this.#min;
  }

  get max(): number {
    return this.#max === Number.NEGATIVE_INFINITY ? 0 : this.#max;
  }

  /** One measured value: a duration in whole microseconds, or a gauge. */
  record(value: number, isError: boolean): void {
    this.count++;
    if (isError) this.errorCount++;
    this.sum += value;
    this.sumSquares += value * value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.histogram?.record(value);
  }

  add(count: number, errorCount: number, sum: number): void {
    this.count += count;
    this.errorCount += errorCount;
    this.sum += sum;
  }

  /** Adds a cell of the same kind; its histogram must be whole, as decodeBatch makes sure. */
  merge(cell: CellNumbers): void {
    this.mergeSums(cell);
    if (cell.histogram !== undefined) this.histogram?.mergePayload(cell.histogram);
  }

  /** `merge` without the histogram. */
  mergeSums(cell: Omit<CellNumbers, "histogram">): void {
    this.add(cell.count, cell.errorCount, cell.sum);
    if (isAdditive(this.kind) || cell.count === 0) return;
    this.sumSquares += cell.sumSquares;
    if (cell.min < this.#min) this.#min = cell.min;
    if (cell.max > this.#max) this.#max = cell.max;
  }

  mergeTally(other: Tally): void {
    this.mergeSums(other);
    if (other.histogram !== undefined) this.histogram?.merge(other.histogram);
  }

  clear(): void {
    this.count = 0;
    this.errorCount = 0;
    this.sum = 0;
    this.sumSquares = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    this.histogram?.clear();
  }
}

/** A tally that knows its name. */
export class NamedTally extends Tally implements CellTotal {
  readonly name: string;

  constructor(kind: CellKind, name: string) {
    super(kind);
    this.name = name;
  }
}
