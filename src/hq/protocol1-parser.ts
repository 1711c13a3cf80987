// Messages of OCT protocol 1 as they come in: told apart by their keys, coerced where the old HQ
// coerced, refused by kind where they cannot be used. A frame may hold one object, an array of them, or
// one a line.

import { clip } from "../base/errors.ts";
import { isJsonObject, isShallow, type JsonObject, type JsonValue } from "../base/json.ts";
import { STATS_LIMIT } from "../stats/cell.ts";

const TIMERS_MAX = 1_000;
const DURATION_MAX_S = 1e9;
const EPOCH_MAX_S = 1e11;
const DEFAULT_TURRET_NAME = "Noname";

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
  /** `kind` is one of a short list of phrases. */
  onMalformed(kind: string): void;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Hands what a frame holds to the sink; never throws for what is in it. */
export function parseProtocol1(frame: Uint8Array, sink: Protocol1Sink): void {
  if (frame.length === 0) return sink.onMalformed("empty message");
  let text: string;
  try {
    text = decoder.decode(frame);
  } catch {
    return sink.onMalformed("not UTF-8");
  }
  const value = parseJson(text);
  if (value !== undefined) return takeValue(value, sink);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length < 2) {
    const afterTopic = parseAfterTopic(text);
    return afterTopic === undefined ? sink.onMalformed("not JSON") : takeValue(afterTopic, sink);
  }
  for (const line of lines) {
    const item = parseJson(line);
    if (item === undefined) sink.onMalformed("not JSON");
    else takeItem(item, sink);
  }
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

// Some bindings send a channel word before the object, as orders have it.
function parseAfterTopic(text: string): JsonValue | undefined {
  const brace = text.indexOf("{");
  return brace > 0 && brace < 256 ? parseJson(text.slice(brace)) : undefined;
}

function takeValue(value: JsonValue, sink: Protocol1Sink): void {
  if (!Array.isArray(value)) return takeItem(value, sink);
  if (value.length === 0) return sink.onMalformed("not an object");
  for (const item of value) takeItem(item, sink);
}

function takeItem(item: JsonValue, sink: Protocol1Sink): void {
  if (!isJsonObject(item)) return sink.onMalformed("not an object");
  if (!isShallow(item)) return sink.onMalformed("nested too deep");
  const isResult = "scriptrun_time" in item || "elapsed" in item || "custom_timers" in item;
  if (isResult) return takeResult(item, sink);
  if ("status" in item) return takeStatus(item, sink);
  sink.onMalformed("neither a status nor a result");
}

function takeResult(item: JsonObject, sink: Protocol1Sink): void {
  if (
    item["elapsed"] === undefined ||
    item["epoch"] === undefined ||
    item["scriptrun_time"] === undefined
  ) {
    return sink.onMalformed("result without elapsed, epoch or scriptrun_time");
  }
  const elapsedS = numberOf(item["elapsed"], DURATION_MAX_S);
  const epochS = numberOf(item["epoch"], EPOCH_MAX_S);
  const scriptrunS = numberOf(item["scriptrun_time"], DURATION_MAX_S);
  if (elapsedS === undefined || epochS === undefined || scriptrunS === undefined) {
    return sink.onMalformed("result with a time that is not a number of seconds");
  }
  const timers = timersOf(item["custom_timers"]);
  if (timers === undefined)
    return sink.onMalformed("result with custom_timers that are not durations");
  const name = item["turret_name"];
  sink.onResult({
    elapsedS,
    epochS,
    scriptrunS,
    error: errorOf(item["error"]),
    turretName: typeof name === "string" && name !== "" ? clip(name, 255) : DEFAULT_TURRET_NAME,
    timers,
  });
}

/** A finite number from 0 to `max`, also when it is written as a text; undefined otherwise. */
function numberOf(value: JsonValue | undefined, max: number): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
  return number >= 0 && number <= max ? number : undefined;
}

function errorOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined || value === "") return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return clip(text, STATS_LIMIT.textBytes);
}

function timersOf(value: JsonValue | undefined): (string | number)[] | undefined {
  if (value === null || value === undefined) return [];
  if (!isJsonObject(value)) return undefined;
  const timers: (string | number)[] = [];
  for (const name in value) {
    const seconds = numberOf(value[name], DURATION_MAX_S);
    if (seconds === undefined || timers.length >= TIMERS_MAX * 2) return undefined;
    // The empty name is the transaction's own.
    timers.push(name === "" ? "(unnamed)" : name, seconds);
  }
  return timers;
}

function takeStatus(item: JsonObject, sink: Protocol1Sink): void {
  const { turret, status, uuid, script } = item as Record<string, JsonValue | undefined>;
  if (typeof uuid !== "string" || uuid === "" || uuid.length > 255) {
    return sink.onMalformed("status without uuid");
  }
  const rampup = numberOf(item["rampup"], DURATION_MAX_S);
  const cannons = numberOf(item["cannons"] ?? item["canons"], 1e9);
  if (
    typeof turret !== "string" ||
    script === undefined ||
    rampup === undefined ||
    cannons === undefined
  ) {
    return sink.onMalformed("status without turret, script, rampup or cannons");
  }
  sink.onStatus({
    turret: clip(turret, 255),
    status: clip(String(status), 64),
    uuid,
    rampup: Math.trunc(rampup),
    script: clip(String(script), 1024),
    cannons: Math.trunc(cannons),
  });
}
