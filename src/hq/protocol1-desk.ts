// The HQ's side of OCT protocol 1: statuses into the registry, orders out, results through intake.ts.
// Orders go to all turrets on the general channel (a stock turret dies of any other), so an order for
// one is heard by all: a start is published again only where a turret cannot have heard the first.

import type { Protocol1Hq } from "../protocol/link.ts";
import { formatOrder, START_MESSAGE, STATUS, STOP_MESSAGE } from "../protocol/protocol1.ts";
import { PROTOCOL1_TURRET_INDEX, type TurretCounts } from "../store/records.ts";
import type { HqCore } from "./core.ts";
import { Intake } from "./intake.ts";
import { NAMELESS_TURRET, type Protocol1Status } from "./protocol1-parser.ts";
import { type KnownTurret, nameOf } from "./registry.ts";

const REQUEST_US = 2_000_000;
const REQUEST_DRAINING_US = 500_000;
/** Nothing more came for so long after the stop: what was in flight is in. */
const QUIET_US = 300_000;
const STILL_COMING_US = 2_000_000;
/** A turret that is still idle so long after a start has missed it: its socket was not there yet. */
const START_AGAIN_US = 2_000_000;
const STARTS_OF_A_TURRET = 3;
/** One turret's changes are journaled at most so often; the newest is always journaled in the end. */
const RECORD_US = 1_000_000;
/** Turns of the last drain, when the grace is over: what is there is still taken. */
const LAST_TURNS = 50;

const TOO_MANY = "status of one turret too many";
const ENDED_WORDS: ReadonlySet<string> = new Set(["aborted", "killed"]);

export class Protocol1Desk {
  readonly #core: HqCore;
  readonly #wire: Protocol1Hq;
  readonly #intake: Intake;
  readonly #unrecorded = new Set<KnownTurret>();
  #requestUs = Number.NEGATIVE_INFINITY;
  #startUs = Number.NEGATIVE_INFINITY;
  #stopUs = Number.POSITIVE_INFINITY;
  #isStartWanted = false;
  #wasCutOff = false;
  #nowUs = 0;

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

  /** Takes what has arrived, at most a turn's worth; true when there may be more. */
  drain(nowUs: number): boolean {
    this.#nowUs = nowUs;
    const { startUs, startWallMs } = this.#core;
    const isFiring = startUs !== undefined && nowUs >= startUs;
    const elapsedUs = isFiring ? nowUs - startUs : undefined;
    const isMore = this.#intake.drain({ elapsedUs, startWallMs }, nowUs);
    if (this.#intake.namesHeard.size > 0) this.#heardResults();
    for (const turret of this.#unrecorded) this.#record(turret);
    if (this.#isStartWanted) this.#publishStart();
    return isMore;
  }

  // Results say that their turret lives. Nameless ones can be anybody's, unless there is only one.
  #heardResults(): void {
    const names = this.#intake.namesHeard;
    const turrets = this.#turrets();
    for (const turret of turrets) {
      const isHeard =
        names.has(turret.name) || (turrets.length === 1 && names.has(NAMELESS_TURRET));
      if (isHeard) this.#heard(turret);
    }
  }

  #status(status: Protocol1Status): void {
    const { registry } = this.#core;
    let turret = registry.byUuid("protocol 1", status.uuid);
    if (turret === undefined) {
      if (registry.isFull) {
        const bytes = new TextEncoder().encode(JSON.stringify(status));
        return this.#core.malformed.add(TOO_MANY, this.#core.atUs(), bytes);
      }
      turret = registry.add(status.uuid, "protocol 1", this.#nowUs);
      this.#tell(turret, status);
      this.#core.line("came", `turret ${nameOf(turret)} came over OCT protocol 1`);
    } else if (turret.status !== status.status || turret.cannons !== status.cannons) {
      this.#tell(turret, status);
    }
    this.#heard(turret);
    this.#settle(turret);
  }

  #tell(turret: KnownTurret, status: Protocol1Status): void {
    const wasEnded = hasEnded(turret);
    turret.name = status.turret;
    turret.status = status.status;
    turret.cannons = status.cannons;
    turret.script = status.script;
    turret.rampup = status.rampup;
    turret.isReady = !hasEnded(turret);
    if (hasEnded(turret) && !wasEnded) {
      this.#core.line("status", `turret ${nameOf(turret)} says ${turret.status}`);
      this.#core.event("error", turret.index, `says ${turret.status}`);
    }
    this.#unrecorded.add(turret);
  }

  #heard(turret: KnownTurret): void {
    turret.heardUs = this.#nowUs;
    if (!turret.isLost) return;
    turret.isLost = false;
    this.#core.line("back", `turret ${nameOf(turret)} is back`);
    this.#core.event("info", turret.index, "back");
    this.#unrecorded.add(turret);
  }

  // What a word means at this point of the run.
  #settle(turret: KnownTurret): void {
    const { phase } = this.#core;
    if (isRunning(turret)) turret.hasFired ||= phase === "firing" || phase === "draining";
    else if (this.#nowUs > this.#stopUs) turret.hasSettled = true;
    if (phase !== "firing" || turret.hasFired || hasEnded(turret)) return;
    const isDue = turret.startOrders === 0 || this.#nowUs - this.#startUs >= START_AGAIN_US;
    if (isDue && turret.startOrders < STARTS_OF_A_TURRET) this.#isStartWanted = this.#hasBegun();
  }

