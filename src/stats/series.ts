// What happened when. `SecondSeries` is the live one: four numbers a second, in blocks that are made
// when first written. `intervalTallies` is for charts: cells of one name grouped to intervals, with
// their histograms merged, so that the percentiles of a longer interval are true ones.

import type { Cell, CellKind } from "./cell.ts";
import { type CellNumbers, Tally } from "./tally.ts";

const BLOCK_SECONDS = 600;

interface Block {
  readonly count: Float64Array;
  readonly errorCount: Float64Array;
  readonly sum: Float64Array;
  readonly max: Float64Array;
}

/** Numbers of consecutive seconds; a second without any cell is all zeros. */
export interface SecondColumns {
  readonly firstSecond: number;
  readonly count: Float64Array;
  readonly errorCount: Float64Array;
  readonly sum: Float64Array;
  readonly max: Float64Array;
}

export class SecondSeries {
  readonly #blocks = new Map<number, Block>();
  #lastSecond = -1;

  /** The last second that holds something, -1 for none. */
  get lastSecond(): number {
    return this.#lastSecond;
  }

  add(second: number, cell: CellNumbers): void {
    const key = Math.floor(second / BLOCK_SECONDS);
    let block = this.#blocks.get(key);
    if (block === undefined) {
      block = newBlock(BLOCK_SECONDS);
      this.#blocks.set(key, block);
    }
    const i = second - key * BLOCK_SECONDS;
    block.count[i] = (block.count[i] as number) + cell.count;
    block.errorCount[i] = (block.errorCount[i] as number) + cell.errorCount;
    block.sum[i] = (block.sum[i] as number) + cell.sum;
    block.max[i] = Math.max(block.max[i] as number, cell.max);
    if (second > this.#lastSecond) this.#lastSecond = second;
  }

  /** Seconds `firstSecond` to `lastSecond`, both included. */
  columns(firstSecond: number, lastSecond: number): SecondColumns {
    const size = Math.max(0, lastSecond - firstSecond + 1);
    const columns = newBlock(size);
    for (let i = 0; i < size; i++) {
      const second = firstSecond + i;
      const key = Math.floor(second / BLOCK_SECONDS);
      const block = this.#blocks.get(key);
      if (block === undefined) {
        i += (key + 1) * BLOCK_SECONDS - second - 1;
        continue;
      }
      const from = second - key * BLOCK_SECONDS;
      columns.count[i] = block.count[from] as number;
      columns.errorCount[i] = block.errorCount[from] as number;
      columns.sum[i] = block.sum[from] as number;
      columns.max[i] = block.max[from] as number;
    }
    return { firstSecond, ...columns };
  }
}

/**
 * Cells of one name, ascending by second, as intervals of `intervalS` seconds that hold something. Each
 * tally is to be read before the next is asked for: it is one, so that its histogram grows only once.
 */
export function* intervalTallies(
  kind: CellKind,
  cells: Iterable<Omit<Cell, "kind" | "name">>,
  intervalS: number,
): Generator<{ readonly startS: number; readonly tally: Tally }> {
  const tally = new Tally(kind);
  let interval = -1;
  for (const cell of cells) {
    const at = Math.floor(cell.second / intervalS);
    if (at !== interval && interval >= 0) {
      yield { startS: interval * intervalS, tally };
      tally.clear();
    }
    interval = at;
    tally.merge(cell);
  }
  if (interval >= 0) yield { startS: interval * intervalS, tally };
}

/** The smallest multiple of `intervalS` that shows `durationS` in at most `pointsMax` intervals. */
export function chartIntervalS(options: {
  readonly durationS: number;
  readonly intervalS: number;
  readonly pointsMax: number;
}): number {
  const intervalS = Math.max(1, Math.floor(options.intervalS));
  const needed = options.durationS / (options.pointsMax * intervalS);
  return intervalS * Math.max(1, Math.ceil(needed));
}

function newBlock(size: number): Block {
  return {
    count: new Float64Array(size),
    errorCount: new Float64Array(size),
    sum: new Float64Array(size),
    max: new Float64Array(size),
  };
}
