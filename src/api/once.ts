// Work that is done once for all cannons of a turret, or of the whole run.

import { errorText } from "../base/errors.ts";
import { isShallow, type JsonValue } from "../base/json.ts";
import { currentThread, type OnceScope, type ThreadHost } from "./context.ts";
import type { Json } from "./values.ts";
import { suspended } from "./waiting.ts";

/** Options of `once`. */
export interface OnceOptions {
  /** "turret": once on each turret, as is usual; "run": once in the whole run. */
  readonly per?: OnceScope;
}

const LIMIT = { names: 1_000, resultChars: 1_048_576 } as const;

interface Started {
  readonly results: Map<string, Promise<JsonValue>>;
}
const startedOf = new WeakMap<ThreadHost, Started>();

/**
 * Runs `run` once, whoever asks first; the others wait for its result, which is JSON. The result is
 * in `this.context[name]` too. What it throws is an error of those who waited, and the next who asks
 * tries again.
 *
 * @example
 * const token = await once("token", async () => {
 *   return (await this.http.post(`${this.config.target}/login`, { json: account })).json().token;
 * });
 */
export function once(name: string, run: () => unknown, options: OnceOptions = {}): Promise<Json> {
  const thread = currentThread();
  const per = options.per ?? "turret";
  if (typeof name !== "string" || name === "") {
    return Promise.reject(new TypeError("once needs a name"));
  }
  if (per !== "turret" && per !== "run") {
    return Promise.reject(new TypeError(`once is per "turret" or "run", not ${String(per)}`));
  }
  const { results } = stateOf(thread);
  const key = `${per} ${name}`;
  let result = results.get(key);
  if (result === undefined) {
    if (results.size >= LIMIT.names) {
      return Promise.reject(new Error(`once was called with more than ${LIMIT.names} names`));
    }
    result = begin(thread, { per, name, run });
    results.set(key, result);
    result.catch(() => results.delete(key));
  }
  return suspended(thread, result);
}

function stateOf(thread: ThreadHost): Started {
  let state = startedOf.get(thread);
  if (state === undefined) {
    state = { results: new Map() };
    startedOf.set(thread, state);
  }
  return state;
}

async function begin(
  thread: ThreadHost,
  wanted: { per: OnceScope; name: string; run: () => unknown },
): Promise<JsonValue> {
  const { per, name, run } = wanted;
  const checked = async () => asJson(name, await run());
  if (thread.once !== undefined) return thread.once(per, name, checked);
  const result = await checked();
  (thread.context as Record<string, JsonValue>)[name] = result;
  return result;
}

// The result travels to other threads and machines: it must be JSON, and of a bounded size.
function asJson(name: string, value: unknown): JsonValue {
  let text: string | undefined;
  try {
    if (isShallow(value)) text = JSON.stringify(value ?? null);
  } catch (thrown) {
    throw new TypeError(`the result of once("${name}") is no JSON: ${errorText(thrown)}`);
  }
  if (text === undefined) throw new TypeError(`the result of once("${name}") is no JSON`);
  if (text.length > LIMIT.resultChars) {
    throw new RangeError(`the result of once("${name}") has more than ${LIMIT.resultChars} bytes`);
  }
  return JSON.parse(text) as JsonValue;
}
