// A run while it goes as a block of lines for a terminal: pure, from the live model and a size. Every row
// has a rank; where the terminal is short the rows with the highest ranks are left out, where it is narrow
// parts of rows are. No line is ever wider than the terminal.

import { formatCount, formatPercent } from "../base/units.ts";
import type { LiveHistory, LiveView } from "../live/types.ts";
import { formatElapsed, formatMs, formatPerSec, oneLine, plural } from "../report/figures.ts";
import { type Paint, painter } from "../report/paint.ts";
import { cellsOf, fitCells } from "../report/text-width.ts";
import {
  type BlockRow,
  bar,
  joinParts,
  type Part,
  type RowParts,
  sparkline,
} from "./live-cells.ts";
import { errorRows, healthRows, thresholdRows, timerRows, turretRows } from "./live-rows.ts";

export interface LiveBlockOptions {
  readonly columns: number;
  readonly rows: number;
  readonly color?: boolean;
  /** More of everything: each turret's line. */
  readonly isVerbose?: boolean;
  /** In place of the bar: what it waits for. */
  readonly state?: string | undefined;
  readonly foot?: BlockFoot | undefined;
}

/** The last lines: keys, what came of one, or a note that is being typed. */
export type BlockFoot =
  | { readonly kind: "keys"; readonly keys: readonly string[] }
  | { readonly kind: "help"; readonly lines: readonly string[] }
  | { readonly kind: "message" | "prompt"; readonly text: string };

const RANK_KEYS = 8;
/** Cells of the words at the start of a row. */
const LABEL = 6;
const COLUMNS_MAX = 120;
const COLUMNS_MIN = 8;
const BAR_MAX = 50;
/** Lines that stay free above the block, for what scrolls. */
const ROWS_FREE = { short: 1, tall: 3, tallFrom: 16 } as const;

export function renderLiveBlock(
  view: LiveView,
  history: LiveHistory,
  options: LiveBlockOptions,
): string[] {
  const columns = Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, options.columns - 1));
  const paint = painter(options.color);
  const parts = { view, columns, paint };
  const isVerbose = options.isVerbose === true;
  const foot = footRows(options.foot, columns, paint);
  const waiting = options.state === undefined ? [] : [waitingRow(parts, options.state)];
  const rows: BlockRow[] =
    view.phase === "gathering" || view.phase === "arming"
      ? [...waiting, ...turretRows(parts, true), ...foot]
      : [
          ...(waiting.length > 0 ? waiting : [headRow(parts)]),
          rateRow(parts, history),
          ...timeRows(parts, history),
          countRow(parts),
          cannonRow(parts),
          ...timerRows(parts),
          ...turretRows(parts, isVerbose),
          ...errorRows(parts),
          ...thresholdRows(parts),
          ...healthRows(parts),
          ...foot,
        ];
  const free = options.rows >= ROWS_FREE.tallFrom ? ROWS_FREE.tall : ROWS_FREE.short;
  return fitRows(rows, Math.max(1, options.rows - free));
}

/** The `most` rows that matter most, in their order. */
function fitRows(rows: readonly BlockRow[], most: number): string[] {
  if (rows.length <= most) return rows.map((row) => row.text);
  const byRank = [...rows.keys()].sort((a, b) => rankOf(rows, a) - rankOf(rows, b) || a - b);
  const kept = new Set(byRank.slice(0, most));
  return rows.filter((_, i) => kept.has(i)).map((row) => row.text);
}

function rankOf(rows: readonly BlockRow[], i: number): number {
  return (rows[i] as BlockRow).rank;
}

