// The depth of a report in a real browser: heat map, distribution, filters, turrets, marks, and the
// pages as pictures in test-artefacts/ to be looked at.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { REPORT_BYTES_MAX, renderReport } from "../../src/report/html.ts";
import { buildReportModel } from "../../src/report/model.ts";
import type { Results } from "../../src/store/results.ts";
import { launchChromium, openHtml } from "../support/browser.ts";
import { deepClockResults, deepHostileResults, deepShopResults } from "../support/report-depth.ts";
import {
  emptyResults,
  HOSTILE_NAMES,
  hugeResults,
  manyTimersResults,
  shopResults,
  singleResults,
} from "../support/report-samples.ts";

setDefaultTimeout(90_000);

const ARTEFACTS = path.resolve(import.meta.dir, "../../test-artefacts");

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

const pageOf = (results: Results) => renderReport(buildReportModel(results));

async function drawAll(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  const figures = page.locator("figure.chart:has(.plot)");
  for (let i = 0; i < (await figures.count()); i++) await figures.nth(i).scrollIntoViewIfNeeded();
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLElement>("figure.chart:has(.plot)")].every(
      (figure) => figure.dataset.drawn === "yes",
    ),
  );
}

const chart = (page: Page, timer: string, kind: string) =>
  page.locator(`figure.chart[data-timer="${timer}"][data-kind="${kind}"]`).first();

/** Points at a share of a chart's width and height; what it says of that place. */
async function pointAt(figure: Locator, place: { x: number; y: number }): Promise<string> {
  const over = figure.locator(".u-over");
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  if (box === null) throw new Error("the chart is not shown");
  await over.hover({ position: { x: box.width * place.x, y: box.height * place.y } });
  return (await figure.locator(".legend .at").textContent()) ?? "";
}

async function zoom(page: Page, figure: Locator, from: number, to: number): Promise<void> {
  const over = figure.locator(".u-over");
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  if (box === null) throw new Error("the chart is not shown");
  await page.mouse.move(box.x + box.width * from, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + 60, { steps: 4 });
  await page.mouse.up();
}

describe("the heat map", () => {
  test("tells time, band and count under the pointer, and only the time from elsewhere", async () => {
    await using opened = await openHtml(browser, pageOf(deepShopResults()));
    const { page } = opened;
    await drawAll(page);
    const heat = chart(page, "all", "heat");
    expect(await pointAt(heat, { x: 0.5, y: 0.5 })).toMatch(
      /^2:\d\d · [\d,.]+ – [\d,.]+ ms · [\d,]+ of [\d,]+$/,
    );
    await pointAt(chart(page, "all", "percentiles"), { x: 0.5, y: 0.2 });
    expect(await heat.locator(".legend .at").textContent()).toMatch(/^2:\d\d · [\d,]+ values$/);
  });

  test("zooms in step with the charts over time, and the distribution does not", async () => {
    await using opened = await openHtml(browser, pageOf(deepShopResults()));
    const { page } = opened;
    await drawAll(page);
    const whole = await pointAt(chart(page, "all", "distribution"), { x: 0.5, y: 0.5 });
    await zoom(page, chart(page, "all", "heat"), 0.2, 0.4);
    for (const kind of ["percentiles", "throughput", "load", "raw", "cpu"]) {
      const at = await pointAt(chart(page, "all", kind), { x: 0.97, y: 0.5 });
      expect({ kind, at: at.slice(0, 4) }).toEqual({
        kind,
        at: expect.stringMatching(/^(1:5|2:0)/),
      });
    }
    expect(await pointAt(chart(page, "all", "distribution"), { x: 0.5, y: 0.5 })).toBe(whole);
  });
});

describe("the distribution", () => {
  test("names percentiles in nines, and holds both clocks against each other", async () => {
    await using opened = await openHtml(browser, pageOf(deepClockResults()));
    const { page } = opened;
    await drawAll(page);
    const figure = chart(page, "all", "distribution");
    expect(await figure.locator(".legend button").allTextContents()).toEqual([
      "response time",
      "service time",
    ]);
    expect(await pointAt(figure, { x: 0.999, y: 0.5 })).toMatch(/^99\.9\d* %$/);
    expect(await pointAt(figure, { x: 0.001, y: 0.5 })).toBe("0 %");
    const [response, service] = await figure.locator(".legend b").allTextContents();
    expect([response, service]).toEqual([
      expect.stringMatching(/^[\d,.]+ ms$/),
      expect.stringMatching(/^[\d,.]+ ms$/),
    ]);
  });
});

describe("marks", () => {
  test("are told where the pointer is near one", async () => {
    await using opened = await openHtml(browser, pageOf(deepShopResults()));
    const { page } = opened;
    await drawAll(page);
    const near = await pointAt(chart(page, "all", "percentiles"), { x: 60 / 299, y: 0.5 });
    expect(near).toContain("cache switched off");
    const far = await pointAt(chart(page, "all", "percentiles"), { x: 0.9, y: 0.5 });
    expect(far).not.toContain("cache");
  });
});

