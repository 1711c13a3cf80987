// The life of one run at the HQ, as a polled machine: gather turrets, arm them, fire, drain, close.
// `tick` is called every few milliseconds and nothing else moves it; it does no I/O but the journal's
// and the wires'. What link turrets say is handled in link-desk.ts, protocol 1 in protocol1-desk.ts.
//
//   phase     | until                                            | then
//   ----------+--------------------------------------------------+---------------------------------
//   gathering | enough turrets are ready                         | arming
//             | too few came in time, nothing can load, a stop   | over, nothing was fired
//   arming    | those that still load have loaded, or are late   | firing, or gathering again
//   firing    | run time, a stop, or no turret fires any more    | draining
//   draining  | all have handed over, or the grace is over       | over

import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { Aggregate } from "../stats/aggregate.ts";
import type { CountsRecord, EventRecord, RunOpened, RunStarted } from "../store/records.ts";
import { encodeJsonRecord, RECORD_KIND } from "../store/records.ts";
import { Collector } from "./collector.ts";
import { conclude } from "./conclude.ts";
import { ControlDesk } from "./control.ts";
import type { HqCore, LineKind } from "./core.ts";
import { describe } from "./describe.ts";
import { Lines } from "./lines.ts";
import { isDone, LinkDesk } from "./link-desk.ts";
import { MalformedLog } from "./malformed.ts";
import { Observers } from "./observer.ts";
import { Packs } from "./packs.ts";
import { Protocol1Desk } from "./protocol1-desk.ts";
import { type KnownTurret, Registry, turretCounts, turretRecord } from "./registry.ts";
import { Snapshots } from "./snapshot.ts";
import { ThresholdWatch } from "./threshold-watch.ts";
import type {
  ControlAction,
  ControlReply,
  HqOptions,
  HqOutcome,
  HqPhase,
  HqSnapshot,
  LiveRun,
} from "./types.ts";
import { journalVitals } from "./vitals.ts";
import { WaitingLines } from "./waiting-lines.ts";

export type { HqOptions, HqOutcome, HqPhase, HqSnapshot } from "./types.ts";

/** How far ahead of now the common start instant is set. */
const START_LEAD_US = 300_000;
/** How long an armed HQ waits for turrets that are still loading. */
const ARM_LIMIT_US = 30_000_000;
/** Beyond the grace: the time in which turrets hand over what they have. */
export const HAND_OVER_US = 5_000_000;
const SECOND_US = 1_000_000;
/** Counts are journaled once a second for so many turrets, more seldom for more. */
const TURRETS_A_COUNT = 20;

export class HqRun implements HqCore, LiveRun {
  readonly options: HqOptions;
  readonly clock: Clock;
  readonly registry = new Registry();
  readonly packs: Packs;
  readonly collector: Collector;
  readonly malformed: MalformedLog;
  readonly aggregate: Aggregate;
  readonly #observers: Observers;
  readonly schedule: ControlDesk;
  readonly #watch: ThresholdWatch;
  readonly #lines: Lines;
  readonly #waiting: WaitingLines;
  readonly #link: LinkDesk | undefined;
  readonly #protocol1: Protocol1Desk | undefined;
  readonly #snapshots = new Snapshots();
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
  #outcome: HqOutcome | undefined;

