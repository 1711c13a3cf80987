// What the schedule asks for at a moment: the loads of all definitions as they were planned and changed
// since, each as often as turrets fire it, or once where it is divided among them.

import { whyUnchangeable } from "../config/load-change.ts";
import { LOAD_LIMIT } from "../config/load-model.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import type { TurretView } from "../hq/types.ts";
import { changedCannons } from "../pace/closed-change.ts";
import { type ControlSegment, changesOf, timelineOf } from "../pace/control.ts";
import { openArrivals } from "../pace/open-plan.ts";
import { LIVE_LIMIT, type LiveLoad } from "./types.ts";

export interface PlannedNow {
  /** Null where no load has such a number. */
  readonly perSec: number | null;
  readonly cannons: number | null;
}

/** At plan times. */
interface Plan {
  readonly isSplit: boolean;
  readonly rateAt: ((planUs: number) => number) | undefined;
  readonly cannonsAt: ((planUs: number) => number) | undefined;
}

export class PlannedLoad {
  readonly #config: ProjectConfig;
  #segments: readonly ControlSegment[] = [];
  #timeline = timelineOf([]);
  #plans: ReadonlyMap<string, Plan>;

  constructor(config: ProjectConfig) {
    this.#config = config;
    this.#plans = this.#plan();
  }

  /** At a time of the run, by everything that was asked of it. */
  at(
    tUs: number,
    turrets: readonly TurretView[],
    segments: readonly ControlSegment[] = [],
  ): PlannedNow {
    if (segments.length !== this.#segments.length) {
      this.#segments = [...segments];
      this.#timeline = timelineOf(segments);
      this.#plans = this.#plan();
    }
    const planUs = this.#timeline.planUs(tUs);
    const isPaused = this.#timeline.pauseAt(tUs) !== undefined;
    const served = new Map<string, number>();
    let perSec: number | null = null;
    let cannons: number | null = null;
    for (const turret of turrets) {
      if (turret.isLost || turret.hasEnded) continue;
      if (turret.wire === "protocol 1") cannons = (cannons ?? 0) + turret.cannons;
      else served.set(turret.definition, (served.get(turret.definition) ?? 0) + 1);
    }
    for (const [name, turretCount] of served) {
      const plan = this.#plans.get(name);
      if (plan === undefined) continue;
      const times = plan.isSplit ? 1 : turretCount;
      if (plan.rateAt !== undefined) {
        perSec = (perSec ?? 0) + (isPaused ? 0 : times * plan.rateAt(planUs));
      }
      if (plan.cannonsAt !== undefined) cannons = (cannons ?? 0) + times * plan.cannonsAt(planUs);
    }
    return { perSec, cannons };
  }

  #plan(): ReadonlyMap<string, Plan> {
    const { turrets, runTimeUs } = this.#config;
    return new Map(
      turrets.map((turret) => [turret.name, planOf(turret, runTimeUs, this.#segments)]),
    );
  }
}

function planOf(
  { name, load }: TurretDefinition,
  runTimeUs: number,
  segments: readonly ControlSegment[],
): Plan {
  const { model, isSplit } = load;
  const changes = (kind: "cannons" | "rate") =>
    whyUnchangeable(load, kind) === "" ? changesOf(segments, { kind, definition: name }) : [];
  if (model.kind === "open") {
    const { segments: planned } = model;
    const arrivals = openArrivals({
      segments: planned,
      // The rate is the same whatever the spacing is.
      spacing: "even",
      hasExactCount: false,
      seed: 0,
      endUs: runTimeUs,
      changes: changes("rate"),
      times: 1,
    });
    return { isSplit, rateAt: (planUs) => arrivals.rateAt(planUs), cannonsAt: undefined };
  }
  if (model.cycles.length > 0) return { isSplit, rateAt: undefined, cannonsAt: undefined };
  const plan = changedCannons({
    stages: model.stages,
    endUs: runTimeUs,
    changes: changes("cannons"),
    cannonsMax: LOAD_LIMIT.cannons,
  });
  return { isSplit, rateAt: undefined, cannonsAt: (planUs) => plan.cannonsAt(planUs) };
}

/** What can be changed of each definition while it is fired. */
export function liveLoads(config: ProjectConfig): LiveLoad[] {
  return config.turrets.slice(0, LIVE_LIMIT.loads).map(({ name, load }) => {
    const kind = load.model.kind === "open" ? "rate" : "cannons";
    return { turret: name, kind, whyFixed: whyUnchangeable(load, kind) };
  });
}
