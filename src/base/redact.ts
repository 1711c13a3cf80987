// Secrets never reach results: values given as secrets, keys that name one, user parts of URLs and
// Authorization values are replaced wherever a text or a config is kept or printed.

import type { JsonObject, JsonValue } from "./json.ts";

export const REDACTED = "***";

const SECRET_KEY =
  /pass(word|wd|phrase)?$|secret|token|authorization|api[-_]?key|credential|cookie$/i;
const URL_USER = /([a-z][a-z0-9+.-]*:\/\/)[^/\s"'@]*@/gi;
const AUTHORIZATION = /\b(authorization\s*[:=]\s*)(?:(?:basic|bearer|digest)\s+)?[^\s"',;]+/gi;
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;

/** A value this short would redact half of any text; it is hidden under its name only. */
const SHORTEST_VALUE = 4;

/** True when a key's name says that its value is a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_KEY.test(name);
}

export class Redactor {
  readonly #values: readonly string[];
  readonly #names: ReadonlySet<string>;

  /** `values` are hidden wherever they occur, `names` are keys whose values are hidden. */
  constructor(values: readonly string[] = [], names: readonly string[] = []) {
    this.#values = [...new Set(values)]
      .filter((value) => value.length >= SHORTEST_VALUE)
      .sort((a, b) => b.length - a.length);
    this.#names = new Set(names);
  }

  text(full: string): string {
    let text = full;
    for (const value of this.#values) text = text.split(value).join(REDACTED);
    return text
      .replace(URL_USER, `$1${REDACTED}@`)
      .replace(AUTHORIZATION, `$1${REDACTED}`)
      .replace(BEARER, `$1 ${REDACTED}`);
  }

  json(value: JsonValue): JsonValue {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    return this.object(value as JsonObject);
  }

  object(value: JsonObject): JsonObject {
    const copy: Record<string, JsonValue> = {};
    for (const [key, item] of Object.entries(value)) {
      const isHidden = this.#names.has(key) || (isSecretName(key) && !isFlag(item));
      copy[key] = isHidden ? REDACTED : this.json(item);
    }
    return copy;
  }
}

// `"token": null` or `"password_required": true` hides nothing.
function isFlag(value: JsonValue): boolean {
  return value === null || typeof value === "boolean" || value === "";
}
