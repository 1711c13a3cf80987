// The report in a real browser: what a person sees, does and hears of it.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { renderReport } from "../../src/report/html.ts";
import { buildReportModel } from "../../src/report/model.ts";
import type { Results } from "../../src/store/results.ts";
import { findChromium, launchChromium, openHtml } from "../support/browser.ts";
import { deepClockResults, deepHostileResults, deepShopResults } from "../support/report-depth.ts";
import {
  emptyResults,
  hostileResults,
  manyTimersResults,
  shopResults,
  singleResults,
  twoClockResults,
} from "../support/report-samples.ts";

setDefaultTimeout(60_000);

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const SAMPLES: readonly (readonly [name: string, make: () => Results])[] = [
  ["nothing", emptyResults],
  ["one result", singleResults],
  ["many results", shopResults],
  ["both clocks", twoClockResults],
  ["hostile texts", hostileResults],
  ["more timers than fit", () => manyTimersResults(600, 60)],
  ["everything", deepShopResults],
  ["both clocks in depth", deepClockResults],
  ["hostile texts in depth", deepHostileResults],
];

const pages = new Map<string, string>();
function htmlOf(name: string): string {
  let html = pages.get(name);
  if (html === undefined) {
    const make = SAMPLES.find(([one]) => one === name)?.[1];
    if (make === undefined) throw new Error(`no sample ${name}`);
    html = renderReport(buildReportModel(make()));
    pages.set(name, html);
  }
  return html;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

/** Brings each chart into view, where it is drawn, and waits until all are. */
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

/** Of each drawn chart, how many of its lines have left ink of their colour on its canvas. */
async function inkedLines(
  page: Page,
): Promise<{ chart: string; lines: number; inked: number; colors: number }[]> {
  return await page.evaluate(() => {
    const parse = (color: string) => (color.match(/\d+/g) ?? []).slice(0, 3).map(Number);
    return [...document.querySelectorAll<HTMLElement>("figure.chart:has(.plot)")].map((figure) => {
      const canvas = figure.querySelector("canvas") as HTMLCanvasElement;
      const context = canvas.getContext("2d") as CanvasRenderingContext2D;
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      const found = new Set<string>();
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] === 255) found.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
      }
      const marks = [...figure.querySelectorAll<HTMLElement>(".legend button i")];
      const inked = marks.filter((mark) =>
        found.has(parse(getComputedStyle(mark).backgroundColor).join()),
      );
      return {
        chart: `${figure.dataset.timer} ${figure.dataset.kind}`,
        lines: marks.length,
        inked: inked.length,
        colors: found.size,
      };
    });
  });
}

const isHeat = ({ chart }: { chart: string }) => chart.endsWith(" heat");

async function columnTexts(page: Page, table: string, place: number): Promise<string[]> {
  return await page.evaluate(
    ([selector, at]) =>
      [...document.querySelectorAll<HTMLTableRowElement>(`${selector} tbody tr`)].map(
        (row) => row.cells[at as number]?.textContent?.trim() ?? "",
      ),
    [table, place] as const,
  );
}

const numeric = (texts: readonly string[]) =>
  texts.map((text) => Number(text.replace(/[,%<>\s]/g, "")));

