// The turrets an HQ knows, of both wires: who they are, what they last said, what they serve, and
// their side of the counts. Turrets are never forgotten within a run; lost ones are marked.

import type { JsonObject } from "../base/json.ts";
import type { TurretDefinition } from "../config/project.ts";
import type { TurretTotals } from "../protocol/messages.ts";
import type { TurretCounts, TurretRecord } from "../store/records.ts";

export const TURRETS_MAX = 10_000;

/** One turret; changed in place by the HQ only. */
export interface KnownTurret {
  readonly index: number;
  readonly uuid: string;
  readonly wire: "link" | "protocol 1";
  /** Connection on the link; "" on protocol 1. */
  peer: string;
  name: string;
  cannons: number;
  script: string;
  rampup: number;
  status: string;
  definition: TurretDefinition | undefined;
  host: string;
  octVersion: string;
  cores: number;
  clockErrorUs: number;
  stats: JsonObject;
  heardUs: number;
  isLost: boolean;
  /** Loaded and waiting for the start; protocol 1 is ready as soon as it is known. */
  isReady: boolean;
  loadError: string;
  isAssigned: boolean;
  hasStarted: boolean;
  totals: TurretTotals | undefined;
  isReleased: boolean;
  /** Last batch sequence taken, without gaps. */
  sequence: number;
  acknowledged: number;
  receivedBatches: number;
  receivedTransactions: number;
  journaledBatches: number;
  journaledTransactions: number;
  repeatedBatches: number;
  /** Transactions of batches that could not be read. */
  brokenTransactions: number;
}

export class Registry {
  readonly #turrets: KnownTurret[] = [];
  readonly #byUuid = new Map<string, KnownTurret>();
  readonly #byPeer = new Map<string, KnownTurret>();

  all(): readonly KnownTurret[] {
    return this.#turrets;
  }

  byUuid(uuid: string): KnownTurret | undefined {
    return this.#byUuid.get(uuid);
  }

  byPeer(peer: string): KnownTurret | undefined {
    return this.#byPeer.get(peer);
  }

  get isFull(): boolean {
    return this.#turrets.length >= TURRETS_MAX;
  }

  add(uuid: string, wire: KnownTurret["wire"], nowUs: number): KnownTurret {
    const turret: KnownTurret = {
      index: this.#turrets.length,
      uuid,
      wire,
      peer: "",
      name: "",
      cannons: 0,
      script: "",
      rampup: 0,
      status: "joining",
      definition: undefined,
      host: "",
      octVersion: "",
      cores: 0,
      clockErrorUs: 0,
      stats: {},
      heardUs: nowUs,
      isLost: false,
      isReady: false,
      loadError: "",
      isAssigned: false,
      hasStarted: false,
      totals: undefined,
      isReleased: false,
      sequence: 0,
      acknowledged: 0,
      receivedBatches: 0,
      receivedTransactions: 0,
      journaledBatches: 0,
      journaledTransactions: 0,
      repeatedBatches: 0,
      brokenTransactions: 0,
    };
    this.#turrets.push(turret);
    this.#byUuid.set(uuid, turret);
    return turret;
  }

  /** A turret's connection is now `peer`. */
  setPeer(turret: KnownTurret, peer: string): void {
    if (turret.peer === peer) return;
    this.#byPeer.delete(turret.peer);
    turret.peer = peer;
    this.#byPeer.set(peer, turret);
  }

  /** The definition called `name`, or the one with the fewest turrets of the link. */
  leastServed(definitions: readonly TurretDefinition[]): TurretDefinition | undefined {
    let best: TurretDefinition | undefined;
    let bestCount = Number.POSITIVE_INFINITY;
    for (const definition of definitions) {
      const count = this.#turrets.filter((turret) => serves(turret, definition)).length;
      if (count < bestCount) {
        best = definition;
        bestCount = count;
      }
    }
    return best;
  }

  /** Turrets that can fire: ready, not lost, without an error. */
  readyCount(): number {
    return this.#turrets.filter((turret) => turret.isReady && !turret.isLost).length;
  }

  lost(): readonly KnownTurret[] {
    return this.#turrets.filter((turret) => turret.isLost);
  }
}

function serves(turret: KnownTurret, definition: TurretDefinition): boolean {
  return !turret.isLost && turret.loadError === "" && turret.definition?.name === definition.name;
}

/** The turret as the journal keeps it. */
export function turretRecord(turret: KnownTurret, atUs: number, wallMs: number): TurretRecord {
  return {
    turretIndex: turret.index,
    name: turret.name,
    uuid: turret.uuid,
    cannons: turret.cannons,
    script: turret.script,
    rampup: turret.rampup,
    status: turret.isLost ? "lost" : turret.status,
    atUs,
    wallMs,
    wire: turret.wire,
    host: turret.host,
    octVersion: turret.octVersion,
    cores: turret.cores,
    clockOffsetUs: turret.clockErrorUs,
  };
}

/** The turret's side of the count identities. */
export function turretCounts(turret: KnownTurret): TurretCounts {
  const { totals } = turret;
  return {
    turretIndex: turret.index,
    receivedTransactions: turret.receivedTransactions,
    receivedBatches: turret.receivedBatches,
    journaledTransactions: turret.journaledTransactions,
    journaledBatches: turret.journaledBatches,
    repeatedBatches: turret.repeatedBatches,
    lostTransactions: (totals?.lostTransactions ?? 0) + turret.brokenTransactions,
    unfinishedTransactions: totals?.unfinished ?? 0,
    droppedTransactions: totals?.dropped ?? 0,
    ...(totals === undefined
      ? {}
      : {
          sentTransactions: totals.transactions,
          sentBatches: totals.batches,
          plannedTransactions: totals.planned,
          startedTransactions: totals.started,
        }),
  };
}
