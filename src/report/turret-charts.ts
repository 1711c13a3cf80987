// How each of the first turrets was doing over the run, as regular columns.

import { clip } from "../base/errors.ts";
import type { Results } from "../store/results.ts";
import type { TurretStep, VitalName } from "../store/turret-series.ts";
import type { TurretChartsModel } from "./detail-types.ts";
import { type Column, REPORT_LIMIT } from "./types.ts";

export const TURRET_CHARTS_LIMIT = { turrets: 25, points: 180 } as const;

export function turretCharts(
  results: Results,
  nameOf: (turretIndex: number) => string | undefined,
): { turretCharts: TurretChartsModel[]; turretChartsTotal: number } {
  const all = [...results.turretSteps()].filter(([, steps]) => steps.length > 0);
  const shown = all.slice(0, TURRET_CHARTS_LIMIT.turrets).map(([turretIndex, steps]) => {
    const name = nameOf(turretIndex) ?? `turret ${turretIndex + 1}`;
    return chartsOf({ id: `turret-${turretIndex}`, name: clip(name, REPORT_LIMIT.name), steps });
  });
  return { turretCharts: shown, turretChartsTotal: all.length };
}

function chartsOf(of: {
  readonly id: string;
  readonly name: string;
  readonly steps: readonly TurretStep[];
}): TurretChartsModel {
  const { id, name, steps } = of;
  const last = steps.at(-1) as TurretStep;
  const baseS = Math.max(1, last.seconds);
  const slots = Math.floor(last.second / baseS) + 1;
  const perStep = Math.max(1, Math.ceil(slots / TURRET_CHARTS_LIMIT.points));
  const stepS = baseS * perStep;
  const mean = (vital: VitalName) => column({ steps, stepS, vital, join: meanOf });
  const most = (vital: VitalName) => column({ steps, stepS, vital, join: mostOf });
  const highest = (vital: VitalName) => highestOf(steps, vital);
  return {
    id,
    name,
    stepS,
    cpuPercent: mean("cpuPercent"),
    lagUs: most("lagUs"),
    sockets: mean("sockets"),
    inFlight: mean("inFlight"),
    cannons: mean("cannons"),
    memoryMb: mean("memoryMb"),
    waitingBatches: most("waitingBatches"),
    batchesPerSec: growth({ steps, stepS, vital: "batches" }),
    transactionsPerSec: growth({ steps, stepS, vital: "transactions" }),
    cpuMean: meanOf(known(steps, "cpuPercent")),
    cpuMax: highest("cpuPercent"),
    lagMaxUs: highest("lagUs"),
    socketsMax: highest("sockets"),
    inFlightMax: highest("inFlight"),
    memoryMax: highest("memoryMb"),
    batches: last.batches,
  };
}

interface Wanted {
  readonly steps: readonly TurretStep[];
  readonly stepS: number;
  readonly vital: VitalName;
}

function column(of: Wanted & { join(values: readonly number[]): number | undefined }): Column {
  const { steps, stepS, vital, join } = of;
  const groups = grouped(steps, stepS);
  return groups.map((group) => join(known(group, vital)) ?? null);
}

/** What a count grew by a second, from one step to the next. */
function growth({ steps, stepS, vital }: Wanted): Column {
  let before: { second: number; value: number } | undefined;
  return grouped(steps, stepS).map((group) => {
    const last = group.findLast((step) => step[vital] !== undefined);
    if (last === undefined) return null;
    const now = { second: last.second, value: last[vital] as number };
    const since = before;
    before = now;
    if (since === undefined || now.second <= since.second) return null;
    return Math.max(0, now.value - since.value) / (now.second - since.second);
  });
}

function grouped(steps: readonly TurretStep[], stepS: number): TurretStep[][] {
  const size = Math.floor((steps.at(-1)?.second ?? 0) / stepS) + 1;
  const groups = Array.from({ length: size }, (): TurretStep[] => []);
  for (const step of steps) groups[Math.floor(step.second / stepS)]?.push(step);
  return groups;
}

function known(steps: readonly TurretStep[], vital: VitalName): number[] {
  return steps.flatMap((step) => step[vital] ?? []);
}

function meanOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function mostOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}

function highestOf(steps: readonly TurretStep[], vital: VitalName): number | undefined {
  return mostOf(known(steps, vital));
}
