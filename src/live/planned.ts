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
  /** Null where a load has no such number: a rate that is given, or cannons that are. */
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
    const rates: (number | null)[] = [];
    const cannons: (number | null)[] = [];
    for (const turret of turrets) {
      if (turret.isLost || turret.hasEnded) continue;
      if (turret.wire === "link") {
        served.set(turret.definition, (served.get(turret.definition) ?? 0) + 1);
        continue;
      }
      rates.push(null);
      cannons.push(turret.cannons);
    }
    for (const [name, turretCount] of served) {
      const plan = this.#plans.get(name);
      if (plan === undefined) continue;
      const times = plan.isSplit ? 1 : turretCount;
      const { rateAt, cannonsAt } = plan;
      rates.push(rateAt === undefined ? null : isPaused ? 0 : times * rateAt(planUs));
      cannons.push(cannonsAt === undefined ? null : times * cannonsAt(planUs));
    }
    return { perSec: sumOfAll(rates), cannons: sumOfAll(cannons) };
  }

  #plan(): ReadonlyMap<string, Plan> {
    const { turrets, runTimeUs } = this.#config;
    return new Map(
      turrets.map((turret) => [turret.name, planOf(turret, runTimeUs, this.#segments)]),
    );
  }
}

// The sum of some would be held against what all do together.
function sumOfAll(parts: readonly (number | null)[]): number | null {
  if (parts.length === 0) return null;
  return parts.reduce((sum, part) => (sum === null || part === null ? null : sum + part), 0);
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
