// JSON values as types, and a parser that bounds depth, for everything that comes from outside.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export const JSON_DEPTH_LIMIT = 64;

/** True for a plain JSON object (not an array, not null). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True when `value` nests no deeper than `limit`. */
export function isShallow(value: unknown, limit = JSON_DEPTH_LIMIT): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (limit === 0) return false;
  return Object.values(value).every((item) => isShallow(item, limit - 1));
}
