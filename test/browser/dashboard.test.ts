// The live page in a real browser, during real runs and over whatever a turret may call things.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { GAUGE } from "../../src/stats/cell.ts";
import { status } from "../sim/support/hq-world.ts";
import { fireSeconds } from "../sim/support/live-gun.ts";
import { type RunningOct, startProgram } from "../support/binary.ts";
import { launchChromium, type OpenPage, openAddress } from "../support/browser.ts";
import { type DashboardWorld, dashboardWorld } from "../support/dashboard.ts";
import { targetServer } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

setDefaultTimeout(90_000);

const ROOT = path.resolve(import.meta.dir, "../..");
const ARTEFACTS = path.join(ROOT, "test-artefacts");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
beforeAll(async () => {
  mkdirSync(ARTEFACTS, { recursive: true });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

/** What axe finds wrong, with where. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return await page.evaluate(async () => {
    interface Axe {
      run(
        root: Document,
        options: object,
      ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
    }
    const { axe } = globalThis as unknown as { axe: Axe };
    const found = await axe.run(document, { resultTypes: ["violations"] });
    return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

/** A run of the sources, with a live page; and where that is. */
async function liveRun(
  cwd: string,
  args: readonly string[],
): Promise<{ run: RunningOct; url: string; origin: string; token: string }> {
  const run = startProgram([process.execPath, path.join(ROOT, "src/main.ts"), ...args], { cwd });
  await run.sees(/live page: \S+/);
  const url = /live page: (\S+)/.exec(run.stdout())?.[1] ?? "";
  const { origin, searchParams } = new URL(url);
  return { run, url, origin, token: searchParams.get("token") ?? "" };
}

const numberIn = async (page: Page, selector: string) =>
  Number((await page.textContent(selector))?.replace(/[^\d.]/g, ""));

async function countPast({ page, complaints }: OpenPage, count: number): Promise<void> {
  const waited = page.waitForFunction(
    (least) =>
      Number(document.querySelector("#count")?.textContent?.replaceAll(",", "")) >
      (least as number),
    count,
    { timeout: 30_000 },
  );
  await waited.catch(async (thrown: unknown) => {
    const shown = await page.locator("#link, #phase, #count, #said").allTextContents();
    throw new Error(`${thrown}; the page shows ${shown.join(", ")}; ${complaints.join("; ")}`);
  });
}

async function connected(page: Page): Promise<void> {
  await page.waitForSelector('#link[data-state="connected"]', { timeout: 30_000 });
}

describe("the live page of a real run", () => {
  test("moves, agrees with the HQ, survives a reload with the whole run, and stops it", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const args = ["fire", `${target.url}/`, "-u", "3", "-d", "120s", "--dashboard", "127.0.0.1:0"];
    const { run, url, origin, token } = await liveRun(folder.path, args);
    await using _run = run;
    await using opened = await openAddress(browser, url);
    const { page, complaints, requests } = opened;
    const counted = async () => {
      const response = await fetch(`${origin}/api/v1/status`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return ((await response.json()) as { transactions: number }).transactions;
    };
    await connected(page);
    expect(page.url()).toBe(`${origin}/`);
    await countPast(opened, 0);
    const before = await counted();
    await countPast(opened, before);
    const shown = await numberIn(page, "#count");
    expect(shown).toBeGreaterThan(before);
    expect(await counted()).toBeGreaterThanOrEqual(shown);
    await page.waitForFunction(
      () => Number(document.querySelector("#elapsed")?.textContent?.match(/^0:(\d\d)/)?.[1]) >= 5,
    );

    await page.reload();
    await connected(page);
    await page.click("#points summary");
    const rows = page.locator("#points tbody tr");
    await until(async () => (await rows.count()) >= 4, { what: "four points" });
    expect(await rows.last().locator("th").textContent()).toBe("0:00");

    await page.fill("#note-text", "a note from the page");
    await page.press("#note-text", "Enter");
    await page.waitForSelector("#log tr.mark");
    expect(await page.textContent("#log tr.mark .what")).toBe("a note from the page");
    await page.focus("#stop");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#confirm[open]");
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    expect(await page.locator("#confirm[open]").count()).toBe(0);
    await page.keyboard.press("Enter");
    await page.focus("#stop-now");
    await page.keyboard.press("Enter");
    const finished = await run.finished();
    await page.waitForSelector("#verdict:not([hidden])");
    expect(finished.stdout).toContain("stopped by page");
    const hits = /^Hits: ([\d,]+)$/m.exec(finished.stdout)?.[1] ?? "";
    expect(await page.textContent("#count")).toBe(hits);
    expect(await page.textContent("#phase")).toBe("over");
    expect(await page.textContent("#verdict")).toContain("stopped by page");
    const [all] = await page.locator("#timers tbody tr").allTextContents();
    expect(all).toContain(hits);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
    await page.screenshot({ path: path.join(ARTEFACTS, "dashboard-over.png"), fullPage: true });
  });

  test("is paused, resumed and changed, and shows each on every chart", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const args = [
      "fire",
      `${target.url}/`,
      "--rate",
      "40",
      "-d",
      "120s",
      "--dashboard=127.0.0.1:0",
    ];
    const { run, url } = await liveRun(folder.path, args);
    await using _run = run;
    await using opened = await openAddress(browser, url);
    const { page } = opened;
    await connected(page);
    await countPast(opened, 20);
    await page.click("#pause");
    await page.waitForFunction(() => document.querySelector("#phase")?.textContent === "paused");
    expect(await page.textContent("#pause")).toBe("Resume");
    await page.click("#pause");
    await page.waitForFunction(() => document.querySelector("#phase")?.textContent === "firing");
    await page.fill("#amount", "10");
    await page.press("#amount", "Enter");
    await page.waitForFunction(() =>
      document.querySelector("#rate-note")?.textContent?.startsWith("planned 10.0/s"),
    );
    await page.fill("#amount", "-1");
    await page.press("#amount", "Enter");
    const marks = await page.locator("#log tr.mark .what").allTextContents();
    expect(marks.toReversed().map((text) => text.replace(/ \(.*\)/, ""))).toEqual([
      "paused, by page",
      "resumed, by page",
      "rate 10.0/s, by page",
    ]);
    run.signal("SIGINT");
    await run.finished();
  });

  test("says that the HQ is gone, and finds the next one at the same address", async () => {
    using folder = tempFolder();
    using target = targetServer();
    const fire = ["fire", `${target.url}/`, "-u", "1", "-d", "120s"];
    const first = await liveRun(folder.path, [...fire, "--dashboard", "127.0.0.1:0"]);
    await using _first = first.run;
    await using opened = await openAddress(browser, first.url);
    const { page } = opened;
    await connected(page);
    await countPast(opened, 0);
    first.run.signal("SIGKILL");
    await page.waitForSelector('#link[data-state="lost"]');
    expect(await page.isDisabled("#stop")).toBe(true);
    const at = ["--dashboard", new URL(first.origin).host, "--dashboard-token", first.token];
    const second = await liveRun(folder.path, [...fire, ...at]);
    await using _second = second.run;
    await connected(page);
    expect(await page.isDisabled("#stop")).toBe(false);
    expect(second.run.stdout()).toContain(first.token);
  });
});

/** Half a minute of a busy run with whatever names. */
async function fill(page: DashboardWorld, names: readonly string[]): Promise<void> {
  const { world, peer, gun, server } = page;
  await fireSeconds(
    world,
    peer,
    (second) => {
      names.forEach((name, i) => {
        gun.fire(second, 2_000 + 400 * ((i * 7 + second * 3) % 11), name, i % 9 === 4 ? name : "");
      });
      gun.check(second, names[0] ?? "", 5, second % 3);
      gun.gauge(second, GAUGE.cannons, 12);
      gun.gauge(second, GAUGE.inFlight, 7);
      gun.gauge(second, GAUGE.cpuPercent, 41);
      gun.send();
    },
    () => world.hq.atUs() > 30_100_000,
  );
  server.beat();
}

const HOSTILE = [
  "<script>alert(1)</script>",
  '"><img src=x onerror=alert(2)>',
  "javascript:alert(3)",
  "shopping cart 🛒 🚀",
  "שלום עולם",
  "turned \u202e round \u2066 and \u200b hidden",
  "line\nbreak\ttab\u0000nul\u001b[31m",
  "x".repeat(300),
  "lone \ud800 surrogate",
  "__proto__",
  "constructor",
];

const SAMPLES: readonly (readonly [string, readonly string[]])[] = [
  ["one timer", ["home"]],
  ["hostile names", HOSTILE],
  ["10,000 timers", Array.from({ length: 10_000 }, (_, i) => `timer number ${i}`)],
];

describe("the live page", () => {
  for (const [name, names] of SAMPLES) {
    test(`with ${name} is readable for all, light, dark and narrow, and runs nothing of it`, async () => {
      using folder = tempFolder();
      await using made = await dashboardWorld(folder.path);
      await fill(made, names);
      made.world.hq.control({ kind: "note", text: names.slice(0, 6).join(" ") }, "page");
      for (const [look, colorScheme, width] of [
        ["light", "light", 1440],
        ["dark", "dark", 1440],
        ["narrow", "light", 390],
      ] as const) {
        await using opened = await openAddress(browser, made.url, { colorScheme, width });
        const { page, complaints, requests } = opened;
        await connected(page);
        await page.waitForFunction(
          () => document.querySelectorAll('figure.chart[data-drawn="yes"]').length === 5,
        );
        expect(await violations(page)).toEqual([]);
        const sizes = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ]);
        expect(sizes[0]).toBe(sizes[1] as number);
        expect(await page.locator("script:not([src])").count()).toBe(0);
        expect(await page.locator("main img").count()).toBe(0);
        const file = `dashboard-${name.replace(/\W+/g, "-")}-${look}.png`;
        await page.screenshot({ path: path.join(ARTEFACTS, file), fullPage: true });
        expect(complaints).toEqual([]);
        expect(requests).toEqual([]);
      }
    });
  }

  test("shows the busiest timers of very many, finds them by name and says what is left out", async () => {
    using folder = tempFolder();
    await using made = await dashboardWorld(folder.path);
    await fill(made, SAMPLES[2]?.[1] ?? []);
    await using opened = await openAddress(browser, made.url);
    const { page } = opened;
    await connected(page);
    expect(await page.locator("#timers tbody tr").count()).toBe(201);
    expect(await page.textContent("#timers-lead")).toMatch(/80\d more timers are not shown/);
    await page.fill("#timers .filter", "number 17");
    const shown = await page.locator("#timers tbody tr th").allTextContents();
    expect(shown.length).toBeGreaterThan(1);
    for (const text of shown.slice(1)) expect(text).toContain("number 17");
  });

  test("can be walked through with the keyboard, and tells a reader aloud what changes", async () => {
    using folder = tempFolder();
    await using made = await dashboardWorld(folder.path);
    await fill(made, ["home", "login"]);
    await using opened = await openAddress(browser, made.url);
    const { page } = opened;
    await connected(page);
    const reached: string[] = [];
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate(() => {
          const { activeElement: at } = document;
          const figure = at?.closest("figure")?.getAttribute("data-chart");
          return at?.id || at?.getAttribute("aria-label") || figure || at?.textContent || "";
        }),
      );
    }
    for (const one of [
      "pause",
      "stop",
      "amount",
      "unit",
      "note-text",
      "rate",
      "times",
      "Table of timers",
    ]) {
      expect(reached).toContain(one);
    }
    expect(await page.getAttribute("#said", "role")).toBe("status");
    await page.click("#pause");
    await page.waitForFunction(() => document.querySelector("#said")?.textContent !== "");
    const heading = await page.locator("h1, h2").allTextContents();
    expect(heading.slice(0, 2)).toEqual(["sim", "Stop this run?"]);
  });

  test("waits for turrets, and does not offer to control those of protocol 1", async () => {
    using folder = tempFolder();
    const { HqWorld } = await import("../sim/support/hq-world.ts");
    const { LiveState } = await import("../../src/live/state.ts");
    const { openServer, TOKEN } = await import("../support/dashboard.ts");
    const live = new LiveState();
    const world = new HqWorld(folder.path, { runTimeUs: 600_000_000, observers: [live] });
    const server = openServer(live, (action, by) => world.hq.control(action, by));
    try {
      const url = `http://127.0.0.1:${server.port}/?token=${TOKEN}`;
      await using opened = await openAddress(browser, url);
      const { page, complaints } = opened;
      await connected(page);
      expect(await page.textContent("#waiting")).toContain("none has come yet");
      expect(await violations(page)).toEqual([]);
      await page.screenshot({ path: path.join(ARTEFACTS, "dashboard-waiting.png") });
      await world.begin();
      await world.pass(1_500_000);
      world.protocol1.push(status({ status: "Running" }));
      await world.turn();
      await world.pass(1_000_000);
      server.beat();
      await page.waitForFunction(() => document.querySelector("#phase")?.textContent === "firing");
      expect(await page.isDisabled("#pause")).toBe(true);
      expect(await page.isDisabled("#stop")).toBe(false);
      expect(await page.textContent("#crews")).toContain("protocol 1: not controllable");
      expect(complaints).toEqual([]);
    } finally {
      await server.close();
    }
  });

  test("without its token shows only where one goes", async () => {
    using folder = tempFolder();
    await using made = await dashboardWorld(folder.path);
    await using opened = await openAddress(browser, `${made.address}/`);
    const { page, requests, complaints } = opened;
    expect(await page.textContent("h1")).toContain("token");
    await page.screenshot({ path: path.join(ARTEFACTS, "dashboard-door.png") });
    // The browser itself notes that the page was answered with 401, and nothing else.
    expect(complaints).toHaveLength(1);
    expect(await violations(page)).toEqual([]);
    await page.fill("input[name=token]", new URL(made.url).searchParams.get("token") ?? "");
    await page.press("input[name=token]", "Enter");
    await connected(page);
    expect(page.url()).toBe(`${made.address}/`);
    expect(requests).toEqual([]);
  });
});
