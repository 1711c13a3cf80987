// Runs with everything that a report can show in depth: statuses, phases, slowest requests, checks,
// grouped errors, gauges, turrets over time, marks.

import { Random } from "../../src/base/random.ts";
import { CELL_KIND, type CellKind, GAUGE } from "../../src/stats/cell.ts";
import type { SlowRequest } from "../../src/stats/slowest.ts";
import type { Results, StoredInterval, StoredTotal } from "../../src/store/results.ts";
import type { TurretStep } from "../../src/store/turret-series.ts";
import { sampleResults } from "./report-results.ts";
import { HOSTILE_NAMES, hostileResults, shopResults, twoClockResults } from "./report-samples.ts";

interface Counted {
  readonly kind: CellKind;
  readonly name: string;
  readonly perSecond: (second: number) => number;
  readonly errorShare?: number;
  /** Of a gauge: its level; `perSecond` is then the sources that tell. */
  readonly level?: (second: number) => number;
}

function intervalsOf(counted: Counted, seconds: number): StoredInterval[] {
  return Array.from({ length: seconds }, (_, second): StoredInterval => {
    const count = Math.round(counted.perSecond(second));
    const level = counted.level?.(second) ?? 1;
    const errorCount = Math.round(count * (counted.errorShare ?? 0));
    const isGauge = counted.level !== undefined;
    const range = isGauge ? { min: level, max: level, sumSquares: level ** 2 * count } : NOTHING;
    return { second, count, errorCount, sum: level * count, ...range, histogram: undefined };
  }).filter(({ count }) => count > 0);
}

const NOTHING = { min: 0, max: 0, sumSquares: 0 };

function totalOf(counted: Counted, intervals: readonly StoredInterval[]): StoredTotal {
  const sum = (pick: (one: StoredInterval) => number) =>
    intervals.reduce((all, one) => all + pick(one), 0);
  return {
    kind: counted.kind,
    name: counted.name,
    count: sum((one) => one.count),
    errorCount: sum((one) => one.errorCount),
    sum: sum((one) => one.sum),
    sumSquares: sum((one) => one.sumSquares),
    min: Math.min(...intervals.map((one) => one.min)),
    max: Math.max(...intervals.map((one) => one.max)),
    histogram: undefined,
    valuesS: undefined,
  };
}

/** `base` with these counted beside what it has. */
function withCounted(base: Results, all: readonly Counted[], seconds: number): Results {
  const made = all.map((counted) => {
    const intervals = intervalsOf(counted, seconds);
    return { total: totalOf(counted, intervals), intervals };
  });
  return {
    ...base,
    totals: () => [...base.totals(), ...made.map(({ total }) => total)],
    intervals: (kind, name) =>
      made.find(({ total }) => total.kind === kind && total.name === name)?.intervals ??
      base.intervals(kind, name),
  };
}

/** `base` with the durations of another that was made for them. */
function withTimed(base: Results, timed: Results): Results {
  const own = timed.totals().filter(({ kind }) => kind !== CELL_KIND.timer);
  const names = new Set(own.map(({ kind, name }) => `${kind} ${name}`));
  return {
    ...base,
    totals: () => [...base.totals(), ...own],
    intervals: (kind, name) =>
      names.has(`${kind} ${name}`) ? timed.intervals(kind, name) : base.intervals(kind, name),
  };
}

export function slowRequests(
  count: number,
  nameOf: (i: number) => string = (i) => `GET /products/${i % 7}`,
): SlowRequest[] {
  const random = new Random(77);
  return Array.from({ length: count }, (_, i): SlowRequest => {
    const isNew = i % 5 === 0;
    const phases = {
      dnsUs: isNew ? random.integer(200, 9_000) : 0,
      connectUs: isNew ? random.integer(900, 60_000) : 0,
      tlsUs: isNew ? random.integer(2_000, 90_000) : 0,
      sendUs: random.integer(0, 900),
      waitUs: 4_000_000 - 60_000 * i,
      receiveUs: random.integer(0, 300_000),
    };
    const told = Object.values(phases).reduce((sum, us) => sum + us, 0);
    const isFailure = i % 11 === 3;
    const none = { dnsUs: 0, connectUs: 0, tlsUs: 0, sendUs: 0, waitUs: 0, receiveUs: 0 };
    return {
      ...(isFailure ? none : phases),
      startUs: random.integer(0, 290_000_000),
      durationUs: told + 1_000,
      name: nameOf(i),
      status: isFailure ? "GET timeout" : i % 4 === 0 ? "GET 503" : "GET 200",
      turret: "browsers-1",
    };
  }).sort((a, b) => b.durationUs - a.durationUs);
}

