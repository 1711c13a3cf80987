// Turrets as a live view shows them, with what a person should know of each.

import { clip } from "../base/errors.ts";
import { formatCount, formatDuration, US_PER_S } from "../base/units.ts";
import type { TurretView } from "../hq/types.ts";
import type { TurretSeconds } from "./turret-seconds.ts";
import { LIVE_LIMIT, type LiveTurret } from "./types.ts";

/** Heartbeats come each second; one that is missing is no news. */
const SILENT_US = 2_500_000;
/** A loop that stood still for so long has spoilt times. */
const LAG_US = 20_000;
/** Batches that wait: about a second each. */
const WAITING_BATCHES = 5;
const CLOCK_ERROR_US = 5_000;

export function liveTurret(
  turret: TurretView,
  parts: { readonly seconds: TurretSeconds; readonly second: number; readonly isOver: boolean },
): LiveTurret {
  const { seconds, second, isOver } = parts;
  const { index, wire, isLost, hasEnded } = turret;
  const isGone = isOver || isLost || hasEnded;
  const told = turret.stats["cannons"];
  const lagUs = isGone ? null : seconds.lagUsIn(index, second);
  return {
    name: turretName(turret),
    index,
    wire,
    status: turret.status,
    isLost,
    trouble: troubleOf(turret, lagUs, isOver),
    host: clip(turret.host, LIVE_LIMIT.name),
    cannons: isGone ? 0 : typeof told === "number" ? told : turret.cannons,
    transactions: turret.transactions,
    ratePerSec: isGone ? 0 : seconds.transactionsIn(index, second),
    cpuPercent: isGone ? null : seconds.cpuPercentIn(index, second),
    lagUs,
  };
}

export function turretName({ name, uuid }: TurretView): string {
  return clip(name === "" ? uuid : name, LIVE_LIMIT.name);
}

function troubleOf(turret: TurretView, lagUs: number | null, isOver: boolean): string {
  const { isLost, hasEnded, silentUs, stats, wire } = turret;
  const stat = (key: string) => (typeof stats[key] === "number" ? (stats[key] as number) : 0);
  const silent = `${formatCount(Math.floor(silentUs / US_PER_S))} s`;
  if (isLost) return isOver ? "lost" : `lost: silent for ${silent}`;
  const lost = stat("lost_transactions");
  const replaced = stat("threads_replaced");
  const troubles = [
    lost > 0 && `${formatCount(lost)} transactions lost`,
    replaced > 0 && `${formatCount(replaced)} threads replaced`,
  ];
  if (!hasEnded && !isOver) {
    const waiting = stat("waiting_batches");
    const clockUs = stat("clock_error_us");
    troubles.push(
      wire === "link" && silentUs >= SILENT_US && `silent for ${silent}`,
      waiting >= WAITING_BATCHES && `${formatCount(waiting)} batches wait to be taken`,
      lagUs !== null && lagUs >= LAG_US && `loop lag ${formatDuration(lagUs)}`,
      clockUs >= CLOCK_ERROR_US && `clock uncertain by ${formatDuration(clockUs)}`,
    );
  }
  return troubles.filter((text) => text !== false).join(", ");
}
