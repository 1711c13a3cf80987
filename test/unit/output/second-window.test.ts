import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SecondWindow, type ToldSecond, WINDOW_LIMIT } from "../../../src/output/second-window.ts";
import { CELL_KIND, OTHER_NAME } from "../../../src/stats/cell.ts";
import { outputBatch } from "../../support/output-samples.ts";

const countOf = (told: readonly ToldSecond[]) =>
  told.reduce((sum, one) => sum + (one.find(CELL_KIND.timer, "")?.count ?? 0), 0);

describe("SecondWindow", () => {
  test("tells a second once it is old enough, empty ones too", () => {
    const window = new SecondWindow();
    window.add(
      outputBatch([
        { second: 0, us: 100 },
        { second: 2, us: 300 },
      ]),
    );
    expect(window.settled(2.9)).toEqual([]);
    const told = window.settled(5.2);
    expect(told.map((one) => one.second)).toEqual([0, 1, 2]);
    expect(told.map((one) => one.find(CELL_KIND.timer, "")?.sum ?? 0)).toEqual([100, 0, 300]);
    expect(window.settled(5.9)).toEqual([]);
    expect(window.rest()).toEqual([]);
  });

  test("what comes late is told with the next second", () => {
    const window = new SecondWindow();
    window.add(outputBatch([{ second: 0, us: 100 }]));
    expect(countOf(window.settled(4))).toBe(1);
    window.add(outputBatch([{ second: 0, us: 100 }]));
    const told = window.settled(5);
    expect(told.map((one) => one.second)).toEqual([2]);
    expect(countOf(told)).toBe(1);
  });

  test("whatever comes when: all that is told adds up, in ascending seconds", () => {
    const step = fc.record({
      second: fc.nat({ max: 200 }),
      us: fc.integer({ min: 1, max: 1_000_000 }),
      nowS: fc.nat({ max: 220 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const window = new SecondWindow();
        const told: ToldSecond[] = [];
        for (const { second, us, nowS } of steps) {
          window.add(outputBatch([{ second, us, timers: ["a", us] }]));
          told.push(...window.settled(nowS));
        }
        told.push(...window.rest());
        expect(countOf(told)).toBe(steps.length);
        const sum = told.reduce((all, one) => all + (one.find(CELL_KIND.timer, "a")?.sum ?? 0), 0);
        expect(sum).toBe(steps.reduce((all, one) => all + one.us, 0));
        const seconds = told.map((one) => one.second);
        expect(seconds).toEqual([...new Set(seconds)].sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });

  test("a second far ahead takes no room of its own", () => {
    const window = new SecondWindow();
    for (let second = 0; second < 100_000; second += 1_000) {
      window.add(outputBatch([{ second, us: 5 }]));
    }
    const told = window.rest();
    expect(told.length).toBe(WINDOW_LIMIT.aheadS + 1);
    expect(countOf(told)).toBe(100);
  });

  test("names are bounded, and those beyond are counted together", () => {
    const window = new SecondWindow();
    const timers = Array.from({ length: 1_500 }, (_, i) => [`timer ${i}`, 10]).flat();
    for (let i = 0; i < timers.length; i += 500) {
      window.add(outputBatch([{ second: 0, us: 10, timers: timers.slice(i, i + 500) }]));
    }
    const [told] = window.rest();
    const named = told?.of(CELL_KIND.timer) ?? [];
    expect(named.length).toBeLessThanOrEqual(WINDOW_LIMIT.names + 1);
    expect(told?.find(CELL_KIND.timer, OTHER_NAME)?.count).toBe(501);
  });
});
