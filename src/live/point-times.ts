// The durations of one point of the history. Its histogram is open while seconds come in and is kept as
// its few bytes after that; a second that comes late opens it again. Two points make one true point.

import { Histogram } from "../stats/histogram.ts";
import type { CellNumbers } from "../stats/tally.ts";

const PERCENTS = [50, 95, 99];

export interface PointPercentiles {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

const NONE: PointPercentiles = { p50: null, p95: null, p99: null };

export class PointTimes {
  #open: Histogram | undefined;
  #packed: Uint8Array | undefined;
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #percentiles: PointPercentiles | undefined;

  add(cell: CellNumbers): void {
    if (cell.count === 0 || cell.histogram === undefined) return;
    this.#opened().mergePayload(cell.histogram);
    this.#widen(cell.count, cell.min, cell.max);
  }

  merge(other: PointTimes): void {
    if (other.#count === 0) return;
    if (other.#open !== undefined) this.#opened().merge(other.#open);
    else if (other.#packed !== undefined) this.#opened().mergePayload(other.#packed);
    this.#widen(other.#count, other.#min, other.#max);
  }

  /** Keeps what is there in few bytes. */
  pack(): void {
    if (this.#open === undefined) return;
    this.percentiles();
    this.#packed = this.#open.payload();
    this.#open = undefined;
  }

  percentiles(): PointPercentiles {
    if (this.#percentiles === undefined) this.#percentiles = this.#measure();
    return this.#percentiles;
  }

  #measure(): PointPercentiles {
    if (this.#count === 0) return NONE;
    const found = this.#opened().percentiles(PERCENTS);
    const at = (i: number) => Math.max(this.#min, Math.min(this.#max, found[i] ?? 0));
    return { p50: at(0), p95: at(1), p99: at(2) };
  }

  #opened(): Histogram {
    if (this.#open !== undefined) return this.#open;
    const packed = this.#packed;
    this.#open = packed === undefined ? new Histogram() : Histogram.fromPayload(packed);
    this.#packed = undefined;
    return this.#open;
  }

  #widen(count: number, min: number, max: number): void {
    this.#count += count;
    this.#min = Math.min(this.#min, min);
    this.#max = Math.max(this.#max, max);
    this.#percentiles = undefined;
  }
}
