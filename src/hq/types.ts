// What an HQ is given, what it shows while it goes, and what it leaves behind.

import type { Clock } from "../base/clock.ts";
import type { ExitCode } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import type { HqLink, Protocol1Hq } from "../protocol/link.ts";
import type { Journal } from "../store/journal.ts";
import type { CountsRecord, RunOpened } from "../store/records.ts";

export interface Pack {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
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
  packFor(definition: TurretDefinition): Promise<Pack>;
  /** A line for people. */
  onLine(text: string): void;
  /** Called about once a second from the start to the end of the drain. */
  onProgress?(snapshot: HqSnapshot): void;
}

export type HqPhase = "gathering" | "arming" | "firing" | "draining" | "over";

/** Plain numbers for a live view; made when asked for. */
export interface HqSnapshot {
  readonly phase: HqPhase;
  /** Since the start instant; negative or 0 before it. */
  readonly elapsedUs: number;
  readonly runTimeUs: number;
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
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface TurretView {
  readonly index: number;
  readonly name: string;
  readonly uuid: string;
  readonly wire: "link" | "protocol 1";
  readonly status: string;
  readonly isLost: boolean;
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
  readonly verdict: Verdict;
  readonly counts: CountsRecord;
}

export interface Verdict {
  readonly word: "VALID" | "GENERATOR-LIMITED" | "PARTIAL" | "INVALID";
  /** Why, in sentences; empty for VALID. */
  readonly reasons: readonly string[];
}