  constructor(options: HqOptions) {
    this.options = options;
    this.clock = options.clock;
    this.#openedUs = options.clock.nowUs();
    const { runTimeUs, graceUs } = options.config;
    const lastUs = runTimeUs + graceUs + HAND_OVER_US;
    this.aggregate = new Aggregate({ secondMax: Math.ceil(lastUs / SECOND_US) });
    this.#lines = new Lines((text) => options.onLine(text));
    this.schedule = new ControlDesk(this);
    this.#watch = new ThresholdWatch(options.config.thresholds, this);
    this.#observers = new Observers([this.#watch, ...(options.observers ?? [])], (name, reason) => {
      this.line("event", `${name} failed and is left out: ${reason}`);
      this.event("error", -1, `${name} failed and is left out: ${reason}`);
    });
    this.#waiting = new WaitingLines(
      (text) => this.#lines.say(text),
      () => this.#link?.loading() ?? [],
    );
    this.packs = new Packs((definition) => options.packFor(definition));
    this.malformed = new MalformedLog((record) => {
      options.journal.append(RECORD_KIND.malformed, encodeJsonRecord(record));
    });
    this.collector = new Collector({
      journal: options.journal,
      aggregate: this.aggregate,
      malformed: this.malformed,
      rowsMax: options.config.resultsMaxRows,
      onBatch: (batch, turretIndex) => this.#observers.batch(batch, turretIndex),
    });
    this.#link = options.link === undefined ? undefined : new LinkDesk(this, options.link);
    this.#protocol1 =
      options.protocol1 === undefined ? undefined : new Protocol1Desk(this, options.protocol1);
    options.journal.append(RECORD_KIND.runOpened, encodeJsonRecord(options.facts));
    options.journal.flush();
    this.#observers.open(this);
    this.#lines.say("Warmup");
    this.#waiting.missing(this.#missing(), this.#openedUs);
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
    assert(this.#outcome !== undefined, "a run has an outcome when it is over");
    return this.#outcome;
  }

  atUs(): number {
    return this.#startUs === undefined ? -1 : this.clock.nowUs() - this.#startUs;
  }

  /** One turn: takes what has arrived, journals it, acknowledges it, and does what is due. */
  tick(): void {
    if (this.isOver) return;
    try {
      this.#turn(this.clock.nowUs());
    } catch (thrown) {
      this.#abandon();
      throw thrown;
    }
  }

  #turn(nowUs: number): void {
    this.#link?.drain(nowUs);
    this.#protocol1?.drain(nowUs);
    this.options.journal.flush();
    this.#link?.acknowledge();
    this.schedule.turn();
    this.#link?.control(nowUs);
    if (nowUs - this.#secondUs >= SECOND_US) this.#everySecond(nowUs);
    this.#step(nowUs);
  }

  // The HQ itself cannot go on (its disk is full): nobody must go on firing at its orders.
  #abandon(): void {
    this.#phase = "over";
    this.#link?.stop(0, "the HQ failed");
    if (this.#startUs !== undefined) this.#protocol1?.stop();
  }

  /** Ends the run before its time: cleanly, with everything that turrets can still hand over. */
  requestStop(reason: string): void {
    if (this.#phase === "gathering" || this.#phase === "arming") this.#close(reason);
    else if (this.#phase === "firing") this.#beginDrain(reason);
  }

  /** Does what somebody with the right to asks of the run while it goes; says what came of it. */
  control(action: ControlAction, by: string, atUs?: number): ControlReply {
    return this.schedule.take(action, by, atUs);
  }

  get facts(): RunOpened {
    return this.options.facts;
  }

  snapshot(): HqSnapshot {
    return this.#snapshots.make({
      nowUs: this.clock.nowUs(),
      phase: this.#phase,
      elapsedUs: this.#startUs === undefined ? 0 : this.atUs(),
      schedule: {
        runTimeUs: this.schedule.shownEndUs,
        isPaused: this.schedule.isPaused,
        segments: this.schedule.segments,
      },
      registry: this.registry,
      aggregate: this.aggregate,
      malformed: this.malformed.total,
      protocol1: this.#protocol1?.counts(),
      thresholds: this.#watch.results,
    });
  }

  changed(turret: KnownTurret): void {
    const record = turretRecord(turret, this.atUs(), this.clock.wallMs());
    this.options.journal.append(RECORD_KIND.turret, encodeJsonRecord(record));
  }

  event(level: string, turretIndex: number, text: string, atUs = this.atUs()): void {
    const record: EventRecord = { atUs, level, turretIndex, text };
    this.options.journal.append(RECORD_KIND.event, encodeJsonRecord(record));
    this.#observers.event(record);
  }

  line(kind: LineKind, text: string): void {
    this.#lines.sayOf(kind, text);
  }

  fail(reason: string, exitCode: ExitCode): void {
    if (this.#startUs === undefined) this.#failure ??= { reason, exitCode };
  }

  #step(nowUs: number): void {
    if (this.#failure !== undefined) return this.#close(this.#failure.reason);
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

  #missing(): number {
    return Math.max(0, this.options.config.minTurrets - this.registry.ready().length);
  }

  #gather(nowUs: number): void {
    const { minTurrets, waitUs } = this.options.config;
    const missing = this.#missing();
    this.#waiting.missing(missing, nowUs);
    if (missing === 0) {
      this.#phase = "arming";
      this.#armedUs = nowUs;
      return;
    }
    if (waitUs === 0 || nowUs - this.#openedUs <= waitUs) return;
    const came = this.registry.all().filter((turret) => !turret.hasLeft);
    const names = came.length === 0 ? "none came" : `these came: ${describe(came)}`;
    this.fail(`${missing} of ${minTurrets} turrets are missing; ${names}`, EXIT.turretsMissing);
  }

  #arm(nowUs: number): void {
    if (this.#missing() > 0) {
      this.#phase = "gathering";
      return;
    }
    const isLoading = (this.#link?.loading().length ?? 0) > 0;
    if (isLoading && nowUs - this.#armedUs < ARM_LIMIT_US) return this.#waiting.still(nowUs);
    const leadUs = this.options.startLeadUs ?? START_LEAD_US;
    this.#startUs = nowUs + leadUs;
    this.#startWallMs = this.clock.wallMs() + leadUs / 1000;
    const ready = this.registry.ready();
    const scripts = this.packs.scripts();
    const record: RunStarted = { startWallMs: this.#startWallMs, turrets: ready.length, scripts };
    this.options.journal.append(RECORD_KIND.runStarted, encodeJsonRecord(record));
    this.#phase = "firing";
    this.#countsUs = nowUs;
    this.#link?.start();
    this.#observers.start(this);
    this.event("info", -1, `start with ${ready.length} turrets`);
    const cannons = ready.reduce((sum, turret) => sum + turret.cannons, 0);
    this.#lines.say(`start with ${ready.length} turrets, ${cannons} cannons: ${describe(ready)}`);
    this.#lines.say(`seed: ${this.options.facts.seed} (--seed repeats schedule, rows and numbers)`);
  }

  #fire(nowUs: number): void {
    const startUs = this.#startUs as number;
    if (nowUs < startUs) return;
    this.#protocol1?.start();
    if (nowUs >= startUs + this.schedule.endUs) return this.#beginDrain("run time");
    if (this.#isAnyFiring(nowUs)) return;
    const isAllLost = this.registry.all().every((turret) => turret.isLost);
    this.#beginDrain(isAllLost ? "all turrets are lost" : "all turrets have ended");
  }

  #isAnyFiring(nowUs: number): boolean {
    if (this.#protocol1?.isFiring(nowUs) ?? false) return true;
    // A turret that cannot hear its HQ stops firing by itself; until then a lost one may come back.
    const { silenceUs, hqLossUs } = this.options.config;
    return this.registry.of("link").some((turret) => {
      if (turret.isLost) return nowUs - turret.heardUs < silenceUs + hqLossUs;
      return turret.loadError === "" && !isDone(turret);
    });
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
    const periodUs = SECOND_US * Math.ceil(this.registry.all().length / TURRETS_A_COUNT);
    if (this.#startUs !== undefined && nowUs - this.#countsUs >= periodUs) {
      this.#countsUs = nowUs;
      this.options.journal.append(RECORD_KIND.counts, encodeJsonRecord(this.#counts()));
      journalVitals(this.options.journal, this.atUs(), this.registry.of("link"));
    }
    this.options.journal.syncSoon();
    if (this.#startUs !== undefined) this.#observers.second(this);
  }

  #counts(): CountsRecord {
    const turrets = this.registry.of("link").map(turretCounts);
    const protocol1 = this.#protocol1?.counts();
    return {
      atUs: this.atUs(),
      malformed: this.malformed.counts(),
      turrets: protocol1 === undefined ? turrets : [...turrets, protocol1],
      rowsKept: Math.min(this.collector.rowsCounted, this.options.config.resultsMaxRows),
      rowsCounted: this.aggregate.transactions,
    };
  }

  #close(reason: string): void {
    this.#protocol1?.close(this.clock.nowUs());
    this.#phase = "over";
    const counts = this.#counts();
    const doubt = this.#protocol1?.doubt() ?? "";
    const misplaced = this.#protocol1?.misplaced ?? 0;
    const outcome = conclude(this, { reason, counts, doubt, misplaced });
    this.#link?.acknowledge();
    this.#link?.end(reason);
    this.#outcome = { ...outcome, ...this.#failure };
    this.#observers.end(this, this.#outcome);
  }
}
