// What oct fire is asked to do, read from its options into the keys of a turret definition
// (config/load-model.ts), and said in words before anything is fired.

import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { clip, UsageError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { formatCount, formatDuration, parseDurationUs, US_PER_S } from "../base/units.ts";
import type { LoadModel } from "../config/load-model.ts";
import { loadInWords } from "../config/load-words.ts";
import { isProxy, PROXY_HINT } from "../config/network.ts";
import { loadOf } from "../config/turret-load.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { fileError, resolveFrom } from "./files.ts";

/** Where users say neither how many nor how long. */
const DEFAULT_USERS = 10;
const DEFAULT_DURATION_US = 10 * US_PER_S;
/** Iterations end such a run; this ends one that hangs. */
const LONGEST_US = 30 * 86_400 * US_PER_S;
/** Users that one thread serves without being asked for more threads. */
const USERS_A_THREAD = { url: 64, script: 16 } as const;

export interface FirePlan {
  readonly target: FireTarget;
  /** The one turret definition. */
  readonly definition: JsonObject;
  readonly load: LoadModel;
  readonly runTimeUs: number;
  readonly threads: number;
  /** Turrets that join over the network; 0: this process fires. */
  readonly agents: number;
  /** How the options were read, a line each. */
  readonly words: readonly string[];
}

export type FireTarget =
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "script";
      readonly directory: string;
      readonly script: string;
      /** `Class.test_name` after the file's name, or "". */
      readonly test: string;
    };

export function readFirePlan(input: CommandInput, env: Env): FirePlan {
  const target = readTarget(input.positionals[0] as string, env);
  const { keys, runTimeUs, words } = readLoadKeys(input);
  const agents = readCount(input, "agents", 0, 10_000);
  const definition: JsonObject = {
    name: "fire",
    ...targetKeys(target, input, env),
    ...networkKeys(input),
    ...keys,
  };
  const load = loadOf(definition, runTimeUs);
  const perThread = USERS_A_THREAD[target.kind];
  const wanted = Math.min(env.cores, Math.ceil(load.cannons / perThread));
  const threads = readCount(input, "threads", Math.max(1, wanted), 1024);
  const total = loadInWords({ load, runTimeUs, turrets: Math.max(1, agents) });
  return {
    target,
    definition: { ...definition, threads },
    load,
    runTimeUs,
    threads,
    agents,
    words: [...words, ...total],
  };
}

function readTarget(given: string, env: Env): FireTarget {
  if (/^https?:\/\//i.test(given)) return { kind: "url", url: given };
  const colon = given.lastIndexOf(":");
  const hasTest = colon > 1 && /^[A-Za-z_$][\w$.]*$/.test(given.slice(colon + 1));
  const file = resolveFrom(env.cwd, hasTest ? given.slice(0, colon) : given);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) {
    const test = hasTest ? given.slice(colon + 1) : "";
    return { kind: "script", directory: path.dirname(file), script: path.basename(file), test };
  }
  if (/^[\w.-]+(:\d+)?(\/|$)/.test(given) && !/\.[cm]?[jt]sx?$/.test(given)) {
    return { kind: "url", url: `http://${given}` };
  }
  throw new UsageError(`"${given}" is neither a URL nor a script that exists`, {
    where: file,
    hint: "oct fire http://localhost:8080/   or   oct fire script.ts",
  });
}

function targetKeys(target: FireTarget, input: CommandInput, env: Env): JsonObject {
  if (target.kind === "script") {
    for (const name of ["method", "header", "body", "insecure"]) {
      if (input.text(name) === undefined && !input.isOn(name)) continue;
      throw new UsageError(`--${name} is for a URL; a script says itself what it sends`);
    }
    return target.test === ""
      ? { script: target.script }
      : { script: target.script, test: target.test };
  }
  const body = bodyOf(input.text("body"), env);
  const method = input.text("method") ?? (body === undefined ? "GET" : "POST");
  const fire: JsonObject = {
    url: target.url,
    method,
    headers: headersOf(input.texts("header")),
    insecure: input.isOn("insecure"),
    ...(body === undefined ? {} : { body: Buffer.from(body).toString("base64") }),
  };
  return { script: "", fire };
}

// What a script says itself comes before these.
function networkKeys(input: CommandInput): JsonObject {
  const proxy = input.text("proxy");
  if (proxy !== undefined && !isProxy(proxy)) {
    throw new UsageError(`--proxy takes a proxy, not "${clip(proxy, 100)}"`, { hint: PROXY_HINT });
  }
  return {
    ...(proxy === undefined ? {} : { http_proxy: proxy }),
    ...(input.isOn("no-resend") ? { http_resend: false } : {}),
  };
}

function bodyOf(given: string | undefined, env: Env): string | Uint8Array | undefined {
  if (given === undefined || !given.startsWith("@")) return given;
  const file = resolveFrom(env.cwd, given.slice(1));
  try {
    return readFileSync(file);
  } catch (thrown) {
    throw fileError("can not read the body", file, thrown);
  }
}

function headersOf(given: readonly string[]): JsonObject {
  const headers: Record<string, string[]> = {};
  for (const line of given) {
    const colon = line.indexOf(":");
    if (colon < 1) throw new UsageError(`-H takes "Name: value", not "${line}"`);
    const name = line.slice(0, colon).trim();
    headers[name] = [...(headers[name] ?? []), line.slice(colon + 1).trim()];
  }
  return headers;
}

