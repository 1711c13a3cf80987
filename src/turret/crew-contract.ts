// What the life cycle of a turret (turret.ts, protocol1-turret.ts) asks of its crew (crew.ts): the OS
// threads that load the script and fire its cannons. Tests of the life cycle hand in another crew.

import type { JsonObject } from "../base/json.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { TurretPlace, TurretTotals } from "../protocol/messages.ts";
import type { OnceOutcome } from "../protocol/once.ts";

/** Everything a crew needs to fire one run. */
export interface Job {
  readonly runId: string;
  /** Folder that the pack was opened in: `definition.script` is relative to it. */
  readonly directory: string;
  /** The turret's config as the script sees it: name, cannons, rampup, script and any other key. */
  readonly definition: JsonObject;
  readonly context: JsonObject;
  readonly seed: number;
  readonly turretIndex: number;
  readonly turretName: string;
  readonly runTimeUs: number;
  /** How often a thread hands over what it measured. */
  readonly flushPeriodUs: number;
  /** OS threads; each is one core. */
  readonly threads: number;
  readonly graceUs: number;
}

/** How a crew reports; every call comes on the main thread. */
export interface CrewEvents {
  /** A batch in the format of stats/batch.ts and how many transactions it counts. */
  onBatch(bytes: Uint8Array, transactions: number): void;
  /** Something people should read: a thread replaced, a stray rejection; with file and line. */
  onEvent(level: "info" | "warn" | "error", text: string): void;
  /** A script asks for a once() of the run; without an HQ that can be asked, its turret is the run. */
  onOnceWanted?(name: string): void;
  onOnceDone?(name: string, outcome: OnceOutcome): void;
  /** All threads have ended after `stop`, or by the run's own end; the last batch came before. */
  onDone(totals: CrewTotals): void;
}

/** Batches are counted by whoever sends them; the rest is the crew's to know. */
export type CrewTotals = Omit<TurretTotals, "batches" | "lostBatches">;

/** A loaded crew, ready to fire once. */
export interface Crew {
  /** Starts all cannons' schedule at `startUs` (this machine's Clock.nowUs), which labels second 0. */
  start(startUs: number, startWallMs: number, place: TurretPlace): void;
  /** The schedule is another: these are all segments that were ever asked, also before the start. */
  control(segments: readonly ControlSegment[]): void;
  /** Starts no new transaction; those in flight may end within `graceUs`, then are unfinished. */
  stop(graceUs: number): void;
  /** Merges keys into the shared context that scripts see (`set_transaction_context`). */
  setContext(context: JsonObject): void;
  /** False: raw rows are no longer wanted, only cells. */
  wantRows(isWanted: boolean): void;
  /** This crew does the work of a once() of the run; nothing where it does not wait for that. */
  grantOnce(name: string): void;
  tellOnce(name: string, outcome: OnceOutcome): void;
  /** Numbers for a heartbeat: cannons, transactions, threads. */
  stats(): JsonObject;
  /** Ends the threads at once and frees them; no further event comes. */
  close(): void;
}

/** Loads a job: rejects with an OctError that names file and line when the script cannot load. */
export type LoadCrew = (job: Job, events: CrewEvents) => Promise<Crew>;
