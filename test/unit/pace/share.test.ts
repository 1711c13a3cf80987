import { describe, expect, test } from "bun:test";
import { AssertionFailed } from "../../../src/base/assert.ts";
import {
  ownerOf,
  positionAtLeast,
  sharedCount,
  sharedItem,
  sharedItems,
  sharedRatePerSec,
  shareWithin,
  WHOLE_SHARE,
} from "../../../src/pace/share.ts";

describe("sharedCount", () => {
  test("sums exactly for 1 to 1,000 parts, which differ by one at most", () => {
    const totals = [0, 1, 2, 7, 999, 1_000, 1_001, 123_456_789, 2 ** 40 + 3];
    for (let parts = 1; parts <= 1_000; parts++) {
      for (const total of totals) {
        let sum = 0;
        let low = Number.POSITIVE_INFINITY;
        let high = 0;
        for (let index = 0; index < parts; index++) {
          const count = sharedCount(total, { index, parts });
          sum += count;
          low = Math.min(low, count);
          high = Math.max(high, count);
        }
        if (sum !== total || high - low > 1) expect([parts, total, sum, low, high]).toEqual([]);
      }
    }
    expect(sharedCount(10, { index: 0, parts: 3 })).toBe(4);
  });

  test("is of a part that exists", () => {
    for (const index of [-1, 3]) {
      expect(() => sharedCount(9, { index, parts: 3 })).toThrow(AssertionFailed);
    }
  });
});

describe("shared items", () => {
  test("are every item once, with their owner, in order", () => {
    for (const [total, parts] of [
      [0, 3],
      [2, 5],
      [10, 1],
      [100, 7],
    ] as const) {
      const all: number[] = [];
      for (let index = 0; index < parts; index++) {
        const share = { index, parts };
        const items = [...sharedItems(total, share)];
        expect(items.length).toBe(sharedCount(total, share));
        items.forEach((k, position) => {
          expect([ownerOf(k, parts), sharedItem(position, share)]).toEqual([index, k]);
          expect([k, k - parts + 1].map((at) => positionAtLeast(at, share))).toEqual([
            position,
            position,
          ]);
        });
        all.push(...items);
      }
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, k) => k));
    }
  });

  test("of threads within turrets are again every item once", () => {
    const all: number[] = [];
    for (let turret = 0; turret < 3; turret++) {
      for (let thread = 0; thread < 4; thread++) {
        const outer = { index: turret, parts: 3 };
        const share = shareWithin(outer, { index: thread, parts: 4 });
        all.push(...sharedItems(50, share));
      }
    }
    expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, k) => k));
    expect(shareWithin(WHOLE_SHARE, { index: 2, parts: 5 })).toEqual({ index: 2, parts: 5 });
  });
});

describe("sharedRatePerSec", () => {
  test("adds up in millionths for 1 to 1,000 parts", () => {
    for (const rate of [0, 0.1, 1 / 3, 10, 99_999.99]) {
      for (const parts of [1, 2, 3, 7, 64, 999, 1_000]) {
        let units = 0;
        for (let index = 0; index < parts; index++) {
          units += Math.round(sharedRatePerSec(rate, { index, parts }) * 1e6);
        }
        expect([rate, parts, units]).toEqual([rate, parts, Math.round(rate * 1e6)]);
      }
    }
  });
});
