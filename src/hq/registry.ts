// The turrets an HQ knows, of both wires: who they are, what they last said, what they serve, and
// their side of the counts. Turrets are never forgotten within a run; lost ones are marked.

import type { JsonObject } from "../base/json.ts";
import type { TurretDefinition } from "../config/project.ts";
import type { TurretPlace, TurretTotals } from "../protocol/messages.ts";
import type { TurretCounts, TurretRecord } from "../store/records.ts";

export const TURRETS_MAX = 10_000;

export type Wire = "link" | "protocol 1";

/** One turret; changed in place by the HQ only. */
export interface KnownTurret {
  readonly index: number;
  readonly uuid: string;
  readonly wire: Wire;
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
  /** Went away by itself; it is not waited for and not missed. */
  hasLeft: boolean;
  /** Loaded and waiting for the start; protocol 1 is ready as soon as it is known. */
  isReady: boolean;
  loadError: string;
  assignedUs: number;
  isAssigned: boolean;
  /** It was told to start. */
  hasStarted: boolean;
  /** It said that it fires, or sent what it measured: it cannot begin this run again. */
  hasFired: boolean;
  /** Among the turrets that were ready at the start; undefined before it, and for later ones. */
  place: TurretPlace | undefined;
  /** How often it was told to start. */
  startOrders: number;
  /** Why nothing more comes of it although it fired; "" while it may. */
  gaveUp: string;
  /** Protocol 1: it was heard, not firing, after the stop. */
  hasSettled: boolean;
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
  /** Batches that came before one that is missing; they are sent again. */
  gapBatches: number;
  /** Transactions of batches that could not be read. */
  brokenTransactions: number;
  events: number;
  /** Pack chunks sent in this turn. */
  chunksSent: number;
  /** When its record was last journaled, HQ time. */
  recordedUs: number;
  /** How many segments of the schedule it was told of, and has said that it heard of. */
  toldRevision: number;
  heardRevision: number;
  /** Since when it was to say so, and when it was last told. */
  controlSinceUs: number;
  controlSentUs: number;
  /** It was said that it does not follow. */
  isDeaf: boolean;
}

export class Registry {
  readonly #turrets: KnownTurret[] = [];
  readonly #byWire: Readonly<Record<Wire, KnownTurret[]>> = { link: [], "protocol 1": [] };
  readonly #byUuid = new Map<string, KnownTurret>();
  readonly #byPeer = new Map<string, KnownTurret>();

  all(): readonly KnownTurret[] {
    return this.#turrets;
  }

  of(wire: Wire): readonly KnownTurret[] {
    return this.#byWire[wire];
  }

  /** The wires keep their own names: one cannot speak for a turret of the other. */
  byUuid(wire: Wire, uuid: string): KnownTurret | undefined {
    return this.#byUuid.get(`${wire}:${uuid}`);
  }

  byPeer(peer: string): KnownTurret | undefined {
    return this.#byPeer.get(peer);
  }

  get isFull(): boolean {
    return this.#turrets.length >= TURRETS_MAX;
  }

  add(uuid: string, wire: Wire, nowUs: number): KnownTurret {
    const turret = newTurret({ index: this.#turrets.length, uuid, wire, nowUs });
    this.#turrets.push(turret);
    this.#byWire[wire].push(turret);
    this.#byUuid.set(`${wire}:${uuid}`, turret);
    return turret;
  }

  /** A turret's connection is now `peer`. */
  setPeer(turret: KnownTurret, peer: string): void {
    if (turret.peer === peer) return;
    this.#byPeer.delete(turret.peer);
    turret.peer = peer;
    this.#byPeer.set(peer, turret);
  }

  /** The definition with the fewest turrets of the link, the first of several. */
  leastServed(definitions: readonly TurretDefinition[]): TurretDefinition | undefined {
    const counts = new Map<string, number>();
    for (const turret of this.of("link")) {
      if (turret.isLost || turret.hasLeft || turret.loadError !== "") continue;
      const name = turret.definition?.name ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    let best: TurretDefinition | undefined;
    let bestCount = Number.POSITIVE_INFINITY;
    for (const definition of definitions) {
      const count = counts.get(definition.name) ?? 0;
      if (count >= bestCount) continue;
      best = definition;
      bestCount = count;
    }
    return best;
  }

  /** Turrets that can fire. */
  ready(): readonly KnownTurret[] {
    return this.#turrets.filter((turret) => turret.isReady && !turret.isLost && !turret.hasLeft);
  }

  lost(): readonly KnownTurret[] {
    return this.#turrets.filter((turret) => turret.isLost);
  }
}

function newTurret(parts: {
  readonly index: number;
  readonly uuid: string;
  readonly wire: Wire;
  readonly nowUs: number;
}): KnownTurret {
  const { index, uuid, wire, nowUs } = parts;
  return {
    index,
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
    hasLeft: false,
    isReady: false,
    loadError: "",
    assignedUs: Number.NEGATIVE_INFINITY,
    isAssigned: false,
    hasStarted: false,
    place: undefined,
    hasFired: false,
    startOrders: 0,
    gaveUp: "",
    hasSettled: false,
    totals: undefined,
    isReleased: false,
    sequence: 0,
    acknowledged: 0,
    receivedBatches: 0,
    receivedTransactions: 0,
    journaledBatches: 0,
    journaledTransactions: 0,
    repeatedBatches: 0,
    gapBatches: 0,
    brokenTransactions: 0,
    events: 0,
    chunksSent: 0,
    recordedUs: Number.NEGATIVE_INFINITY,
    toldRevision: 0,
    heardRevision: 0,
    controlSinceUs: 0,
    controlSentUs: 0,
    isDeaf: false,
  };
}

/** A turret as people tell it from others. */
export function nameOf(turret: KnownTurret): string {
  const name = turret.name === "" ? turret.uuid : turret.name;
  return turret.host === "" ? name : `${name} (${turret.host})`;
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
