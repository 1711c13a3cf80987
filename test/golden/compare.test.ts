// What people and machines get of a comparison, to the letter. After a wanted change, OCT_GOLDEN=write
// writes the files anew: read the difference before it is committed.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { compareRuns } from "../../src/compare/compare.ts";
import { comparisonPage } from "../../src/compare/html.ts";
import { comparisonJson } from "../../src/compare/json.ts";
import { measureNoise } from "../../src/compare/noise.ts";
import { renderNoise } from "../../src/compare/noise-text.ts";
import { renderComparison } from "../../src/compare/text.ts";
import type { Comparison } from "../../src/compare/types.ts";
import { simulateRun } from "../support/compare-runs.ts";
import { hostileResults } from "../support/report-samples.ts";

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = "UTC";
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

function expectGolden(name: string, text: string): void {
  const file = path.join(import.meta.dir, "compare", name);
  if (process.env.OCT_GOLDEN === "write") writeFileSync(file, `${text}\n`);
  expect(text).toBe(readFileSync(file, "utf8").replace(/\n$/, ""));
}

const SHOP = [
  { name: "", medianUs: 640_000, perSecond: 40, errorShare: 0.01, isPoisson: true },
  { name: "Login", medianUs: 118_000, perSecond: 40 },
  { name: "Search “blue shoes”", medianUs: 210_000, perSecond: 20 },
  { name: "Check out", medianUs: 480_000, perSecond: 1 },
];
const PATHS = { basePath: "shop/results/base/results.sqlite", nextPath: "new.sqlite" };

function shop(seed: number, isChanged: boolean) {
  const timers = SHOP.map((timer) => {
    if (!isChanged) return timer;
    if (timer.name === "") return { ...timer, errorShare: 0.05 };
    return timer.name === "Login" ? { ...timer, change: (us: number) => us * 1.08 } : timer;
  });
  return simulateRun({ seed, seconds: 300, timers });
}

const MADE: readonly (readonly [string, () => Comparison])[] = [
  ["changed", () => compareRuns({ base: shop(11, false), next: shop(12, true), ...PATHS })],
  ["equal", () => compareRuns({ base: shop(3, false), next: shop(4, false), ...PATHS })],
  [
    "hostile",
    () => {
      const next = { ...hostileResults(), path: "\u001b[31m<b>new</b>" };
      return compareRuns({ base: hostileResults(), next, isForced: true });
    },
  ],
];
const made = new Map<string, Comparison>();
function comparisonOf(name: string, make: () => Comparison): Comparison {
  const known = made.get(name) ?? make();
  made.set(name, known);
  return known;
}

describe("renderComparison", () => {
  for (const [name, make] of MADE) {
    for (const columns of [60, 80, 120]) {
      test(`of ${name} in ${columns} columns`, () => {
        const text = renderComparison(comparisonOf(name, make), { columns });
        expect(text).not.toContain("\u001b");
        const widest = Math.max(...text.split("\n").map((line) => Bun.stringWidth(line)));
        expect(widest).toBeLessThanOrEqual(Math.max(columns, 80));
        expectGolden(`${name}-${columns}.txt`, text);
      });
    }

    test(`of ${name} is the same text in colour`, () => {
      const comparison = comparisonOf(name, make);
      const colored = renderComparison(comparison, { columns: 80, color: true });
      expect(colored).toContain("\u001b[");
      expect(Bun.stripANSI(colored)).toBe(renderComparison(comparison, { columns: 80 }));
    });
  }
});

describe("comparisonJson", () => {
  test("of changed", () => {
    const [name, make] = MADE[0] as (typeof MADE)[number];
    const json = comparisonJson(comparisonOf(name, make));
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
    expectGolden("changed.json", JSON.stringify(json, null, 2));
  });
});

describe("comparisonPage", () => {
  for (const [name, make] of MADE) {
    test(`of ${name}, without its styles`, () => {
      const html = comparisonPage(comparisonOf(name, make));
      expect(html).not.toMatch(/<script|https?:\/\/(?!a\/)|onerror=alert\(3\)>/);
      expect(html.length).toBeLessThan(200_000);
      expectGolden(`${name}.html`, html.replace(/<style>[\s\S]*?<\/style>/, "").trimEnd());
    });
  }
});

describe("renderNoise", () => {
  test("of four runs", () => {
    const runs = [1, 2, 3, 4].map((seed) => shop(seed, false));
    expectGolden("noise.txt", renderNoise(measureNoise(runs), { columns: 80 }));
  });
});
