// Fewer points of the same shape: the points are cut into runs of equal length, and of each run the
// lowest and the highest stay, in their order, and one gap if it has any. The first and the last point
// always stay. A spike therefore never disappears, however few points are left.

export interface Points {
  readonly xs: ArrayLike<number>;
  /** NaN is a gap. */
  readonly ys: ArrayLike<number>;
}

/** At most `pointsMax` (at least 5) of the points. */
export function downsample(points: Points, pointsMax: number): { xs: number[]; ys: number[] } {
  const kept = downsampleIndices(points.ys, pointsMax);
  return {
    xs: kept.map((i) => points.xs[i] as number),
    ys: kept.map((i) => points.ys[i] as number),
  };
}

/** Indices of the points that stay, ascending; for columns that share their xs. */
export function downsampleIndices(ys: ArrayLike<number>, pointsMax: number): number[] {
  const limit = Math.max(5, Math.floor(pointsMax));
  if (ys.length <= limit) return Array.from({ length: ys.length }, (_, i) => i);
  const perRun = hasGap(ys) ? 3 : 2;
  const runs = Math.floor((limit - 2) / perRun);
  const last = ys.length - 1;
  const kept = [0];
  for (let run = 0; run < runs; run++) {
    const start = 1 + Math.floor((run * (last - 1)) / runs);
    const end = 1 + Math.floor(((run + 1) * (last - 1)) / runs);
    kept.push(...extremesOf(ys, start, end));
  }
  kept.push(last);
  return kept;
}

function hasGap(ys: ArrayLike<number>): boolean {
  for (let i = 0; i < ys.length; i++) if (Number.isNaN(ys[i])) return true;
  return false;
}

function extremesOf(ys: ArrayLike<number>, start: number, end: number): number[] {
  let low = -1;
  let high = -1;
  let gap = -1;
  for (let i = start; i < end; i++) {
    const y = ys[i] as number;
    if (Number.isNaN(y)) {
      if (gap < 0) gap = i;
      continue;
    }
    if (low < 0 || y < (ys[low] as number)) low = i;
    if (high < 0 || y > (ys[high] as number)) high = i;
  }
  const found = [...new Set([low, high, gap])].filter((i) => i >= 0);
  return found.sort((a, b) => a - b);
}
