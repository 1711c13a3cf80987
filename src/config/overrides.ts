// --set key=value: overrides applied to the configuration before it is checked. Keys are dotted paths;
// values are JSON where they parse as JSON, texts otherwise.

import { UsageError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);
const LIST_LIMIT = 10_000;

/** A copy of `value` with the overrides applied, and where each overridden path came from. */
export function applyOverrides(
  value: JsonObject,
  overrides: readonly string[],
): { value: JsonObject; origins: ReadonlyMap<string, string> } {
  let result: JsonValue = value;
  const origins = new Map<string, string>();
  for (const override of overrides) {
    const equals = override.indexOf("=");
    const key = equals === -1 ? "" : override.slice(0, equals).trim();
    const path = key.split(".");
    if (key === "" || path.some((part) => part === "" || FORBIDDEN.has(part))) {
      throw new UsageError(`--set takes KEY=VALUE, not "${override}"`, {
        hint: "e.g. --set run_time=60, --set turrets.0.cannons=20",
      });
    }
    result = setAt(result, path, parseValue(override.slice(equals + 1)), override);
    origins.set(path.join("."), `--set ${override}`);
  }
  return { value: result as JsonObject, origins };
}

function parseValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

function setAt(
  at: JsonValue | undefined,
  path: readonly string[],
  value: JsonValue,
  override: string,
): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(at)) {
    const index = Number(key);
    if (!/^\d{1,5}$/.test(key) || index > Math.min(at.length, LIST_LIMIT)) {
      throw new UsageError(`--set ${override}: ${key} is not a place in the list`, {
        hint: `the list has ${at.length} items, counted from 0`,
      });
    }
    const copy = [...at];
    copy[index] = setAt(at[index], rest, value, override);
    return copy;
  }
  if (at !== undefined && at !== null && !isJsonObject(at)) {
    throw new UsageError(`--set ${override}: there is no ${key} inside a plain value`);
  }
  const object = (at ?? {}) as JsonObject;
  const inner = Object.hasOwn(object, key) ? object[key] : undefined;
  return { ...object, [key]: setAt(inner, rest, value, override) };
}
