// The load of a turret definition, from its keys (all durations are seconds or texts such as "90s"):
//
//   closed   cannons, rampup               all repeat; rampup 0 starts them at once
//            stages: [{duration, cannons}] lines from one number of cannons to the next, from 0
//            cycles: "10:20:30"            so many users, step after step, with iterations each
//            iterations, iterations_shared how often each cannon, or all of them together, may fire
//            think, pacing                 a wait after each transaction; a fixed time from start to start
//   open     rate                          transactions a second, whoever is free
//            stages: [{duration, rate}]    lines from one rate to the next, from 0
//            phases: [{duration, rate}]    constant rates, one after the other
//            spacing: "even" | "poisson"   exact_count: true: Poisson with the expected number
//            cannons                       most transactions in flight; max_queue: most that wait
//   both     split: true                   the numbers are a total, divided among the turrets
//            mix: [{script, weight}]       which script a transaction is
//            user_agents: [{name, weight}] whose name a cannon's requests carry
//
// Stages may be texts: "30s:50, 1m:50, 10s:0". A turret reads the same keys as the HQ that checked them.

import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { parseDurationUs, US_PER_S } from "../base/units.ts";
import type { CannonStage } from "../pace/closed.ts";
import type { RateSegment } from "../pace/curve.ts";
import { type Network, readNetwork } from "./network.ts";
import type { FieldReader } from "./reader.ts";
import { readThink, type Think } from "./think.ts";

export interface ClosedModel {
  readonly kind: "closed";
  /** Straight pieces of the wanted number of cannons; empty for cycles. */
  readonly stages: readonly CannonStage[];
  /** Users of each step; empty where there are stages. */
  readonly cycles: readonly number[];
  /** Transactions of each cannon, or of all together; undefined: until the time is over. */
  readonly iterations: number | undefined;
  readonly areIterationsShared: boolean;
  readonly think: Think | undefined;
  /** From start to start; 0 for none. */
  readonly pacingUs: number;
}

export interface OpenModel {
  readonly kind: "open";
  readonly segments: readonly RateSegment[];
  readonly spacing: "even" | "poisson";
  readonly hasExactCount: boolean;
  /** Arrivals that may wait for a free cannon. */
  readonly queueMax: number;
}

export interface MixPart {
  readonly script: string;
  readonly weight: number;
}

export interface UserAgent {
  readonly name: string;
  readonly weight: number;
}

export interface LoadModel {
  readonly model: ClosedModel | OpenModel;
  /** Most cannons at once. */
  readonly cannons: number;
  readonly isSplit: boolean;
  /** Empty: the definition's script alone. */
  readonly mix: readonly MixPart[];
  /** Whose name each cannon's requests carry, by weight; empty: oct's own. */
  readonly userAgents: readonly UserAgent[];
  readonly network: Network;
}

export const LOAD_LIMIT = {
  cannons: 1_000_000,
  stages: 1_000,
  cycles: 100,
  ratePerSec: 10_000_000,
  iterations: 1e12,
  queue: 1_000_000,
  mix: 100,
} as const;

/** Cannons of an open load that says none. */
export const OPEN_CANNONS = 1_000;
const OPEN_QUEUE = 10_000;

/** Keys that make a load open. */
const RATE_KEYS = ["rate", "phases"] as const;

/** The load of a definition; what is wrong goes to the reader's issues. `runTimeUs` ends it. */
export function readLoad(fields: FieldReader, runTimeUs: number): LoadModel {
  const isOpen = isOpenLoad(fields);
  const cannonsKey = fields.value("cannons") === undefined ? "canons" : "cannons";
  const range = { low: 0, high: LOAD_LIMIT.cannons };
  const given = fields.count(cannonsKey, isOpen ? OPEN_CANNONS : 0, range);
  const model = isOpen ? readOpen(fields, runTimeUs) : readClosed(fields, given, runTimeUs);
  return {
    model,
    cannons: model.kind === "closed" ? cannonsOf(model) : given,
    isSplit: fields.boolean("split", false),
    mix: readMix(fields),
    userAgents: readUserAgents(fields),
    network: readNetwork(fields),
  };
}

/** True where transactions arrive by a rate instead of being repeated by cannons. */
export function isOpenLoad(fields: FieldReader): boolean {
  if (RATE_KEYS.some((key) => fields.value(key) !== undefined)) return true;
  const stages = fields.value("stages");
  return Array.isArray(stages) && stages.some((stage) => isJsonObject(stage) && "rate" in stage);
}

