// Text in columns of a terminal, where a character may be none, one or two cells wide.

import { oneLine } from "./figures.ts";

/** Cells that `text` takes. */
export function cellsOf(text: string): number {
  return Bun.stringWidth(text);
}

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** `text` on one line in at most `cells` cells, the cut marked. */
export function fitCells(text: string, cells: number): string {
  // A name may be megabytes: no more of it than can be seen is measured.
  const line = oneLine(text.slice(0, cells * 8 + 64));
  if (cellsOf(line) <= cells) return line;
  let kept = "";
  let used = 0;
  for (const { segment } of segmenter.segment(line)) {
    const wide = cellsOf(segment);
    if (used + wide > cells - 1) break;
    kept += segment;
    used += wide;
  }
  return cells <= 0 ? "" : `${kept}…`;
}

/** `fitCells`, filled up with spaces. */
export function padCells(text: string, cells: number, side: "left" | "right" = "left"): string {
  const fitted = fitCells(text, cells);
  const space = " ".repeat(Math.max(0, cells - cellsOf(fitted)));
  return side === "left" ? fitted + space : space + fitted;
}

/** Words of `text` in lines of at most `width` cells; further lines are indented. */
export function wrapCells(text: string, width: number): string[] {
  const indent = /^ */.exec(text)?.[0] ?? "";
  const lines: string[] = [];
  let line = indent;
  for (const word of text.trim().split(" ")) {
    const fitted = fitCells(word, width - 4) || word;
    const joined = line.trim() === "" ? line + fitted : `${line} ${fitted}`;
    if (cellsOf(joined) <= width || line.trim() === "") {
      line = joined;
      continue;
    }
    lines.push(line);
    line = `${indent}  ${fitted}`;
  }
  return [...lines, line];
}
