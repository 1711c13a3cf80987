// The runs that the report is tested and looked at with.

import { CELL_KIND } from "../../src/stats/cell.ts";
import { PROTOCOL1_TURRET_INDEX } from "../../src/store/records.ts";
import type { Results, StoredCounts, TurretRow } from "../../src/store/results.ts";
import { type SampleTimer, sampleResults } from "./report-results.ts";

function turret(index: number, more: Partial<TurretRow> = {}): TurretRow {
  return {
    name: `browsers-${index + 1}`,
    uuid: `0b5b9c1e-7c1f-4d7f-9a57-00000000000${index}`,
    cannons: 25,
    script: "test_scripts/v_user.ts",
    rampup: 10,
    status: "stopped",
    updatedAt: "2026-11-21 07:05:01.000000",
    details: {
      turretIndex: index,
      wire: "link",
      host: `turret-${index + 1}.example`,
      octVersion: "1.0.0",
      cores: 8,
      clockOffsetUs: 230,
      history: [
        { atUs: -2_000_000, status: "ready" },
        { atUs: 0, status: "running" },
        { atUs: 300_000_000, status: "stopped" },
      ],
    },
    ...more,
  };
}

function counts(
  turretIndex: number,
  count: number,
  more: Partial<StoredCounts> = {},
): StoredCounts {
  return {
    turretIndex,
    sentTransactions: count,
    sentBatches: 300,
    receivedTransactions: count,
    receivedBatches: 300,
    journaledTransactions: count,
    journaledBatches: 300,
    repeatedBatches: 0,
    lostTransactions: 0,
    unfinishedTransactions: 0,
    droppedTransactions: 0,
    plannedTransactions: count,
    startedTransactions: count,
    countedTransactions: count,
    countedBatches: 300,
    ...more,
  };
}

const ramp = (second: number) => Math.min(1, (second + 1) / 40);
const spike = (second: number) => (second > 180 && second < 200 ? 3.2 : 1 + second / 900);

function shopTimers(scale: number): SampleTimer[] {
  const rate = (share: number) => (second: number) =>
    scale * share * ramp(second) * (1 + 0.06 * Math.sin(second / 7));
  const named: readonly (readonly [string, number, number])[] = [
    ["Home page", 42_000, 1],
    ["Login", 118_000, 0.96],
    ["Search “blue shoes”", 210_000, 0.9],
    ["Product page", 66_000, 0.9],
    ["Add to cart", 38_000, 0.5],
    ["Check out", 480_000, 0.31],
  ];
  return [
    {
      name: "",
      medianUs: 640_000,
      sigma: 0.32,
      perSecond: rate(1),
      errorShare: 0.008,
      slowness: spike,
    },
    ...named.map(([name, medianUs, share]) => ({
      name,
      medianUs,
      sigma: 0.4,
      perSecond: rate(share),
      slowness: spike,
      errorShare: name === "Check out" ? 0.02 : 0,
    })),
  ];
}

/** A shop under load for five minutes: the run that people see first. */
export function shopResults(options: { scale?: number; seconds?: number } = {}): Results {
  const { scale = 120, seconds = 300 } = options;
  const base = sampleResults({ seconds, timers: shopTimers(scale) });
  const { transactions, errorCount } = base.facts;
  const half = Math.floor(transactions / 2);
  const rest = transactions - half;
  const timeouts = Math.ceil(errorCount * 0.7);
  return {
    ...base,
    turrets: () => [turret(0), turret(1)],
    counts: () => [counts(0, half), counts(1, rest)],
    turretTotals: () =>
      [half, rest].map((count, turretIndex) => ({
        turretIndex,
        kind: CELL_KIND.timer,
        name: "",
        count,
        errorCount: turretIndex === 0 ? timeouts : errorCount - timeouts,
        sum: 0,
        sumSquares: 0,
        min: 0,
        max: 0,
      })),
    errors: () => [
      {
        text: "POST /checkout: 503 Service Unavailable",
        count: timeouts,
        firstSecond: 181,
        lastSecond: 199,
      },
      {
        text: "timed out after 10 s waiting for the answer\n    at checkOut (test_scripts/v_user.ts:31:7)",
        count: errorCount - timeouts,
        firstSecond: 43,
        lastSecond: 288,
      },
    ],
    events: () => [
      { atUs: 0, level: "info", turretIndex: -1, text: "start with 2 turrets" },
      { atUs: seconds * 1e6, level: "info", turretIndex: -1, text: "stop: run time" },
    ],
  };
}

export const HOSTILE_NAMES: readonly string[] = [
  "<script>alert(1)</script>",
  "</script><script>alert(2)</script>",
  "<!--<script>",
  "]]></style><img src=x onerror=alert(3)>",
  '" onmouseover="alert(4)',
  "' or 1=1 --",
  "a/b\\c%00?#&amp;",
  "\u202eright to left override",
  "תשלום בקופה",
  "دفع السلة",
  "👩‍👩‍👧‍👦 family 🚀🔥",
  "全角文字の名前",
  "nul \u0000 bell \u0007 escape \u001b[31mred\u001b[0m",
  "line\nbreak\ttab",
  "lone \ud800 surrogate",
  "x".repeat(4096),
  "constructor",
  "__proto__",
  ["$", "{it.model}"].join(""),
  "<%= it.model %>",
];

