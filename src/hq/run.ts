// The life of one run at the HQ, as a polled machine: gather turrets, arm them, fire, drain, close.
// `tick` is called every few milliseconds and nothing else moves it; it does no I/O but the journal's
// and the wires'. What link turrets say is handled in link-desk.ts, protocol 1 in protocol1-desk.ts.
//
//   gathering --enough turrets are ready--> arming --all have loaded--> firing --run time, or a stop
//   --> draining --all have handed over, or the grace is over--> over

import type { Clock } from "../base/clock.ts";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { Aggregate } from "../stats/aggregate.ts";
import {
  type CountsRecord,
  type EventRecord,
  encodeJsonRecord,
  RECORD_KIND,
  type RunClosed,
  type RunStarted,
} from "../store/records.ts";
import { Collector } from "./collector.ts";
import type { HqCore } from "./core.ts";
import { LinkDesk } from "./link-desk.ts";
import { MalformedLog } from "./malformed.ts";
import { Packs } from "./packs.ts";
import { Protocol1Desk } from "./protocol1-desk.ts";
import { type KnownTurret, Registry, turretCounts, turretRecord } from "./registry.ts";
import { makeSnapshot } from "./snapshot.ts";
import type { HqOptions, HqOutcome, HqPhase, HqSnapshot } from "./types.ts";
import { judge } from "./verdict.ts";

export type { HqOptions, HqOutcome, HqPhase, HqSnapshot } from "./types.ts";

/** How far ahead of now the common start instant is set. */
const START_LEAD_US = 300_000;
/** How long an armed HQ waits for turrets that are still loading. */
const ARM_LIMIT_US = 30_000_000;
/** Beyond the grace: the time in which turrets hand over what they have. */
const HAND_OVER_US = 5_000_000;
const SECOND_US = 1_000_000;
const COUNTS_US = 5_000_000;
const WAITING_LINE_US = 10_000_000;

export class HqRun implements HqCore {
  readonly options: HqOptions;
  readonly clock: Clock;
  readonly registry = new Registry();
  readonly packs: Packs;
  readonly collector: Collector;
  readonly malformed: MalformedLog;
  readonly #aggregate = new Aggregate();
  readonly #link: LinkDesk | undefined;
  readonly #protocol1: Protocol1Desk | undefined;
  readonly #openedUs: number;
  #phase: HqPhase = "gathering";
  #startUs: number | undefined;
  #startWallMs = 0;
  #armedUs = 0;
  #drainUntilUs = 0;
  #stopReason = "";
  #failure: { readonly reason: string; readonly exitCode: ExitCode } | undefined;
  #secondUs = Number.NEGATIVE_INFINITY;
  #countsUs = 0;
  #waitingLineUs = Number.NEGATIVE_INFINITY;
  #waitingFor = -1;
  #outcome: HqOutcome | undefined;

  constructor(options: HqOptions) {
    this.options = options;
    this.clock = options.clock;
    this.#openedUs = options.clock.nowUs();
    this.packs = new Packs((definition) => options.packFor(definition));
    this.malformed = new MalformedLog((record) => {
      options.journal.append(RECORD_KIND.malformed, encodeJsonRecord(record));
    });
    this.collector = new Collector({
      journal: options.journal,
      aggregate: this.#aggregate,
      malformed: this.malformed,
      rowsMax: options.config.resultsMaxRows,
    });
    this.#link = options.link === undefined ? undefined : new LinkDesk(this, options.link);
    this.#protocol1 =
      options.protocol1 === undefined ? undefined : new Protocol1Desk(this, options.protocol1);
    options.journal.append(RECORD_KIND.runOpened, encodeJsonRecord(options.facts));
    options.journal.flush();
    options.onLine("Warmup");
  }

  get phase(): HqPhase {
    return this.#phase;
  }

  get startUs(): number | undefined {
    return this.#startUs;
  }

  get startWallMs(): number {
    return this.#startWallMs;
  }

