// The live view of a run, made from what the HQ has at the moment: figures once a second at most, from
// batches as they come. Terminal, page, /metrics and outputs all read this one.

import { US_PER_S } from "../base/units.ts";
import type { HqOutcome, HqSnapshot, LiveRun, RunObserver, TurretView } from "../hq/types.ts";
import type { Batch } from "../stats/batch.ts";
import { CELL_KIND, COUNTER, GAUGE } from "../stats/cell.ts";
import { gaugeLevel } from "../stats/gauges.ts";
import { measuredSoFar } from "../stats/measured.ts";
import type { EventRecord } from "../store/records.ts";
import { NOTHING } from "./empty.ts";
import { figuresOf, headline } from "./figures.ts";
import { healthOf } from "./health.ts";
import { History } from "./history.ts";
import { LiveLog } from "./log.ts";
import { liveLoads, PlannedLoad, type PlannedNow } from "./planned.ts";
import { liveTables } from "./tables.ts";
import { TurretSeconds } from "./turret-seconds.ts";
import { liveTurret, turretName } from "./turrets.ts";
import {
  LIVE_LIMIT,
  type LiveEvent,
  type LiveHistory,
  type LiveLoad,
  type LiveView,
} from "./types.ts";

const AGAIN_US = 1_000_000;
const RECENT_S = 5;
/** Batches of a second come within the one after it. */
const SETTLED_S = 2;
/** A turret's clock may be ahead by a little. */
const AHEAD_S = 1;

export class LiveState implements RunObserver {
  readonly name = "live view";
  readonly #history = new History();
  readonly #seconds = new TurretSeconds();
  readonly #log = new LiveLog((index) => this.#nameOf(index));
  #planned: PlannedLoad | undefined;
  #loads: readonly LiveLoad[] = [];
  #run: LiveRun | undefined;
  #outcome: HqOutcome | undefined;
  #view: LiveView = NOTHING;
  #viewUs = Number.NEGATIVE_INFINITY;
  #toldS = 0;
  #takenEndS = 0;

  onOpen(run: LiveRun): void {
    this.#run = run;
    this.#planned = new PlannedLoad(run.options.config);
    this.#loads = liveLoads(run.options.config);
  }

