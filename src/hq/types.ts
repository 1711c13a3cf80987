// What an HQ is given, what it shows while it goes, and what it leaves behind.

import type { Clock } from "../base/clock.ts";
import type { ExitCode } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { HqLink, Protocol1Hq } from "../protocol/link.ts";
import type { Aggregate } from "../stats/aggregate.ts";
import type { Batch } from "../stats/batch.ts";
import type { ThresholdResult } from "../stats/threshold-check.ts";
import type { Journal } from "../store/journal.ts";
import type { CountsRecord, EventRecord, RunOpened } from "../store/records.ts";

export interface Pack {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  /** SHA-256 of what it fires: its scripts with what these import; undefined where there is none. */
  readonly scriptHash?: string | undefined;
}

export interface HqOptions {
  readonly config: ProjectConfig;
  readonly facts: RunOpened;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly link?: HqLink;
  readonly protocol1?: Protocol1Hq;
  /** Shared context for scripts (`set_transaction_context`). */
  readonly context?: JsonObject;
  /** How far ahead of now the common start instant is set; enough for the wire to carry it. */
  readonly startLeadUs?: number;
  /** How far ahead of now what is asked of the run takes effect; enough for the wire to carry it. */
  readonly controlLeadUs?: number;
  packFor(definition: TurretDefinition): Promise<Pack>;
  /** A line for people. */
  onLine(text: string): void;
  /** Who follows the run: the live page, outputs, thresholds. */
  readonly observers?: readonly RunObserver[];
}

export type HqPhase = "gathering" | "arming" | "firing" | "draining" | "over";

/** Plain numbers for a live view; made when asked for. */
export interface HqSnapshot {
  readonly phase: HqPhase;
  /** Since the start instant; negative or 0 before it. */
  readonly elapsedUs: number;
  /** When the run is to end, since the start: its run time and the pauses so far. */
  readonly runTimeUs: number;
  readonly isPaused: boolean;
  /** What was asked so far, for whoever works out the plan at a time. */
  readonly segments: readonly ControlSegment[];
  readonly turretCount: number;
  readonly lostTurrets: number;
  readonly transactions: number;
  readonly timers: number;
  readonly errors: number;
  readonly malformed: number;
  /** Transactions of both wires; the same number unless something is wrong. */
  readonly received: number;
  readonly journaled: number;
  /** Service time of transactions, the last seconds and the whole run; 0 without any. */
  readonly recentUs: Percentiles;
  readonly wholeUs: Percentiles;
  readonly turrets: readonly TurretView[];
  /** As they stood at the last look, a second ago at most; in the order in which they were asked. */
  readonly thresholds: readonly ThresholdResult[];
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface TurretView {
  readonly index: number;
  readonly name: string;
  /** The definition it serves; "" where it has none, as turrets of protocol 1. */
  readonly definition: string;
  readonly uuid: string;
  readonly wire: "link" | "protocol 1";
  readonly status: string;
  readonly isLost: boolean;
  /** It went by itself, or has handed over all that it had. */
  readonly hasEnded: boolean;
  /** Since it was last heard. */
  readonly silentUs: number;
  readonly host: string;
  readonly cannons: number;
  /** Of turrets of the link; results of protocol 1 do not say whose they are. */
  readonly transactions: number;
  /** What its last heartbeat told, numbers only. */
  readonly stats: JsonObject;
}

export interface HqOutcome {
  readonly hasStarted: boolean;
  readonly exitCode: ExitCode;
  /** Why the run ended, or could not begin. */
  readonly reason: string;
  readonly hint?: string | undefined;
  /** From the start to the end of the drain; 0 where nothing was fired. */
  readonly durationUs: number;
  readonly verdict: Verdict;
  readonly counts: CountsRecord;
}

export interface Verdict {
  readonly word: "VALID" | "GENERATOR-LIMITED" | "PARTIAL" | "INVALID";
  /** Why, in sentences; empty for VALID. */
  readonly reasons: readonly string[];
}

/** What may be asked of a run while it goes. */
export type ControlAction =
  | { readonly kind: "stop" }
  /** Nothing new starts until it is resumed; the end moves by as much. */
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** Of the definition called `turret`, or of all that can: what its key in the config means. */
  | { readonly kind: "cannons" | "rate"; readonly value: number; readonly turret?: string }
  /** Percent of what is planned. */
  | { readonly kind: "cannons" | "rate"; readonly percent: number; readonly turret?: string }
  | { readonly kind: "note"; readonly text: string };

export interface ControlReply {
  readonly isDone: boolean;
  /** For people: what was done, or why not. */
  readonly text: string;
  /** When it takes effect, since the start of the run. */
  readonly atUs: number;
}

/** A run while it goes, as its observers see it. */
export interface LiveRun {
  readonly facts: RunOpened;
  readonly options: Pick<HqOptions, "config" | "clock">;
  /** Everything that came so far, added up. To be read only. */
  readonly aggregate: Aggregate;
  /** Wall clock of the common start instant; 0 before it is set. */
  readonly startWallMs: number;
  /** Microseconds since the start; negative before it. */
  atUs(): number;
  snapshot(): HqSnapshot;
  /**
   * `by` says who asks, for the log: "terminal", "page", "oct ctl". `atUs` since the start where the
   * instant is given, in a run that is repeated.
   */
  control(action: ControlAction, by: string, atUs?: number): ControlReply;
  /** Ends the run before its time, cleanly. */
  requestStop(reason: string): void;
}

export interface RunObserver {
  /** For messages to people. */
  readonly name: string;
  /** The HQ is there and waits for its turrets. */
  onOpen?(run: LiveRun): void;
  /** The common start instant is set, a moment ahead. */
  onStart?(run: LiveRun): void;
  /** A batch is journaled and counted. It is shared: to be read, and not kept. */
  onBatch?(batch: Batch, turretIndex: number): void;
  onEvent?(event: EventRecord): void;
  /** About once a second from the start to the end of the drain. */
  onSecond?(run: LiveRun): void;
  /** All is in the journal, and judged. */
  onEnd?(run: LiveRun, outcome: HqOutcome): void;
}
