// What the desks of an HQ (link-desk.ts, protocol1-desk.ts) share with the run they serve.

import type { Clock } from "../base/clock.ts";
import type { ExitCode } from "../base/errors.ts";
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
  | "left"
  | "status"
  | "verdict";

export interface HqCore {
  readonly options: HqOptions;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly packs: Packs;
  readonly collector: Collector;
  readonly malformed: MalformedLog;
  readonly phase: HqPhase;
  /** The start instant on the HQ's clock; undefined before it is set. */
  readonly startUs: number | undefined;
  readonly startWallMs: number;
  /** Microseconds since the start; negative before it, and while there is none. */
  atUs(): number;
  changed(turret: KnownTurret): void;
  event(level: string, turretIndex: number, text: string): void;
  /** A line for people; what came from outside cannot steer their terminal. */
  line(kind: LineKind, text: string): void;
  /** The run cannot begin as asked: ends it with this code. Nothing once it fires. */
  fail(reason: string, exitCode: ExitCode): void;
}