  get isOver(): boolean {
    return this.#phase === "over";
  }

  /** What the run left; only when it is over. */
  get outcome(): HqOutcome {
    if (this.#outcome === undefined) throw new Error("the run is not over");
    return this.#outcome;
  }

  atUs(): number {
    return this.clock.nowUs() - (this.#startUs ?? this.clock.nowUs() + 1);
  }

  /** One turn: takes what has arrived, journals it, acknowledges it, and does what is due. */
  tick(): void {
    if (this.isOver) return;
    const nowUs = this.clock.nowUs();
    this.#link?.drain(nowUs);
    this.#protocol1?.drain(nowUs);
    this.options.journal.flush();
    this.#link?.acknowledge();
    if (nowUs - this.#secondUs >= SECOND_US) this.#everySecond(nowUs);
    this.#step(nowUs);
  }

  /** Ends the run before its time: cleanly, with everything that turrets can still hand over. */
  requestStop(reason: string): void {
    if (this.#phase === "gathering" || this.#phase === "arming") this.#close(reason);
    else if (this.#phase === "firing") this.#beginDrain(reason);
  }

  snapshot(): HqSnapshot {
    return makeSnapshot({
      phase: this.#phase,
      elapsedUs: this.#startUs === undefined ? 0 : this.atUs(),
      runTimeUs: this.options.config.runTimeUs,
      registry: this.registry,
      aggregate: this.#aggregate,
      malformed: this.malformed.total,
    });
  }

  changed(turret: KnownTurret): void {
    const record = turretRecord(turret, this.atUs(), this.clock.wallMs());
    this.options.journal.append(RECORD_KIND.turret, encodeJsonRecord(record));
  }

  event(level: string, turretIndex: number, text: string): void {
    const record: EventRecord = { atUs: this.atUs(), level, turretIndex, text };
    this.options.journal.append(RECORD_KIND.event, encodeJsonRecord(record));
  }

  /** The run cannot go on as asked: ends it with this code. */
  fail(reason: string, exitCode: ExitCode): void {
    this.#failure ??= { reason, exitCode };
  }

  #step(nowUs: number): void {
    if (this.#failure !== undefined && this.#startUs === undefined) {
      return this.#close(this.#failure.reason);
    }
    switch (this.#phase) {
      case "gathering":
        return this.#gather(nowUs);
      case "arming":
        return this.#arm(nowUs);
      case "firing":
        return this.#fire(nowUs);
      case "draining":
        return this.#drain(nowUs);
      case "over":
        return;
    }
  }

  #gather(nowUs: number): void {
    const { minTurrets, waitUs } = this.options.config;
    const missing = Math.max(0, minTurrets - this.registry.readyCount());
    this.#sayWaiting(missing, nowUs);
    if (missing === 0) {
      this.#phase = "arming";
      this.#armedUs = nowUs;
      return;
    }
    if (waitUs > 0 && nowUs - this.#openedUs > waitUs) {
      const names = this.registry.all().map((turret) => turret.name || turret.uuid);
      const came = names.length === 0 ? "none came" : `these came: ${names.join(", ")}`;
      this.fail(`${missing} of ${minTurrets} turrets are missing; ${came}`, EXIT.turretsMissing);
    }
  }

  #sayWaiting(missing: number, nowUs: number): void {
    const isNews = missing !== this.#waitingFor;
    if (!isNews && nowUs - this.#waitingLineUs < WAITING_LINE_US) return;
    this.#waitingFor = missing;
    this.#waitingLineUs = nowUs;
    this.options.onLine(`waiting for ${missing} turrets to connect`);
  }

  #arm(nowUs: number): void {
    const isLoading = this.#link?.isLoading() ?? false;
    if (isLoading && nowUs - this.#armedUs < ARM_LIMIT_US) return;
    this.#startUs = nowUs + START_LEAD_US;
    this.#startWallMs = this.clock.wallMs() + START_LEAD_US / 1000;
    const ready = this.registry.all().filter((turret) => turret.isReady && !turret.isLost);
    const record: RunStarted = { startWallMs: this.#startWallMs, turrets: ready.length };
    this.options.journal.append(RECORD_KIND.runStarted, encodeJsonRecord(record));
    this.#phase = "firing";
    this.#countsUs = nowUs;
    this.#link?.start();
    this.event("info", -1, `start with ${ready.length} turrets`);
  }

  #fire(nowUs: number): void {
    const startUs = this.#startUs as number;
    if (nowUs >= startUs) this.#protocol1?.start();
    if (this.#failure !== undefined) return this.#beginDrain(this.#failure.reason);
    if (nowUs >= startUs + this.options.config.runTimeUs) return this.#beginDrain("run time");
    const started = this.registry.all().filter((turret) => turret.hasStarted);
    const isAlone = started.length > 0 && started.every((turret) => turret.totals !== undefined);
    if (isAlone) this.#beginDrain("all turrets have ended");
  }

  #beginDrain(reason: string): void {
    const { graceUs } = this.options.config;
    this.#stopReason = reason;
    this.#phase = "draining";
    this.#drainUntilUs = this.clock.nowUs() + graceUs + HAND_OVER_US;
    this.event("info", -1, `stop: ${reason}`);
    this.#link?.stop(graceUs, reason);
    this.#protocol1?.stop();
  }

  #drain(nowUs: number): void {
    const isLinkDone = this.#link?.isHandedOver() ?? true;
    const isProtocol1Done = this.#protocol1?.isQuiet(nowUs) ?? true;
    if (nowUs >= this.#drainUntilUs || (isLinkDone && isProtocol1Done)) {
      this.#close(this.#stopReason);
    }
  }

  #everySecond(nowUs: number): void {
    this.#secondUs = nowUs;
    this.#link?.everySecond(nowUs);
    this.#protocol1?.everySecond(nowUs);
    this.options.journal.sync();
    if (this.#startUs === undefined || nowUs - this.#countsUs < COUNTS_US) return;
    this.#countsUs = nowUs;
    this.options.journal.append(RECORD_KIND.counts, encodeJsonRecord(this.#counts()));
  }

  #counts(): CountsRecord {
    const turrets = this.registry.all().map(turretCounts);
    const protocol1 = this.#protocol1?.counts();
    return {
      atUs: this.atUs(),
      malformed: this.malformed.counts(),
      turrets: protocol1 === undefined ? turrets : [...turrets, protocol1],
      rowsKept: Math.min(this.collector.rowsCounted, this.options.config.resultsMaxRows),
      rowsCounted: this.#aggregate.transactions,
    };
  }

  #close(reason: string): void {
    this.#phase = "over";
    const hasStarted = this.#startUs !== undefined;
    const counts = this.#counts();
    const closed: RunClosed = {
      endedWallMs: this.clock.wallMs(),
      durationUs: hasStarted ? this.atUs() : 0,
      reason,
      counts,
    };
    for (const turret of this.registry.all()) this.changed(turret);
    this.options.journal.append(RECORD_KIND.runClosed, encodeJsonRecord(closed));
    this.options.journal.flush();
    this.options.journal.sync();
    this.#link?.end(reason);
    const lostTurrets = this.registry.lost().map((turret) => turret.name || turret.uuid);
    const verdict = judge({
      counts,
      lostTurrets: hasStarted ? lostTurrets : [],
      countedTransactions: this.#aggregate.transactions,
    });
    const partial = verdict.word === "PARTIAL" ? EXIT.dataMissing : EXIT.ok;
    const exitCode = this.#failure?.exitCode ?? partial;
    this.#outcome = { hasStarted, exitCode, reason, verdict, counts };
    for (const sentence of verdict.reasons) this.options.onLine(`${verdict.word}: ${sentence}`);
  }
}
