// States of a turret on the link, and the moves between them.
//
//   state      | means                                        | next
//   -----------+----------------------------------------------+----------------------------------
//   joining    | says hello until an HQ answers               | idle, loading, refused
//   idle       | the HQ knows it; no run is assigned          | joining, loading
//   loading    | fetches and opens the pack, loads the script | ready, failed, idle, joining
//   ready      | loaded; waits for the start instant          | firing, idle, loading
//   failed     | could not load; said so                      | idle, loading
//   firing     | cannons fire                                 | draining
//   draining   | no new transactions; those in flight end     | leaving
//   leaving    | bye said with totals; batches are resent     | idle, joining, loading
//   refused    | the HQ does not take it; the end             |
//   gone       | stopped by its operator; the end             |
//
// From anywhere but the ends a turret may go to `gone`. Losing the HQ while firing leads to draining,
// and a turret that is leaving keeps what is not acknowledged until an HQ has it or it is given up.

import { assert } from "../base/assert.ts";

export type TurretState =
  | "joining"
  | "idle"
  | "loading"
  | "ready"
  | "failed"
  | "firing"
  | "draining"
  | "leaving"
  | "refused"
  | "gone";

const NEXT: Readonly<Record<TurretState, readonly TurretState[]>> = {
  joining: ["idle", "loading", "refused", "gone"],
  idle: ["joining", "loading", "refused", "gone"],
  loading: ["ready", "failed", "idle", "joining", "loading", "refused", "gone"],
  ready: ["firing", "idle", "joining", "loading", "refused", "gone"],
  failed: ["idle", "joining", "loading", "refused", "gone"],
  firing: ["draining", "gone"],
  draining: ["leaving", "gone"],
  leaving: ["idle", "joining", "loading", "refused", "gone"],
  refused: [],
  gone: [],
};

/** The new state; asserts that the move is in the table. */
export function moveTurret(from: TurretState, to: TurretState): TurretState {
  assert(NEXT[from].includes(to), `a turret does not go from ${from} to ${to}`);
  return to;
}

/** True while a run's cannons or results are this turret's business. */
export function isBusy(state: TurretState): boolean {
  return state === "firing" || state === "draining" || state === "leaving";
}