describe("the report opened from a file", () => {
  for (const [name] of SAMPLES) {
    test(`with ${name} says nothing to the console, asks for nothing and never scrolls sideways`, async () => {
      for (const width of [360, 1440]) {
        await using opened = await openHtml(browser, htmlOf(name), { width });
        const { page, complaints, requests } = opened;
        await page.evaluate(() => {
          for (const details of document.querySelectorAll("details")) details.open = true;
        });
        await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
        const sizes = await page.evaluate(() => ({
          content: document.documentElement.scrollWidth,
          window: document.documentElement.clientWidth,
        }));
        expect({ width, content: sizes.content }).toEqual({ width, content: sizes.window });
        expect(complaints).toEqual([]);
        expect(requests).toEqual([]);
      }
    });

    for (const colorScheme of ["light", "dark"] as const) {
      test(`with ${name} has no serious barrier in the ${colorScheme} scheme`, async () => {
        await using opened = await openHtml(browser, htmlOf(name), { colorScheme });
        const { page } = opened;
        await page.evaluate(() => {
          for (const details of [...document.querySelectorAll("details")].slice(0, 40)) {
            details.open = true;
          }
        });
        await page.evaluate(AXE);
        const found = await page.evaluate(async () => {
          const axe = (globalThis as unknown as { axe: AxeLike }).axe;
          interface AxeLike {
            run(on: Document, options: object): Promise<{ violations: Violation[] }>;
          }
          interface Violation {
            id: string;
            impact: string | null;
            nodes: { html: string; failureSummary?: string }[];
          }
          const { violations } = await axe.run(document, { resultTypes: ["violations"] });
          return violations.map(({ id, impact, nodes }) => ({
            id,
            impact,
            first: `${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary ?? ""}`,
          }));
        });
        expect(found.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual(
          [],
        );
      });
    }
  }
});

describe("the figures at the top", () => {
  test("fit their cards on any screen and on paper, clear of the lines below them", async () => {
    const million = shopResults({ scale: 281, seconds: 3600 });
    await using opened = await openHtml(browser, renderReport(buildReportModel(million)));
    const { page } = opened;
    for (const width of [360, 560, 700, 921, 1250, 1361, 1440, "paper"] as const) {
      if (width === "paper") await page.emulateMedia({ media: "print" });
      else await page.setViewportSize({ width, height: 900 });
      const wrong = await page.evaluate(() =>
        [...document.querySelectorAll(".card")].flatMap((card) => {
          const box = card.getBoundingClientRect();
          const texts = [...card.querySelectorAll(".value, .note")].map((element) => {
            const range = document.createRange();
            range.selectNodeContents(element);
            return range.getBoundingClientRect();
          });
          const top = card.querySelector("svg")?.getBoundingClientRect().top ?? box.bottom;
          const isIn = texts.every((text) => text.right <= box.right && text.bottom <= top + 3);
          return isIn ? [] : [card.textContent?.trim()];
        }),
      );
      expect({ width, wrong }).toEqual({ width, wrong: [] });
    }
  });
});

describe("the charts", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`draw every line in the ${colorScheme} scheme`, async () => {
      await using opened = await openHtml(browser, htmlOf("many results"), { colorScheme });
      await drawAll(opened.page);
      const drawn = await inkedLines(opened.page);
      expect(drawn.length).toBeGreaterThan(20);
      const lines = drawn.filter((one) => !isHeat(one));
      expect(lines.filter((one) => one.lines === 0 || one.inked < one.lines)).toEqual([]);
      const heat = drawn.filter(isHeat);
      expect(heat.length).toBe(7);
      expect(heat.filter(({ colors }) => colors < 10)).toEqual([]);
    });
  }

  test("show a single result as a point", async () => {
    await using opened = await openHtml(browser, htmlOf("one result"));
    await drawAll(opened.page);
    const drawn = await inkedLines(opened.page);
    expect(drawn.map(({ chart }) => chart)).toEqual([
      "all percentiles",
      "all throughput",
      "all heat",
      "all distribution",
      "all raw",
    ]);
    expect(drawn.filter((one) => !isHeat(one) && one.inked === 0)).toEqual([]);
  });

  test("are absent where nothing was measured, and the page says so", async () => {
    await using opened = await openHtml(browser, htmlOf("nothing"));
    const { page } = opened;
    expect(await page.locator("canvas, figure.chart").count()).toBe(0);
    expect(await page.locator(".verdict strong").textContent()).toBe("INVALID");
    expect(await page.locator("#all .empty").count()).toBe(1);
  });

  test("hide a line at the press of its name, and tell its value under the pointer", async () => {
    await using opened = await openHtml(browser, htmlOf("many results"));
    const { page } = opened;
    await drawAll(page);
    const figure = page.locator('figure.chart[data-timer="all"][data-kind="percentiles"]');
    const button = figure.locator(".legend button").first();
    const inkOf = async () => (await inkedLines(page))[0]?.inked;
    const before = await inkOf();
    await button.click();
    expect(await button.getAttribute("aria-pressed")).toBe("false");
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    expect(await inkOf()).toBe((before as number) - 1);
    await figure.locator(".u-over").hover();
    expect(await figure.locator(".legend .at").textContent()).toMatch(/^\d+:\d\d$/);
    expect(await figure.locator(".legend b").last().textContent()).toMatch(/^[\d,.]+ ms$/);
  });

  test("of one timer share their time: to the last second, and when one is zoomed", async () => {
    await using opened = await openHtml(browser, htmlOf("many results"));
    const { page } = opened;
    await drawAll(page);
    const raw = page.locator('figure.chart[data-timer="all"][data-kind="raw"]');
    const rate = page.locator('figure.chart[data-timer="all"][data-kind="throughput"]');
    const timeAt = async (figure: typeof raw, share: number) => {
      const over = figure.locator(".u-over");
      const box = await over.boundingBox();
      if (box === null) throw new Error("the chart is not shown");
      await over.hover({ position: { x: box.width * share, y: 50 } });
      return await figure.locator(".legend .at").textContent();
    };
    expect(await timeAt(raw, 0.999)).toBe("4:59");
    expect(await timeAt(rate, 0.999)).toBe("4:50");
    await raw.scrollIntoViewIfNeeded();
    const box = await raw.locator(".u-over").boundingBox();
    if (box === null) throw new Error("the chart is not shown");
    await page.mouse.move(box.x + box.width * 0.18, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.42, box.y + 60, { steps: 4 });
    await page.mouse.up();
    expect(await timeAt(rate, 0.999)).toBe("2:00");
    expect(await timeAt(rate, 0.001)).toBe("1:00");
    await raw.locator(".u-over").dblclick();
    expect(await timeAt(rate, 0.999)).toBe("4:50");
  });

  test("are drawn anew when the scheme changes", async () => {
    await using opened = await openHtml(browser, htmlOf("one result"));
    const { page } = opened;
    await drawAll(page);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
    const drawn = await inkedLines(page);
    expect(drawn.filter((one) => !isHeat(one) && one.inked === 0)).toEqual([]);
  });
});

