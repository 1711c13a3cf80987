// OCT protocol 1 as texts: orders from the HQ, statuses and results from turrets. Frames and words as
// the original sends them (an order begins with a blank: its channel is the empty word).

import { clip } from "../base/errors.ts";
import { isJsonObject, isShallow, type JsonObject, type JsonValue } from "../base/json.ts";

export type OrderCommand = "status_request" | "set_transaction_context" | "start" | "stop" | "kill";

export const START_MESSAGE = "open fire";
export const STOP_MESSAGE = "premature stop";

/** What our own turret says; other turrets may say anything. */
export const STATUS = {
  ready: "ready",
  running: "Running",
  aborted: "Aborted",
  killed: "Killed",
} as const;

const ORDER_LIMIT = 4 * 1024 * 1024;
const ERROR_LIMIT = 4096;

export interface Order {
  readonly command: string;
  readonly message: JsonValue;
}

/** ` {"command":"start","msg":"open fire"}`: the frame that every turret understands. */
export function formatOrder(command: OrderCommand, message: JsonValue): string {
  return ` ${JSON.stringify({ command, msg: message })}`;
}

/** The order in a frame, whatever channel words stand before its JSON; undefined when there is none. */
export function parseOrder(frame: Uint8Array): Order | undefined {
  if (frame.length > ORDER_LIMIT) return undefined;
  const text = new TextDecoder().decode(frame);
  const brace = text.indexOf("{");
  if (brace === -1) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(brace));
  } catch {
    return undefined;
  }
  if (!isJsonObject(value) || !isShallow(value)) return undefined;
  const command = value["command"];
  if (typeof command !== "string") return undefined;
  return { command, message: value["msg"] ?? null };
}

export interface StatusParts {
  readonly turret: string;
  readonly status: string;
  readonly uuid: string;
  readonly rampup: number;
  readonly script: string;
  readonly cannons: number;
}

/** Exactly the six fields; an HQ of the old OCT dies of others. */
export function formatStatus(parts: StatusParts): string {
  const { turret, status, uuid, rampup, script, cannons } = parts;
  return JSON.stringify({ turret, status, uuid, rampup, script, cannons });
}

export interface ResultParts {
  readonly turretName: string;
  readonly elapsedS: number;
  readonly epochS: number;
  readonly scriptrunS: number;
  readonly error: string;
  readonly timers: Readonly<Record<string, number>>;
}

/**
 * Exactly the six fields. The old HQ takes any message with the letters `status` in it for a status and
 * drops it, so in error texts and timer names they are written `st\u0061tus`: the same text to a JSON
 * parser, another to a text search.
 */
export function formatResult(parts: ResultParts): string {
  const text = JSON.stringify({
    turret_name: parts.turretName,
    elapsed: parts.elapsedS,
    epoch: parts.epochS,
    scriptrun_time: parts.scriptrunS,
    error: clip(parts.error, ERROR_LIMIT),
    custom_timers: parts.timers,
  });
  return text.includes("status") ? text.replaceAll("status", "st\\u0061tus") : text;
}

/** The object a `set_transaction_context` carries, or undefined. */
export function contextOf(order: Order): JsonObject | undefined {
  return isJsonObject(order.message) ? order.message : undefined;
}