/** True where the keys say how many cannons there are. */
export function saysCannons(fields: FieldReader): boolean {
  return ["cannons", "canons", "stages", "cycles"].some((key) => fields.value(key) !== undefined);
}

/** The highest number of cannons of a closed load. */
export function cannonsOf(model: ClosedModel): number {
  const ends = model.stages.flatMap((stage) => [stage.fromCannons, stage.toCannons]);
  return Math.max(0, ...ends, ...model.cycles);
}

function readClosed(fields: FieldReader, cannons: number, runTimeUs: number): ClosedModel {
  const high = LOAD_LIMIT.iterations;
  const shared = fields.count("iterations_shared", 0, { low: 0, high });
  const own = fields.count("iterations", 0, { low: 0, high });
  if (shared > 0 && own > 0) {
    fields.complain("iterations_shared", "iterations and iterations_shared exclude each other");
  }
  const iterations = shared > 0 ? shared : own > 0 ? own : undefined;
  const cycles = readCycles(fields);
  if (cycles.length > 0 && (own === 0 || shared > 0)) {
    fields.complain("cycles", "cycles need iterations: how often each user fires in its step");
  }
  const staged = readStages(fields, "cannons", LOAD_LIMIT.cannons);
  const rampupUs = fields.durationUs("rampup", 0);
  const stages =
    cycles.length > 0 ? [] : staged.length > 0 ? staged : rampUp(cannons, rampupUs, runTimeUs);
  return {
    kind: "closed",
    stages: stages.map(({ durationUs, from, to }) => {
      return { durationUs, fromCannons: Math.round(from), toCannons: Math.round(to) };
    }),
    cycles,
    iterations,
    areIterationsShared: shared > 0,
    think: readThink(fields, "think"),
    pacingUs: fields.durationUs("pacing", 0),
  };
}

function readOpen(fields: FieldReader, runTimeUs: number): OpenModel {
  const spacing = fields.text("spacing", "even");
  if (spacing !== "even" && spacing !== "poisson") {
    fields.complain("spacing", `spacing is "${spacing}"`, '"even" or "poisson"');
  }
  return {
    kind: "open",
    segments: readSegments(fields, runTimeUs),
    spacing: spacing === "poisson" ? "poisson" : "even",
    hasExactCount: fields.boolean("exact_count", false),
    queueMax: fields.count("max_queue", OPEN_QUEUE, { low: 0, high: LOAD_LIMIT.queue }),
  };
}

function readSegments(fields: FieldReader, runTimeUs: number): RateSegment[] {
  const high = LOAD_LIMIT.ratePerSec;
  const phases = readPieces(fields, "phases", { value: "rate", high });
  const stages = readStages(fields, "rate", high);
  const given = ["rate", "phases", "stages"].filter((key) => fields.value(key) !== undefined);
  if (given.length > 1) {
    fields.complain(given[1] as string, `${given.join(" and ")} exclude each other`);
  }
  if (phases.length > 0) {
    return phases.map(({ durationUs, value }) => {
      return { durationUs, fromPerSec: value, toPerSec: value };
    });
  }
  if (stages.length > 0) {
    return stages.map(({ durationUs, from, to }) => {
      return { durationUs, fromPerSec: from, toPerSec: to };
    });
  }
  const rate = readNumber(fields, "rate", high);
  const rampupUs = Math.min(fields.durationUs("rampup", 0), runTimeUs);
  return rampUp(rate, rampupUs, runTimeUs).map(({ durationUs, from, to }) => {
    return { durationUs, fromPerSec: from, toPerSec: to };
  });
}

interface Line {
  readonly durationUs: number;
  readonly from: number;
  readonly to: number;
}

function rampUp(value: number, rampupUs: number, runTimeUs: number): Line[] {
  const holdUs = Math.max(0, runTimeUs - rampupUs);
  const ramp = { durationUs: rampupUs, from: 0, to: value };
  const hold = { durationUs: holdUs, from: value, to: value };
  return rampupUs > 0 ? [ramp, hold] : [hold];
}

/** Stages as lines: each begins where the one before ended, the first at 0. */
function readStages(fields: FieldReader, value: "cannons" | "rate", high: number): Line[] {
  let from = 0;
  return readPieces(fields, "stages", { value, high }).map((piece) => {
    const line = { durationUs: piece.durationUs, from, to: piece.value };
    from = piece.value;
    return line;
  });
}

