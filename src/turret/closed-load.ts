// Closed load: each cannon repeats its transaction within its spans of time, or for as many times as
// it may, or step by step in cycles.

import type { CannonSpan } from "../pace/closed.ts";
import type { ControlSegment } from "../pace/control.ts";
import type { Gun, LoadModel, LoopRules, LoopSpan, Scheduler } from "./scheduler.ts";

/** The thread gives way to its sockets and timers at least this often. */
const TURN_US_MAX = 4_000;
/** How often a thread looks whether the other threads have ended a step. */
const LOOK_US = 5_000;

/** Repeats until the time is over. */
export const UNRULED: LoopRules = { nextK: () => Number.NaN, thinkUs: undefined, pacingUs: 0 };

/** A cannon and when it loops, in plan time. */
export interface PlannedCannon {
  readonly cannon: Gun;
  readonly spans: readonly CannonSpan[];
}

/** `replan` makes the plan anew where the schedule is changed; a cannon stays the same object. */
export function closedLoad(
  planned: readonly PlannedCannon[],
  rules = UNRULED,
  replan?: (segments: readonly ControlSegment[]) => readonly PlannedCannon[],
): LoadModel {
  return new ClosedLoad(planned, rules, replan ?? (() => planned));
}

interface Start {
  readonly cannon: Gun;
  readonly span: CannonSpan;
}

/** A cannon's newest loop; the one before may still be at its last transaction. */
interface Loop {
  readonly span: LoopSpan;
  readonly ended: Promise<void>;
  isOver: boolean;
}

class ClosedLoad implements LoadModel {
  readonly #rules: LoopRules;
  readonly #replan: (segments: readonly ControlSegment[]) => readonly PlannedCannon[];
  readonly #loops = new Map<Gun, Loop>();
  /** Still to come, the next one last. */
  #starts: Start[];
  #looping = 0;
  #onChange = () => {};

  constructor(
    planned: readonly PlannedCannon[],
    rules: LoopRules,
    replan: (segments: readonly ControlSegment[]) => readonly PlannedCannon[],
  ) {
    this.#rules = rules;
    this.#replan = replan;
    this.#starts = inOrder(
      planned.flatMap(({ cannon, spans }) => spans.map((span) => ({ cannon, span }))),
    );
  }

  async run(scheduler: Scheduler): Promise<void> {
    let giveWayAtUs = 0;
    for (;;) {
      const next = this.#starts.at(-1);
      const nowUs = scheduler.clock.nowUs();
      if (next === undefined || scheduler.hasEnded(nowUs)) {
        if (this.#looping === 0) return;
        await this.#changed();
        continue;
      }
      const dueUs = scheduler.dueUs(next.span.startUs);
      if (dueUs > nowUs) {
        await scheduler.waitUntil(dueUs);
        continue;
      }
      if (nowUs >= giveWayAtUs) {
        await scheduler.giveWay();
        giveWayAtUs = scheduler.clock.nowUs() + TURN_US_MAX;
        continue;
      }
      this.#starts.pop();
      this.#begin(scheduler, next);
    }
  }

  // The end of the last loop, or other starts.
  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChange = resolve;
    });
  }

  #begin(scheduler: Scheduler, { cannon, span }: Start): void {
    const loopSpan = { endUs: scheduler.reachedUs(span.endUs) };
    const fire = () => scheduler.loop(cannon, loopSpan, this.#rules);
    // A cannon whose last transaction of one span reaches into the next goes on after it.
    const before = this.#loops.get(cannon);
    const isFree = before === undefined || before.isOver;
    const ended = (isFree ? fire() : before.ended.then(fire)).then(() => {
      loop.isOver = true;
      if (--this.#looping === 0) this.#onChange();
    });
    const loop: Loop = { span: loopSpan, ended, isOver: false };
    this.#looping++;
    this.#loops.set(cannon, loop);
  }

  /** Loops go on, or end after their transaction, as the new plan has it; others begin. */
  change(segments: readonly ControlSegment[], scheduler: Scheduler): void {
    const planUs = scheduler.planUs(scheduler.clock.nowUs());
    const starts: Start[] = [];
    for (const { cannon, spans } of this.#replan(segments)) {
      const now = spans.find((span) => span.startUs <= planUs && planUs < span.endUs);
      const loop = this.#loops.get(cannon);
      const isLooping = loop !== undefined && !loop.isOver;
      if (isLooping) {
        const { endUs } = now ?? { endUs: Number.NEGATIVE_INFINITY };
        loop.span.endUs = scheduler.reachedUs(endUs);
      } else if (now !== undefined && cannon.isRetired !== true) starts.push({ cannon, span: now });
      for (const span of spans) if (span.startUs > planUs) starts.push({ cannon, span });
    }
    this.#starts = inOrder(starts);
    this.#onChange();
  }
}

function inOrder(starts: readonly Start[]): Start[] {
  return starts.toSorted((a, b) => a.span.startUs - b.span.startUs).reverse();
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
  return {
    async run(scheduler) {
      for (const step of steps) {
        if (step.isOver()) continue;
        await Promise.all(step.cannons.map((cannon) => oneUser(scheduler, cannon, step)));
        while (!step.isOver()) {
          if (!(await scheduler.waitUntil(scheduler.clock.nowUs() + LOOK_US))) return;
        }
      }
    },
  };
}

async function oneUser(scheduler: Scheduler, cannon: Gun, step: CycleStep): Promise<void> {
  await scheduler.loop(cannon, { endUs: Number.POSITIVE_INFINITY }, step.rules);
  step.onUserEnded();
}