/** Everything that may come from outside, as nasty as it may be. */
export function hostileResults(): Results {
  const timers = HOSTILE_NAMES.map((name) => ({
    name,
    medianUs: 900,
    sigma: 0.5,
    perSecond: () => 3,
  }));
  const all = { name: "", medianUs: 5_000, sigma: 0.5, perSecond: () => 3, errorShare: 0.34 };
  const text = HOSTILE_NAMES.join("\n");
  const base = sampleResults({
    seconds: 60,
    timers: [all, ...timers],
    facts: {
      project: HOSTILE_NAMES[1],
      command: `oct run ${HOSTILE_NAMES[3]}`,
      config: { "</script>": text },
      isKilled: true,
      reason: undefined,
    },
  });
  const count = base.facts.transactions;
  return {
    ...base,
    turrets: () =>
      HOSTILE_NAMES.slice(0, 9).map((name, i) =>
        turret(i, { name, status: i === 2 ? "lost" : name, script: name, uuid: name }),
      ),
    counts: () => [
      counts(0, count - 10, { receivedTransactions: count - 12, lostTransactions: 2 }),
      {
        ...counts(PROTOCOL1_TURRET_INDEX, 10),
        sentTransactions: undefined,
        startedTransactions: undefined,
        plannedTransactions: undefined,
      } as unknown as StoredCounts,
    ],
    errors: () =>
      HOSTILE_NAMES.map((name, i) => ({
        text: name,
        count: 60 - i,
        firstSecond: 0,
        lastSecond: i,
      })),
    malformed: () => ({
      counts: [
        { kind: "bad json", count: 1200 },
        { kind: "bad utf-8", count: 3 },
      ],
      samples: HOSTILE_NAMES.slice(0, 6).map((name) => ({
        kind: "bad json",
        atUs: 5e6,
        sizeBytes: name.length,
        sample: new TextEncoder().encode(`${name}\u00ff`),
      })),
    }),
    events: () =>
      HOSTILE_NAMES.map((name) => ({ atUs: 1e6, level: "error", turretIndex: 0, text: name })),
  };
}

/** A run in which nothing finished. */
export function emptyResults(): Results {
  return sampleResults({ seconds: 30, timers: [] });
}

/** A run of one transaction. */
export function singleResults(): Results {
  const one = (second: number) => (second === 2 ? 1 : 0);
  return sampleResults({
    seconds: 3,
    timers: [{ name: "", medianUs: 12_345, sigma: 0, perSecond: one }],
    more: { turrets: () => [turret(0)], counts: () => [counts(0, 1)] },
  });
}

/** As many timer names as a script can think of, each with values. */
export function manyTimersResults(timers: number, seconds = 120): Results {
  const names = Array.from({ length: timers }, (_, i) => ({
    name: `GET /products/${i}/"reviews"&page=<${i % 7}>`,
    medianUs: 1_000 + i * 37,
    sigma: 0.6,
    perSecond: (second: number) => (second % 5 === i % 5 ? 1 + (i % 4) : 0),
  }));
  const all = { name: "", medianUs: 90_000, sigma: 0.5, perSecond: () => 400 };
  return sampleResults({ seconds, timers: [all, ...names] });
}

/** An open load with both clocks: response time much worse than service time. */
export function twoClockResults(): Results {
  const perSecond = () => 50;
  return sampleResults({
    seconds: 90,
    timers: [
      { name: "", medianUs: 20_000, sigma: 0.2, perSecond },
      { name: "", kind: CELL_KIND.response, medianUs: 85_000, sigma: 0.7, perSecond },
      { name: "Search", medianUs: 9_000, sigma: 0.3, perSecond },
    ],
    more: { turrets: () => [turret(0)], counts: () => [counts(0, 4500)] },
  });
}

/**
 * A run so long and wide that a database of it is as large as one may be: every second of every timer
 * has values. The seconds are made once and shared, since only their sizes matter here.
 */
export function hugeResults(options: {
  readonly timers: number;
  readonly seconds: number;
  readonly nameOf?: (index: number) => string;
}): Results {
  const { timers, seconds, nameOf = (i) => `GET /products/${i}/reviews` } = options;
  const sample = sampleResults({
    seconds: 97,
    timers: [
      {
        name: "",
        medianUs: 12_345_678,
        sigma: 1.1,
        perSecond: () => 31,
        errorShare: 0.2,
      },
    ],
  });
  const few = sample.intervals(CELL_KIND.timer, "");
  const whole = sample.totals()[0];
  if (whole === undefined) throw new Error("there is a total");
  const intervals = Array.from({ length: seconds }, (_, second) => ({
    ...(few[second % few.length] as (typeof few)[number]),
    second,
  }));
  const times = Math.floor(seconds / 97);
  const totalOf = (name: string, i: number) => ({
    ...whole,
    name,
    count: whole.count * times + i,
    errorCount: whole.errorCount * times,
    sum: whole.sum * times,
  });
  const names = Array.from({ length: timers }, (_, i) => nameOf(i));
  const count = whole.count * times;
  return {
    ...sample,
    facts: {
      ...sample.facts,
      durationUs: seconds * 1e6,
      runTimeUs: seconds * 1e6,
      transactions: count,
      errorCount: whole.errorCount * times,
      rowsCounted: count,
      rowsKept: Math.min(count, 2_000_000),
    },
    totals: () => [totalOf("", 0), ...names.map((name, i) => totalOf(name, i % 7))],
    intervals: () => intervals,
    turrets: () => Array.from({ length: 100 }, (_, i) => turret(i, { name: `turret-${i}` })),
    errors: () =>
      Array.from({ length: 1000 }, (_, i) => ({
        text: `${nameOf(i)} answered 503 ${"& more <of> it ".repeat(70)}`,
        count: 1000 - i,
        firstSecond: i,
        lastSecond: seconds - 1,
      })),
  };
}
