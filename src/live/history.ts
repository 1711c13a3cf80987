// The whole run so far as at most LIVE_LIMIT.points points, made from the batches as they come. A point
// stands for one second, and once there are too many, two neighbours become one: counts add up and
// histograms merge, so that rates and percentiles of the longer points are true ones. Seconds may come
// late (a turret that was cut off); they are counted where they belong.

import type { Batch } from "../stats/batch.ts";
import { CELL_KIND, type Cell, GAUGE } from "../stats/cell.ts";
import { gaugeLevel } from "../stats/gauges.ts";
import { PointTimes } from "./point-times.ts";
import { LIVE_LIMIT, type LiveClock, type LiveHistory } from "./types.ts";

/** Points that still get their seconds: their histograms stay open. */
const OPEN_S = 4;

interface Sampled {
  count: number;
  sum: number;
}

interface Point {
  count: number;
  errorCount: number;
  readonly service: PointTimes;
  readonly response: PointTimes;
  readonly cannons: Sampled;
  readonly plannedRate: Sampled;
  /** Transactions of the first turrets, by turret index. */
  readonly turrets: Float64Array;
}

/** What is known of a second that is not in the batches. */
export interface SecondFacts {
  readonly plannedPerSec: number | null;
  /** Cannons of turrets that do not tell their number each second. */
  readonly untoldCannons: number;
}

export interface HistoryTurret {
  readonly index: number;
  readonly name: string;
}

export class History {
  #points: Point[] = [];
  #stepS = 1;
  readonly #open = new Set<Point>();
  #changedS = Number.POSITIVE_INFINITY;
  #hasPlan = false;

  get stepS(): number {
    return this.#stepS;
  }

  /** `newestS`: no second is later; a turret that says so is counted there. */
  add(batch: Batch, turretIndex: number, newestS: number): void {
    for (const cell of batch.cells) {
      const { kind, name } = cell;
      const isTransaction =
        name === "" && (kind === CELL_KIND.timer || kind === CELL_KIND.response);
      const isGauge = kind === CELL_KIND.gauge && name === GAUGE.cannons;
      if (!isTransaction && !isGauge) continue;
      const second = Math.max(0, Math.min(cell.second, newestS));
      this.#take(this.#pointAt(second), cell, turretIndex);
      this.#changedS = Math.min(this.#changedS, second);
    }
  }

  /** `second` is full. */
  tell(second: number, facts: SecondFacts): void {
    const point = this.#pointAt(second);
    if (facts.plannedPerSec !== null) {
      this.#hasPlan = true;
      point.plannedRate.count++;
      point.plannedRate.sum += facts.plannedPerSec;
    }
    if (facts.untoldCannons > 0) {
      point.cannons.count++;
      point.cannons.sum += facts.untoldCannons;
    }
    this.#changedS = Math.min(this.#changedS, second);
    this.#pack(second);
  }

  /** The first second that changed since the last call; past all of them where none did. */
  takeChanged(): number {
    const changedS = this.#changedS;
    this.#changedS = Number.POSITIVE_INFINITY;
    return changedS;
  }

  /** Seconds from the start to `endS`, which is not included; points from `from` on. */
  columns(options: {
    readonly endS: number;
    readonly clock: LiveClock;
    readonly turrets: readonly HistoryTurret[];
    readonly from?: number;
  }): LiveHistory {
    const { endS, clock, turrets } = options;
    const stepS = this.#stepS;
    const from = Math.max(0, options.from ?? 0);
    const size = Math.max(from, Math.min(LIVE_LIMIT.points, Math.ceil(endS / stepS)));
    const points = Array.from({ length: size - from }, (_, i) => this.#points[from + i]);
    const secondsOf = (i: number) => Math.min(stepS, endS - (from + i) * stepS);
    const each = (pick: (point: Point, seconds: number) => number | null, none: number | null) =>
      points.map((point, i) => (point === undefined ? none : pick(point, secondsOf(i))));
    const times = points.map((point) => point?.[clock].percentiles());
    return {
      stepS,
      from,
      plannedPerSec: each(({ plannedRate }) => (this.#hasPlan ? meanOf(plannedRate) : null), null),
      ratePerSec: each((point, seconds) => point.count / seconds, 0),
      errorsPerSec: each((point, seconds) => point.errorCount / seconds, 0),
      p50: times.map((one) => one?.p50 ?? null),
      p95: times.map((one) => one?.p95 ?? null),
      p99: times.map((one) => one?.p99 ?? null),
      cannons: each(({ cannons }, seconds) => gaugeLevel(cannons, seconds) ?? null, null),
      turretsPerSec: turrets.slice(0, LIVE_LIMIT.turretSeries).map(({ index, name }) => ({
        index,
        name,
        ratePerSec: each((point, seconds) => (point.turrets[index] ?? 0) / seconds, 0),
      })),
    };
  }

  #take(point: Point, cell: Cell, turretIndex: number): void {
    if (cell.kind === CELL_KIND.gauge) {
      point.cannons.count += cell.count;
      point.cannons.sum += cell.sum;
      return;
    }
    this.#open.add(point);
    if (cell.kind === CELL_KIND.response) {
      point.response.add(cell);
      return;
    }
    point.count += cell.count;
    point.errorCount += cell.errorCount;
    point.service.add(cell);
    if (turretIndex < LIVE_LIMIT.turretSeries) {
      point.turrets[turretIndex] = (point.turrets[turretIndex] as number) + cell.count;
    }
  }

  #pointAt(second: number): Point {
    while (Math.floor(second / this.#stepS) >= LIVE_LIMIT.points) this.#halve();
    const index = Math.floor(second / this.#stepS);
    while (this.#points.length <= index) this.#points.push(newPoint());
    return this.#points[index] as Point;
  }

  #halve(): void {
    const halved: Point[] = [];
    for (let i = 0; i < this.#points.length; i += 2) {
      const left = this.#points[i] as Point;
      const right = this.#points[i + 1];
      if (right !== undefined) mergePoint(left, right);
      this.#open.add(left);
      halved.push(left);
    }
    this.#points = halved;
    this.#stepS *= 2;
    this.#changedS = 0;
    this.#pack(Number.POSITIVE_INFINITY);
  }

  // Few histograms are open at a time; points that nothing comes for any more keep their bytes only.
  #pack(second: number): void {
    const firstOpen = Math.floor((second - OPEN_S) / this.#stepS);
    const stay = new Set(this.#points.slice(Math.max(0, firstOpen)));
    for (const point of this.#open) {
      if (stay.has(point)) continue;
      point.service.pack();
      point.response.pack();
      this.#open.delete(point);
    }
  }
}

function newPoint(): Point {
  return {
    count: 0,
    errorCount: 0,
    service: new PointTimes(),
    response: new PointTimes(),
    cannons: { count: 0, sum: 0 },
    plannedRate: { count: 0, sum: 0 },
    turrets: new Float64Array(LIVE_LIMIT.turretSeries),
  };
}

function mergePoint(into: Point, other: Point): void {
  into.count += other.count;
  into.errorCount += other.errorCount;
  into.service.merge(other.service);
  into.response.merge(other.response);
  for (const key of ["cannons", "plannedRate"] as const) {
    into[key].count += other[key].count;
    into[key].sum += other[key].sum;
  }
  for (let i = 0; i < into.turrets.length; i++) {
    into.turrets[i] = (into.turrets[i] as number) + (other.turrets[i] as number);
  }
}

function meanOf({ count, sum }: Sampled): number | null {
  return count === 0 ? null : sum / count;
}