function headRow({ view, columns, paint }: RowParts): BlockRow {
  const share = view.runTimeS > 0 ? view.elapsedS / view.runTimeS : 0;
  const percent = `${Math.floor(Math.max(0, Math.min(1, share)) * 100)} %`.padStart(5);
  const left = Math.max(0, Math.ceil(view.runTimeS - view.elapsedS));
  const state = stateOf(view);
  const times =
    columns < 60
      ? `${formatElapsed(left)} left`
      : `${formatElapsed(view.elapsedS)} of ${formatElapsed(view.runTimeS)}, ${formatElapsed(left)} left`;
  const name = fitCells(view.project, Math.max(4, Math.floor(columns / 5)));
  const hasBar = view.phase === "firing" && view.runTimeS < LONG_RUN_S;
  const words: Part[] = [
    { text: name, style: "bold", rank: 1 },
    { text: state.text, style: state.style, rank: 0 },
  ];
  if (!hasBar) {
    const elapsed = { text: `${formatElapsed(view.elapsedS)} gone`, rank: 2 };
    return { rank: 0, text: joinParts([...words, elapsed], columns, paint) };
  }
  const rest: Part[] = [
    { text: percent, rank: 2 },
    { text: times, rank: 0 },
  ];
  const used = [...words, ...rest]
    .filter((part) => part.text !== "")
    .reduce((sum, part) => sum + cellsOf(part.text) + 2, 0);
  const width = Math.min(BAR_MAX, columns - used);
  if (width < 5) return { rank: 0, text: joinParts([...words, ...rest], columns, paint) };
  const { done, left: undone } = bar(share, width);
  const drawn = paint(view.isPaused ? "yellow" : "green", done) + paint("dim", undone);
  const before = joinParts(words, columns, paint);
  const after = joinParts(rest, columns, paint);
  return { rank: 0, text: [before, drawn, after].filter((text) => text !== "").join("  ") };
}

function waitingRow({ view, columns, paint }: RowParts, state: string): BlockRow {
  const name = fitCells(view.project, Math.max(4, Math.floor(columns / 5)));
  const said = fitCells(state, columns - cellsOf(name) - 2);
  return { rank: 0, text: `${paint("bold", name)}  ${paint("cyan", said)}` };
}

/** A run that is meant to end otherwise has a run time of weeks: no bar says anything of it. */
const LONG_RUN_S = 7 * 86_400;

function stateOf(view: LiveView): { readonly text: string; readonly style: "yellow" | "cyan" } {
  if (view.phase === "firing" && view.isPaused) return { text: "paused", style: "yellow" };
  const texts = {
    gathering: "waiting for turrets",
    arming: "turrets load",
    firing: view.runTimeS < LONG_RUN_S ? "" : "firing",
    draining: "draining",
    over: "over",
  } as const;
  return { text: texts[view.phase], style: "cyan" };
}

/** Of a rate and of a time, as wide as the rest of a row has place for. */
function spark(values: readonly (number | null)[], columns: number): string {
  return columns < 5 ? "" : sparkline(values, Math.min(60, columns));
}

function withSpark(
  parts: readonly Part[],
  values: readonly (number | null)[],
  { columns, paint }: Pick<RowParts, "columns" | "paint">,
): string {
  const text = joinParts(parts, columns, paint);
  const drawn = spark(values, columns - cellsOf(text) - 2);
  return drawn === "" ? text : `${text}  ${paint("cyan", drawn)}`;
}

/** The first figure of a row: they stand below each other. */
const value = (text: string): string => text.padStart(9);
const label = (text: string): Part => ({ text: text.padEnd(LABEL), style: "dim", rank: 0 });

function rateRow(parts: RowParts, history: LiveHistory): BlockRow {
  const { view } = parts;
  const planned = view.plannedPerSec;
  const now = value(`${formatPerSec(view.nowPerSec)}/s`);
  const row: Part[] = [
    label("rate"),
    { text: now, style: "bold", rank: 0 },
    { text: planned === null ? "" : `planned ${formatPerSec(planned)}`, rank: 1 },
    { text: `whole ${formatPerSec(view.all.ratePerSec)}`, rank: 2 },
  ];
  return { rank: 1, text: withSpark(row, history.ratePerSec, parts) };
}

