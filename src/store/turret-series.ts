// How each turret was doing over the run, from the records that the HQ writes about once a second: a
// regular series for each of the first turrets, whose step doubles whenever it gets too long.

import type { TurretVitals } from "./records.ts";

export const TURRET_SERIES_LIMIT = {
  /** Turrets whose series are kept; the report shows fewer. */
  turrets: 100,
  /** Steps of one series. */
  steps: 720,
} as const;

/** Numbers that are averaged over a step, of which the highest counts, and of which the last. */
export const VITALS_MEAN = ["cannons", "inFlight", "cpuPercent", "sockets", "memoryMb"] as const;
export const VITALS_MAX = ["lagUs", "waitingBatches"] as const;
export const VITALS_LAST = ["batches", "transactions"] as const;
export const VITALS = [...VITALS_MEAN, ...VITALS_MAX, ...VITALS_LAST] as const;
export type VitalName = (typeof VITALS)[number];

/** One step of a turret; what it never told in it is undefined. */
export type TurretStep = { readonly second: number; readonly seconds: number } & {
  readonly [K in VitalName]: number | undefined;
};

interface Gathered {
  readonly sum: Float64Array;
  readonly count: Float64Array;
}

export class TurretSeries {
  readonly #byTurret = new Map<number, Map<number, Gathered>>();
  #stepS = 1;

  get stepS(): number {
    return this.#stepS;
  }

  get turretIndices(): number[] {
    return [...this.#byTurret.keys()].sort((a, b) => a - b);
  }

  add(atUs: number, turrets: readonly TurretVitals[]): void {
    const second = Math.floor(atUs / 1_000_000);
    if (second < 0) return;
    for (const vitals of turrets) this.#add(second, vitals);
    while (this.#isTooLong(second)) this.#double();
  }

  /** The steps of a turret, ascending. */
  steps(turretIndex: number): TurretStep[] {
    const gathered = this.#byTurret.get(turretIndex) ?? new Map<number, Gathered>();
    return [...gathered]
      .sort(([a], [b]) => a - b)
      .map(([step, { sum, count }]) => {
        const value = (i: number, isMean: boolean) => {
          if (count[i] === 0) return undefined;
          return isMean ? (sum[i] as number) / (count[i] as number) : sum[i];
        };
        const pairs = VITALS.map((name, i) => [name, value(i, i < VITALS_MEAN.length)] as const);
        const place = { second: step * this.#stepS, seconds: this.#stepS };
        return { ...place, ...Object.fromEntries(pairs) } as TurretStep;
      });
  }

  #add(second: number, vitals: TurretVitals): void {
    let steps = this.#byTurret.get(vitals.turretIndex);
    if (steps === undefined) {
      if (this.#byTurret.size >= TURRET_SERIES_LIMIT.turrets) return;
      this.#byTurret.set(vitals.turretIndex, (steps = new Map()));
    }
    const step = Math.floor(second / this.#stepS);
    let gathered = steps.get(step);
    if (gathered === undefined) steps.set(step, (gathered = newGathered()));
    for (const [i, name] of VITALS.entries()) {
      const value = vitals[name];
      if (value !== undefined) put(gathered, i, { value, count: 1 });
    }
  }

  #isTooLong(second: number): boolean {
    return Math.floor(second / this.#stepS) >= TURRET_SERIES_LIMIT.steps;
  }

  #double(): void {
    this.#stepS *= 2;
    for (const [turretIndex, steps] of this.#byTurret) {
      const longer = new Map<number, Gathered>();
      for (const [step, gathered] of [...steps].sort(([a], [b]) => a - b)) {
        const key = Math.floor(step / 2);
        const known = longer.get(key);
        if (known === undefined) longer.set(key, gathered);
        else {
          for (const i of VITALS.keys()) {
            const count = gathered.count[i] as number;
            if (count > 0) put(known, i, { value: gathered.sum[i] as number, count });
          }
        }
      }
      this.#byTurret.set(turretIndex, longer);
    }
  }
}

function newGathered(): Gathered {
  return { sum: new Float64Array(VITALS.length), count: new Float64Array(VITALS.length) };
}

function put(into: Gathered, i: number, added: { value: number; count: number }): void {
  const { sum, count } = into;
  const isMax = i >= VITALS_MEAN.length && i < VITALS_MEAN.length + VITALS_MAX.length;
  if (i < VITALS_MEAN.length) sum[i] = (sum[i] as number) + added.value;
  else if (isMax && count[i] !== 0) sum[i] = Math.max(sum[i] as number, added.value);
  else sum[i] = added.value;
  count[i] = (count[i] as number) + added.count;
}