interface Piece {
  readonly durationUs: number;
  readonly value: number;
}

function readPieces(
  fields: FieldReader,
  key: string,
  what: { readonly value: string; readonly high: number },
): Piece[] {
  const given = fields.value(key);
  if (given === undefined) return [];
  const items = typeof given === "string" ? piecesOfText(given, what.value) : given;
  if (!Array.isArray(items) || items.length === 0 || items.length > LOAD_LIMIT.stages) {
    fields.complain(key, `${key} must be a list of 1 to ${LOAD_LIMIT.stages} items`);
    return [];
  }
  return items.flatMap((item: JsonValue, index) => {
    const piece = pieceOf(item, what);
    if (piece !== undefined) return [piece];
    fields.complain(
      key,
      `item ${index + 1} of ${key} has no usable duration and ${what.value}`,
      `such as { "duration": "30s", "${what.value}": 50 }`,
    );
    return [];
  });
}

function piecesOfText(text: string, value: string): JsonValue {
  return text.split(",").map((part): JsonObject => {
    const [duration = "", number = ""] = part.split(":").map((side) => side.trim());
    return { duration, [value]: number === "" ? null : Number(number) };
  });
}

function pieceOf(
  item: JsonValue,
  what: { readonly value: string; readonly high: number },
): Piece | undefined {
  if (!isJsonObject(item)) return undefined;
  const { duration } = item;
  const value = item[what.value];
  const durationUs =
    typeof duration === "string"
      ? parseDurationUs(duration)
      : typeof duration === "number"
        ? Math.round(duration * US_PER_S)
        : undefined;
  const isUsable = durationUs !== undefined && durationUs >= 0 && durationUs < 1e14;
  if (!isUsable || typeof value !== "number" || !(value >= 0 && value <= what.high)) {
    return undefined;
  }
  return { durationUs, value };
}

function readCycles(fields: FieldReader): number[] {
  const given = fields.value("cycles");
  if (given === undefined) return [];
  const items = typeof given === "string" ? given.split(":").map(Number) : given;
  const isUsable =
    Array.isArray(items) &&
    items.length > 0 &&
    items.length <= LOAD_LIMIT.cycles &&
    items.every((users) => Number.isInteger(users) && Number(users) > 0);
  if (isUsable && items.every((users) => Number(users) <= LOAD_LIMIT.cannons)) {
    return items.map(Number);
  }
  fields.complain("cycles", "cycles are users, step by step", 'such as "10:20:30"');
  return [];
}

function readNumber(fields: FieldReader, key: string, high: number): number {
  const value = fields.value(key);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && number >= 0 && number <= high) return number;
  if (value !== undefined) fields.complain(key, `${key} is not a number from 0 to ${high}`);
  return 0;
}

function readMix(fields: FieldReader): MixPart[] {
  const given = fields.value("mix");
  if (given === undefined) return [];
  const items = Array.isArray(given) ? given : [];
  const mix = items.flatMap((item): MixPart[] => {
    if (!isJsonObject(item)) return [];
    const { script, weight = 1 } = item;
    const isUsable = typeof script === "string" && script !== "" && typeof weight === "number";
    return isUsable && weight > 0 && weight < 1e9 ? [{ script, weight }] : [];
  });
  if (mix.length > 0 && mix.length === items.length && mix.length <= LOAD_LIMIT.mix) return mix;
  fields.complain("mix", "mix must be a list of scripts", '{ "script": "a.ts", "weight": 3 }');
  return [];
}

function readUserAgents(fields: FieldReader): UserAgent[] {
  const given = fields.value("user_agents");
  if (given === undefined) return [];
  const items = Array.isArray(given) ? given : [];
  const agents = items.flatMap((item): UserAgent[] => {
    if (!isJsonObject(item)) return [];
    const { name, weight = 1 } = item;
    const isUsable = typeof name === "string" && /^[\x20-\x7e]{1,1000}$/.test(name);
    return isUsable && typeof weight === "number" && weight > 0 ? [{ name, weight }] : [];
  });
  const isWhole = agents.length === items.length && agents.length <= LOAD_LIMIT.mix;
  if (agents.length > 0 && isWhole) return agents;
  fields.complain(
    "user_agents",
    "user_agents must be a list",
    '{ "name": "Mozilla/5.0", "weight": 3 }',
  );
  return [];
}
