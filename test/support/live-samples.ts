// Runs while they go, as the live block and its tests are looked at with.

import type { LiveFigures, LiveHistory, LiveTurret, LiveView } from "../../src/live/types.ts";

const NOTHING: LiveFigures = {
  count: 0,
  errorCount: 0,
  errorPercent: 0,
  ratePerSec: 0,
  mean: null,
  min: null,
  p50: null,
  p90: null,
  p95: null,
  p99: null,
  max: null,
};

export const EMPTY_HISTORY: LiveHistory = {
  stepS: 1,
  from: 0,
  plannedPerSec: [],
  ratePerSec: [],
  errorsPerSec: [],
  p50: [],
  p95: [],
  p99: [],
  cannons: [],
  turretsPerSec: [],
};

/** A run that has just begun: nothing is known of it. */
export const EMPTY_VIEW: LiveView = {
  project: "shop",
  runId: "run-1",
  startWallMs: 1_795_243_200_000,
  phase: "firing",
  isPaused: false,
  elapsedS: 0,
  runTimeS: 120,
  measuredS: 0,
  clock: "service",
  plannedPerSec: null,
  plannedCannons: null,
  nowPerSec: 0,
  nowErrorsPerSec: 0,
  recent: { p50: null, p95: null, p99: null },
  cannons: 0,
  inFlight: 0,
  turretCount: 1,
  lostTurrets: 0,
  fixedTurrets: 0,
  transactions: 0,
  timerValues: 0,
  errors: 0,
  late: 0,
  dropped: 0,
  malformed: 0,
  received: 0,
  journaled: 0,
  all: NOTHING,
  timers: [],
  timersTotal: 0,
  errorTexts: [],
  errorTextsTotal: 0,
  checks: [],
  statuses: [],
  thresholds: [],
  turrets: [],
  loads: [],
  health: [],
  verdict: "",
  verdictReasons: [],
  endReason: "",
};

export function liveTurret(index: number, more: Partial<LiveTurret> = {}): LiveTurret {
  return {
    name: `web-${index + 1}`,
    index,
    wire: "link",
    status: "running",
    isLost: false,
    trouble: "",
    host: `turret-${index + 1}.example`,
    cannons: 25,
    transactions: 294_360,
    ratePerSec: 2_453,
    cpuPercent: 41.2,
    lagUs: 180,
    ...more,
  };
}

function timer(name: string, scale: number): LiveView["timers"][number] {
  return {
    ...NOTHING,
    name,
    count: 196_240,
    ratePerSec: 1_635,
    p50: 410 * scale,
    p95: 1_020 * scale,
    p99: 2_900 * scale,
    max: 31_000 * scale,
  };
}

/** A shop in full fire, with a little of everything that may be wrong. */
export const SHOP_VIEW: LiveView = {
  ...EMPTY_VIEW,
  elapsedS: 70.4,
  plannedPerSec: 5_000,
  plannedCannons: 50,
  clock: "response",
  nowPerSec: 4_906,
  nowErrorsPerSec: 3,
  recent: { p50: 1_240, p95: 3_100, p99: 8_700 },
  cannons: 50,
  inFlight: 48,
  turretCount: 2,
  transactions: 588_720,
  timerValues: 1_766_160,
  errors: 12,
  late: 31,
  all: {
    ...NOTHING,
    count: 588_720,
    errorCount: 12,
    errorPercent: 0.002,
    ratePerSec: 4_880,
    mean: 1_400,
    min: 310,
    p50: 1_210,
    p90: 2_500,
    p95: 3_050,
    p99: 8_440,
    max: 102_000,
  },
  timers: [timer("Home page", 1), timer("Search “blue shoes”", 4), timer("Check out", 9)],
  timersTotal: 3,
  errorTexts: [
    { text: "POST /checkout: 503 Service Unavailable", count: 9 },
    {
      text: "timed out after 10 s waiting for the answer\n    at checkOut (v_user.ts:31:7)",
      count: 3,
    },
  ],
  errorTextsTotal: 2,
  thresholds: [
    {
      text: "p95 < 500ms",
      comparison: "<",
      limit: 500_000,
      unit: "us",
      measured: 3_050,
      clock: "response",
      holds: true,
      isAborting: false,
      hasEndedRun: false,
    },
    {
      text: "rate > 6000",
      comparison: ">",
      limit: 6_000,
      unit: "per_second",
      measured: 4_880,
      clock: undefined,
      holds: false,
      isAborting: false,
      hasEndedRun: false,
    },
  ],
  turrets: [liveTurret(0), liveTurret(1, { trouble: "silent for 4 s", cpuPercent: 98 })],
  health: ["1 % of the transactions started 4.1 ms late or later"],
};

const seconds = Array.from({ length: 70 }, (_, i) => i);

export const SHOP_HISTORY: LiveHistory = {
  ...EMPTY_HISTORY,
  plannedPerSec: seconds.map(() => 5_000),
  ratePerSec: seconds.map((s) => Math.min(5_000, s * 300) * (1 + 0.05 * Math.sin(s))),
  errorsPerSec: seconds.map((s) => (s === 40 ? 9 : 0)),
  p50: seconds.map(() => 1_200),
  p95: seconds.map(() => 3_000),
  p99: seconds.map((s) => (s > 40 && s < 50 ? 30_000 : 8_000 + 900 * Math.sin(s))),
};
