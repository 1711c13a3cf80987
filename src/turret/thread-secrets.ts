// Secrets of a run inside a thread: values that -e gave and that are marked, or named, as secrets are
// hidden in every text that leaves it.

import { isJsonObject, type JsonObject } from "../base/json.ts";
import { isSecretName, Redactor } from "../base/redact.ts";

/** The redactor for a turret's config as its script sees it. */
export function redactorOf(definition: JsonObject): Redactor {
  const env = definition["env"];
  const marked = definition["secrets"];
  const names = Array.isArray(marked) ? marked.map(String) : [];
  const values = isJsonObject(env) ? Object.entries(env) : [];
  const secrets = values
    .filter(([name]) => names.includes(name) || isSecretName(name))
    .map(([, value]) => String(value));
  return new Redactor(secrets, names);
}
