// Closed load: each cannon repeats its transaction within its spans of time, or for as many times as
// it may, or step by step in cycles.

import type { CannonSpan } from "../pace/closed.ts";
import type { Gun, LoadModel, LoopRules, Scheduler } from "./scheduler.ts";

/** The thread gives way to its sockets and timers at least this often. */
const TURN_US_MAX = 4_000;
/** How often a thread looks whether the other threads have ended a step. */
const LOOK_US = 5_000;

/** Repeats until the time is over. */
export const UNRULED: LoopRules = { nextK: () => Number.NaN, thinkUs: undefined, pacingUs: 0 };

/** A cannon and when it loops, relative to the start. */
export interface PlannedCannon {
  readonly cannon: Gun;
  readonly spans: readonly CannonSpan[];
}

export function closedLoad(planned: readonly PlannedCannon[], rules = UNRULED): LoadModel {
  const starts = planned
    .flatMap(({ cannon, spans }) => spans.map((span) => ({ cannon, span })))
    .sort((a, b) => a.span.startUs - b.span.startUs);
  return async (scheduler) => {
    const loops = new Map<Gun, Promise<void>>();
    let giveWayAtUs = 0;
    for (const { cannon, span } of starts) {
      const dueUs = scheduler.startUs + span.startUs;
      if (!(await scheduler.waitUntil(dueUs))) break;
      const nowUs = scheduler.clock.nowUs();
      if (nowUs >= giveWayAtUs) {
        await scheduler.giveWay();
        giveWayAtUs = scheduler.clock.nowUs() + TURN_US_MAX;
      }
      // A cannon whose last transaction of one span reaches into the next goes on after it.
      const before = loops.get(cannon);
      const loop = () => scheduler.loop(cannon, scheduler.startUs + span.endUs, rules);
      loops.set(cannon, before === undefined ? loop() : before.then(loop));
    }
    await Promise.all(loops.values());
  };
}

/** One step of cycles, as a thread sees it. */
export interface CycleStep {
  readonly cannons: readonly Gun[];
  readonly rules: LoopRules;
  readonly onUserEnded: () => void;
  /** True when the users of all threads have ended the step. */
  readonly isOver: () => boolean;
}

/** A step starts when all users of the one before have ended, on whatever thread. */
export function cyclicLoad(steps: readonly CycleStep[]): LoadModel {
  return async (scheduler) => {
    for (const step of steps) {
      if (step.isOver()) continue;
      await Promise.all(step.cannons.map((cannon) => oneUser(scheduler, cannon, step)));
      while (!step.isOver()) {
        if (!(await scheduler.waitUntil(scheduler.clock.nowUs() + LOOK_US))) return;
      }
    }
  };
}

async function oneUser(scheduler: Scheduler, cannon: Gun, step: CycleStep): Promise<void> {
  await scheduler.loop(cannon, scheduler.endUs, step.rules);
  step.onUserEnded();
}
