import { describe, expect, test } from "bun:test";
import { compareRuns } from "../../../src/compare/compare.ts";
import { measureNoise } from "../../../src/compare/noise.ts";
import { renderNoise } from "../../../src/compare/noise-text.ts";
import { type Comparison, countWords, type Figure } from "../../../src/compare/types.ts";
import { changeText, headlineOf, valueText } from "../../../src/compare/words.ts";
import { buildReportModel } from "../../../src/report/model.ts";
import { type SimulatedTimer, simulateRun } from "../../support/compare-runs.ts";
import { emptyResults, singleResults, twoClockResults } from "../../support/report-samples.ts";

const TIMER: SimulatedTimer = { name: "", medianUs: 1e5, perSecond: 50 };

interface Shape {
  readonly seconds?: number;
  readonly seed?: number;
}

function run(timers: readonly Partial<SimulatedTimer>[], shape: Shape = {}) {
  const { seconds = 120, seed = 1 } = shape;
  return simulateRun({ seed, seconds, timers: timers.map((timer) => ({ ...TIMER, ...timer })) });
}

function figure(comparison: Comparison, name: string, which: Figure) {
  const timer = comparison.timers.find((one) => one.name === name);
  return timer?.figures.find((one) => one.figure === which);
}

const ALL = "All transactions";

