// A schedule that is changed while it is fired: whatever the segments are, what was before is as it was,
// numbers go on without a gap, and many who share the schedule make what one makes.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Arrivals } from "../../src/pace/arrivals.ts";
import { changedCannons } from "../../src/pace/closed-change.ts";
import {
  CONTROL_KINDS,
  type ControlSegment,
  changesOf,
  type LoadChange,
  timelineOf,
} from "../../src/pace/control.ts";
import { type OpenPlan, openArrivals } from "../../src/pace/open-plan.ts";
import { sharedCount, sharedItem, sharedItems, shareWithin } from "../../src/pace/share.ts";
import { type Pause, Timeline } from "../../src/pace/timeline.ts";

const S = 1_000_000;
const RUN_US = 60 * S;
const RUNS = { numRuns: 150 };

const anyTimeUs = fc.nat({ max: RUN_US });
const anyPauses = fc.uniqueArray(fc.nat({ max: 2 * RUN_US }), { maxLength: 12 }).map((ends) => {
  const sorted = [...ends].sort((a, b) => a - b);
  const pauses: Pause[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2) {
    pauses.push({ atUs: sorted[i] as number, untilUs: sorted[i + 1] as number });
  }
  return pauses;
});
const anyCurve = fc.array(
  fc.record({
    durationUs: fc.nat({ max: 20 * S }),
    fromPerSec: fc.nat({ max: 40 }),
    toPerSec: fc.nat({ max: 40 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const anyChanges = fc
  .array(
    fc.record({
      planUs: anyTimeUs,
      value: fc.nat({ max: 300 }).map((tenths) => tenths / 10),
      isPercent: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((changes) => changes.sort((a, b) => a.planUs - b.planUs));

const anyPlan: fc.Arbitrary<OpenPlan> = fc.record({
  segments: anyCurve,
  spacing: fc.constantFrom("even" as const, "poisson" as const),
  hasExactCount: fc.constant(false),
  seed: fc.nat(),
  endUs: fc.constant(RUN_US),
  changes: anyChanges,
  times: fc.integer({ min: 1, max: 3 }),
});

function timesOf(arrivals: Arrivals): number[] {
  return Array.from({ length: arrivals.count }, (_, k) => arrivals.timeUs(k));
}

describe("Timeline", () => {
  test("stands still in pauses and goes on with the clock between them", () => {
    fc.assert(
      fc.property(anyPauses, fc.nat({ max: 3 * RUN_US }), (pauses, runUs) => {
        const timeline = new Timeline(pauses);
        const paused = pauses.reduce((sum, { atUs, untilUs }) => {
          return sum + Math.max(0, Math.min(runUs, untilUs) - atUs);
        }, 0);
        expect(timeline.planUs(runUs)).toBe(runUs - paused);
        expect(timeline.pausedUs(runUs)).toBe(paused);
        const isPaused = pauses.some(({ atUs, untilUs }) => runUs >= atUs && runUs < untilUs);
        expect(timeline.pauseAt(runUs) !== undefined).toBe(isPaused);
      }),
      RUNS,
    );
  });

  test("what is due starts when its plan time is reached, never within a pause", () => {
    fc.assert(
      fc.property(anyPauses, fc.nat({ max: 3 * RUN_US }), (pauses, planUs) => {
        const timeline = new Timeline(pauses);
        const runUs = timeline.runUs(planUs);
        expect(timeline.planUs(runUs)).toBe(planUs);
        expect(timeline.pauseAt(runUs)).toBeUndefined();
        const reachedUs = timeline.reachedUs(planUs);
        expect(timeline.planUs(reachedUs)).toBe(planUs);
        expect(reachedUs).toBeLessThanOrEqual(runUs);
        if (reachedUs > 0) expect(timeline.planUs(reachedUs - 1)).toBeLessThan(planUs);
      }),
      RUNS,
    );
  });

  test("a pause without an end holds everything behind it", () => {
    const timeline = timelineOf([segment({ atUs: 5 * S, kind: "pause" })]);
    expect(timeline.runUs(5 * S - 1)).toBe(5 * S - 1);
    expect(timeline.runUs(5 * S)).toBe(Number.POSITIVE_INFINITY);
    expect(timeline.reachedUs(5 * S)).toBe(5 * S);
    expect(timeline.reachedUs(6 * S)).toBe(Number.POSITIVE_INFINITY);
    expect(timeline.planUs(1e12)).toBe(5 * S);
  });

  test("is made of any list of segments, also of one that makes no sense", () => {
    const anySegments = fc.array(
      fc.record({
        atUs: fc.double({ noNaN: true }),
        kind: fc.constantFrom(...CONTROL_KINDS),
        definition: fc.constantFrom("", "a"),
        value: fc.double(),
        isPercent: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(anySegments, anyTimeUs, (segments, runUs) => {
        const planUs = timelineOf(segments).planUs(runUs);
        expect(planUs).toBeLessThanOrEqual(runUs);
      }),
      RUNS,
    );
  });
});

function segment(parts: Partial<ControlSegment>): ControlSegment {
  return { atUs: 0, kind: "rate", definition: "", value: 0, isPercent: false, ...parts };
}

describe("changesOf", () => {
  test("are those of the definition and its kind of load, in plan time", () => {
    const segments = [
      segment({ atUs: 1 * S, value: 1 }),
      segment({ atUs: 2 * S, kind: "pause" }),
      segment({ atUs: 3 * S, value: 3, definition: "b" }),
      segment({ atUs: 4 * S, kind: "cannons", value: 4 }),
      segment({ atUs: 5 * S, kind: "resume" }),
      segment({ atUs: 6 * S, value: 6, isPercent: true, definition: "a" }),
    ];
    expect(changesOf(segments, { kind: "rate", definition: "a" })).toEqual([
      { planUs: 1 * S, value: 1, isPercent: false },
      { planUs: 3 * S, value: 6, isPercent: true },
    ]);
  });
});

describe("openArrivals", () => {
  test("before a change they are those without it; after it none is before its instant", () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        for (let i = 0; i < plan.changes.length; i++) {
          const atUs = (plan.changes[i] as LoadChange).planUs;
          const before = timesOf(openArrivals({ ...plan, changes: plan.changes.slice(0, i) }));
          const after = timesOf(openArrivals({ ...plan, changes: plan.changes.slice(0, i + 1) }));
          const kept = before.filter((timeUs) => timeUs < atUs);
          expect(after.slice(0, kept.length)).toEqual(kept);
          expect(after.slice(kept.length).every((timeUs) => timeUs >= atUs)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test("never go back in time, and end with the plan", () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const arrivals = openArrivals(plan);
        const times = timesOf(arrivals);
        expect(times.every((timeUs, k) => k === 0 || timeUs >= (times[k - 1] as number))).toBe(
          true,
        );
        const planUs = plan.segments.reduce((sum, { durationUs }) => sum + durationUs, 0);
        expect(times.at(-1) ?? 0).toBeLessThanOrEqual(Math.max(planUs, RUN_US));
      }),
      RUNS,
    );
  });

  test("even ones are as many as the changed rate adds up to", () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const arrivals = openArrivals({ ...plan, spacing: "even" });
        // Arrival k is there where the integral goes beyond k.
        expect(arrivals.count).toBe(Math.max(0, Math.ceil(integral(plan) - 1e-6)));
      }),
      RUNS,
    );
  });

  test("Poisson ones are as many as the changed rate adds up to, in the mean", () => {
    const plan: OpenPlan = {
      segments: [{ durationUs: RUN_US, fromPerSec: 20, toPerSec: 20 }],
      spacing: "poisson",
      hasExactCount: false,
      seed: 0,
      endUs: RUN_US,
      changes: [
        { planUs: 20 * S, value: 50, isPercent: false },
        { planUs: 30 * S, value: 0, isPercent: false },
        { planUs: 40 * S, value: 200, isPercent: true },
      ],
      times: 1,
    };
    const expected = 20 * 20 + 10 * 50 + 20 * 40;
    const counts = Array.from({ length: 200 }, (_, seed) => openArrivals({ ...plan, seed }).count);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    // Five standard errors of the mean of 200 Poisson counts.
    expect(Math.abs(mean - expected)).toBeLessThan(5 * Math.sqrt(expected / counts.length));
    const times = timesOf(openArrivals(plan));
    expect(times.some((timeUs) => timeUs >= 30 * S && timeUs < 40 * S)).toBe(false);
  });

  test("are the same whoever shares them: threads of turrets, each by itself", () => {
    fc.assert(
      fc.property(
        anyPlan,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        (plan, turrets, threads) => {
          const all: [number, number][] = [];
          for (let i = 0; i < turrets * threads; i++) {
            const turret = { index: i % turrets, parts: turrets };
            const thread = { index: Math.floor(i / turrets), parts: threads };
            const share = shareWithin(turret, thread);
            const arrivals = openArrivals(plan);
            for (let p = 0; p < sharedCount(arrivals.count, share); p++) {
              const k = sharedItem(p, share);
              all.push([k, arrivals.timeUs(k)]);
            }
          }
          all.sort((a, b) => a[0] - b[0]);
          expect(all).toEqual(timesOf(openArrivals(plan)).map((timeUs, k) => [k, timeUs]));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("the rate at a time is the changed one", () => {
    const plan: OpenPlan = {
      segments: [{ durationUs: 10 * S, fromPerSec: 0, toPerSec: 100 }],
      spacing: "even",
      hasExactCount: false,
      seed: 0,
      endUs: RUN_US,
      changes: [
        { planUs: 4 * S, value: 150, isPercent: true },
        { planUs: 20 * S, value: 7, isPercent: false },
      ],
      times: 2,
    };
    const { rateAt } = openArrivals(plan);
    expect([3 * S, 4 * S, 8 * S, 15 * S, 20 * S, 60 * S].map(rateAt)).toEqual([
      60, 120, 240, 0, 14, 0,
    ]);
  });
});

// The area under the rate, piece by piece: each is a line, so its middle is its mean.
function integral(plan: OpenPlan): number {
  const ends: number[] = [];
  for (const { durationUs } of plan.segments) ends.push((ends.at(-1) ?? 0) + durationUs);
  const endUs = Math.max(RUN_US, ends.at(-1) ?? 0);
  const marks = [0, endUs, ...ends, ...plan.changes.map((change) => change.planUs)];
  marks.sort((a, b) => a - b);
  let sum = 0;
  for (let i = 0; i + 1 < marks.length; i++) {
    const from = marks[i] as number;
    const to = marks[i + 1] as number;
    const planned = rateOf(plan, (from + to) / 2);
    const change = plan.changes.findLast(({ planUs }) => planUs <= from);
    const changed = change?.isPercent ? (planned * change.value) / 100 : change?.value;
    sum += ((changed ?? planned) * plan.times * (to - from)) / S;
  }
  return sum;
}

function rateOf({ segments }: OpenPlan, tUs: number): number {
  let startUs = 0;
  for (const { durationUs, fromPerSec, toPerSec } of segments) {
    if (tUs < startUs + durationUs) {
      return fromPerSec + ((toPerSec - fromPerSec) * (tUs - startUs)) / durationUs;
    }
    startUs += durationUs;
  }
  return 0;
}

describe("changedCannons", () => {
  const anyStages = fc.array(
    fc.record({
      durationUs: fc.nat({ max: 20 * S }),
      fromCannons: fc.nat({ max: 12 }),
      toCannons: fc.nat({ max: 12 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const anyClosed = fc.record({
    stages: anyStages,
    endUs: fc.constant(RUN_US),
    changes: anyChanges.map((changes) =>
      changes.map((change) => ({ ...change, value: Math.round(change.value) })),
    ),
    cannonsMax: fc.constant(1_000),
  });

  test("before a change cannons loop as without it", () => {
    fc.assert(
      fc.property(anyClosed, anyTimeUs, (parts, tUs) => {
        const { changes } = parts;
        const i = changes.findIndex((change) => change.planUs > tUs);
        const known = i < 0 ? changes : changes.slice(0, i);
        const before = changedCannons({ ...parts, changes: known });
        expect(changedCannons(parts).cannonsAt(tUs)).toBe(before.cannonsAt(tUs));
      }),
      RUNS,
    );
  });

  test("at any time as many spans hold as cannons are wanted, and spans lie apart", () => {
    fc.assert(
      fc.property(anyClosed, anyTimeUs, (parts, tUs) => {
        const plan = changedCannons(parts);
        let looping = 0;
        for (const cannon of sharedItems(plan.cannonsMax, { index: 0, parts: 1 })) {
          const spans = plan.spansOf(cannon);
          looping += spans.filter(({ startUs, endUs }) => startUs <= tUs && tUs < endUs).length;
          for (let i = 1; i < spans.length; i++) {
            expect(spans[i]?.startUs ?? 0).toBeGreaterThan(spans[i - 1]?.endUs ?? 0);
          }
        }
        expect(looping).toBe(plan.cannonsAt(tUs));
      }),
      RUNS,
    );
  });

  test("a number is held until the end of the run, percent follow the stages", () => {
    const stages = [
      { durationUs: 10 * S, fromCannons: 0, toCannons: 10 },
      { durationUs: 10 * S, fromCannons: 10, toCannons: 10 },
    ];
    const plan = changedCannons({
      stages,
      endUs: RUN_US,
      changes: [
        { planUs: 5 * S, value: 50, isPercent: true },
        { planUs: 15 * S, value: 3, isPercent: false },
      ],
      cannonsMax: 1_000,
    });
    expect([4.5, 5, 9.99, 12, 15, 59].map((s) => plan.cannonsAt(s * S))).toEqual([
      5, 3, 5, 5, 3, 3,
    ]);
    expect(plan.spansOf(0)).toEqual([{ startUs: 0, endUs: RUN_US }]);
  });
});