describe("the tables", () => {
  test("sort by numbers and by names, down and up", async () => {
    await using opened = await openHtml(browser, htmlOf("many results"));
    const { page } = opened;
    const table = "#timers table.sortable";
    const head = (label: string) => page.locator(`${table} thead button`, { hasText: label });
    const before = await columnTexts(page, table, 0);
    await head("Count").click();
    const down = numeric(await columnTexts(page, table, 2));
    expect(down).toEqual([...down].sort((a, b) => b - a));
    expect(new Set(down).size).toBeGreaterThan(2);
    await head("Count").click();
    expect(numeric(await columnTexts(page, table, 2))).toEqual([...down].reverse());
    expect(await page.locator(`${table} th[aria-sort]`).getAttribute("aria-sort")).toBe(
      "ascending",
    );
    await head("Timer").click();
    const names = await columnTexts(page, table, 0);
    expect(names).toEqual([...before].sort((a, b) => a.localeCompare(b)));
    expect(await page.locator(`${table} th[aria-sort]`).count()).toBe(1);
    await head("Timer").click();
    expect(await columnTexts(page, table, 0)).toEqual([...names].reverse());
  });

  test("filter many timers by name", async () => {
    await using opened = await openHtml(browser, htmlOf("more timers than fit"));
    const { page } = opened;
    await page.getByRole("searchbox", { name: "Filter timers" }).fill("/PRODUCTS/59");
    const shown = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLTableRowElement>("#timers tbody tr")]
        .filter((row) => row.checkVisibility())
        .map((row) => row.cells[0]?.textContent?.trim() ?? ""),
    );
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((name) => !name.includes("/products/59"))).toEqual([]);
  });

  test("are whole without JavaScript", async () => {
    await using opened = await openHtml(browser, htmlOf("many results"), { hasJavaScript: false });
    const { page } = opened;
    expect(await page.locator("#timers tbody tr").count()).toBe(6);
    expect(await page.locator(".charts").first().isVisible()).toBe(false);
    expect(await page.locator("#all details tbody tr").count()).toBe(30);
  });
});

