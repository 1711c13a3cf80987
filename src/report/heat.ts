// Latency over time as counts in cells of a grid: steps across, bands of latency up, each band a fixed
// factor wide. Of the same histograms as the percentiles, so that no value is left out.

import { CountList } from "../stats/count-list.ts";
import { HISTOGRAM_INDICES, lowestUsAt } from "../stats/histogram.ts";
import type { StoredInterval } from "../store/results.ts";
import type { HeatModel } from "./detail-types.ts";

export const HEAT_LIMIT = {
  /** Steps across, of all transactions and of each timer. */
  columns: 200,
  timerColumns: 60,
  bands: 40,
} as const;

const FINE = 10;
const COARSE = 5;
/** An hour is the longest that is counted apart. */
const BANDS = 96;

/** Counts of one step, by fine band. */
type Grid = Map<number, Float64Array>;

const list = new CountList(HISTOGRAM_INDICES);
let bandOfIndex: Uint8Array | undefined;

/** Of a file of ours. */
export function storedHeat(intervals: readonly StoredInterval[], stepS: number): HeatModel {
  bandOfIndex ??= Uint8Array.from({ length: HISTOGRAM_INDICES }, (_, i) => bandOf(lowestUsAt(i)));
  const grid: Grid = new Map();
  for (const { second, histogram } of intervals) {
    if (histogram === undefined) continue;
    const column = columnAt(grid, Math.floor(second / stepS));
    const { indices, counts, size } = list.read(histogram);
    for (let i = 0; i < size; i++) {
      const band = bandOfIndex[indices[i] as number] as number;
      column[band] = (column[band] as number) + (counts[i] as number);
    }
  }
  return heatOf(grid, stepS);
}

/** Of an old file: of each row its second and its value. */
export function rowHeat(
  values: { readonly second: readonly number[]; readonly valueS: readonly number[] },
  stepS: number,
): HeatModel {
  const grid: Grid = new Map();
  values.second.forEach((second, i) => {
    const column = columnAt(grid, Math.floor(second / stepS));
    const band = bandOf((values.valueS[i] as number) * 1e6);
    column[band] = (column[band] as number) + 1;
  });
  return heatOf(grid, stepS);
}

function bandOf(us: number): number {
  const band = us <= 1 ? 0 : Math.floor(Math.log10(us) * FINE + 1e-9);
  return Math.min(BANDS - 1, band);
}

function columnAt(grid: Grid, step: number): Float64Array {
  let column = grid.get(step);
  if (column === undefined) grid.set(step, (column = new Float64Array(BANDS)));
  return column;
}

function heatOf(grid: Grid, stepS: number): HeatModel {
  const isUsed = (band: number) => [...grid.values()].some((column) => (column[band] ?? 0) > 0);
  const used = Array.from({ length: BANDS }, (_, band) => band).filter(isUsed);
  const [low, high] = [used[0] ?? 0, used.at(-1) ?? 0];
  const perBand = high - low + 1 > HEAT_LIMIT.bands ? FINE / COARSE : 1;
  const firstBand = Math.floor(low / perBand);
  const bands = Math.floor(high / perBand) - firstBand + 1;
  const steps = grid.size === 0 ? 0 : Math.max(...grid.keys()) + 1;
  let most = 0;
  const columns = Array.from({ length: steps }, (_, step) => {
    const fine = grid.get(step);
    return Array.from({ length: bands }, (_, i) => {
      const from = (firstBand + i) * perBand;
      let count = 0;
      for (let band = from; band < from + perBand; band++) count += fine?.[band] ?? 0;
      most = Math.max(most, count);
      return count;
    });
  });
  return { stepS, perDecade: FINE / perBand, firstBand, bands, columns, most };
}