describe("compareRuns", () => {
  test("says slower and faster of times, with an interval that holds the change", () => {
    const base = run([{}]);
    const next = run([{ change: (us) => us * 1.2 }], { seed: 2 });
    const slower = compareRuns({ base, next });
    const faster = compareRuns({ base: next, next: base });
    for (const which of ["p50", "p95"] as const) {
      const one = figure(slower, ALL, which);
      expect(one?.word).toBe("slower");
      expect(one?.low ?? 0).toBeGreaterThan(0);
      expect(one?.low ?? 1).toBeLessThan(0.2);
      expect(one?.high ?? 0).toBeGreaterThan(0.2);
      expect(figure(faster, ALL, which)?.word).toBe("faster");
      expect(figure(faster, ALL, which)?.high ?? 0).toBeLessThan(0);
    }
  });

  test("finds a tail that only the 99 % line shows", () => {
    const change = (us: number) => (us > 1e5 * Math.exp(0.5 * 2.2) ? us * 2 : us);
    const comparison = compareRuns({
      base: run([{}], { seconds: 600 }),
      next: run([{ change }], { seconds: 600, seed: 2 }),
    });
    expect(figure(comparison, ALL, "p99")?.word).toBe("slower");
    expect(figure(comparison, ALL, "p50")?.word).not.toBe("slower");
  });

  test("calls a lower rate slower and a higher one faster", () => {
    const base = run([{ isPoisson: true }]);
    const next = run([{ isPoisson: true, perSecond: 40 }], { seed: 2 });
    expect(figure(compareRuns({ base, next }), ALL, "rate")).toMatchObject({ word: "slower" });
    expect(figure(compareRuns({ base: next, next: base }), ALL, "rate")?.word).toBe("faster");
  });

  test.each([
    [0.01, 0.05, "more"],
    [0.05, 0.01, "fewer"],
    [0.02, 0.02, "cannot tell"],
    [0, 0, "same"],
    [0, 0.05, "more"],
  ])("errors of %p and %p are %s", (before, after, word) => {
    const base = run([{ errorShare: before }]);
    const next = run([{ errorShare: after }], { seed: 2 });
    expect(figure(compareRuns({ base, next }), ALL, "errors")?.word).toBe(word as "same");
  });

  test("says same only of what is certain to be within the margin", () => {
    const seconds = 300;
    const runs = { base: run([{}], { seconds }), next: run([{}], { seconds, seed: 2 }) };
    expect(figure(compareRuns(runs), ALL, "p50")?.word).toBe("same");
    const strict = compareRuns(runs, { margin: 0.001, floor: 0 });
    expect(figure(strict, ALL, "p50")?.word).toBe("cannot tell");
  });

  test("tells no difference below the floor, however certain", () => {
    const base = run([{ sigma: 0.01 }]);
    const next = run([{ sigma: 0.01, change: (us) => us * 1.02 }], { seed: 2 });
    expect(figure(compareRuns({ base, next }), ALL, "p95")?.word).toBe("cannot tell");
    const timers = [{ ...TIMER, sigma: 0.01 }];
    const still = { wander: 0, seconds: 120 };
    const sharp = simulateRun({ seed: 1, timers, ...still });
    const moved = simulateRun({
      seed: 2,
      timers: timers.map((timer) => ({ ...timer, change: (us: number) => us * 1.02 })),
      ...still,
    });
    const runs = { base: sharp, next: moved };
    expect(figure(compareRuns(runs), ALL, "p95")?.word).toBe("slower");
    expect(figure(compareRuns(runs, { floor: 0.03 }), ALL, "p95")?.word).toBe("same");
  });

  test("can not tell much of few values or seconds, and says what is missing", () => {
    const few = compareRuns({
      base: run([{ perSecond: 1 }], { seconds: 30 }),
      next: run([{ perSecond: 1 }], { seconds: 30, seed: 2 }),
    });
    expect(figure(few, ALL, "p95")?.why).toBe("100 values a run are needed");
    expect(figure(few, ALL, "p50")?.low).toBeDefined();
    const short = compareRuns({
      base: run([{}], { seconds: 5 }),
      next: run([{}], { seconds: 5, seed: 2 }),
    });
    expect(figure(short, ALL, "p50")?.why).toBe("a run of 8 s or more is needed");
    expect(figure(short, ALL, "rate")).toMatchObject({ word: "cannot tell", change: undefined });
  });

  test("shows the figures of the report, to the digit", () => {
    const [base, next] = [run([{}, { name: "a" }]), run([{}, { name: "a" }], { seed: 2 })];
    const comparison = compareRuns({ base, next });
    for (const [side, results] of [
      ["base", base],
      ["next", next],
    ] as const) {
      const model = buildReportModel(results);
      for (const [i, timer] of [model.all, ...model.timers].entries()) {
        const figures = comparison.timers[i]?.figures;
        expect(figures?.[0]?.[side]).toBe(timer.figures.p50Us);
        expect(figures?.[1]?.[side]).toBe(timer.figures.p95Us);
        expect(figures?.[2]?.[side]).toBe(timer.figures.p99Us);
        expect(figures?.[3]?.[side]).toBeCloseTo(timer.figures.ratePerSec, 9);
      }
    }
  });

  test("lists names that only one run has", () => {
    const base = run([{}, { name: "old" }, { name: "both" }]);
    const next = run([{}, { name: "new" }, { name: "both" }], { seed: 2 });
    const comparison = compareRuns({ base, next });
    expect(comparison.timers.map(({ name }) => name)).toEqual([ALL, "both"]);
    expect(comparison.onlyBase).toEqual(["old"]);
    expect(comparison.onlyNext).toEqual(["new"]);
  });

  test("holds both clocks of an open load against each other", () => {
    const results = twoClockResults();
    const { timers } = compareRuns({ base: results, next: results, isForced: true });
    expect(timers.map(({ name, clock }) => [name, clock])).toEqual([
      [ALL, "response"],
      [ALL, "service"],
      ["Search", "service"],
    ]);
    expect(timers[1]?.figures.map((one) => one.figure)).toEqual(["p50", "p95", "p99"]);
  });

  test("finds nothing between a run and itself", () => {
    const results = run([{ errorShare: 0.02 }, { name: "a" }]);
    const words = countWords(compareRuns({ base: results, next: results }));
    expect(words).toMatchObject({ slower: 0, faster: 0, more: 0, fewer: 0 });
  });

  test.each([
    ["nothing", emptyResults],
    ["one transaction", singleResults],
  ])("takes runs of %s", (_, make) => {
    const comparison = compareRuns({ base: make(), next: make(), isForced: true });
    for (const { figures } of comparison.timers) {
      for (const { word } of figures) expect(word).toBe("cannot tell");
    }
  });

  test("a hundred equal timers do not hide one that is slower", () => {
    const names = Array.from({ length: 100 }, (_, i) => ({ name: `t${i}`, perSecond: 10 }));
    const change = (us: number) => us * 1.5;
    const next = names.map((timer) => (timer.name === "t42" ? { ...timer, change } : timer));
    const comparison = compareRuns(
      { base: run([{}, ...names]), next: run([{}, ...next], { seed: 2 }) },
      { replicates: 200 },
    );
    const slower = comparison.timers.filter(({ figures }) =>
      figures.some(({ word }) => word === "slower"),
    );
    expect(slower.map(({ name }) => name)).toEqual(["t42"]);
  });
});