  onBatch(batch: Batch, turretIndex: number): void {
    const newestS = Math.max(0, Math.floor((this.#run?.atUs() ?? 0) / US_PER_S)) + AHEAD_S;
    this.#history.add(batch, turretIndex, newestS);
    this.#seconds.add(batch, turretIndex, newestS);
  }

  onEvent(event: EventRecord): void {
    this.#log.add(event);
  }

  onSecond(run: LiveRun): void {
    const snapshot = run.snapshot();
    if (snapshot.phase === "firing") this.#tellSeconds(snapshot);
    this.#viewUs = Number.NEGATIVE_INFINITY;
  }

  onEnd(_run: LiveRun, outcome: HqOutcome): void {
    this.#outcome = outcome;
    this.#viewUs = Number.NEGATIVE_INFINITY;
  }

  /** The run now; the same object until something is new. */
  view(): LiveView {
    const run = this.#run;
    if (run === undefined) return NOTHING;
    const nowUs = run.options.clock.nowUs();
    const isFresh = nowUs - this.#viewUs < AGAIN_US;
    if (isFresh && this.#view.phase === run.snapshot().phase) return this.#view;
    this.#viewUs = nowUs;
    this.#view = this.#make(run);
    return this.#view;
  }

  /** The whole history, or its points from `from` on. */
  history(from = 0): LiveHistory {
    const { clock } = this.view();
    const turrets = this.view().turrets.map(({ name, index }) => ({ name, index }));
    return this.#history.columns({ endS: this.#endS(), clock, turrets, from });
  }

  /** The first point that changed since this was asked last; for those who send only what is new. */
  takeChangedPoint(): number {
    const changedS = Math.min(this.#history.takeChanged(), this.#takenEndS);
    this.#takenEndS = this.#endS();
    return Math.floor(Math.min(changedS, Math.max(0, this.#takenEndS - 1)) / this.#history.stepS);
  }

  /** The log; from the event of this number on. */
  events(from = 0): LiveEvent[] {
    return this.#log.events(from);
  }

  /** Events that are marked on every chart. */
  marks(): LiveEvent[] {
    return this.#log.marks();
  }

  /** Seconds that are in the history: full ones, and whose results are here. */
  #endS(): number {
    const run = this.#run;
    if (run === undefined) return 0;
    if (this.#outcome !== undefined) return Math.ceil(this.#measuredS(run));
    return Math.max(0, Math.floor(run.atUs() / US_PER_S) - SETTLED_S + 1);
  }

  #measuredS(run: LiveRun): number {
    const { aggregate, facts } = run;
    return measuredSoFar({
      aggregate,
      runTimeUs: facts.runTimeUs,
      durationUs: this.#outcome?.durationUs ?? Math.max(0, run.atUs()),
    });
  }

  #tellSeconds(snapshot: HqSnapshot): void {
    const second = Math.floor(snapshot.elapsedUs / US_PER_S);
    for (; this.#toldS < second; this.#toldS++) {
      this.#history.tell(this.#toldS, {
        plannedPerSec: this.#plannedAt((this.#toldS + 0.5) * US_PER_S, snapshot).perSec,
        untoldCannons: untoldCannons(snapshot.turrets),
      });
    }
  }

  #plannedAt(tUs: number, snapshot: HqSnapshot): PlannedNow {
    const nothing = { perSec: null, cannons: null };
    return this.#planned?.at(tUs, snapshot.turrets, snapshot.segments) ?? nothing;
  }

  #make(run: LiveRun): LiveView {
    const { aggregate, facts } = run;
    const snapshot = run.snapshot();
    const { phase } = snapshot;
    const isFiring = phase === "firing";
    const measuredS = this.#measuredS(run);
    const main = headline(aggregate);
    const outcome = this.#outcome;
    const planned = this.#plannedAt(Math.max(0, snapshot.elapsedUs), snapshot);
    const counter = (name: string) => aggregate.total(CELL_KIND.counter, name)?.sum ?? 0;
    return {
      project: facts.project,
      runId: facts.runId,
      startWallMs: run.startWallMs,
      phase,
      isPaused: snapshot.isPaused,
      elapsedS: Math.max(0, outcome?.durationUs ?? snapshot.elapsedUs) / US_PER_S,
      runTimeS: snapshot.runTimeUs / US_PER_S,
      measuredS,
      clock: main.clock,
      plannedPerSec: isFiring ? planned.perSec : null,
      plannedCannons: isFiring ? planned.cannons : null,
      ...this.#now(run, snapshot),
      turretCount: snapshot.turretCount,
      lostTurrets: snapshot.lostTurrets,
      fixedTurrets: snapshot.turrets.filter(({ wire }) => wire === "protocol 1").length,
      transactions: snapshot.transactions,
      errors: snapshot.errors,
      late: counter(COUNTER.late),
      dropped: counter(COUNTER.dropped),
      malformed: snapshot.malformed,
      received: snapshot.received,
      journaled: snapshot.journaled,
      all: figuresOf(main.total, measuredS),
      ...liveTables(aggregate, measuredS),
      thresholds: snapshot.thresholds,
      loads: this.#loads,
      health: healthOf(snapshot, aggregate),
      verdict: outcome?.verdict.word ?? "",
      verdictReasons: outcome?.verdict.reasons ?? [],
      endReason: outcome?.reason ?? "",
    };
  }

  /** What the last full second and the last few had; nothing where no second is fired any more. */
  #now(run: LiveRun, snapshot: HqSnapshot) {
    const { aggregate } = run;
    const { phase, turrets } = snapshot;
    const isOver = phase === "over";
    const second = Math.max(0, Math.floor(snapshot.elapsedUs / US_PER_S) - SETTLED_S);
    const at = { firstSecond: second, lastSecond: second };
    const isGoing = phase === "firing" || phase === "draining";
    const last = isGoing ? aggregate.series(CELL_KIND.timer, "", at) : undefined;
    const level = (name: string) => {
      const found = isGoing ? aggregate.series(CELL_KIND.gauge, name, at) : undefined;
      return gaugeLevel({ count: found?.count[0] ?? 0, sum: found?.sum[0] ?? 0 }, 1) ?? 0;
    };
    const kind = headline(aggregate).clock === "response" ? CELL_KIND.response : CELL_KIND.timer;
    const recent = isGoing ? aggregate.recent(kind, "", second + 1, RECENT_S) : undefined;
    const { p50, p95, p99 } = figuresOf(recent, RECENT_S);
    return {
      nowPerSec: last?.count[0] ?? 0,
      nowErrorsPerSec: last?.errorCount[0] ?? 0,
      recent: { p50, p95, p99 },
      cannons: level(GAUGE.cannons) + (isGoing ? untoldCannons(turrets) : 0),
      inFlight: level(GAUGE.inFlight),
      turrets: turrets
        .slice(0, LIVE_LIMIT.turrets)
        .map((turret) => liveTurret(turret, { seconds: this.#seconds, second, isOver })),
    };
  }

  #nameOf(index: number): string {
    const turret = this.#run?.snapshot().turrets[index];
    return turret === undefined ? `turret ${index + 1}` : turretName(turret);
  }
}

/** Cannons of turrets of protocol 1, which tell their number once and not each second. */
function untoldCannons(turrets: readonly TurretView[]): number {
  return turrets
    .filter(({ wire, isLost, status }) => wire === "protocol 1" && !isLost && status === "Running")
    .reduce((sum, { cannons }) => sum + cannons, 0);
}
