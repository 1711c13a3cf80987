// From the load of a definition to what one thread of one turret does: its share of cannons, arrivals
// and iterations. Item k of anything belongs to thread k mod n, so all threads of all turrets together
// do exactly what one would.

import { hash32 } from "../base/random.ts";
import type { ClosedModel, LoadModel as Load, OpenModel } from "../config/load-model.ts";
import { drawThinkUs } from "../config/think.ts";
import type { Arrivals } from "../pace/arrivals.ts";
import { closedPlan, iterationK } from "../pace/closed.ts";
import { linearArrivals } from "../pace/linear.ts";
import { poissonArrivals } from "../pace/poisson.ts";
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

/** The arrivals of an open load, of all its turrets together. */
export function arrivalsOf(model: OpenModel, seed: number): Arrivals {
  const { segments, hasExactCount } = model;
  if (model.spacing === "even") return linearArrivals(segments);
  return poissonArrivals({ seed, segments, hasExactCount });
}

// Turrets that fire a load each do not fire it at the same instants: together they are one schedule of
// so many times the rate, of which each has every n-th arrival. One that came late has its own.
function planOpen(parts: PlanParts, model: OpenModel): LoadModel {
  const { load, place, done, threadIndex, threadCount, makeCannon } = parts;
  const thread = { index: threadIndex, parts: threadCount };
  const turrets = Math.max(1, place.definitionParts);
  const share = shareWithin({ index: place.definitionIndex, parts: turrets }, thread);
  const whole = load.isSplit ? model : scaled(model, turrets);
  const seed = place.parts > 0 ? parts.seed : hash32(parts.seed, parts.turretIndex, LATE_STREAM);
  // Cannons and queue are limits of each turret, also where the arrivals are divided.
  return openLoad({
    arrivals: arrivalsOf(whole, seed),
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

function scaled(model: OpenModel, times: number): OpenModel {
  const segments = model.segments.map(({ durationUs, fromPerSec, toPerSec }) => {
    return { durationUs, fromPerSec: fromPerSec * times, toPerSec: toPerSec * times };
  });
  return { ...model, segments };
}

function planClosed(
  parts: PlanParts,
  model: ClosedModel,
  shares: { readonly turret: Share; readonly share: Share },
): LoadModel {
  const { load, runTimeUs, makeCannon } = parts;
  const plan = closedPlan(model.stages, runTimeUs);
  const planned: PlannedCannon[] = [];
  for (const index of sharedItems(load.cannons, shares.share)) {
    planned.push({ cannon: makeCannon(index), spans: plan.spansOf(index) });
  }
  const nextK = model.areIterationsShared
    ? sharedIterations(parts, model, shares.turret)
    : ownIterations(parts, model, load.cannons, planned.length);
  return closedLoad(planned, rulesOf(model, nextK));
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
