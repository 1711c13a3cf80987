// The rows of the live block that come in numbers: turrets, timers, errors, thresholds, and what is wrong
// with the tool itself. Of each kind the first ones matter most.

import { formatCount } from "../base/units.ts";
import type { LiveTimer, LiveTurret } from "../live/types.ts";
import { formatMs, formatPerSec, plural } from "../report/figures.ts";
import { cellsOf, fitCells, padCells } from "../report/text-width.ts";
import { errorPattern } from "../stats/error-pattern.ts";
import { resultText } from "../stats/threshold-check.ts";
import { type BlockRow, joinParts, type Part, type RowParts } from "./live-cells.ts";

/** Rows of a kind that are made at all; the height of the terminal says how many of them are shown. */
const MOST = { turrets: 100, quietTurrets: 6, timers: 12, errors: 5, thresholds: 10, health: 4 };

const RANK = {
  health: 6,
  failingThreshold: 7,
  error: 9,
  troubledTurret: 10,
  threshold: 13,
  verboseTurret: 15,
  timer: 20,
  turret: 30,
} as const;

/** Named timers, where the terminal is high enough: the busiest first. */
export function timerRows({ view, columns, paint }: RowParts): BlockRow[] {
  const timers = view.timers.slice(0, MOST.timers);
  if (timers.length === 0) return [];
  const nameWidth = Math.min(
    Math.floor(columns / 3),
    Math.max(...timers.map((timer) => cellsOf(timer.name.slice(0, 200)))),
  );
  const row = (timer: LiveTimer): string => {
    const time = (name: string, value: number | null) =>
      `${name} ${formatMs(value ?? undefined).padStart(6)}`;
    const parts: Part[] = [
      { text: `  ${padCells(timer.name, nameWidth)}`, rank: 0 },
      { text: `${formatPerSec(timer.ratePerSec).padStart(6)}/s`, rank: 2 },
      { text: time("p50", timer.p50), rank: 3 },
      { text: time("p95", timer.p95), rank: 1 },
      { text: time("p99", timer.p99), rank: 4 },
      failedPart(timer.errorCount),
    ];
    return joinParts(parts, columns, paint);
  };
  const rest = view.timersTotal - timers.length;
  const rows = timers.map((timer, i) => ({ rank: RANK.timer + i, text: row(timer) }));
  if (rest <= 0) return rows;
  const more = paint("dim", fitCells(`  and ${plural(rest, "more timer")}`, columns));
  return [...rows, { rank: RANK.timer + MOST.timers, text: more }];
}

function failedPart(count: number): Part {
  return { text: count === 0 ? "" : `${formatCount(count)} failed`, style: "red", rank: 0 };
}

/** Turrets with trouble always, the others where there are several or all are asked for. */
export function turretRows(parts: RowParts, isVerbose: boolean): BlockRow[] {
  const { view, columns, paint } = parts;
  const isTroubled = (turret: LiveTurret) => turret.isLost || turret.trouble !== "";
  const wanted = view.turrets.filter(
    (turret) => isVerbose || isTroubled(turret) || view.turretCount > 1,
  );
  const most = isVerbose ? MOST.turrets : MOST.quietTurrets;
  const shown = [...wanted]
    .sort((a, b) => Number(isTroubled(b)) - Number(isTroubled(a)) || a.index - b.index)
    .slice(0, most);
  const nameWidth = Math.min(24, Math.max(0, ...shown.map((turret) => cellsOf(turret.name))));
  const healthWidth = Math.min(
    40,
    Math.max(0, ...shown.map((turret) => cellsOf(healthOf(turret)))),
  );
  const rows = shown.map((turret, i): BlockRow => {
    const { cpuPercent, lagUs } = turret;
    const cells: Part[] = [
      { text: `  ${padCells(turret.name, nameWidth)}`, rank: 0 },
      { text: padCells(healthOf(turret), healthWidth), ...styleOf(turret), rank: 0 },
      { text: `${formatPerSec(turret.ratePerSec).padStart(6)}/s`, rank: 1 },
      { text: plural(turret.cannons, "cannon"), rank: 2 },
      { text: cpuPercent === null ? "" : `CPU ${Math.round(cpuPercent)} %`, rank: 3 },
      { text: lagUs === null ? "" : `lag ${formatMs(lagUs)} ms`, rank: 4 },
      { text: turret.host === "" ? "" : fitCells(turret.host, 30), style: "dim", rank: 5 },
    ];
    const rank = isTroubled(turret)
      ? RANK.troubledTurret + Math.min(2, i)
      : (isVerbose ? RANK.verboseTurret : RANK.turret) + i;
    return { rank, text: joinParts(cells, columns, paint) };
  });
  const rest = wanted.length - shown.length + (view.turretCount - view.turrets.length);
  if (rest <= 0 || shown.length === 0) return rows;
  const more = fitCells(`  and ${plural(rest, "more turret")}`, columns);
  return [...rows, { rank: RANK.turret + most, text: paint("dim", more) }];
}

function healthOf({ trouble, isLost, status }: LiveTurret): string {
  if (trouble !== "") return trouble;
  return isLost ? "lost" : status;
}

function styleOf({ isLost, trouble }: LiveTurret): Pick<Part, "style"> {
  if (isLost) return { style: "red" };
  return { style: trouble === "" ? "green" : "yellow" };
}

/** Errors whose texts differ only in numbers are one row, as in the report. */
export function errorRows({ view, columns, paint }: RowParts): BlockRow[] {
  const kinds = new Map<string, { text: string; count: number }>();
  for (const { text, count } of view.errorTexts) {
    const pattern = errorPattern(text);
    const kind = kinds.get(pattern);
    kinds.set(
      pattern,
      kind === undefined ? { text, count } : { text: pattern, count: kind.count + count },
    );
  }
  const shown = [...kinds.values()].sort((a, b) => b.count - a.count).slice(0, MOST.errors);
  return shown.map(({ text, count }, i) => {
    const counted = formatCount(count).padStart(7);
    const words = fitCells(text, columns - cellsOf(counted) - 2);
    const cells: Part[] = [
      { text: counted, style: "red", rank: 0 },
      { text: words, rank: 1 },
    ];
    return { rank: RANK.error + i * 4, text: joinParts(cells, columns, paint) };
  });
}

export function thresholdRows({ view, columns, paint }: RowParts): BlockRow[] {
  return view.thresholds.slice(0, MOST.thresholds).map((threshold, i) => {
    const { holds, measured } = threshold;
    const isOpen = measured === undefined;
    const mark = isOpen ? "·" : holds ? "✓" : "✗";
    const style = isOpen ? "dim" : holds ? "green" : "red";
    const said = fitCells(resultText(threshold), columns - 4);
    return {
      rank: (holds || isOpen ? RANK.threshold : RANK.failingThreshold) + Math.min(2, i),
      text: `  ${paint(style, mark)} ${said}`,
    };
  });
}

export function healthRows({ view, columns, paint }: RowParts): BlockRow[] {
  return view.health.slice(0, MOST.health).map((sentence, i) => ({
    rank: RANK.health + i * 5,
    text: paint("yellow", `! ${fitCells(sentence, columns - 2)}`),
  }));
}
