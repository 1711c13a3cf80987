// --set key=value: overrides applied to the configuration before it is checked. Keys are dotted paths;
// values are JSON where they parse as JSON, texts otherwise.

import { UsageError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { isSecretName, REDACTED, Redactor } from "../base/redact.ts";
import { oneLine } from "./one-line.ts";

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
    const { path, value: given } = parseOverride(override);
    const shown = showOverride(path, given, override);
    const isPath = path.every((part) => part !== "" && !FORBIDDEN.has(part));
    if (!isPath || !override.includes("=")) {
      throw new UsageError(`--set takes KEY=VALUE, not "${shown}"`, {
        hint: "e.g. --set run_time=60, --set turrets.0.cannons=20",
      });
    }
    result = setAt(result, path, given, shown);
    origins.set(path.join("."), `--set ${shown}`);
  }
  return { value: result as JsonObject, origins };
}

/** The parts of `a.b=value`; a text without `=` is all path. */
export function parseOverride(override: string): { path: readonly string[]; value: JsonValue } {
  const equals = override.indexOf("=");
  const key = equals === -1 ? override : override.slice(0, equals);
  const value = equals === -1 ? "" : parseValue(override.slice(equals + 1));
  return { path: key.trim().split("."), value };
}

function parseValue(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

// An override in a message, without the secrets that its names give away.
function showOverride(path: readonly string[], value: JsonValue, override: string): string {
  if (path.some(isSecretName)) return `${path.join(".")}=${REDACTED}`;
  const redactor = new Redactor();
  if (typeof value !== "object" || value === null) return oneLine(redactor.text(override));
  return oneLine(`${path.join(".")}=${JSON.stringify(redactor.json(value))}`);
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
