// Every message between the crew (main thread) and a thread, in both directions, and the readers that
// make them of what arrived. A script lives in the thread and may post what it likes: what is no
// message of ours is dropped.

import type { OnceScope } from "../api/context.ts";
import type { JsonObject } from "../base/json.ts";
import type { LoadModel } from "../config/load-model.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { TurretPlace } from "../protocol/messages.ts";
import type { OnceOutcome } from "../protocol/once.ts";
import type { TargetOrder } from "./thread-target.ts";

/** What a thread needs to load the script and make its cannons. */
export interface ThreadJob {
  /** Unpacked project; `script` is relative to it. */
  readonly directory: string;
  readonly script: string;
  readonly definition: JsonObject;
  readonly context: JsonObject;
  readonly seed: number;
  readonly turretIndex: number;
  readonly turretName: string;
  readonly load: LoadModel;
  readonly runTimeUs: number;
  readonly graceUs: number;
  readonly flushPeriodUs: number;
  /** Thread t of n owns the cannons i with i % n = t. */
  readonly threadIndex: number;
  readonly threadCount: number;
  /** 0, and one more for each time that this thread was replaced. */
  readonly generation: number;
  /** Transactions that the threads before it in its place started or dropped. */
  readonly done: number;
  /** Rows of a data file that they may have taken. */
  readonly rowsTaken: number;
  /** What the threads of the turret share (board.ts). */
  readonly board: SharedArrayBuffer;
  /** The entry of threads: a thread may need a helper of its own. */
  readonly workerUrl: string;
  readonly wantRows: boolean;
}

/** Times are on the crew's clock. */
export interface ThreadStart {
  readonly startUs: number;
  readonly startWallMs: number;
  readonly place: TurretPlace;
  readonly control: Control;
}

/** All that was asked of the run so far; the crew counts how often it has heard of more. */
export interface Control {
  readonly revision: number;
  readonly segments: readonly ControlSegment[];
}

export const NO_CONTROL: Control = { revision: 0, segments: [] };

/** Crew to thread. */
export type ToThread =
  | { readonly type: "load"; readonly job: ThreadJob; readonly state: SharedArrayBuffer }
  | { readonly type: "ping" }
  /** Serve as a pacer (pacer.ts) for the thread that says so. */
  | { readonly type: "pacer"; readonly buffer: SharedArrayBuffer }
  /** Serve as the target of a calibration (thread-target.ts). */
  | ({ readonly type: "target" } & TargetOrder)
  /** `offsetUs` puts the thread's clock onto the crew's. */
  | ({ readonly type: "start"; readonly offsetUs: number } & ThreadStart)
  | ({ readonly type: "control" } & Control)
  | { readonly type: "stop"; readonly graceUs: number }
  | { readonly type: "context"; readonly context: JsonObject }
  | { readonly type: "once-granted"; readonly name: string }
  | { readonly type: "once-told"; readonly name: string; readonly outcome: OnceOutcome }
  | { readonly type: "rows"; readonly isWanted: boolean };

/** `file:line` of what a thread may hang in, as far as the source tells. */
export interface ScriptPlaces {
  readonly script: string;
  readonly construct: string;
  readonly setup: string;
  readonly run: string;
  readonly tearDown: string;
}

/** Thread to crew. */
export type FromThread =
  | { readonly type: "loaded"; readonly places: ScriptPlaces }
  | {
      readonly type: "load-failed";
      readonly text: string;
      readonly where: string | undefined;
      readonly hint: string | undefined;
    }
  | { readonly type: "pong"; readonly threadUs: number }
  /** The bytes are transferred, not copied. */
  | {
      readonly type: "batch";
      readonly bytes: Uint8Array;
      readonly transactions: number;
      /** Transactions that this batch and those before it count as started. */
      readonly started: number;
    }
  /** A timer's name and place, said once, before it first runs. */
  | {
      readonly type: "timer";
      readonly slot: number;
      readonly name: string;
      readonly place: string;
    }
  | { readonly type: "event"; readonly level: "info" | "warn" | "error"; readonly text: string }
  | { readonly type: "once-wanted"; readonly scope: OnceScope; readonly name: string }
  | { readonly type: "once-done"; readonly name: string; readonly outcome: OnceOutcome }
  /** Nothing is left of the thread's load, unless it is changed; `revision` is what it knows of. */
  | { readonly type: "idle"; readonly revision: number }
  /** The thread fires no more and has sent everything. */
  | { readonly type: "done" };

const TO_TYPES: ReadonlySet<string> = new Set<ToThread["type"]>([
  "load",
  "ping",
  "pacer",
  "target",
  "start",
  "control",
  "stop",
  "context",
  "once-granted",
  "once-told",
  "rows",
]);

/** What the crew sent, or undefined. */
export function readToThread(data: unknown): ToThread | undefined {
  const type = (data as { type?: unknown } | null | undefined)?.type;
  return typeof type === "string" && TO_TYPES.has(type) ? (data as ToThread) : undefined;
}

const READERS: Readonly<Record<FromThread["type"], (data: Fields) => boolean>> = {
  loaded: (data) => typeof data["places"] === "object" && data["places"] !== null,
  "load-failed": (data) => typeof data["text"] === "string",
  pong: (data) => typeof data["threadUs"] === "number",
  batch: (data) =>
    data["bytes"] instanceof Uint8Array &&
    isCount(data["transactions"]) &&
    isCount(data["started"]),
  timer: (data) => isCount(data["slot"]) && areTexts(data["name"], data["place"]),
  event: (data) => areTexts(data["level"], data["text"]),
  "once-wanted": (data) => areTexts(data["name"], data["scope"]),
  "once-done": (data) => areTexts(data["name"]) && isOutcome(data["outcome"]),
  idle: (data) => isCount(data["revision"]),
  done: () => true,
};

type Fields = Readonly<Record<string, unknown>>;

/** What a thread sent, or undefined if it is no message of ours. */
export function readFromThread(data: unknown): FromThread | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const fields = data as Fields;
  const type = fields["type"];
  if (typeof type !== "string" || !Object.hasOwn(READERS, type)) return undefined;
  return READERS[type as FromThread["type"]](fields) ? (data as FromThread) : undefined;
}

function isOutcome(value: unknown): boolean {
  const outcome = value as { isOk?: unknown; error?: unknown } | null | undefined;
  return outcome?.isOk === true || (outcome?.isOk === false && typeof outcome.error === "string");
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === "string");
}
