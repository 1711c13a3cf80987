// oct run --plan: what a run would fire, in words and drawn, without firing it.

import { formatCount, formatDuration, formatRate } from "../base/units.ts";
import type { LoadModel } from "../config/load-model.ts";
import { loadInWords } from "../config/load-words.ts";
import type { ProjectConfig } from "../config/project.ts";
import { closedPlan } from "../pace/closed.ts";
import { RateCurve } from "../pace/curve.ts";

const BLOCKS = " ▁▂▃▄▅▆▇█";
const ROWS = 6;
const COLUMNS_MIN = 20;
const COLUMNS_MAX = 100;

/** Lines for a terminal `columns` wide. */
export function planLines(config: ProjectConfig, columns: number): string[] {
  const { runTimeUs, turrets, minTurrets } = config;
  const width = Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, columns - 12));
  const served = Math.max(1, Math.floor(minTurrets / Math.max(1, turrets.length)));
  const lines = [
    `run time ${formatDuration(runTimeUs)}, ${formatCount(minTurrets)} turrets at least`,
  ];
  for (const { name, load, script } of turrets) {
    lines.push("", `${name}  ${script}`);
    lines.push(...loadInWords({ load, runTimeUs, turrets: served }).map((line) => `  ${line}`));
    lines.push(...drawn(load, runTimeUs, width).map((line) => `  ${line}`));
  }
  if (turrets.length > 1) {
    lines.push("", "Each turret that joins serves the definition that is least served.");
  }
  return lines;
}

/** The planned curve as a few rows of blocks; none for cycles, whose times nobody knows. */
function drawn(load: LoadModel, runTimeUs: number, width: number): string[] {
  const { model } = load;
  if (model.kind === "closed" && model.cycles.length > 0) return [];
  const at = model.kind === "open" ? rateOf(load) : cannonsOf(load, runTimeUs);
  const values = Array.from({ length: width }, (_, i) => at(((i + 0.5) / width) * runTimeUs));
  const most = Math.max(...values);
  if (most === 0) return ["(nothing is fired)"];
  const label = (value: number) =>
    (model.kind === "open" ? formatRate(value) : formatCount(value)).padStart(8);
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const floor = ROWS - 1 - i;
    const cells = values.map((value) => {
      const eighths = Math.round((value / most) * ROWS * 8) - floor * 8;
      return BLOCKS[Math.max(0, Math.min(8, eighths))];
    });
    return `${i === 0 ? label(most) : " ".repeat(8)} ${cells.join("")}`;
  });
  const end = formatDuration(runTimeUs);
  return [...rows, `${" ".repeat(9)}0${end.padStart(width - 1)}`];
}

function rateOf({ model }: LoadModel): (tUs: number) => number {
  const curve = new RateCurve(model.kind === "open" ? model.segments : []);
  return (tUs) => curve.rateAt(tUs);
}

function cannonsOf({ model }: LoadModel, runTimeUs: number): (tUs: number) => number {
  const plan = closedPlan(model.kind === "closed" ? model.stages : [], runTimeUs);
  return (tUs) => plan.cannonsAt(tUs);
}