  #hasBegun(): boolean {
    return this.#startUs > Number.NEGATIVE_INFINITY;
  }

  #record(turret: KnownTurret): void {
    if (this.#nowUs - turret.recordedUs < RECORD_US) return;
    turret.recordedUs = this.#nowUs;
    this.#unrecorded.delete(turret);
    this.#core.changed(turret);
  }

  /** Publishes the orders that begin a test; once. */
  start(): void {
    if (!this.#hasBegun()) this.#publishStart();
  }

  #publishStart(): void {
    this.#isStartWanted = false;
    this.#startUs = this.#nowUs;
    for (const turret of this.#turrets()) {
      turret.hasStarted = true;
      turret.startOrders++;
    }
    this.#wire.publish(formatOrder("set_transaction_context", this.#core.options.context ?? {}));
    this.#wire.publish(formatOrder("start", START_MESSAGE));
  }

  stop(): void {
    this.#stopUs = this.#core.clock.nowUs();
    this.#requestUs = this.#stopUs;
    this.#wire.publish(formatOrder("stop", STOP_MESSAGE));
  }

  /** Nothing is in flight any more: all turrets are idle and quiet, or the grace is over. */
  isQuiet(nowUs: number): boolean {
    const { startUs, options } = this.#core;
    const turrets = this.#turrets().filter((turret) => turret.hasStarted);
    const hasResults = this.#intake.transactions > 0;
    if (startUs === undefined || (turrets.length === 0 && !hasResults)) return true;
    const sinceUs = nowUs - Math.max(this.#stopUs, this.#intake.lastResultUs);
    const isSettled = turrets.every(
      (turret) => turret.hasSettled || turret.isLost || hasEnded(turret),
    );
    if (isSettled && sinceUs > QUIET_US) return true;
    return nowUs - this.#stopUs > options.config.graceUs;
  }

  /** Some turret may still fire, or results still come. */
  isFiring(nowUs: number): boolean {
    if (nowUs - this.#intake.lastResultUs < STILL_COMING_US) return true;
    return this.#turrets().some((turret) => {
      const isOver = turret.hasFired && !isRunning(turret);
      return !turret.isLost && !hasEnded(turret) && !isOver;
    });
  }

  everySecond(nowUs: number): void {
    const { options } = this.#core;
    this.#request(nowUs);
    for (const turret of this.#turrets()) {
      if (turret.isLost || nowUs - turret.heardUs <= options.config.silenceUs) continue;
      turret.isLost = true;
      this.#core.changed(turret);
      this.#core.event("error", turret.index, "lost: silent");
      this.#core.line("lost", `turret ${nameOf(turret)} is lost: it says nothing any more`);
    }
  }

  // Asked at a steady pace and never in answer to a status, which would make a storm of them.
  #request(nowUs: number): void {
    const { phase, options } = this.#core;
    let periodUs = REQUEST_US;
    if (phase === "firing") periodUs = Math.max(REQUEST_US, options.config.silenceUs / 3);
    if (phase === "draining") periodUs = REQUEST_DRAINING_US;
    if (nowUs - this.#requestUs < periodUs) return;
    this.#requestUs = nowUs;
    this.#wire.publish(formatOrder("status_request", null));
  }

  /** The run ends: takes what is there, and remembers whether more was still coming. */
  close(nowUs: number): void {
    let isMore = true;
    for (let turn = 0; isMore && turn < LAST_TURNS; turn++) isMore = this.drain(nowUs);
    this.#wasCutOff = isMore;
    for (const turret of this.#unrecorded) this.#core.changed(turret);
    this.#unrecorded.clear();
  }

  /** Why results may be missing although nobody says how many there are; "" for no reason. */
  doubt(): string {
    const open = this.#turrets().filter(
      (turret) => isRunning(turret) && turret.heardUs > this.#stopUs && !turret.isLost,
    );
    if (this.#wasCutOff) return "results were still coming when the grace was over";
    if (open.length === 0) return "";
    return `${open.length} turrets of OCT protocol 1 were still firing when the grace was over`;
  }

  /** All protocol-1 results as one source: they do not say which turret they are of. */
  counts(): TurretCounts | undefined {
    const { transactions, journaledTransactions, batches } = this.#intake;
    if (batches === 0 && this.#turrets().length === 0) return undefined;
    return {
      turretIndex: PROTOCOL1_TURRET_INDEX,
      receivedTransactions: transactions,
      receivedBatches: batches,
      journaledTransactions,
      journaledBatches: batches,
      repeatedBatches: 0,
      lostTransactions: 0,
      unfinishedTransactions: 0,
      droppedTransactions: 0,
    };
  }

  /** Results placed by when they came, because their epoch lies outside the run. */
  get misplaced(): number {
    return this.#intake.misplaced;
  }

  #turrets(): readonly KnownTurret[] {
    return this.#core.registry.of("protocol 1");
  }
}

// Words are free text in OCT's documentation; only these are told apart, in any case.
function isRunning(turret: KnownTurret): boolean {
  return turret.status.toLowerCase() === STATUS.running.toLowerCase();
}

function hasEnded(turret: KnownTurret): boolean {
  return ENDED_WORDS.has(turret.status.toLowerCase());
}
