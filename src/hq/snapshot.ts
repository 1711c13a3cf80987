// The live view's numbers, made from what the HQ holds when somebody looks. Percentiles and the list of
// turrets cost something, so they are made anew at most a few times a second.

import type { Aggregate } from "../stats/aggregate.ts";
import { CELL_KIND } from "../stats/cell.ts";
import type { CellTotal } from "../stats/tally.ts";
import type { ThresholdResult } from "../stats/threshold-check.ts";
import type { TurretCounts } from "../store/records.ts";
import type { KnownTurret, Registry } from "./registry.ts";
import type { HqPhase, HqSnapshot, Percentiles, TurretView } from "./types.ts";

const RECENT_S = 5;
const AGAIN_US = 200_000;

export interface SnapshotParts {
  readonly nowUs: number;
  readonly phase: HqPhase;
  readonly elapsedUs: number;
  readonly schedule: Pick<HqSnapshot, "runTimeUs" | "isPaused" | "segments">;
  readonly registry: Registry;
  readonly aggregate: Aggregate;
  readonly malformed: number;
  readonly protocol1: TurretCounts | undefined;
  readonly thresholds: readonly ThresholdResult[];
}

type Costly = Pick<HqSnapshot, "recentUs" | "wholeUs" | "timers" | "turrets" | "lostTurrets">;

export class Snapshots {
  #costly: Costly | undefined;
  #madeUs = Number.NEGATIVE_INFINITY;
  #phase: HqPhase = "gathering";

  make(parts: SnapshotParts): HqSnapshot {
    const { aggregate, registry, nowUs, phase, protocol1 } = parts;
    const isFresh = nowUs > this.#madeUs && nowUs - this.#madeUs < AGAIN_US;
    if (this.#costly === undefined || !isFresh || phase !== this.#phase) {
      this.#costly = makeCostly(parts);
      this.#madeUs = nowUs;
      this.#phase = phase;
    }
    const links = registry.of("link");
    const sum = (pick: (turret: KnownTurret) => number) =>
      links.reduce((total, turret) => total + pick(turret), 0);
    return {
      phase,
      elapsedUs: parts.elapsedUs,
      ...parts.schedule,
      turretCount: registry.all().length,
      transactions: aggregate.transactions,
      errors: aggregate.errorCount,
      malformed: parts.malformed,
      thresholds: parts.thresholds,
      received:
        sum((turret) => turret.receivedTransactions) + (protocol1?.receivedTransactions ?? 0),
      journaled:
        sum((turret) => turret.journaledTransactions) + (protocol1?.journaledTransactions ?? 0),
      ...this.#costly,
    };
  }
}

function makeCostly(parts: SnapshotParts): Costly {
  const { aggregate, registry } = parts;
  const { lastSecond } = aggregate;
  return {
    lostTurrets: registry.lost().length,
    timers: aggregate
      .totals(CELL_KIND.timer)
      .reduce((count, total) => (total.name === "" ? count : count + total.count), 0),
    recentUs: percentiles(aggregate.recent(CELL_KIND.timer, "", lastSecond, RECENT_S)),
    wholeUs: percentiles(aggregate.total(CELL_KIND.timer, "")),
    turrets: registry.all().map((turret) => viewOf(turret, parts.nowUs)),
  };
}

function viewOf(turret: KnownTurret, nowUs: number): TurretView {
  return {
    index: turret.index,
    name: turret.name,
    definition: turret.definition?.name ?? "",
    uuid: turret.uuid,
    wire: turret.wire,
    status: turret.isLost ? "lost" : turret.status,
    isLost: turret.isLost,
    hasEnded: turret.hasLeft || turret.totals !== undefined,
    silentUs: Math.max(0, nowUs - turret.heardUs),
    host: turret.host,
    cannons: turret.cannons,
    transactions: turret.receivedTransactions,
    stats: turret.stats,
  };
}

function percentiles(total: CellTotal | undefined): Percentiles {
  const histogram = total?.histogram;
  if (histogram === undefined || histogram.count === 0) return { p50: 0, p95: 0, p99: 0 };
  const [p50, p95, p99] = histogram.percentiles([50, 95, 99]) as [number, number, number];
  return { p50, p95, p99 };
}
