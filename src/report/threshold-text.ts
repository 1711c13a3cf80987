// Thresholds in a terminal: one line each, what was asked and what was measured, in words that need no
// colour; and the sentences that a command ends with.

import { clip } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import { foundText } from "../stats/threshold-check.ts";
import { oneLine, plural } from "./figures.ts";
import { cellsOf, fitCells, padCells } from "./text-width.ts";
import type { ReportModel, ThresholdModel, VerdictWord } from "./types.ts";

type Paint = (style: "bold" | "dim" | "red" | "green" | "yellow", text: string) => string;
type Judged = Pick<ReportModel, "thresholds" | "verdict">;

const SHOWN_MAX = 20;
const TOLD_MAX = 10;
/** Characters of one threshold in a sentence. */
const TEXT_MAX = 200;
const MARK = { holds: "✓ holds ", failed: "✗ FAILED" } as const;
const GAP = "  ";

/** What was measured, and why that is not all. */
export function thresholdFound(threshold: ThresholdModel): string {
  const { note } = threshold;
  return note === "" ? foundText(threshold) : `${foundText(threshold)}: ${note}`;
}

/** `2 of 3 thresholds failed`, and whether that counts. */
export function thresholdHeadline({ thresholds, verdict }: Judged): string {
  const text = countText(thresholds);
  return verdict.word === "VALID" ? text : `${text}; ${notValidText(verdict.word)}`;
}

function countText(thresholds: readonly ThresholdModel[]): string {
  const failed = thresholds.filter(({ holds }) => !holds).length;
  if (thresholds.length === 1) return failed === 1 ? "the threshold failed" : "the threshold holds";
  const all = plural(thresholds.length, "threshold");
  return failed === 0 ? `all ${all} hold` : `${formatCount(failed)} of ${all} failed`;
}

function notValidText(word: VerdictWord): string {
  return `thresholds pass only on a VALID run, and this one is ${word}`;
}

/** Lines of at most `width` cells, the failed ones first; none where no thresholds were asked. */
export function thresholdLines(model: Judged, width: number, paint: Paint): string[] {
  const { thresholds } = model;
  if (thresholds.length === 0) return [];
  const shown = [...thresholds]
    .sort((a, b) => Number(a.holds) - Number(b.holds))
    .slice(0, SHOWN_MAX);
  const markWidth = 2 + cellsOf(MARK.failed) + GAP.length;
  const half = Math.floor((width - markWidth) / 2);
  const nameWidth = Math.min(half, Math.max(...shown.map(({ text }) => cellsOf(oneLine(text)))));
  const rest = thresholds.length - shown.length;
  return [
    ...wrapped(thresholdHeadline(model), width),
    ...shown.map((one) => {
      const mark = one.holds ? paint("green", MARK.holds) : paint("red", MARK.failed);
      const found = fitCells(thresholdFound(one), width - markWidth - nameWidth - GAP.length);
      return `  ${mark}${GAP}${padCells(one.text, nameWidth)}${GAP}${found}`;
    }),
    ...(rest > 0 ? [paint("dim", `  and ${plural(rest, "more threshold")} in the report`)] : []),
  ];
}

/** The last words of a command that was asked for thresholds: what failed, or that nothing did. */
export function thresholdSentences(model: Judged): string[] {
  const { thresholds, verdict } = model;
  if (thresholds.length === 0) return [];
  if (thresholds.every(({ holds }) => holds)) return [thresholdHeadline(model)];
  const failed = thresholds.filter(({ holds }) => !holds);
  const texts = failed
    .slice(0, TOLD_MAX)
    .map((one) => clip(oneLine(`${one.text}: ${thresholdFound(one)}`), TEXT_MAX));
  const rest = failed.length - texts.length;
  const told =
    failed.length === 1
      ? [`${countText(thresholds)}: ${texts[0]}`]
      : [`${countText(thresholds)}:`, ...texts.map((text) => `  ${text}`)];
  if (rest > 0) told.push(`  and ${formatCount(rest)} more`);
  return verdict.word === "VALID" ? told : [...told, notValidText(verdict.word)];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (cellsOf(joined) <= width) {
      line = joined;
      continue;
    }
    lines.push(line);
    line = `  ${word}`;
  }
  return [...lines, line];
}
