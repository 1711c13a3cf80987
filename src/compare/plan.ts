// Whether two runs may be held against each other: of the same plan, on the same machines, both with
// a verdict that lets their numbers stand. What refuses is told in sentences; what differs besides
// (target, version, script's values) may be just what is compared, and is told as a note.

import { clip } from "../base/errors.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { isJsonObject } from "../base/json.ts";
import { formatCount, formatDuration, parseDurationUs } from "../base/units.ts";
import { plural } from "../report/figures.ts";
import type { ReportModel } from "../report/model.ts";
import type { Results } from "../store/results.ts";

export interface JudgedRun {
  readonly results: Results;
  readonly model: ReportModel;
}

export interface PlanCheck {
  /** Why they must not be compared, each with what it is about. */
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}

export interface Refusal {
  readonly about: "verdict" | "plan" | "machine";
  readonly text: string;
}

/** Keys of a turret definition that make its load. */
const LOAD_KEYS = [
  "name",
  "cannons",
  "rampup",
  "script",
  "test",
  "mix",
  "iterations",
  "iterations_shared",
  "stages",
  "cycles",
  "phases",
  "rate",
  "spacing",
  "exact_count",
  "max_queue",
  "think",
  "pacing",
  "split",
] as const;
const DURATION_KEYS: ReadonlySet<string> = new Set(["rampup", "pacing", "think", "run_time"]);
/** What a load key means that is not there; `canons` is how the old OCT spelled it. */
const FALLBACKS: Readonly<Record<string, JsonValue>> = { rampup: 0, think: 0, pacing: 0 };
/** What `oct fire URL` sends; the URL itself is what two runs may differ in. */
const REQUEST_KEYS = ["method", "body"] as const;

const TEXT_MAX = 60;
const DIFFERENCES_MAX = 8;
const HASH_SHOWN = 13;
/** A run that was this much shorter than the other did not do the same. */
const SHORT_SHARE = 0.9;

export function checkPlan(base: JudgedRun, next: JudgedRun): PlanCheck {
  return {
    refusals: [
      ...verdictRefusals("BASE", base),
      ...verdictRefusals("NEW", next),
      ...planDifferences(base, next).map((text): Refusal => ({ about: "plan", text })),
      ...machineDifferences(base.results, next.results).map(
        (text): Refusal => ({ about: "machine", text }),
      ),
    ],
    notes: notesOn(base, next),
  };
}

function verdictRefusals(side: string, { model }: JudgedRun): Refusal[] {
  const { word, sentence, reasons } = model.verdict;
  if (word === "VALID" || word === "NOT JUDGED") return [];
  const why = reasons[0] === undefined ? sentence : clip(reasons[0], 200);
  return [{ about: "verdict", text: `${side} is ${word}: ${why}` }];
}

function planDifferences(base: JudgedRun, next: JudgedRun): string[] {
  const [before, after] = [base.results.facts.config, next.results.facts.config];
  const differences =
    before === undefined || after === undefined ? [] : configDifferences(before, after);
  differences.push(...scriptDifferences(base.results, next.results));
  const turrets = [base, next].map(({ model }) => turretsText(model));
  if (turrets[0] !== turrets[1]) differences.push(`turrets: ${turrets[0]}, and ${turrets[1]}`);
  const left = differences.length - DIFFERENCES_MAX;
  return [
    ...differences.slice(0, DIFFERENCES_MAX).map((text) => `the plans differ in ${text}`),
    ...(left > 0 ? [`and in ${plural(left, "more key")}`] : []),
  ];
}

// Files that do not know the hashes, and turrets of either alone, say nothing against each other.
function scriptDifferences(base: Results, next: Results): string[] {
  const [before, after] = [base.facts.scripts ?? {}, next.facts.scripts ?? {}];
  return Object.keys(before).flatMap((name) => {
    const [was, is] = [before[name], Object.hasOwn(after, name) ? after[name] : undefined];
    if (was === undefined || is === undefined || was === is) return [];
    const [one, other] = [was, is].map((hash) => clip(hash, HASH_SHOWN));
    return [`the script of ${clip(name, TEXT_MAX)}: SHA-256 ${one}, and ${other}`];
  });
}

