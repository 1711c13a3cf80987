import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CLOCK_DRIFT, ClockOffset } from "../../../src/turret/clock-offset.ts";

interface Trip {
  readonly atUs: number;
  readonly thereUs: number;
  readonly backUs: number;
}

/** One exchange with an HQ whose clock is ahead by `aheadUs` and runs faster by `drift`. */
function exchange(trip: Trip, aheadUs: number, drift = 0) {
  const answeredUs = trip.atUs + trip.thereUs;
  return {
    sentUs: trip.atUs,
    hqUs: answeredUs + aheadUs + answeredUs * drift,
    receivedUs: answeredUs + trip.backUs,
  };
}

function offsetOf(trips: readonly Trip[], aheadUs: number, drift = 0): ClockOffset {
  const offset = new ClockOffset();
  for (const trip of trips) offset.add(exchange(trip, aheadUs, drift));
  return offset;
}

describe("ClockOffset", () => {
  test("before the first answer nothing is known", () => {
    const offset = new ClockOffset();
    expect([offset.offsetUs, offset.errorUs, offset.count]).toEqual([
      0,
      Number.POSITIVE_INFINITY,
      0,
    ]);
  });

  test.each<readonly [string, Trip, number, number]>([
    ["equal ways give the offset", { atUs: 1000, thereUs: 200, backUs: 200 }, 5_000, 200],
    ["an HQ that is behind", { atUs: 1000, thereUs: 200, backUs: 200 }, -7_000_000, 200],
    ["no delay at all", { atUs: 0, thereUs: 0, backUs: 0 }, 12, 0],
  ])("%s, within half the round trip", (_, trip, aheadUs, errorUs) => {
    const offset = offsetOf([trip], aheadUs);
    expect(offset.offsetUs).toBe(aheadUs);
    expect(offset.errorUs).toBe(errorUs);
  });

  test.each([
    ["slow there", { atUs: 0, thereUs: 900, backUs: 100 }, 400],
    ["slow back", { atUs: 0, thereUs: 100, backUs: 900 }, -400],
    ["all of it there", { atUs: 0, thereUs: 1000, backUs: 0 }, 500],
  ])("unlike ways: %s is off by half the difference, within the bound", (_, trip, wrongUs) => {
    const offset = offsetOf([trip], 10_000);
    expect(offset.offsetUs - 10_000).toBe(wrongUs);
    expect(offset.errorUs).toBe(500);
  });

  test("outliers count for nothing beside one quick exchange", () => {
    const slow = Array.from({ length: 9 }, (_, i) => ({
      atUs: i * 1000,
      thereUs: 40_000,
      backUs: 100,
    }));
    const quick = { atUs: 9_000, thereUs: 50, backUs: 50 };
    expect(offsetOf([...slow, quick], 77).offsetUs).toBe(77);
    expect(offsetOf([quick, ...slow], 77).offsetUs).toBe(77);
  });

  test("an answer from before its question is ignored", () => {
    const offset = new ClockOffset();
    offset.add({ sentUs: 1000, hqUs: 5000, receivedUs: 999 });
    expect(offset.count).toBe(0);
  });

  test("an old quick exchange gives way once the clocks may have drifted further", () => {
    const quick = { atUs: 0, thereUs: 10, backUs: 10 };
    const later = { atUs: 60_000_000, thereUs: 500, backUs: 500 };
    const offset = offsetOf([quick, later], 1_000_000, CLOCK_DRIFT);
    const trueUs = 1_000_000 + 60_000_000 * CLOCK_DRIFT;
    expect(Math.abs(offset.offsetUs - trueUs)).toBeLessThanOrEqual(offset.errorUs);
    expect(offset.errorUs).toBeLessThanOrEqual(500);
  });

  test("old samples fall out: a clock that was set is followed", () => {
    const offset = offsetOf([{ atUs: 0, thereUs: 1, backUs: 1 }], 0);
    for (let i = 1; i <= 16; i++) {
      offset.add(exchange({ atUs: i * 1000, thereUs: 300, backUs: 300 }, 50_000));
    }
    expect(offset.count).toBe(16);
    expect(offset.offsetUs).toBe(50_000);
  });

  test("clear forgets: another HQ has another clock", () => {
    const offset = offsetOf([{ atUs: 0, thereUs: 1, backUs: 1 }], 123);
    offset.clear();
    expect([offset.offsetUs, offset.errorUs, offset.count]).toEqual([
      0,
      Number.POSITIVE_INFINITY,
      0,
    ]);
    offset.add(exchange({ atUs: 10, thereUs: 500, backUs: 500 }, 9));
    expect(offset.offsetUs).toBe(9);
  });

  test("whatever the delays and the drift, the offset is within the stated error", () => {
    const delayUs = fc.oneof(fc.nat({ max: 2_000 }), fc.nat({ max: 3_000_000 }));
    const trips = fc.array(
      fc.record({ waitUs: fc.nat({ max: 10_000_000 }), thereUs: delayUs, backUs: delayUs }),
      { minLength: 1, maxLength: 40 },
    );
    const drift = fc.double({ min: -CLOCK_DRIFT, max: CLOCK_DRIFT, noNaN: true });
    const aheadUs = fc.integer({ min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(trips, aheadUs, drift, (all, ahead, rate) => {
        const offset = new ClockOffset();
        let nowUs = 0;
        for (const { waitUs, thereUs, backUs } of all) {
          nowUs += waitUs;
          offset.add(exchange({ atUs: nowUs, thereUs, backUs }, ahead, rate));
          nowUs += thereUs + backUs;
        }
        const trueUs = ahead + nowUs * rate;
        // The round trip itself drifts too, and sums of doubles lose parts of a microsecond.
        const slackUs = 1 + 6_000_000 * CLOCK_DRIFT;
        expect(Math.abs(offset.offsetUs - trueUs)).toBeLessThanOrEqual(offset.errorUs + slackUs);
      }),
      { numRuns: 300 },
    );
  });
});
