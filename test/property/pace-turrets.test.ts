// One plan, however many share it: 1, 7 and 1,000 turrets, each of which works out only its own part,
// together make the same arrivals, rows and random numbers.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Arrivals } from "../../src/pace/arrivals.ts";
import { type ClosedPlan, closedPlan, iterationK, rampUpPlan } from "../../src/pace/closed.ts";
import { constantArrivals } from "../../src/pace/constant.ts";
import type { RateSegment } from "../../src/pace/curve.ts";
import { linearArrivals } from "../../src/pace/linear.ts";
import { poissonArrivals } from "../../src/pace/poisson.ts";
import { randomOf, sequentialRow, shuffledRow } from "../../src/pace/row.ts";
import {
  type Share,
  sharedCount,
  sharedItem,
  sharedItems,
  shareWithin,
} from "../../src/pace/share.ts";

const SEED = 20_240_229;
const S = 1_000_000;
const ROWS = 97;
const TURRETS = [1, 7, 1_000] as const;
const SEGMENTS: readonly RateSegment[] = [
  { durationUs: 10 * S, fromPerSec: 0, toPerSec: 80 },
  { durationUs: 3 * S, fromPerSec: 0, toPerSec: 0 },
  { durationUs: 20 * S, fromPerSec: 70.7, toPerSec: 11 },
];

/** A transaction as its turret sees it. */
type Shot = readonly [k: number, timeUs: number, row: number, shuffled: number, random: number];

function shotOf(k: number, timeUs: number): Shot {
  const shuffled = shuffledRow(k, { rows: ROWS, seed: SEED });
  return [k, timeUs, sequentialRow(k, ROWS), shuffled, randomOf(SEED, k).unit()];
}

function openShots(make: () => Arrivals, share: Share): Shot[] {
  const arrivals = make();
  const count = sharedCount(arrivals.count, share);
  return Array.from({ length: count }, (_, position) => {
    const k = sharedItem(position, share);
    return shotOf(k, arrivals.timeUs(k));
  });
}

// Three iterations of every cannon; the time is the cannon's start, later ones are the target's to say.
function closedShots(make: () => ClosedPlan, share: Share): Shot[] {
  const plan = make();
  return [...sharedItems(plan.cannonsMax, share)].flatMap((cannon) => {
    return plan.spansOf(cannon).flatMap((span) => {
      return [0, 1, 2].map((iteration) => {
        return shotOf(iterationK({ cannon, iteration, cannons: plan.cannonsMax }), span.startUs);
      });
    });
  });
}

function union(turrets: number, shotsOf: (share: Share) => Shot[]): Shot[] {
  const all = Array.from({ length: turrets }, (_, index) => shotsOf({ index, parts: turrets }));
  return all.flat().sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

const open: Readonly<Record<string, () => Arrivals>> = {
  constant: () => constantArrivals({ ratePerSec: 41.3, durationUs: 30 * S }),
  linear: () => linearArrivals(SEGMENTS),
  poisson: () => poissonArrivals({ seed: SEED, segments: SEGMENTS }),
  "poisson with exact count": () =>
    poissonArrivals({ seed: SEED, segments: SEGMENTS, hasExactCount: true }),
};
const closed: Readonly<Record<string, () => ClosedPlan>> = {
  "ramp-up": () => rampUpPlan({ cannons: 333, rampupUs: 17 * S, durationUs: 30 * S }),
  "all at once": () => rampUpPlan({ cannons: 50, rampupUs: 0, durationUs: 30 * S }),
  stages: () =>
    closedPlan(
      [
        { durationUs: 9 * S, fromCannons: 0, toCannons: 40 },
        { durationUs: 5 * S, fromCannons: 20, toCannons: 20 },
        { durationUs: 9 * S, fromCannons: 60, toCannons: 0 },
      ],
      60 * S,
    ),
};

describe("1, 7 and 1,000 turrets", () => {
  const models: [string, (share: Share) => Shot[]][] = [
    ...Object.entries(open).map(([name, make]): [string, (share: Share) => Shot[]] => {
      return [name, (share) => openShots(make, share)];
    }),
    ...Object.entries(closed).map(([name, make]): [string, (share: Share) => Shot[]] => {
      return [name, (share) => closedShots(make, share)];
    }),
  ];

  test.each(models)("make the same multiset of (k, time, row, random): %s", (_name, shotsOf) => {
    const [one, ...others] = TURRETS.map((turrets) => union(turrets, shotsOf));
    expect(one?.length).toBeGreaterThan(49);
    for (const other of others) expect(other).toEqual(one as Shot[]);
  });

  test.each(Object.entries(open))("number every arrival once, in time: %s", (_name, make) => {
    const shots = union(7, (share) => openShots(make, share));
    expect(shots.map(([k]) => k)).toEqual(Array.from({ length: make().count }, (_, k) => k));
    const times = shots.map(([, timeUs]) => timeUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(make().durationUs);
  });

  test("make it with their threads, too", () => {
    const make = open["linear"] as () => Arrivals;
    const whole = openShots(make, { index: 0, parts: 1 });
    const shape = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 16 }));
    fc.assert(
      fc.property(shape, ([turrets, threads]) => {
        const shots = union(turrets, (outer) => {
          return Array.from({ length: threads }, (_, index) => {
            return openShots(make, shareWithin(outer, { index, parts: threads }));
          }).flat();
        });
        expect(shots.length).toBe(whole.length);
        expect(Bun.deepEquals(shots, whole)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });
});

describe("any ramp", () => {
  const rate = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 300, noNaN: true }));
  const segment = fc.record({
    durationUs: fc.integer({ min: 0, max: 5 * S }),
    fromPerSec: rate,
    toPerSec: rate,
  });

  test("counts its integral to one, and goes forward in time", () => {
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), fc.integer(), (segments, seed) => {
        const expected = segments.reduce((sum, s) => {
          return sum + (((s.fromPerSec + s.toPerSec) / 2) * s.durationUs) / S;
        }, 0);
        const even = linearArrivals(segments);
        const exact = poissonArrivals({ seed, segments, hasExactCount: true });
        expect(Math.abs(even.count - expected)).toBeLessThanOrEqual(1);
        expect(Math.abs(exact.count - expected)).toBeLessThanOrEqual(0.500_001);
        for (const arrivals of [even, exact]) {
          let previousUs = 0;
          for (let k = 0; k < arrivals.count; k++) {
            const timeUs = arrivals.timeUs(k);
            const isForward = timeUs >= previousUs && timeUs <= arrivals.durationUs;
            if (!isForward) expect([k, previousUs, timeUs]).toEqual([]);
            previousUs = timeUs;
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
