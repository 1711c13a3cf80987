// What outputs are tested with: batches of a run, and the figures of finished ones.

import { readFileSync } from "node:fs";
import path from "node:path";
import type { FinishedFigures } from "../../src/output/finished.ts";
import { buildReportModel } from "../../src/report/model.ts";
import { BatchBuilder, decodeBatch } from "../../src/stats/batch.ts";
import type { Batch } from "../../src/stats/batch-format.ts";
import { CELL_KIND, GAUGE } from "../../src/stats/cell.ts";
import type { Results } from "../../src/store/results.ts";

export const SUMMARY_SCHEMA = JSON.parse(
  readFileSync(path.resolve(import.meta.dir, "../../assets/schema/summary.schema.json"), "utf8"),
) as Record<string, unknown>;

export interface MadeTransaction {
  readonly second: number;
  readonly us: number;
  readonly responseUs?: number;
  readonly error?: string;
  /** Name, microseconds, name, microseconds, ... */
  readonly timers?: readonly (string | number)[];
  readonly check?: readonly [name: string, isOk: boolean];
  readonly status?: string;
  readonly count?: readonly [name: string, n: number];
}

/** A batch as a turret's thread makes it, rows included. */
export function outputBatch(transactions: readonly MadeTransaction[], turretName = "shop"): Batch {
  const builder = new BatchBuilder({ turretName, namesMax: 10_000 });
  for (const made of transactions) record(builder, made);
  return decodeBatch(builder.take()?.bytes ?? new Uint8Array());
}

function record(builder: BatchBuilder, made: MadeTransaction): void {
  const { second, us, responseUs, error = "", timers = [], check, status, count } = made;
  const isError = error !== "";
  const timersS = timers.map((part) => (typeof part === "number" ? part / 1e6 : part));
  builder.countTransaction();
  builder.record(builder.slot(CELL_KIND.timer, ""), second, us, isError);
  if (responseUs !== undefined) {
    builder.record(builder.slot(CELL_KIND.response, ""), second, responseUs, isError);
  }
  if (isError) builder.add(builder.slot(CELL_KIND.error, error), second, 1, 1, 1);
  for (let i = 0; i + 1 < timers.length; i += 2) {
    const slot = builder.slot(CELL_KIND.timer, String(timers[i]));
    builder.record(slot, second, Number(timers[i + 1]), isError);
  }
  if (check !== undefined) {
    builder.add(builder.slot(CELL_KIND.check, check[0]), second, 1, check[1] ? 0 : 1, 1);
  }
  if (status !== undefined) builder.add(builder.slot(CELL_KIND.status, status), second, 1, 0, 1);
  if (count !== undefined) {
    builder.add(builder.slot(CELL_KIND.counter, count[0]), second, 1, 0, count[1]);
  }
  builder.record(builder.slot(CELL_KIND.gauge, GAUGE.cannons), second, 2, false);
  builder.row({
    elapsedS: second + 0.5,
    epochS: 1_795_243_200 + second + 0.5,
    scriptrunS: us / 1e6,
    responseS: responseUs === undefined ? Number.NaN : responseUs / 1e6,
    error,
    timers: timersS,
  });
}

export function finishedOf(results: Results, more: Partial<FinishedFigures> = {}): FinishedFigures {
  return {
    model: buildReportModel(results),
    facts: results.facts,
    totals: results.totals(),
    exitCode: 0,
    files: { database: "./results.sqlite" },
    ...more,
  };
}
