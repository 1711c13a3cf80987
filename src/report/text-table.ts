// The table of timers in a terminal: as many columns as its width has place for.

import { formatCount } from "../base/units.ts";
import { formatMs, formatPerSec, plural } from "./figures.ts";
import type { Paint } from "./paint.ts";
import { cellsOf, padCells } from "./text-width.ts";
import type { ReportModel, TimerModel } from "./types.ts";

const TIMERS_MAX = 12;

interface TableColumn {
  readonly head: string;
  readonly of: (timer: TimerModel) => string;
  /** Left out first where the terminal is narrow: the highest. */
  readonly rank: number;
}

const figure =
  (pick: (timer: TimerModel) => number) =>
  (timer: TimerModel): string =>
    timer.figures.count === 0 ? "–" : formatMs(pick(timer));

const TABLE: readonly TableColumn[] = [
  { head: "count", rank: 0, of: (timer) => formatCount(timer.figures.count) },
  { head: "/s", rank: 6, of: (timer) => formatPerSec(timer.figures.ratePerSec) },
  { head: "average", rank: 5, of: figure((timer) => timer.figures.meanUs) },
  { head: "50 %", rank: 2, of: figure((timer) => timer.figures.p50Us) },
  { head: "95 %", rank: 0, of: figure((timer) => timer.figures.p95Us) },
  { head: "99 %", rank: 3, of: figure((timer) => timer.figures.p99Us) },
  { head: "max", rank: 4, of: figure((timer) => timer.figures.maxUs) },
  { head: "errors", rank: 1, of: (timer) => formatCount(timer.figures.errorCount) },
];

const NAME_MIN = 16;
const GAP = "  ";

/** All transactions, and the busiest timers in the order of their names. */
export function tableLines(model: ReportModel, width: number, paint: Paint): string[] {
  const timers = [...model.timers]
    .sort((a, b) => b.figures.count - a.figures.count)
    .slice(0, TIMERS_MAX);
  const shown = new Set(timers);
  const rows = [
    model.all,
    ...(model.other === undefined ? [] : [model.other]),
    ...model.timers.filter((timer) => shown.has(timer)),
  ];
  const sized = TABLE.map((column) => {
    const cells = rows.map((timer) => column.of(timer));
    return { ...column, cells, width: Math.max(...[column.head, ...cells].map(cellsOf)) };
  });
  const columns = fitColumns(sized, width);
  const used = columns.reduce((sum, column) => sum + GAP.length + column.width, 0);
  const hasTwo = model.other !== undefined;
  const names = rows.map((timer) =>
    hasTwo && (timer === model.all || timer === model.other)
      ? `All, ${timer.clock} time`
      : timer.name,
  );
  const what = hasTwo ? "times in ms" : `${model.all.clock} time, ms`;
  const nameWidth = Math.min(
    width - used,
    Math.max(NAME_MIN, ...names.map((name) => cellsOf(name))),
  );
  const head = columns.map((column) => GAP + padCells(column.head, column.width, "right")).join("");
  const lines = rows.map((_, i) => {
    const cells = columns.map(
      (column) => GAP + padCells(column.cells[i] as string, column.width, "right"),
    );
    return padCells(names[i] as string, nameWidth) + cells.join("");
  });
  const rest = model.timersTotal - timers.length;
  return [
    paint("dim", padCells(what, nameWidth) + head),
    paint("bold", lines[0] as string),
    ...lines.slice(1),
    ...(rest > 0 ? [paint("dim", `and ${plural(rest, "more timer")} in the report`)] : []),
  ];
}

function fitColumns<T extends TableColumn & { readonly width: number }>(
  columns: readonly T[],
  width: number,
): readonly T[] {
  let kept = [...columns];
  const used = () => kept.reduce((sum, column) => sum + GAP.length + column.width, 0);
  while (kept.length > 1 && used() + NAME_MIN > width) {
    const worst = Math.max(...kept.map((column) => column.rank));
    const last = kept.findLastIndex((column) => column.rank === worst);
    kept = kept.filter((_, i) => i !== last);
  }
  return kept;
}