describe("tables in depth", () => {
  const TABLES = [
    ["Requests by status", "Filter statuses", "timeout", 1],
    ["The slowest requests", "Filter requests", "products/3", 7],
    ["Turrets over time", "Filter turrets over time", "browsers-2", 1],
  ] as const;
  test.each(TABLES)("%s sort and filter", async (region, filter, wanted, found) => {
    await using opened = await openHtml(browser, pageOf(deepShopResults()));
    const { page } = opened;
    const table = page.getByRole("region", { name: region, exact: true }).locator("table");
    const head = table.locator("thead button").nth(1);
    await head.focus();
    await page.keyboard.press("Enter");
    expect(await table.locator("th[aria-sort]").count()).toBe(1);
    await page.getByRole("searchbox", { name: filter, exact: true }).fill(wanted);
    const rows = table.locator("tbody tr");
    const shown = await rows.evaluateAll(
      (all) => all.filter((row) => row.checkVisibility()).length,
    );
    expect(shown).toBe(found);
    const said = page.locator(".filtering", { has: page.getByLabel(filter, { exact: true }) });
    expect(await said.locator("output").textContent()).toBe(`${shown} of ${await rows.count()}`);
  });

  test("filter errors by their examples too", async () => {
    await using opened = await openHtml(browser, pageOf(deepHostileResults()));
    const { page } = opened;
    await page.getByRole("searchbox", { name: "Filter errors" }).fill("ALERT(1)");
    const rows = page.locator("#errors tbody tr");
    const shown = await rows.evaluateAll((all) =>
      all.filter((row) => row.checkVisibility()).map((row) => row.textContent ?? ""),
    );
    expect(shown.length).toBe(1);
    expect(shown[0]).toContain("<script>alert(1)</script>");
  });

  test("are all there without JavaScript, and no chart leaves a hole", async () => {
    const html = pageOf(deepShopResults());
    await using opened = await openHtml(browser, html, { hasJavaScript: false });
    const { page } = opened;
    const count = (region: string) =>
      page.getByRole("region", { name: region, exact: true }).locator("tbody tr").count();
    expect(await count("Checks")).toBe(2);
    expect(await count("Requests by status")).toBe(6);
    expect(await count("The slowest requests")).toBe(50);
    expect(await count("Turrets over time")).toBe(6);
    expect(await page.locator("figure.chart:visible, .panel:visible, .filter").count()).toBe(0);
  });
});

describe("sizes", () => {
  test("12 hours of 50 timers and 25 turrets stay one small file that opens whole", async () => {
    const huge = hugeResults({ timers: 50, seconds: 12 * 3600 });
    const { turretSteps, slowest } = deepShopResults();
    const html = pageOf({ ...huge, turretSteps, slowest });
    expect(Buffer.byteLength(html)).toBeLessThan(REPORT_BYTES_MAX);
    await using opened = await openHtml(browser, html);
    const { page, complaints } = opened;
    const opening = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
      return entry?.loadEventEnd ?? 0;
    });
    process.stdout.write(`  12 h, 50 timers: ${html.length} bytes, open after ${opening} ms\n`);
    expect(opening).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
    expect(await page.locator("#timers tbody tr").count()).toBe(50);
  });

  test("10,000 timers and names that are nasty leave a page under its limit", async () => {
    const nameOf = (i: number) => `${HOSTILE_NAMES[i % HOSTILE_NAMES.length]} ${i}`;
    const html = pageOf(hugeResults({ timers: 10_000, seconds: 60, nameOf }));
    expect(Buffer.byteLength(html)).toBeLessThan(REPORT_BYTES_MAX);
    await using opened = await openHtml(browser, html);
    expect(opened.complaints).toEqual([]);
    expect(opened.requests).toEqual([]);
    const note = await opened.page.locator("#timers .lead").textContent();
    expect(note).toMatch(/[\d,]+ more timers are not shown/);
  });
});

describe("pictures to be looked at", () => {
  const RUNS: readonly (readonly [name: string, make: () => Results])[] = [
    ["nothing", emptyResults],
    ["one", singleResults],
    ["million", () => shopResults({ scale: 281, seconds: 3600 })],
    ["deep", deepShopResults],
    ["clocks", deepClockResults],
    ["hostile", deepHostileResults],
    ["many", () => manyTimersResults(600, 60)],
  ];
  const LOOKS = [
    { look: "light", width: 1440, colorScheme: "light" },
    { look: "dark", width: 1440, colorScheme: "dark" },
    { look: "narrow", width: 390, colorScheme: "light" },
    { look: "print", width: 1240, colorScheme: "dark" },
  ] as const;
  test.each(RUNS)("of a run with %s", async (name, make) => {
    mkdirSync(ARTEFACTS, { recursive: true });
    const html = pageOf(make());
    for (const { look, ...choice } of LOOKS) {
      await using opened = await openHtml(browser, html, choice);
      const { page } = opened;
      const file = path.join(ARTEFACTS, `report-${name}-${look}`);
      if (look === "print") {
        await page.pdf({ path: `${file}.pdf`, format: "A4" });
        expect(await Bun.file(`${file}.pdf`).exists()).toBe(true);
        continue;
      }
      await page.locator("main").scrollIntoViewIfNeeded();
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.setViewportSize({ width: choice.width, height: Math.min(height, 6_000) });
      await page.screenshot({ path: `${file}.png` });
      expect(await Bun.file(`${file}.png`).exists()).toBe(true);
      expect(opened.requests).toEqual([]);
    }
  });
});
