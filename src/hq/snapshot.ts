// The live view's numbers, made from what the HQ holds when somebody looks.

import type { Aggregate } from "../stats/aggregate.ts";
import { CELL_KIND } from "../stats/cell.ts";
import type { CellTotal } from "../stats/tally.ts";
import type { Registry } from "./registry.ts";
import type { HqPhase, HqSnapshot } from "./types.ts";

const RECENT_S = 5;

export function makeSnapshot(parts: {
  readonly phase: HqPhase;
  readonly elapsedUs: number;
  readonly runTimeUs: number;
  readonly registry: Registry;
  readonly aggregate: Aggregate;
  readonly malformed: number;
}): HqSnapshot {
  const { aggregate, registry } = parts;
  const whole = aggregate.total(CELL_KIND.timer, "");
  const recent = aggregate.recent(CELL_KIND.timer, "", aggregate.lastSecond, RECENT_S);
  const turrets = registry.all();
  return {
    phase: parts.phase,
    elapsedUs: parts.elapsedUs,
    runTimeUs: parts.runTimeUs,
    turretCount: turrets.length,
    lostTurrets: registry.lost().length,
    transactions: aggregate.transactions,
    timers: aggregate
      .totals(CELL_KIND.timer)
      .reduce((count, total) => (total.name === "" ? count : count + total.count), 0),
    errors: aggregate.errorCount,
    malformed: parts.malformed,
    recentUs: percentiles(recent),
    wholeUs: percentiles(whole),
    turrets: turrets.map((turret) => ({
      index: turret.index,
      name: turret.name,
      uuid: turret.uuid,
      wire: turret.wire,
      status: turret.isLost ? "lost" : turret.status,
      isLost: turret.isLost,
      host: turret.host,
      transactions: turret.receivedTransactions,
    })),
  };
}

function percentiles(total: CellTotal | undefined): { p50: number; p95: number; p99: number } {
  const histogram = total?.histogram;
  if (histogram === undefined || histogram.count === 0) return { p50: 0, p95: 0, p99: 0 };
  return {
    p50: histogram.percentile(50),
    p95: histogram.percentile(95),
    p99: histogram.percentile(99),
  };
}
