// How the turrets are doing, into the journal about once a second: what their heartbeats told, and what
// came of them. Bounded: the first turrets of the link only, and more seldom where there are many.

import type { JsonValue } from "../base/json.ts";
import type { Journal } from "../store/journal.ts";
import {
  encodeJsonRecord,
  RECORD_KIND,
  type TurretVitals,
  type VitalsRecord,
} from "../store/records.ts";
import { TURRET_SERIES_LIMIT } from "../store/turret-series.ts";
import type { KnownTurret } from "./registry.ts";

const US_PER_MS = 1_000;

export function journalVitals(
  journal: Journal,
  atUs: number,
  turrets: readonly KnownTurret[],
): void {
  const told = turrets.slice(0, TURRET_SERIES_LIMIT.turrets).map(vitalsOf);
  const record: VitalsRecord = { atUs, turrets: told };
  journal.append(RECORD_KIND.vitals, encodeJsonRecord(record));
}

function vitalsOf(turret: KnownTurret): TurretVitals {
  const { stats } = turret;
  const lagMs = numberOf(stats["lag_ms"]);
  return {
    turretIndex: turret.index,
    batches: turret.receivedBatches,
    transactions: turret.receivedTransactions,
    // What a lost turret said last is not how it is now.
    ...(turret.isLost
      ? {}
      : {
          cannons: numberOf(stats["cannons"]),
          inFlight: numberOf(stats["in_flight"]),
          cpuPercent: numberOf(stats["cpu_percent"]),
          lagUs: lagMs === undefined ? undefined : lagMs * US_PER_MS,
          sockets: numberOf(stats["sockets"]),
          memoryMb: numberOf(stats["memory_mb"]),
          waitingBatches: numberOf(stats["waiting_batches"]),
        }),
  };
}

// Turrets may say what they like: no sum of it may become infinite.
const VALUE_MAX = 1e12;

function numberOf(value: JsonValue | undefined): number | undefined {
  const isGood = typeof value === "number" && value >= 0 && value <= VALUE_MAX;
  return isGood ? value : undefined;
}
