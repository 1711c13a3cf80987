// What may be asked of a run while it goes, read from outside and told to people.

import { clip } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { formatCount, formatRate, US_PER_S } from "../base/units.ts";
import { whyNoValue } from "../config/load-change.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { ControlAction } from "./types.ts";

/** Characters of one note, and of a turret's name. */
const NOTE_MAX = 500;
const NAME_MAX = 255;

/** An action from outside; a text says what is wrong with it. */
export function readControlAction(value: JsonValue): ControlAction | string {
  if (!isJsonObject(value)) return "an action is an object";
  const { kind, text } = value;
  if (kind === "stop" || kind === "pause" || kind === "resume") return { kind };
  if (kind === "cannons" || kind === "rate") return readChange(kind, value);
  if (kind === "note") {
    if (typeof text !== "string" || text.trim() === "") return "a note has a text";
    return { kind, text: clip(text.trim(), NOTE_MAX) };
  }
  return `there is no action ${clip(JSON.stringify(kind ?? null), 40)}`;
}

function readChange(kind: "cannons" | "rate", given: JsonObject): ControlAction | string {
  const { value, percent, turret = "" } = given;
  const isPercent = percent !== undefined;
  const number = isPercent ? percent : value;
  if (isPercent && value !== undefined) return `${kind} take a value or percent, not both`;
  if (typeof number !== "number") return `${kind} take a number, as value or as percent`;
  const wrong = whyNoValue(kind, { value: number, isPercent });
  if (wrong !== "") return wrong;
  if (typeof turret !== "string" || turret.length > NAME_MAX) return "turret is the name of one";
  const named = turret === "" ? {} : { turret };
  return isPercent ? { kind, percent: number, ...named } : { kind, value: number, ...named };
}

/** A segment in a few words, for marks and answers. */
export function segmentInWords(segment: ControlSegment, isEach = false): string {
  const { kind, value, isPercent, definition } = segment;
  if (kind === "pause") return "paused";
  if (kind === "resume") return "resumed";
  const amount = isPercent
    ? `${kind} ${Number(value.toFixed(2))} % of the plan`
    : kind === "rate"
      ? `rate ${formatRate(value)}`
      : `${formatCount(value)} ${value === 1 ? "cannon" : "cannons"}`;
  const each = isEach && !isPercent ? " a turret" : "";
  return `${amount}${each}${definition === "" ? "" : ` (${definition})`}`;
}

/** Time since the start: `12.5 s`, `1:02:03.5`. */
export function instantInWords(atUs: number): string {
  const tenths = Math.round(atUs / (US_PER_S / 10));
  const seconds = Math.floor(tenths / 10);
  if (seconds < 60) return `${(tenths / 10).toFixed(1)} s`;
  const two = (value: number) => String(value).padStart(2, "0");
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${tenths % 10}`;
  return seconds < 3600 ? rest : `${Math.floor(seconds / 3600)}:${rest}`;
}
