// What the rows of the live block are made of: parts that are left out where a row is narrow, a bar, and
// lines of little columns.

import type { LiveView } from "../live/types.ts";
import type { Paint, Style } from "../report/paint.ts";
import { cellsOf, fitCells } from "../report/text-width.ts";

/** A line of the block; the highest ranks are left out first. */
export interface BlockRow {
  readonly rank: number;
  readonly text: string;
}

/** What rows are made from. */
export interface RowParts {
  readonly view: LiveView;
  readonly columns: number;
  readonly paint: Paint;
}

export interface Part {
  readonly text: string;
  readonly style?: Style | undefined;
  /** Parts with the highest are left out first; 0 stays, cut if it must be. */
  readonly rank: number;
}

const GAP = "  ";

/** Parts on one line of at most `columns` cells. */
export function joinParts(given: readonly Part[], columns: number, paint: Paint): string {
  let parts = given.filter((part) => part.text !== "");
  const used = () =>
    parts.reduce((sum, part) => sum + cellsOf(part.text), 0) + GAP.length * (parts.length - 1);
  while (parts.length > 1 && used() > columns) {
    const worst = Math.max(...parts.map((part) => part.rank));
    const last = parts.findLastIndex((part) => part.rank === worst);
    parts = parts.filter((_, i) => i !== last);
  }
  return parts
    .map(({ text, style }) => {
      const fitted = cellsOf(text) > columns ? fitCells(text, columns) : text;
      return style === undefined ? fitted : paint(style, fitted);
    })
    .join(GAP);
}

const EIGHTHS = " ▏▎▍▌▋▊▉";

/** A bar of exactly `columns` cells: what is done, and what is left. */
export function bar(
  share: number,
  columns: number,
): { readonly done: string; readonly left: string } {
  const eighths = Math.round(Math.max(0, Math.min(1, share)) * columns * 8);
  const full = Math.floor(eighths / 8);
  const rest = eighths % 8;
  const done = "█".repeat(full) + (rest === 0 ? "" : (EIGHTHS[rest] as string));
  return { done, left: "░".repeat(Math.max(0, columns - full - (rest === 0 ? 0 : 1))) };
}

const HEIGHTS = "▁▂▃▄▅▆▇█";

/** The last values as columns of eight heights, the highest value full; a gap where there is none. */
export function sparkline(values: readonly (number | null)[], columns: number): string {
  const shown = columns > 0 ? values.slice(-columns) : [];
  const most = Math.max(0, ...shown.map((value) => value ?? 0));
  return shown
    .map((value) => {
      if (value === null) return " ";
      const height = most === 0 ? 0 : Math.round((value / most) * (HEIGHTS.length - 1));
      return HEIGHTS[Math.max(0, Math.min(HEIGHTS.length - 1, height))];
    })
    .join("");
}