function timeRows(parts: RowParts, history: LiveHistory): BlockRow[] {
  const { view, columns, paint } = parts;
  const time = (value: number | null) => formatMs(value ?? undefined).padStart(6);
  const cells = (of: { p50: number | null; p95: number | null; p99: number | null }): Part[] => [
    { text: `p50 ${time(of.p50)}`, rank: 0 },
    { text: `p95 ${time(of.p95)}`, rank: 2 },
    { text: `p99 ${time(of.p99)} ms`, rank: 1 },
  ];
  const most: Part = {
    text: view.all.max === null ? "" : `max ${formatMs(view.all.max)}`,
    rank: 3,
  };
  const clock: Part = { text: `${view.clock} time`, style: "dim", rank: 4 };
  return [
    { rank: 2, text: withSpark([label("5 s"), ...cells(view.recent)], history.p99, parts) },
    { rank: 5, text: joinParts([label("whole"), ...cells(view.all), most, clock], columns, paint) },
  ];
}

function countRow({ view, columns, paint }: RowParts): BlockRow {
  const hasErrors = view.errors > 0;
  const errors = `${formatCount(view.errors)} failed`;
  const share = hasErrors ? ` (${formatPercent(view.all.errorPercent)})` : "";
  const recently = view.nowErrorsPerSec > 0 ? `${formatPerSec(view.nowErrorsPerSec)} failed/s` : "";
  const row: Part[] = [
    label("done"),
    { text: value(formatCount(view.transactions)), rank: 0 },
    { text: errors + share, style: hasErrors ? "red" : undefined, rank: 0 },
    { text: recently, style: "red", rank: 2 },
    { text: view.timerValues > 0 ? plural(view.timerValues, "timer") : "", rank: 3 },
  ];
  return { rank: 3, text: joinParts(row, columns, paint) };
}

function cannonRow({ view, columns, paint }: RowParts): BlockRow {
  const { plannedCannons: planned, lostTurrets: lost } = view;
  const counted = (count: number, noun: string): Part => ({
    text: count === 0 ? "" : `${formatCount(count)} ${noun}`,
    style: "yellow",
    rank: 1,
  });
  const cannons = planned === null || planned === view.cannons ? "" : ` of ${formatCount(planned)}`;
  const row: Part[] = [
    label("load"),
    { text: `${value(formatCount(view.cannons))}${cannons} cannons`, rank: 0 },
    { text: `${formatCount(view.inFlight)} in flight`, rank: 4 },
    { text: plural(view.turretCount, "turret"), rank: 3 },
    { ...counted(lost, "lost"), style: "red", rank: 0 },
    counted(view.late, "late"),
    counted(view.dropped, "dropped"),
    counted(view.malformed, "malformed"),
  ];
  return { rank: 4, text: joinParts(row, columns, paint) };
}

function footRows(foot: BlockFoot | undefined, columns: number, paint: Paint): BlockRow[] {
  switch (foot?.kind) {
    case undefined:
      return [];
    case "keys": {
      const keys = foot.keys.map((text, rank): Part => ({ text, rank }));
      return [
        {
          rank: RANK_KEYS,
          text: paint(
            "dim",
            joinParts(keys, columns, (_, text) => text),
          ),
        },
      ];
    }
    case "help":
      return foot.lines.map((line) => ({ rank: -1, text: fitCells(line, columns) }));
    case "message":
      return [{ rank: -1, text: paint("bold", fitCells(foot.text, columns)) }];
    case "prompt":
      // What is typed is seen at its end.
      return [{ rank: -1, text: paint("bold", lastCells(foot.text, columns)) }];
  }
}

function lastCells(text: string, columns: number): string {
  const shown = oneLine(text);
  if (cellsOf(shown) <= columns) return shown;
  const letters = [...shown];
  while (letters.length > 0 && cellsOf(letters.join("")) > columns - 1) letters.shift();
  return `…${letters.join("")}`;
}