describe("the keyboard", () => {
  test("reaches links, tables, sorting, lines and details, each with a mark to be seen", async () => {
    await using opened = await openHtml(browser, htmlOf("many results"));
    const { page } = opened;
    await drawAll(page);
    await page.evaluate(() => scrollTo(0, 0));
    const reached = new Set<string>();
    const unmarked: string[] = [];
    for (let i = 0; i < 400; i++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const within = element.closest("thead, .legend, .side")?.className ?? "";
        const kind = [element.tagName, element.className, within].filter(Boolean).join(" ");
        return { kind, isMarked: outlineStyle !== "none" && outlineWidth !== "0px" };
      });
      if (at.kind.startsWith("BODY")) break;
      reached.add(at.kind);
      if (!at.isMarked) unmarked.push(at.kind);
    }
    expect([...reached]).toEqual(
      expect.arrayContaining(["A skip", "A side", "DIV scroll", "BUTTON legend", "SUMMARY"]),
    );
    expect([...reached].filter((kind) => kind === "BUTTON")).toHaveLength(1);
    expect(unmarked).toEqual([]);
  });

  test("jumps past the navigation and sorts with Enter", async () => {
    await using opened = await openHtml(browser, htmlOf("many results"));
    const { page } = opened;
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(new URL(page.url()).hash).toBe("#main");
    await page.locator("#timers thead button", { hasText: "Count" }).focus();
    await page.keyboard.press("Enter");
    const counts = numeric(await columnTexts(page, "#timers table.sortable", 2));
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
  });
});

describe("hostile texts", () => {
  test("make no element, run nothing and stay readable", async () => {
    await using opened = await openHtml(browser, htmlOf("hostile texts"));
    const { page, complaints } = opened;
    await drawAll(page);
    const found = await page.evaluate(() => ({
      scripts: document.scripts.length,
      images: document.images.length,
      handlers: [...document.querySelectorAll("*")].flatMap((element) =>
        element.getAttributeNames().filter((name) => name.startsWith("on")),
      ),
      heading: document.querySelector("h1")?.textContent,
      escapes: /[\u0000-\u0008\u001b\u202e]/.test(document.body.innerText),
    }));
    expect(found).toEqual({
      scripts: 3,
      images: 0,
      handlers: [],
      heading: "</script><script>alert(2)</script>",
      escapes: false,
    });
    expect(complaints).toEqual([]);
  });
});

describe("paper", () => {
  test("has every chart, in the light scheme", async () => {
    await using opened = await openHtml(browser, htmlOf("many results"), { colorScheme: "dark" });
    const { page } = opened;
    await page.emulateMedia({ media: "print" });
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLElement>("figure.chart:has(.plot)")].every(
        (figure) => figure.dataset.drawn === "yes",
      ),
    );
    const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(background).toBe("rgb(255, 255, 255)");
    expect((await page.pdf()).byteLength).toBeGreaterThan(10_000);
  });
});

describe("findChromium", () => {
  test("fails clearly where there is no browser", () => {
    expect(() => findChromium({ PATH: "/nowhere" })).toThrow(/install the package "chromium"/);
    expect(() => findChromium({ PATH: "/nowhere", OCT_CHROMIUM: "/no/such" })).toThrow(
      /OCT_CHROMIUM names \/no\/such/,
    );
    expect(findChromium({ PATH: "/bin:/usr/bin", OCT_CHROMIUM: "sh" })).toMatch(/\/sh$/);
  });
});
