// Messages of OCT protocol 1 as they come in: told apart by their keys, coerced where the old HQ
// coerced, refused by kind where they cannot be used. A frame may hold one object, an array of them,
// or one a line; blanks and channel words before an object are passed over.

import { clip } from "../base/errors.ts";
import { isJsonObject, isShallow, type JsonObject, type JsonValue } from "../base/json.ts";
import { parseDurationUs, US_PER_S } from "../base/units.ts";
import { STATS_LIMIT } from "../stats/cell.ts";

export const PROTOCOL1_LIMIT = {
  /** Bytes of one message; the wire itself lets larger ones through. */
  messageBytes: 16 * 1024 * 1024,
  /** Lines of one message that cannot be used before the rest of it is left. */
  badLines: 1_000,
  /** Characters of channel words before an object. */
  channelLength: 256,
  timers: 1_000,
  durationS: 1e9,
  epochS: 1e11,
  nameLength: 255,
  statusLength: 64,
  scriptLength: 1_024,
  cannons: 1e9,
} as const;

/** What OCT calls a turret whose results do not say their turret. */
export const NAMELESS_TURRET = "Noname";

/** Why something could not be used; keys of the counts that people read. */
export const MALFORMED = {
  empty: "empty message",
  oversize: "message over 16 MiB",
  notUtf8: "not UTF-8",
  notJson: "not JSON",
  notFinite: "a number that is not finite",
  badLines: "too many lines that cannot be used in one message",
  notObject: "not an object",
  tooDeep: "nested too deep",
  neither: "neither a status nor a result",
  missingKeys: "result without elapsed, epoch or scriptrun_time",
  notNumber: "result with a time that is not a number",
  negative: "result with a negative time",
  tooLarge: "result with a time that is too large",
  timersNotObject: "result with custom_timers that are not an object",
  timerNotDuration: "result with a custom timer that is not a duration",
  tooManyTimers: "result with too many custom timers",
  statusWithoutUuid: "status without uuid",
  statusIncomplete: "status without turret, script, rampup or cannons",
} as const;
export type MalformedKind = (typeof MALFORMED)[keyof typeof MALFORMED];

export interface Protocol1Result {
  readonly elapsedS: number;
  readonly epochS: number;
  readonly scriptrunS: number;
  readonly error: string;
  readonly turretName: string;
  /** Name, seconds, name, seconds, ... */
  readonly timers: readonly (string | number)[];
}

export interface Protocol1Status {
  readonly turret: string;
  readonly status: string;
  readonly uuid: string;
  readonly rampup: number;
  readonly script: string;
  readonly cannons: number;
}