interface LoadKeys {
  readonly keys: JsonObject;
  readonly runTimeUs: number;
  readonly words: readonly string[];
}

function readLoadKeys(input: CommandInput): LoadKeys {
  const duration = readDuration(input, "duration");
  const { users, hits, words } = readUsersAndHits(input);
  const rate = input.text("rate");
  const stages = input.text("stages");
  const requests = input.text("requests");
  const exclusive = [
    hits && "--hits",
    requests && "--requests",
    stages && "--stages",
    rate && "--rate",
  ];
  const given = exclusive.filter((name) => name !== undefined && name !== "");
  if (given.length > 1) throw new UsageError(`${given.join(" and ")} exclude each other`);
  if (rate !== undefined) return rateKeys({ input, rate, users, duration, words });
  if (stages !== undefined) return stageKeys(stages, duration, words);
  if (requests !== undefined) {
    const count = wholeOf("--requests", requests);
    const keys = { cannons: soleUsers(users), iterations_shared: count };
    return { keys, runTimeUs: duration ?? LONGEST_US, words };
  }
  if (hits !== undefined) return hitKeys(users ?? "1", hits, duration, words);
  const steps = (users ?? "").split(":");
  if (steps.length > 1) return stepKeys(steps, duration ?? DEFAULT_DURATION_US, words);
  const runTimeUs = duration ?? DEFAULT_DURATION_US;
  return { keys: { cannons: soleUsers(users) }, runTimeUs, words };
}

// As in Loads `-c` beside `-u` is hits of each user; as in wrk and oha `-c` alone is how many users.
function readUsersAndHits(input: CommandInput): {
  users: string | undefined;
  hits: string | undefined;
  words: readonly string[];
} {
  const users = input.text("users");
  const hits = input.text("hits");
  const c = input.text("concurrency");
  if (c === undefined) return { users, hits, words: [] };
  if (users === undefined) {
    return { users: c, hits, words: [`-c ${c} is read as the number of users (there is no -u)`] };
  }
  if (hits !== undefined) throw new UsageError("-c beside -u is hits per user, as --hits is");
  return { users, hits: c, words: [`-c ${c} beside -u is read as hits per user`] };
}

function hitKeys(
  users: string,
  hits: string,
  duration: number | undefined,
  words: readonly string[],
): LoadKeys {
  const iterations = hits.split(":").reduce((sum, one) => sum + wholeOf("--hits", one), 0);
  for (const one of users.split(":")) wholeOf("--users", one);
  if (duration !== undefined) {
    throw new UsageError("--hits and --duration exclude each other", {
      hint: "--requests N -d 30s ends by whichever comes first",
    });
  }
  const keys = users.includes(":")
    ? { cycles: users, iterations }
    : { cannons: wholeOf("--users", users), iterations };
  return { keys, runTimeUs: LONGEST_US, words };
}

// Steps of users with a time each: the number jumps, and what is in flight then goes on.
function stepKeys(steps: readonly string[], stepUs: number, words: readonly string[]): LoadKeys {
  const stages = steps.flatMap((users): JsonObject[] => {
    const cannons = wholeOf("--users", users);
    return [
      { duration: 0, cannons },
      { duration: stepUs / US_PER_S, cannons },
    ];
  });
  return { keys: { stages }, runTimeUs: stepUs * steps.length, words };
}

function rateKeys(parts: {
  input: CommandInput;
  rate: string;
  users: string | undefined;
  duration: number | undefined;
  words: readonly string[];
}): LoadKeys {
  const { rate, users, duration, words } = parts;
  const perSec = Number(rate);
  if (!(perSec > 0)) throw new UsageError(`--rate takes a number a second, not "${rate}"`);
  const keys: Record<string, JsonObject[string]> = { rate: perSec };
  if (users !== undefined) keys["cannons"] = wholeOf("--users", users);
  if (parts.input.isOn("poisson")) keys["spacing"] = "poisson";
  return { keys, runTimeUs: duration ?? DEFAULT_DURATION_US, words };
}

function stageKeys(
  stages: string,
  duration: number | undefined,
  words: readonly string[],
): LoadKeys {
  const runTimeUs = stages.split(",").reduce((sum, stage) => {
    const [time = ""] = stage.split(":");
    const us = parseDurationUs(time);
    if (us === undefined) {
      throw new UsageError(`--stages: "${stage.trim()}" has no duration`, {
        hint: "--stages 30s:50,2m:50,30s:0   (duration:users)",
      });
    }
    return sum + us;
  }, 0);
  return { keys: { stages }, runTimeUs: Math.min(runTimeUs, duration ?? runTimeUs), words };
}

function soleUsers(users: string | undefined): number {
  return users === undefined ? DEFAULT_USERS : wholeOf("--users", users);
}

function wholeOf(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= 1e12) return number;
  throw new UsageError(`${option} takes whole numbers from 1, not "${text}"`);
}

export function readCount(
  input: CommandInput,
  name: string,
  fallback: number,
  high: number,
): number {
  const text = input.text(name);
  if (text === undefined) return fallback;
  const number = wholeOf(`--${name}`, text);
  if (number <= high) return number;
  throw new UsageError(`--${name} is at most ${formatCount(high)}`);
}

function readDuration(input: CommandInput, name: string): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  const us = parseDurationUs(text);
  if (us !== undefined && us > 0) return us;
  throw new UsageError(
    `--${name} takes a duration such as ${formatDuration(30 * US_PER_S)} or 90s`,
  );
}
