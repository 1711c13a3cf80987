// From the load of a definition to what one thread of one turret does: its share of cannons, arrivals
// and iterations. Item k of anything belongs to thread k mod n, so all threads of all turrets together
// do exactly what one would.

import { hash32 } from "../base/random.ts";
import { whyUnchangeable } from "../config/load-change.ts";
import {
  type ClosedModel,
  LOAD_LIMIT,
  type LoadModel as Load,
  type OpenModel,
} from "../config/load-model.ts";
import { drawThinkUs } from "../config/think.ts";
import { iterationK } from "../pace/closed.ts";
import { changedCannons } from "../pace/closed-change.ts";
import { type ControlSegment, changesOf, type LoadChange } from "../pace/control.ts";
import { openArrivals } from "../pace/open-plan.ts";
import {
  type Share,
  sharedCount,
  sharedItem,
  sharedItems,
  shareWithin,
  WHOLE_SHARE,
} from "../pace/share.ts";
import type { TurretPlace } from "../protocol/messages.ts";
import type { Board } from "./board.ts";
import { type CycleStep, closedLoad, cyclicLoad, type PlannedCannon } from "./closed-load.ts";
import { openLoad } from "./open-load.ts";
import type { Waker } from "./pacer.ts";
import type { Gun, LoadModel, LoopRules } from "./scheduler.ts";

/** Stream of the seeds of turrets that came after the start. */
const LATE_STREAM = 0x1a_7e;

export interface PlanParts {
  readonly load: Load;
  /** Name of the definition. */
  readonly turretName: string;
  /** What was asked of the run so far. */
  readonly segments: readonly ControlSegment[];
  readonly seed: number;
  readonly runTimeUs: number;
  readonly turretIndex: number;
  readonly place: TurretPlace;
  readonly threadIndex: number;
  readonly threadCount: number;
  readonly board: Board;
  /** Transactions that earlier threads in this place started or dropped. */
  readonly done: number;
  readonly makeCannon: (index: number) => Gun;
  readonly makeWaker: () => Waker;
  readonly onDropped: (count: number) => void;
  readonly onLate: () => void;
}

/** What the thread fires; undefined when it has no part in the load. */
export function planLoad(parts: PlanParts): LoadModel | undefined {
  const { load, place, threadIndex, threadCount } = parts;
  const turret = load.isSplit
    ? { index: place.definitionIndex, parts: place.definitionParts }
    : WHOLE_SHARE;
  if (turret.parts === 0) return undefined;
  const share = shareWithin(turret, { index: threadIndex, parts: threadCount });
  const { model } = load;
  if (model.kind === "open") return planOpen(parts, model);
  if (model.cycles.length > 0) return planCycles(parts, model, turret);
  return planClosed(parts, model, { turret, share });
}

// Turrets that fire a load each do not fire it at the same instants: together they are one schedule of
// so many times the rate, of which each has every n-th arrival. One that came late has its own.
function planOpen(parts: PlanParts, model: OpenModel): LoadModel {
  const { load, place, done, threadIndex, threadCount, makeCannon } = parts;
  const thread = { index: threadIndex, parts: threadCount };
  const turrets = Math.max(1, place.definitionParts);
  const share = shareWithin({ index: place.definitionIndex, parts: turrets }, thread);
  const { segments: planned, spacing, hasExactCount } = model;
  const seed = place.parts > 0 ? parts.seed : hash32(parts.seed, parts.turretIndex, LATE_STREAM);
  // Cannons and queue are limits of each turret, also where the arrivals are divided.
  return openLoad({
    arrivalsOf: (segments) =>
      openArrivals({
        segments: planned,
        spacing,
        hasExactCount,
        seed,
        endUs: parts.runTimeUs,
        changes: changesFor(parts, segments, "rate"),
        times: load.isSplit ? 1 : turrets,
      }),
    segments: parts.segments,
    share,
    makeCannon: (position) => makeCannon(sharedItem(position, thread)),
    cannonsMax: Math.max(1, sharedCount(load.cannons, thread)),
    queueMax: sharedCount(model.queueMax, thread),
    done,
    waker: parts.makeWaker(),
    onDropped: parts.onDropped,
    onLate: parts.onLate,
  });
}