export function turretSteps(seconds: number, phase: number): TurretStep[] {
  return Array.from({ length: seconds }, (_, second): TurretStep => {
    const wave = Math.sin(second / 17 + phase);
    const isSilent = second > 100 && second < 110;
    const known = <T>(value: T) => (isSilent ? undefined : value);
    return {
      second,
      seconds: 1,
      cannons: known(Math.min(25, second)),
      inFlight: known(Math.min(25, second) * (0.8 + 0.1 * wave)),
      cpuPercent: known(60 + 30 * wave),
      sockets: known(Math.min(25, second) + 2),
      memoryMb: known(180 + second / 10),
      lagUs: known(400 + 300 * wave + (second === 150 ? 90_000 : 0)),
      waitingBatches: known(second % 50 === 0 ? 3 : 0),
      batches: 2 * second,
      transactions: 60 * second,
    };
  });
}

const GENERATOR: readonly Counted[] = [
  {
    kind: CELL_KIND.gauge,
    name: GAUGE.cannons,
    perSecond: () => 4,
    level: (s) => Math.min(12.5, s),
  },
  {
    kind: CELL_KIND.gauge,
    name: GAUGE.inFlight,
    perSecond: () => 4,
    level: (s) => Math.min(11, s),
  },
  { kind: CELL_KIND.gauge, name: GAUGE.cpuPercent, perSecond: () => 4, level: (s) => 40 + (s % 9) },
];

/** The shop, in depth. */
export function deepShopResults(): Results {
  const seconds = 300;
  const shop = shopResults();
  const timed = sampleResults({
    seconds,
    timers: [
      { name: "", kind: CELL_KIND.lag, medianUs: 300, sigma: 0.4, perSecond: () => 50 },
      { name: "dns", kind: CELL_KIND.phase, medianUs: 900, sigma: 0.5, perSecond: () => 1 },
      { name: "connect", kind: CELL_KIND.phase, medianUs: 9_000, sigma: 0.5, perSecond: () => 1 },
      { name: "wait", kind: CELL_KIND.phase, medianUs: 61_000, sigma: 0.6, perSecond: () => 300 },
    ],
  });
  const statuses = ["GET 200", "GET 304", "POST 201", "POST 503", "GET 404", "GET timeout"];
  const counted: Counted[] = [
    ...statuses.map((name, i) => ({
      kind: CELL_KIND.status,
      name,
      perSecond: (second: number) => (i < 3 ? 90 / (i + 1) : second > 180 && second < 200 ? 4 : 0),
      errorShare: name === "GET timeout" ? 1 : 0,
    })),
    { kind: CELL_KIND.check, name: "basket is not empty", perSecond: () => 30 },
    { kind: CELL_KIND.check, name: "price is right", perSecond: () => 30, errorShare: 0.04 },
    ...GENERATOR,
  ];
  const orders = Array.from({ length: 40 }, (_, i) => ({
    text: `order ${1_000 + i * 37} was not found after ${i} ms`,
    count: 3,
    firstSecond: 40 + i,
    lastSecond: 240 - i,
  }));
  const deep = withCounted(withTimed(shop, timed), counted, seconds);
  return {
    ...deep,
    facts: { ...deep.facts, scripts: { browsers: "3f".repeat(32), buyers: "a0".repeat(32) } },
    errors: () => [...shop.errors(), ...orders].sort((a, b) => b.count - a.count),
    events: () => [
      { atUs: 60e6, level: "note", turretIndex: -1, text: "cache switched off" },
      { atUs: 181e6, level: "control", turretIndex: -1, text: "rate 120 % by page" },
      ...shop.events(),
    ],
    slowest: () => slowRequests(50),
    turretSteps: () =>
      new Map([0, 1, 2, 3, 4, 5].map((i) => [i, turretSteps(seconds, i)] as const)),
  };
}

/** An open load with both clocks, and its generator late. */
export function deepClockResults(): Results {
  const timed = sampleResults({
    seconds: 90,
    timers: [
      { name: "", kind: CELL_KIND.lateness, medianUs: 2_000, sigma: 1, perSecond: () => 50 },
    ],
  });
  return withCounted(withTimed(twoClockResults(), timed), GENERATOR, 90);
}

/** Whatever may be named from outside, named as nasty as it may be. */
export function deepHostileResults(): Results {
  const base = hostileResults();
  const counted = HOSTILE_NAMES.flatMap((name): Counted[] => [
    { kind: CELL_KIND.status, name, perSecond: () => 2 },
    { kind: CELL_KIND.check, name, perSecond: () => 2, errorShare: 0.5 },
  ]);
  return {
    ...withCounted(base, counted, 60),
    facts: {
      ...base.facts,
      scripts: Object.fromEntries(HOSTILE_NAMES.map((name) => [name, name])),
    },
    slowest: () =>
      slowRequests(HOSTILE_NAMES.length, (i) => HOSTILE_NAMES[i] as string).map((request, i) => ({
        ...request,
        status: HOSTILE_NAMES[i] as string,
        turret: HOSTILE_NAMES[i] as string,
      })),
    events: () => [
      ...base.events(),
      ...HOSTILE_NAMES.map((text, i) => ({
        atUs: i * 1e6,
        level: "note",
        turretIndex: i % 2 === 0 ? -1 : 0,
        text,
      })),
    ],
    turretSteps: () => new Map(HOSTILE_NAMES.map((_, i) => [i, turretSteps(60, i)] as const)),
  };
}
