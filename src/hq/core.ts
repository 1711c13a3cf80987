// What the desks of an HQ (link-desk.ts, protocol1-desk.ts) share with the run they serve.

import type { Clock } from "../base/clock.ts";
import type { ExitCode } from "../base/errors.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { Timeline } from "../pace/timeline.ts";
import type { Aggregate } from "../stats/aggregate.ts";
import type { Collector } from "./collector.ts";
import type { MalformedLog } from "./malformed.ts";
import type { Packs } from "./packs.ts";
import type { KnownTurret, Registry } from "./registry.ts";
import type { HqOptions, HqPhase } from "./types.ts";

/** Lines that outsiders can cause as often as they like; each kind has its limit. */
export type LineKind =
  | "came"
  | "refused"
  | "lost"
  | "back"
  | "event"
  | "control"
  | "left"
  | "status"
  | "verdict";

/** The schedule as it was changed while the run goes. */
export interface Schedule {
  /** In the order of their instants; it only grows. */
  readonly segments: readonly ControlSegment[];
  readonly timeline: Timeline;
}

export interface HqCore {
  readonly options: HqOptions;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly packs: Packs;
  readonly collector: Collector;
  readonly aggregate: Aggregate;
  readonly schedule: Schedule;
  readonly malformed: MalformedLog;
  readonly phase: HqPhase;
  /** The start instant on the HQ's clock; undefined before it is set. */
  readonly startUs: number | undefined;
  readonly startWallMs: number;
  /** Microseconds since the start; negative before it, and while there is none. */
  atUs(): number;
  changed(turret: KnownTurret): void;
  /** `atUs`, since the start, where it is not now. */
  event(level: string, turretIndex: number, text: string, atUs?: number): void;
  /** A line for people; what came from outside cannot steer their terminal. */
  line(kind: LineKind, text: string): void;
  /** The run cannot begin as asked: ends it with this code. Nothing once it fires. */
  fail(reason: string, exitCode: ExitCode): void;
}