describe("changeText", () => {
  test.each([
    ["p95", 0.0512, "+5.1 %"],
    ["p95", -0.0004, "0 %"],
    ["p50", 1.5, "+150 %"],
    ["rate", 2e6, "+>999×"],
    ["errors", 0.0042, "+0.42 pp"],
    ["errors", -0.5, "-50.00 pp"],
    ["p99", undefined, "–"],
  ] as const)("of %s %p is %s", (which, change, text) => {
    expect(changeText(which, change)).toBe(text);
  });
});

describe("valueText", () => {
  test.each([
    ["p95", 123_456, "123 ms"],
    ["rate", 12.34, "12.3/s"],
    ["errors", 0.0123, "1.23 %"],
    ["p95", undefined, "–"],
  ] as const)("of %s %p is %s", (which, value, text) => {
    expect(valueText(which, value)).toBe(text);
  });
});

describe("headlineOf", () => {
  test.each([
    [[{ change: (us: number) => us * 1.3 }], "SLOWER", "bad"],
    [[{ change: (us: number) => us * 0.7 }], "FASTER", "good"],
    [[{ errorShare: 0.2 }], "MORE ERRORS", "bad"],
    [[{ change: (us: number) => us * 0.7, errorShare: 0.2 }], "DIFFERENT", "bad"],
    [[{ change: (us: number) => us * 1.3, errorShare: 0.2 }], "SLOWER, MORE ERRORS", "bad"],
    [[{}], "NO DIFFERENCE FOUND", "good"],
  ] as const)("of %p is %s", (next, word, tone) => {
    const headline = headlineOf(compareRuns({ base: run([{}]), next: run(next, { seed: 2 }) }));
    expect(headline).toMatchObject({ word, tone });
    expect(headline.sentence).toMatch(/\.$/);
  });
});

describe("measureNoise", () => {
  const runs = Array.from({ length: 5 }, (_, seed) =>
    run([{}, { name: "a" }], { seed, seconds: 60 }),
  );

  test("of equal runs is about what their seconds say", () => {
    const noise = measureNoise(runs);
    expect(noise.pairs).toBe(10);
    expect(noise.verdicts).toEqual([]);
    const p95 = noise.timers[0]?.figures[1];
    expect(p95?.least ?? 1).toBeLessThan(p95?.most ?? 0);
    expect(p95?.spread ?? 0).toBeGreaterThan(0.005);
    expect(p95?.spread ?? 1).toBeLessThan(0.15);
    expect(p95?.floor).toBe(Math.max(p95?.spread ?? 0, p95?.visible ?? 0));
    expect(noise.suggestedFloor).toBeGreaterThanOrEqual(p95?.spread ?? 1);
  });

  test("sees what changes from run to run, which seconds do not show", () => {
    const shaky = Array.from({ length: 4 }, (_, i) =>
      run([{ change: (us) => us * (1 + 0.2 * i) }], { seed: i, seconds: 60 }),
    );
    const noise = measureNoise(shaky);
    expect(noise.alarms).toBeGreaterThan(3);
    expect(noise.suggestedFloor).toBeGreaterThan(0.5);
    expect(renderNoise(noise, { columns: 80 })).toContain("alarms among equal runs: 6 of 6 pairs");
  });

  test("of many runs compares each with the first only", () => {
    const many = Array.from({ length: 10 }, (_, seed) => run([{}], { seed, seconds: 20 }));
    expect(measureNoise(many, { replicates: 50 }).pairs).toBe(9);
  });

  test("takes runs without values", () => {
    const noise = measureNoise([emptyResults(), emptyResults()]);
    expect(noise.timers[0]?.figures[0]).toMatchObject({ spread: undefined, floor: undefined });
    expect(noise.verdicts).toEqual(["2 of 2 runs INVALID"]);
  });
});
