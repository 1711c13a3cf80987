// The HQ's side of OCT protocol 1: statuses into the registry, orders out, results through intake.ts.
// Orders go to all turrets on the general channel; a stock turret dies of any other.

import type { Protocol1Hq } from "../protocol/link.ts";
import { formatOrder, START_MESSAGE, STATUS, STOP_MESSAGE } from "../protocol/protocol1.ts";
import { PROTOCOL1_TURRET_INDEX, type TurretCounts } from "../store/records.ts";
import type { HqCore } from "./core.ts";
import { Intake } from "./intake.ts";
import type { Protocol1Status } from "./protocol1-parser.ts";
import type { KnownTurret } from "./registry.ts";

const GATHER_REQUEST_US = 2_000_000;
/** Nothing more came for so long after the stop: what was in flight is in. */
const QUIET_US = 300_000;

export class Protocol1Desk {
  readonly #core: HqCore;
  readonly #wire: Protocol1Hq;
  readonly #intake: Intake;
  #requestUs = Number.NEGATIVE_INFINITY;
  #hasStarted = false;
  #stopUs = 0;
  /** Turrets whose status changed within this turn: journaled once. */
  readonly #changed = new Set<KnownTurret>();

  constructor(core: HqCore, wire: Protocol1Hq) {
    this.#core = core;
    this.#wire = wire;
    this.#intake = new Intake({
      wire,
      collector: core.collector,
      malformed: core.malformed,
      onStatus: (status) => this.#status(status),
    });
  }

  drain(nowUs: number): void {
    const { startUs, startWallMs } = this.#core;
    const isFiring = startUs !== undefined && (this.#hasStarted || nowUs >= startUs);
    this.#intake.drain({ elapsedUs: isFiring ? nowUs - startUs : undefined, startWallMs }, nowUs);
    for (const turret of this.#changed) this.#core.changed(turret);
    this.#changed.clear();
  }

  #status(status: Protocol1Status): void {
    const { registry, clock, options } = this.#core;
    const nowUs = clock.nowUs();
    let turret = registry.byUuid(status.uuid);
    if (turret === undefined) {
      if (registry.isFull) {
        this.#core.malformed.add(
          "status of one turret too many",
          this.#core.atUs(),
          new Uint8Array(0),
        );
        return;
      }
      turret = registry.add(status.uuid, "protocol 1", nowUs);
      turret.isReady = true;
      turret.name = status.turret;
      options.onLine(`turret ${turret.name} came over OCT protocol 1`);
      if (this.#hasStarted) this.#sendStart();
    }
    turret.heardUs = nowUs;
    if (turret.isLost) {
      turret.isLost = false;
      options.onLine(`turret ${turret.name} is back`);
    }
    if (turret.status === status.status && turret.cannons === status.cannons) return;
    this.#told(turret, status);
  }

  #told(turret: KnownTurret, status: Protocol1Status): void {
    turret.name = status.turret;
    turret.status = status.status;
    turret.cannons = status.cannons;
    turret.script = status.script;
    turret.rampup = status.rampup;
    if (status.status === STATUS.running) turret.hasStarted = true;
    this.#changed.add(turret);
  }

  /** Publishes the orders that begin a test; once. */
  start(): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    this.#sendStart();
  }

  #sendStart(): void {
    this.#wire.publish(formatOrder("set_transaction_context", this.#core.options.context ?? {}));
    this.#wire.publish(formatOrder("start", START_MESSAGE));
  }

  stop(): void {
    this.#stopUs = this.#core.clock.nowUs();
    this.#wire.publish(formatOrder("stop", STOP_MESSAGE));
  }

  /** Nothing is in flight any more: all turrets are idle and quiet, or the grace is over. */
  isQuiet(nowUs: number): boolean {
    const sinceUs = nowUs - Math.max(this.#stopUs, this.#intake.lastResultUs);
    const running = this.#turrets().some(
      (turret) => turret.status === STATUS.running && !turret.isLost,
    );
    if (this.#turrets().length === 0) return true;
    if (!running && sinceUs > QUIET_US) return true;
    return nowUs - this.#stopUs > this.#core.options.config.graceUs;
  }

  everySecond(nowUs: number): void {
    const { phase, options } = this.#core;
    const periodUs =
      phase === "firing"
        ? Math.max(GATHER_REQUEST_US, options.config.silenceUs / 3)
        : GATHER_REQUEST_US;
    if (phase !== "draining" && nowUs - this.#requestUs >= periodUs) {
      this.#requestUs = nowUs;
      this.#wire.publish(formatOrder("status_request", null));
    }
    for (const turret of this.#turrets()) {
      if (turret.isLost || nowUs - turret.heardUs <= options.config.silenceUs) continue;
      turret.isLost = true;
      this.#core.changed(turret);
      this.#core.event("error", turret.index, "lost: silent");
      options.onLine(`turret ${turret.name} is lost: it says nothing any more`);
    }
  }

  /** All protocol-1 results as one source: they do not say which turret they are of. */
  counts(): TurretCounts | undefined {
    const { transactions, batches } = this.#intake;
    if (batches === 0 && this.#turrets().length === 0) return undefined;
    return {
      turretIndex: PROTOCOL1_TURRET_INDEX,
      receivedTransactions: transactions,
      receivedBatches: batches,
      journaledTransactions: transactions,
      journaledBatches: batches,
      repeatedBatches: 0,
      lostTransactions: 0,
      unfinishedTransactions: 0,
      droppedTransactions: 0,
    };
  }

  #turrets(): readonly KnownTurret[] {
    return this.#core.registry.all().filter((turret) => turret.wire === "protocol 1");
  }
}
