// How often something came over the run, coarse enough for a small line in a table.

import type { StoredInterval } from "../store/results.ts";
import type { Column } from "./types.ts";

const POINTS = 48;

/** Counts in as many equal parts of `spanS` seconds as a small line has points. */
export function countsOverTime(intervals: readonly StoredInterval[], spanS: number): Column {
  const points = Math.max(1, Math.min(POINTS, Math.ceil(spanS)));
  const counts = new Array<number>(points).fill(0);
  for (const { second, count } of intervals) {
    const at = Math.min(points - 1, Math.max(0, Math.floor((second / spanS) * points)));
    counts[at] = (counts[at] as number) + count;
  }
  return counts;
}
