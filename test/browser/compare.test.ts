// The page of a comparison, and its section of the report, in a real browser.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { compareRuns } from "../../src/compare/compare.ts";
import { comparisonPage, comparisonSection } from "../../src/compare/html.ts";
import { renderReport } from "../../src/report/html.ts";
import { buildReportModel } from "../../src/report/model.ts";
import { launchChromium, openHtml } from "../support/browser.ts";
import { simulateRun } from "../support/compare-runs.ts";
import { hostileResults, manyTimersResults } from "../support/report-samples.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
}, 60_000);
afterAll(async () => await browser.close());

function shop() {
  const timers = ["", "Login", "Search"].map((name) => ({ name, medianUs: 1e5, perSecond: 20 }));
  const next = timers.map((timer) => ({ ...timer, change: (us: number) => us * 1.2 }));
  return compareRuns({
    base: simulateRun({ seed: 1, seconds: 120, timers }),
    next: simulateRun({ seed: 2, seconds: 120, timers: next }),
  });
}

const hostile = () =>
  compareRuns({ base: hostileResults(), next: hostileResults(), isForced: true });
const many = () =>
  compareRuns({ base: manyTimersResults(60), next: manyTimersResults(60) }, { replicates: 20 });
const section = () => {
  const sections = [
    { id: "compare", title: "Against the baseline", html: comparisonSection(shop()) },
  ];
  return renderReport(buildReportModel(hostileResults()), { sections });
};

const PAGES: readonly (readonly [string, () => string])[] = [
  ["a slower shop", () => comparisonPage(shop())],
  ["hostile names", () => comparisonPage(hostile())],
  ["60 timers", () => comparisonPage(many())],
  ["a report with a baseline", section],
];

describe("the page of", () => {
  for (const [name, make] of PAGES) {
    test(`${name} asks for nothing, complains of nothing, fits its width`, async () => {
      const html = make();
      expect(html.length).toBeLessThan(1_000_000);
      for (const colorScheme of ["light", "dark"] as const) {
        await using opened = await openHtml(browser, html, { colorScheme, width: 390 });
        const { page, requests, complaints } = opened;
        await page.evaluate(AXE);
        const found = await page.evaluate(async () => {
          interface AxeLike {
            run(on: Element, options: object): Promise<{ violations: { id: string }[] }>;
          }
          const axe = (globalThis as unknown as { axe: AxeLike }).axe;
          const part = document.querySelector("#compare") ?? document.documentElement;
          const { violations } = await axe.run(part, { resultTypes: ["violations"] });
          return violations.map(({ id }) => id);
        });
        expect(found).toEqual([]);
        expect(requests).toEqual([]);
        expect(complaints.filter((text) => !text.includes("unsafe-eval"))).toEqual([]);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(width).toBeLessThanOrEqual(390);
      }
    }, 60_000);
  }

  test("a slower shop is told without scripts, in its table", async () => {
    await using opened = await openHtml(browser, comparisonPage(shop()), { hasJavaScript: false });
    const { page } = opened;
    expect(await page.locator(".verdict strong").textContent()).toBe("SLOWER");
    expect(await page.locator("table.compare tbody").count()).toBe(3);
    expect(await page.locator("tr.bad td.word").first().textContent()).toContain("slower");
  });
});
