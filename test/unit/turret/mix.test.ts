// Which script a transaction is: by weight, and the same for its number whoever fires it.

import { describe, expect, test } from "bun:test";
import { Mix } from "../../../src/turret/mix.ts";
import { NO_SCRIPT } from "../../../src/turret/script.ts";

const parts = [
  { script: "a.ts", weight: 6 },
  { script: "b.ts", weight: 3 },
  { script: "c.ts", weight: 1 },
];
const mix = new Mix([NO_SCRIPT, NO_SCRIPT, NO_SCRIPT], parts);

describe("Mix", () => {
  test.each([
    [0, 0],
    [0.599, 0],
    [0.6, 1],
    [0.899, 1],
    [0.9, 2],
    [0.999999, 2],
  ])("a draw of %d is script %d", (unit, place) => {
    expect(mix.drawn(unit)).toBe(place);
  });

  test("numbered transactions keep the weights, and their script for a seed", () => {
    const counts = [0, 0, 0];
    for (let k = 0; k < 20_000; k++) counts[mix.numbered(3, k)]!++;
    expect(counts[0]).toBeGreaterThan(11_700);
    expect(counts[0]).toBeLessThan(12_300);
    expect(counts[2]).toBeGreaterThan(1_850);
    expect(counts[2]).toBeLessThan(2_150);
    const again = new Mix([NO_SCRIPT, NO_SCRIPT, NO_SCRIPT], parts);
    for (let k = 0; k < 100; k++) expect(again.numbered(3, k)).toBe(mix.numbered(3, k));
  });

  test("a script alone is no mix and has no name of its own", () => {
    const alone = new Mix([NO_SCRIPT], []);
    expect([alone.isMixed, alone.nameAt(0), alone.drawn(0.7)]).toEqual([false, "", 0]);
  });
});
