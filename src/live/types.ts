// A run while it goes, as plain data: the one model that terminal, live page, /metrics and outputs show.
// Every number is final; who shows it only formats. Durations are microseconds; null is "no value".
// Figures of the whole run are made as the report makes them (the clock of the headline, what rates are
// divided by), so the last view of a run and its report agree to the digit.

import type { HqPhase } from "../hq/types.ts";
import type { ThresholdResult } from "../stats/threshold-check.ts";

/** Named limits of a view; what is beyond them is counted. */
export const LIVE_LIMIT = {
  /** Characters of one name, one text. */
  name: 200,
  text: 1_000,
  /** Timers in the table: the busiest. */
  timers: 200,
  errors: 50,
  checks: 200,
  turrets: 200,
  /** Definitions whose load may be changed. */
  loads: 200,
  statuses: 50,
  /** Events kept for the log, newest last. */
  events: 500,
  marks: 500,
  /** Points of the history; past it two neighbours become one. */
  points: 1_200,
  /** Turrets with a history of their own. */
  turretSeries: 25,
} as const;

export type LiveClock = "service" | "response";

/** Count, rate and times of one name over the whole run. */
export interface LiveFigures {
  readonly count: number;
  readonly errorCount: number;
  readonly errorPercent: number;
  readonly ratePerSec: number;
  readonly mean: number | null;
  readonly min: number | null;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface LiveTimer extends LiveFigures {
  readonly name: string;
}

export interface LiveTurret {
  readonly name: string;
  readonly index: number;
  readonly wire: "link" | "protocol 1";
  readonly status: string;
  readonly isLost: boolean;
  /** What a person should know of it: "silent for 4 s", "loop lag 40 ms"; "" where all is well. */
  readonly trouble: string;
  readonly host: string;
  readonly cannons: number;
  readonly transactions: number;
  readonly ratePerSec: number;
  readonly cpuPercent: number | null;
  readonly lagUs: number | null;
}

/** A definition's load, and whether it may be changed while it is fired. */
export interface LiveLoad {
  /** Name of the definition. */
  readonly turret: string;
  /** What it is made of. */
  readonly kind: "cannons" | "rate";
  /** Why it cannot be changed; "" where it can. */
  readonly whyFixed: string;
}

/** Something that happened, at its time: an event of the log, or a mark on the charts. */
export interface LiveEvent {
  /** Counts up from 0 over the run; the log keeps the newest. */
  readonly number: number;
  /** Since the start; negative before it. */
  readonly atS: number;
  readonly level: string;
  readonly who: string;
  readonly text: string;
}

/** A run at one moment. */
export interface LiveView {
  readonly project: string;
  readonly runId: string;
  /** Wall clock of the start; 0 before it is set. */
  readonly startWallMs: number;
  readonly phase: HqPhase;
  readonly isPaused: boolean;
  readonly elapsedS: number;
  /** How long it is going to fire, pauses included. */
  readonly runTimeS: number;
  /** What rates of the whole run are divided by. */
  readonly measuredS: number;
  readonly clock: LiveClock;
  /** What the plan asks for at this moment; null where one of the loads has no such number. */
  readonly plannedPerSec: number | null;
  readonly plannedCannons: number | null;
  /** Of the last full second. */
  readonly nowPerSec: number;
  readonly nowErrorsPerSec: number;
  /** Of the last five seconds. */
  readonly recent: Pick<LiveFigures, "p50" | "p95" | "p99">;
  readonly cannons: number;
  readonly inFlight: number;
  readonly turretCount: number;
  readonly lostTurrets: number;
  /** Turrets of OCT protocol 1, which can be stopped and not controlled. */
  readonly fixedTurrets: number;
  readonly transactions: number;
  /** Values of named timers. */
  readonly timerValues: number;
  readonly errors: number;
  readonly late: number;
  readonly dropped: number;
  readonly malformed: number;
  readonly received: number;
  readonly journaled: number;
  /** All transactions, the whole run, on `clock`. */
  readonly all: LiveFigures;
  readonly timers: readonly LiveTimer[];
  readonly timersTotal: number;
  readonly errorTexts: readonly { readonly text: string; readonly count: number }[];
  readonly errorTextsTotal: number;
  readonly checks: readonly {
    readonly name: string;
    readonly passed: number;
    readonly failed: number;
  }[];
  readonly statuses: readonly { readonly name: string; readonly count: number }[];
  readonly thresholds: readonly ThresholdResult[];
  readonly turrets: readonly LiveTurret[];
  readonly loads: readonly LiveLoad[];
  /** Sentences about the tool's own health; empty where it keeps up. */
  readonly health: readonly string[];
  /** One word; empty until the run is over. */
  readonly verdict: string;
  /** Why the verdict is not VALID. */
  readonly verdictReasons: readonly string[];
  /** Why the run ended; empty until it is over. */
  readonly endReason: string;
}

/** Columns of equal length: the whole run so far, down-sampled, from its start. */
export interface LiveHistory {
  /** Seconds that one point stands for: 1, 2, 4, ... */
  readonly stepS: number;
  /** The point that the columns begin with: 0 for all of them. */
  readonly from: number;
  readonly plannedPerSec: readonly (number | null)[];
  readonly ratePerSec: readonly (number | null)[];
  readonly errorsPerSec: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
  readonly cannons: readonly (number | null)[];
  /** Rates of the first turrets, by turret index. */
  readonly turretsPerSec: readonly {
    readonly index: number;
    readonly name: string;
    readonly ratePerSec: readonly (number | null)[];
  }[];
}
