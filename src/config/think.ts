// Times that a virtual user thinks: fixed, or drawn anew each time.
//
//   "think": 1.5 | "500ms" | { "uniform": [1, 3] } | { "exponential": 2 } | { "normal": [2, 0.5] }

import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { Random } from "../base/random.ts";
import { parseDurationUs, US_PER_S } from "../base/units.ts";
import type { FieldReader } from "./reader.ts";

export type Think =
  | { readonly kind: "fixed"; readonly meanUs: number }
  | { readonly kind: "uniform"; readonly lowUs: number; readonly highUs: number }
  | { readonly kind: "exponential"; readonly meanUs: number }
  | { readonly kind: "normal"; readonly meanUs: number; readonly deviationUs: number };

const LIMIT_US = 86_400 * US_PER_S;
const HINT =
  'seconds, "500ms", { "uniform": [1, 3] }, { "exponential": 2 }, { "normal": [2, 0.5] }';

export function readThink(fields: FieldReader, key: string): Think | undefined {
  const value = fields.value(key);
  if (value === undefined) return undefined;
  const think = thinkOf(value);
  if (think === undefined) fields.complain(key, `${key} is not a time to think`, HINT);
  return think;
}

/** One draw in microseconds, never negative. */
export function drawThinkUs(think: Think, random: Random): number {
  switch (think.kind) {
    case "fixed":
      return think.meanUs;
    case "uniform":
      return random.uniform(think.lowUs, think.highUs);
    case "exponential":
      return random.exponential(think.meanUs);
    case "normal":
      return Math.max(0, random.normal(think.meanUs, think.deviationUs));
  }
}

function thinkOf(value: JsonValue): Think | undefined {
  const fixed = timeUs(value);
  if (fixed !== undefined) return { kind: "fixed", meanUs: fixed };
  if (!isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  const { uniform, exponential, normal } = value;
  if (exponential !== undefined) {
    const meanUs = timeUs(exponential);
    return meanUs === undefined ? undefined : { kind: "exponential", meanUs };
  }
  const pair = uniform ?? normal;
  if (!Array.isArray(pair) || pair.length !== 2) return undefined;
  const [first, second] = pair.map(timeUs);
  if (first === undefined || second === undefined) return undefined;
  if (normal !== undefined) return { kind: "normal", meanUs: first, deviationUs: second };
  return first <= second ? { kind: "uniform", lowUs: first, highUs: second } : undefined;
}

function timeUs(value: JsonValue): number | undefined {
  const us =
    typeof value === "number"
      ? value * US_PER_S
      : typeof value === "string"
        ? parseDurationUs(value)
        : undefined;
  return us !== undefined && us >= 0 && us <= LIMIT_US ? us : undefined;
}
