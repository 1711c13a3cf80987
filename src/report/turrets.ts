// The turrets of a run as last known, with what each of them measured.

import { CELL_KIND } from "../stats/cell.ts";
import type { Results } from "../store/results.ts";
import { REPORT_LIMIT, type TurretModel } from "./types.ts";

export interface TurretModels {
  readonly all: readonly TurretModel[];
  readonly byIndex: ReadonlyMap<number, TurretModel>;
}

export function turretModels(results: Results): TurretModels {
  const byIndex = new Map<number, TurretModel>();
  const transactionsOf = new Map<number, { count: number; errorCount: number }>();
  for (const total of results.turretTotals()) {
    if (total.kind === CELL_KIND.timer && total.name === "") {
      transactionsOf.set(total.turretIndex, total);
    }
  }
  const all = results.turrets().map((row): TurretModel => {
    const { details } = row;
    const measured = details === undefined ? undefined : transactionsOf.get(details.turretIndex);
    const history = details?.history ?? [];
    const model: TurretModel = {
      name: row.name === "" ? row.uuid : row.name,
      uuid: row.uuid,
      cannons: row.cannons,
      script: row.script,
      rampup: row.rampup,
      status: row.status,
      updatedAt: row.updatedAt.replace(/\.\d+$/, ""),
      isLost: row.status === "lost",
      wire: details?.wire,
      host: details?.host,
      octVersion: details?.octVersion,
      cores: details?.cores,
      clockOffsetUs: details?.clockOffsetUs,
      transactions: measured?.count,
      errorCount: measured?.errorCount,
      history: history
        .slice(-REPORT_LIMIT.history)
        .map(({ atUs, status }) => ({ atS: atUs / 1_000_000, status })),
    };
    if (details !== undefined) byIndex.set(details.turretIndex, model);
    return model;
  });
  return { all, byIndex };
}