function changesFor(
  { load, turretName }: PlanParts,
  segments: readonly ControlSegment[],
  kind: "cannons" | "rate",
): LoadChange[] {
  if (whyUnchangeable(load, kind) !== "") return [];
  return changesOf(segments, { kind, definition: turretName });
}

function planClosed(
  parts: PlanParts,
  model: ClosedModel,
  shares: { readonly turret: Share; readonly share: Share },
): LoadModel {
  const { load, runTimeUs, makeCannon } = parts;
  const made = new Map<number, Gun>();
  let most = load.cannons;
  const planned = (segments: readonly ControlSegment[]): PlannedCannon[] => {
    const plan = changedCannons({
      stages: model.stages,
      endUs: runTimeUs,
      changes: changesFor(parts, segments, "cannons"),
      cannonsMax: LOAD_LIMIT.cannons,
    });
    const cannons: PlannedCannon[] = [];
    // Those of a change that another has taken back are still there.
    most = Math.max(most, plan.cannonsMax);
    for (const index of sharedItems(most, shares.share)) {
      const cannon = made.get(index) ?? makeCannon(index);
      made.set(index, cannon);
      cannons.push({ cannon, spans: plan.spansOf(index) });
    }
    return cannons;
  };
  const first = planned(parts.segments);
  const nextK = model.areIterationsShared
    ? sharedIterations(parts, model, shares.turret)
    : ownIterations(parts, model, load.cannons, first.length);
  return closedLoad(first, rulesOf(model, nextK), planned);
}

function rulesOf(model: ClosedModel, nextK: LoopRules["nextK"]): LoopRules {
  const { think, pacingUs } = model;
  const thinkUs =
    think === undefined ? undefined : (cannon: Gun) => drawThinkUs(think, cannon.thinkRandom);
  return { nextK, thinkUs, pacingUs };
}

function sharedIterations(parts: PlanParts, model: ClosedModel, turret: Share): LoopRules["nextK"] {
  const total = sharedCount(model.iterations ?? 0, turret);
  return () => {
    const position = parts.board.takeIteration();
    return position < total ? sharedItem(position, turret) : undefined;
  };
}

// A thread that replaces another has what that one left of the thread's iterations.
function ownIterations(
  parts: PlanParts,
  model: ClosedModel,
  cannons: number,
  ownCannons: number,
): LoopRules["nextK"] {
  const { iterations } = model;
  if (iterations === undefined) return () => Number.NaN;
  const counts = new Map<number, number>();
  let left = iterations * ownCannons - parts.done;
  return ({ index }) => {
    const iteration = counts.get(index) ?? 0;
    if (iteration >= iterations || left <= 0) return undefined;
    left--;
    counts.set(index, iteration + 1);
    return iterationK({ cannon: index, iteration, cannons });
  };
}

function planCycles(parts: PlanParts, model: ClosedModel, turret: Share): LoadModel {
  const { board, threadIndex, threadCount } = parts;
  const thread = { index: threadIndex, parts: threadCount };
  const cannons = new Map<number, Gun>();
  const cannonOf = (index: number) => {
    const known = cannons.get(index) ?? parts.makeCannon(index);
    cannons.set(index, known);
    return known;
  };
  const iterations = model.iterations ?? 0;
  let before = 0;
  const steps = model.cycles.map((users, step): CycleStep => {
    const ofTurret = sharedCount(users, turret);
    const own = [...sharedItems(ofTurret, thread)].slice(board.endedIn(step, threadIndex));
    const counts = new Map<Gun, number>();
    const firstK = before;
    before += users * iterations;
    const nextK = (cannon: Gun) => {
      const iteration = counts.get(cannon) ?? 0;
      if (iteration >= iterations) return undefined;
      counts.set(cannon, iteration + 1);
      return firstK + iterationK({ cannon: cannon.index, iteration, cannons: users });
    };
    return {
      cannons: own.map((position) => cannonOf(sharedItem(position, turret))),
      rules: rulesOf(model, nextK),
      onUserEnded: () => board.endUser(step, threadIndex),
      isOver: () => board.endedUsers(step) >= ofTurret,
    };
  });
  return cyclicLoad(steps);
}
