// Checked reading of the JSON inside a frame: each message type has a table of its fields, and a field
// that is missing, of another type or past its limit makes the whole message malformed.

import { MalformedBytes } from "../base/bytes.ts";
import { isJsonObject, isShallow, type JsonObject, type JsonValue } from "../base/json.ts";

/** Reads one field's value or throws MalformedBytes. */
export type FieldReader = (value: JsonValue | undefined, name: string) => JsonValue;
export type FieldTable = Readonly<Record<string, FieldReader>>;

export function textField(limit: number): FieldReader {
  return (value, name) => {
    if (typeof value !== "string") throw new MalformedBytes(`${name} is not a text`);
    if (value.length > limit) throw new MalformedBytes(`${name} is longer than ${limit}`);
    return value;
  };
}

/** A finite number between the limits, both included. */
export function numberField(low: number, high: number): FieldReader {
  return (value, name) => {
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new MalformedBytes(`${name} is not a number`);
    }
    if (value < low || value > high) throw new MalformedBytes(`${name} is out of range`);
    return value;
  };
}

/** A whole number from 0 to `high`. */
export function countField(high = Number.MAX_SAFE_INTEGER): FieldReader {
  const inRange = numberField(0, high);
  return (value, name) => {
    if (!Number.isInteger(inRange(value, name))) throw new MalformedBytes(`${name} is not whole`);
    return value as number;
  };
}

export const booleanField: FieldReader = (value, name) => {
  if (typeof value !== "boolean") throw new MalformedBytes(`${name} is not true or false`);
  return value;
};

export const objectField: FieldReader = (value, name) => {
  if (!isJsonObject(value)) throw new MalformedBytes(`${name} is not an object`);
  if (!isShallow(value)) throw new MalformedBytes(`${name} nests too deep`);
  return value;
};

/** An object whose own fields are in `table`. */
export function nestedField(table: FieldTable): FieldReader {
  return (value, name) => readFields(objectField(value, name) as JsonObject, table);
}

/** One of some words. */
export function wordField(words: readonly string[]): FieldReader {
  return (value, name) => {
    if (typeof value === "string" && words.includes(value)) return value;
    throw new MalformedBytes(`${name} is none of its words`);
  };
}

/** Up to `limit` objects, each with the fields of `table`. */
export function listField(limit: number, table: FieldTable): FieldReader {
  const read = nestedField(table);
  return (value, name) => {
    if (!Array.isArray(value)) throw new MalformedBytes(`${name} is not a list`);
    if (value.length > limit) throw new MalformedBytes(`${name} has more than ${limit} items`);
    return value.map((item: JsonValue) => read(item, name));
  };
}

/** The fields of `table` read from `json`; unknown ones are left behind, so newer peers may add some. */
export function readFields(json: JsonObject, table: FieldTable): JsonObject {
  const fields: Record<string, JsonValue> = {};
  for (const [name, read] of Object.entries(table)) {
    fields[name] = read(Object.hasOwn(json, name) ? json[name] : undefined, name);
  }
  return fields;
}