function configDifferences(before: JsonObject, after: JsonObject): string[] {
  const differences: string[] = [];
  const add = (path: string, key: string, one: JsonObject, other: JsonObject) => {
    const [was, is] = [loadValue(one, key), loadValue(other, key)];
    if (canonical(was) !== canonical(is)) {
      differences.push(`${path}${key}: ${valueText(key, was)}, and ${valueText(key, is)}`);
    }
  };
  add("", "run_time", before, after);
  const [one, other] = [definitionsOf(before), definitionsOf(after)];
  if (one.length !== other.length) {
    differences.push(`turret definitions: ${one.length}, and ${other.length}`);
    return differences;
  }
  for (const [i, definition] of one.entries()) {
    const counterpart = other[i] as JsonObject;
    for (const key of LOAD_KEYS) add(`turrets.${i}.`, key, definition, counterpart);
    const [request, changed] = [objectOf(definition["fire"]), objectOf(counterpart["fire"])];
    for (const key of REQUEST_KEYS) add(`turrets.${i}.fire.`, key, request, changed);
  }
  return differences;
}

// As it is meant: durations in microseconds however they are written, defaults filled in.
function loadValue(definition: JsonObject, key: string): JsonValue | undefined {
  const given = definition[key] ?? (key === "cannons" ? definition["canons"] : undefined);
  const value = given ?? FALLBACKS[key];
  if (!DURATION_KEYS.has(key)) return value;
  if (typeof value === "number") return value * 1_000_000;
  return typeof value === "string" ? (parseDurationUs(value) ?? value) : value;
}

function valueText(key: string, value: JsonValue | undefined): string {
  if (value === undefined) return "none";
  if (typeof value === "number") {
    return DURATION_KEYS.has(key) ? formatDuration(value) : formatNumber(value);
  }
  return clip(typeof value === "string" ? value : JSON.stringify(value), TEXT_MAX);
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(value);
}

function canonical(value: JsonValue | undefined): string {
  return JSON.stringify(sorted(value)) ?? "";
}

function sorted(value: JsonValue | undefined): JsonValue | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) as JsonValue);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key]) as JsonValue]),
  );
}

function definitionsOf(config: JsonObject): JsonObject[] {
  const turrets = config["turrets"];
  return Array.isArray(turrets) ? (turrets as JsonValue[]).map(objectOf) : [];
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

// What joined, whatever was asked for: two turrets fire twice as much as one.
function turretsText(model: ReportModel): string {
  return `${plural(model.turretsTotal, "turret")} with ${plural(model.cannons, "cannon")}`;
}

function machineDifferences(base: Results, next: Results): string[] {
  const [before, after] = [base, next].map(machinesText);
  if (before === undefined || after === undefined || before === after) return [];
  return [`they were made on other machines: ${before}, and ${after}`];
}

// Undefined where the file does not say, as those of the old OCT.
function machinesText(results: Results): string | undefined {
  const { host, platform, cores } = results.facts;
  if (host === undefined) return undefined;
  const turrets = results.turrets().flatMap(({ details }) => {
    if (details === undefined || details.host === "" || details.host === host) return [];
    return [`${details.host} (${plural(details.cores, "core")})`];
  });
  const hq = `${host} (${platform ?? "?"}, ${plural(cores ?? 0, "core")})`;
  return clip([hq, ...[...new Set(turrets)].sort()].join(", "), 400);
}

function notesOn(base: JudgedRun, next: JudgedRun): string[] {
  const [before, after] = [base.results.facts, next.results.facts];
  const notes: string[] = [];
  for (const [side, { model }] of [
    ["BASE", base],
    ["NEW", next],
  ] as const) {
    if (model.verdict.word === "NOT JUDGED") notes.push(`${side}: ${model.verdict.sentence}`);
  }
  if (before.octVersion !== after.octVersion) {
    notes.push(`made by oct ${before.octVersion ?? "(old)"} and ${after.octVersion ?? "(old)"}`);
  }
  const definitions = [before.config, after.config].map((config) => definitionsOf(config ?? {}));
  const [one = [], other = []] = definitions;
  for (const [i, definition] of one.entries()) {
    const counterpart = other[i];
    if (counterpart === undefined) continue;
    const urls = [definition, counterpart].map((each) => objectOf(each["fire"])["url"]);
    if (urls[0] !== urls[1]) notes.push(`targets: ${textOf(urls[0])}, and ${textOf(urls[1])}`);
    const known: ReadonlySet<string> = new Set([...LOAD_KEYS, "canons", "fire"]);
    const keys = [...new Set([...Object.keys(definition), ...Object.keys(counterpart)])].filter(
      (key) => !known.has(key) && canonical(definition[key]) !== canonical(counterpart[key]),
    );
    if (keys.length > 0) notes.push(clip(`turrets.${i} differ in ${keys.join(", ")} too`, 200));
  }
  const lengths = [base, next].map(({ model }) => model.measuredUs);
  if (Math.min(...lengths) < SHORT_SHARE * Math.max(...lengths)) {
    const [first, second] = lengths.map((us) => formatDuration(us));
    notes.push(`they fired for ${first} and ${second}`);
  }
  return notes;
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined ? "none" : clip(String(value), TEXT_MAX);
}
