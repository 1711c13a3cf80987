import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SequenceSet } from "../../../src/store/sequences.ts";

describe("SequenceSet", () => {
  test("keeps a run without gaps as one range", () => {
    const set = new SequenceSet();
    for (const sequence of [3, 1, 2, 5, 4]) expect(set.add(sequence)).toBe(true);
    for (const sequence of [1, 3, 5]) expect(set.add(sequence)).toBe(false);
    expect([...set.ranges()]).toEqual([[1, 5]]);
  });

  test("is a set, however it is filled", () => {
    const step = fc.oneof(fc.tuple(fc.nat(30), fc.constant(0)), fc.tuple(fc.nat(30), fc.nat(8)));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const set = new SequenceSet();
        const plain = new Set<number>();
        for (const [first, length] of steps) {
          if (length === 0) expect(set.add(first)).toBe(!plain.has(first));
          else set.addRange(first, first + length);
          for (let i = first; i <= first + length; i++) plain.add(i);
        }
        const listed: number[] = [];
        let before = -2;
        for (const [first, last] of set.ranges()) {
          expect(first).toBeGreaterThan(before + 1);
          for (let i = first; i <= last; i++) listed.push(i);
          before = last;
        }
        expect(listed).toEqual([...plain].sort((a, b) => a - b));
      }),
    );
  });
});
