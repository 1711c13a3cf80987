// What the plan asks for at a moment: the loads of all definitions, each as often as turrets fire it,
// or once where it is divided among them.

import type { LoadModel } from "../config/load-model.ts";
import type { ProjectConfig } from "../config/project.ts";
import type { TurretView } from "../hq/types.ts";
import { closedPlan } from "../pace/closed.ts";
import { RateCurve } from "../pace/curve.ts";

export interface PlannedNow {
  /** Null where no load has such a number. */
  readonly perSec: number | null;
  readonly cannons: number | null;
}

interface Plan {
  readonly isSplit: boolean;
  readonly rateAt: ((tUs: number) => number) | undefined;
  readonly cannonsAt: ((tUs: number) => number) | undefined;
}

export class PlannedLoad {
  readonly #plans: ReadonlyMap<string, Plan>;

  constructor(config: ProjectConfig) {
    this.#plans = new Map(
      config.turrets.map(({ name, load }) => [name, planOf(load, config.runTimeUs)]),
    );
  }

  at(tUs: number, turrets: readonly TurretView[]): PlannedNow {
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
      if (plan.rateAt !== undefined) perSec = (perSec ?? 0) + times * plan.rateAt(tUs);
      if (plan.cannonsAt !== undefined) cannons = (cannons ?? 0) + times * plan.cannonsAt(tUs);
    }
    return { perSec, cannons };
  }
}

function planOf({ model, isSplit }: LoadModel, runTimeUs: number): Plan {
  if (model.kind === "open") {
    const curve = new RateCurve(model.segments);
    return { isSplit, rateAt: (tUs) => curve.rateAt(tUs), cannonsAt: undefined };
  }
  if (model.cycles.length > 0) return { isSplit, rateAt: undefined, cannonsAt: undefined };
  const plan = closedPlan(model.stages, runTimeUs);
  return { isSplit, rateAt: undefined, cannonsAt: (tUs) => plan.cannonsAt(tUs) };
}
