import { describe, expect, test } from "bun:test";
import { chanceBeyond, distanceOf } from "../../../src/compare/student.ts";

/** The same by adding up the density in small steps. */
function slowChanceBeyond(distance: number, freedom: number): number {
  const density = (t: number) => (1 + (t * t) / freedom) ** (-(freedom + 1) / 2);
  const area = (from: number, to: number, steps: number) => {
    const width = (to - from) / steps;
    let sum = 0;
    for (let i = 0; i < steps; i++) sum += density(from + (i + 0.5) * width);
    return sum * width;
  };
  const inside = area(0, distance, 20_000);
  // The tail as an integral over 1 / t, so that it ends.
  let tail = 0;
  const steps = 20_000;
  for (let i = 0; i < steps; i++) {
    const u = ((i + 0.5) / steps) * (1 / distance);
    tail += density(1 / u) / (u * u) / steps / distance;
  }
  return tail / (inside + tail);
}

describe("chanceBeyond", () => {
  test.each([
    [12.7062, 1, 0.05],
    [4.30265, 2, 0.05],
    [2.57058, 5, 0.05],
    [2.22814, 10, 0.05],
    [2.75, 30, 0.01],
    [1.95996, Number.POSITIVE_INFINITY, 0.05],
    [3.29053, Number.POSITIVE_INFINITY, 0.001],
  ])("is the printed table's at %p with %p degrees", (distance, freedom, chance) => {
    expect(chanceBeyond(distance, freedom)).toBeCloseTo(chance, 5);
    expect(chanceBeyond(-distance, freedom)).toBe(chanceBeyond(distance, freedom));
  });

  test.each([
    [0.3, 1.5],
    [1, 3.7],
    [2, 8],
    [3.5, 24.5],
    [1.2, 200],
  ])("is the area under the density beyond %p with %p degrees", (distance, freedom) => {
    expect(chanceBeyond(distance, freedom)).toBeCloseTo(slowChanceBeyond(distance, freedom), 6);
  });

  test("is 1 at nothing and for no number, 0 at infinity", () => {
    expect(chanceBeyond(0, 5)).toBe(1);
    expect(chanceBeyond(Number.NaN, 5)).toBe(1);
    expect(chanceBeyond(Number.POSITIVE_INFINITY, 5)).toBe(0);
  });
});

describe("distanceOf", () => {
  test.each([1, 3, 17.5, 400, Number.POSITIVE_INFINITY])(
    "undoes chanceBeyond with %p degrees",
    (freedom) => {
      for (const chance of [0.9, 0.5, 0.05, 0.001, 1e-6]) {
        expect(chanceBeyond(distanceOf(chance, freedom), freedom)).toBeCloseTo(chance, 9);
      }
    },
  );

  test("of certainty is 0, of the impossible infinite", () => {
    expect(distanceOf(1, 4)).toBe(0);
    expect(distanceOf(0, 4)).toBe(Number.POSITIVE_INFINITY);
  });
});
