// Turrets in one line for people.

import { type KnownTurret, nameOf } from "./registry.ts";

const NAMES_SHOWN = 20;

/** Their names, the lost ones marked, and how many more there are. */
export function describe(turrets: readonly KnownTurret[]): string {
  const names = turrets
    .slice(0, NAMES_SHOWN)
    .map((turret) => (turret.isLost ? `${nameOf(turret)} [lost]` : nameOf(turret)))
    .join(", ");
  const more = turrets.length - NAMES_SHOWN;
  return more > 0 ? `${names} and ${more} more` : names;
}