export interface Protocol1Sink {
  onResult(result: Protocol1Result): void;
  onStatus(status: Protocol1Status): void;
  /** `part` is what of the frame is meant, undefined for all of it. */
  onMalformed(kind: MalformedKind, part?: JsonValue): void;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Hands what a frame holds to the sink; never throws for what is in it. */
export function parseProtocol1(frame: Uint8Array, sink: Protocol1Sink): void {
  if (frame.length === 0) return sink.onMalformed(MALFORMED.empty);
  if (frame.length > PROTOCOL1_LIMIT.messageBytes) return sink.onMalformed(MALFORMED.oversize);
  const text = decode(frame);
  if (text === undefined) return sink.onMalformed(MALFORMED.notUtf8);
  const value = parseJson(text);
  if (value === undefined) return takeText(text, sink);
  if (!Array.isArray(value)) return takeItem(value, sink);
  if (value.length === 0) return sink.onMalformed(MALFORMED.notObject);
  for (const item of value) takeItem(item, sink);
}

function decode(frame: Uint8Array): string | undefined {
  try {
    return decoder.decode(frame);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

// A text that is not JSON as a whole: lines, or an object behind channel words.
function takeText(text: string, sink: Protocol1Sink): void {
  const trimmed = text.trim();
  if (trimmed === "") return sink.onMalformed(MALFORMED.empty);
  if (!trimmed.includes("\n")) return takeLine(trimmed, sink) ? undefined : refuse(trimmed, sink);
  let bad = 0;
  for (let start = 0; start < trimmed.length; ) {
    const newline = trimmed.indexOf("\n", start);
    const end = newline === -1 ? trimmed.length : newline;
    const line = trimmed.slice(start, end).trim();
    start = end + 1;
    if (line === "" || takeLine(line, sink)) continue;
    if (++bad > PROTOCOL1_LIMIT.badLines) return sink.onMalformed(MALFORMED.badLines);
    refuse(line, sink);
  }
}

function takeLine(line: string, sink: Protocol1Sink): boolean {
  const value = parseJson(line) ?? parseAfterChannel(line);
  if (value === undefined) return false;
  takeItem(value, sink);
  return true;
}

// Some bindings send a channel word before the object, as orders have it.
function parseAfterChannel(text: string): JsonValue | undefined {
  const brace = text.indexOf("{");
  if (brace <= 0 || brace > PROTOCOL1_LIMIT.channelLength) return undefined;
  return /^[\w.-]+\s+$/.test(text.slice(0, brace)) ? parseJson(text.slice(brace)) : undefined;
}

// Python writes NaN and Infinity for what JSON cannot say.
function refuse(text: string, sink: Protocol1Sink): void {
  const isNotFinite =
    text.length < 4096 &&
    /\b(NaN|Infinity)\b/.test(text) &&
    parseJson(text.replace(/-?\b(NaN|Infinity)\b/g, "null")) !== undefined;
  sink.onMalformed(isNotFinite ? MALFORMED.notFinite : MALFORMED.notJson, text);
}

function takeItem(item: JsonValue, sink: Protocol1Sink): void {
  if (!isJsonObject(item)) return sink.onMalformed(MALFORMED.notObject, item);
  if (!isShallow(item)) return sink.onMalformed(MALFORMED.tooDeep);
  const isResult =
    has(item, "scriptrun_time") || has(item, "elapsed") || has(item, "custom_timers");
  if (isResult) return takeResult(item, sink);
  if (has(item, "status")) return takeStatus(item, sink);
  sink.onMalformed(MALFORMED.neither, item);
}

function has(item: JsonObject, key: string): boolean {
  return Object.hasOwn(item, key);
}

function takeResult(item: JsonObject, sink: Protocol1Sink): void {
  const refuseAs = (kind: MalformedKind) => sink.onMalformed(kind, item);
  const {
    elapsed,
    epoch,
    scriptrun_time: scriptrun,
  } = item as Record<string, JsonValue | undefined>;
  if (elapsed === undefined || epoch === undefined || scriptrun === undefined) {
    return refuseAs(MALFORMED.missingKeys);
  }
  const elapsedS = numberOf(elapsed);
  const epochS = numberOf(epoch);
  const scriptrunS = numberOf(scriptrun);
  if (Number.isNaN(elapsedS + epochS + scriptrunS)) return refuseAs(MALFORMED.notNumber);
  if (elapsedS < 0 || epochS < 0 || scriptrunS < 0) return refuseAs(MALFORMED.negative);
  const { durationS } = PROTOCOL1_LIMIT;
  if (elapsedS > durationS || scriptrunS > durationS || epochS > PROTOCOL1_LIMIT.epochS) {
    return refuseAs(MALFORMED.tooLarge);
  }
  const timers = timersOf(item["custom_timers"]);
  if (typeof timers === "string") return refuseAs(timers);
  sink.onResult({
    elapsedS,
    epochS,
    scriptrunS,
    error: errorOf(item["error"]),
    turretName: nameOf(item["turret_name"]),
    timers,
  });
}

/** A number, also one written as a text as the old HQ coerced it; NaN for anything else. */
function numberOf(value: JsonValue | undefined): number {
  if (typeof value === "number") return value + 0;
  if (typeof value !== "string" || value.length > 64) return Number.NaN;
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(value) ? Number(value) : Number.NaN;
}

function nameOf(value: JsonValue | undefined): string {
  return typeof value === "string" && value !== ""
    ? clip(value, PROTOCOL1_LIMIT.nameLength)
    : NAMELESS_TURRET;
}

function errorOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined || value === "") return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return clip(text, STATS_LIMIT.textBytes);
}

function timersOf(value: JsonValue | undefined): (string | number)[] | MalformedKind {
  if (value === null || value === undefined) return [];
  if (!isJsonObject(value)) return MALFORMED.timersNotObject;
  const timers: (string | number)[] = [];
  for (const [name, written] of Object.entries(value)) {
    if (timers.length === PROTOCOL1_LIMIT.timers * 2) return MALFORMED.tooManyTimers;
    const seconds = numberOf(written);
    if (!(seconds >= 0 && seconds <= PROTOCOL1_LIMIT.durationS)) return MALFORMED.timerNotDuration;
    // The empty name is the transaction's own.
    timers.push(name === "" ? "(unnamed)" : name, seconds);
  }
  return timers;
}

// Definitions may say durations as texts, and a turret tells what stands in its own.
function secondsOf(value: JsonValue | undefined): number {
  const us = typeof value === "string" ? parseDurationUs(value) : undefined;
  return us === undefined ? numberOf(value) : us / US_PER_S;
}

function takeStatus(item: JsonObject, sink: Protocol1Sink): void {
  const { turret, status, uuid, script } = item as Record<string, JsonValue | undefined>;
  if (typeof uuid !== "string" || uuid === "" || uuid.length > PROTOCOL1_LIMIT.nameLength) {
    return sink.onMalformed(MALFORMED.statusWithoutUuid, item);
  }
  const rampup = secondsOf(item["rampup"]);
  const cannons = numberOf(item["cannons"] ?? item["canons"]);
  const hasNumbers =
    rampup >= 0 &&
    rampup <= PROTOCOL1_LIMIT.durationS &&
    cannons >= 0 &&
    cannons <= PROTOCOL1_LIMIT.cannons;
  if (typeof turret !== "string" || typeof script !== "string" || !hasNumbers) {
    return sink.onMalformed(MALFORMED.statusIncomplete, item);
  }
  const word = typeof status === "string" ? status : JSON.stringify(status);
  sink.onStatus({
    turret: clip(turret, PROTOCOL1_LIMIT.nameLength),
    status: clip(word, PROTOCOL1_LIMIT.statusLength),
    uuid,
    rampup: Math.trunc(rampup),
    script: clip(script, PROTOCOL1_LIMIT.scriptLength),
    cannons: Math.trunc(cannons),
  });
}
