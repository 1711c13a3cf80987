import { describe, expect, test } from "bun:test";
import { renderLiveBlock } from "../../../src/cli/live-block.ts";
import { bar, sparkline } from "../../../src/cli/live-cells.ts";
import type { LiveView } from "../../../src/live/types.ts";
import {
  EMPTY_HISTORY,
  EMPTY_VIEW,
  liveTurret,
  SHOP_HISTORY,
  SHOP_VIEW,
} from "../../support/live-samples.ts";
import { HOSTILE_NAMES } from "../../support/report-samples.ts";

const SIZE = { columns: 80, rows: 24 } as const;
const KEYS = { kind: "keys", keys: ["p pause", "s stop", "h help"] } as const;

const HOSTILE_VIEW: LiveView = {
  ...SHOP_VIEW,
  project: "\u001b[2J全角文字の名前",
  timers: HOSTILE_NAMES.slice(0, 12).map((name) => ({ ...SHOP_VIEW.all, name })),
  timersTotal: 10_000,
  errorTexts: HOSTILE_NAMES.map((text) => ({
    text: `${text}\n\u001b[31m${"x".repeat(3000)}`,
    count: 1e12,
  })),
  turrets: HOSTILE_NAMES.map((name, i) => liveTurret(i, { name, host: name, trouble: name })),
  turretCount: 4_000,
  health: HOSTILE_NAMES,
  transactions: 9e15,
  nowPerSec: 1e9,
};

describe("renderLiveBlock", () => {
  test("says all that somebody who waits wants to know", () => {
    const text = renderLiveBlock(SHOP_VIEW, SHOP_HISTORY, { ...SIZE, foot: KEYS }).join("\n");
    for (const said of [
      "58 %",
      "1:10 of 2:00, 0:50 left",
      "4,906/s",
      "planned 5,000",
      "whole 4,880",
      "p50   1.24",
      "p99   8.70 ms",
      "p99   8.44 ms",
      "max 102",
      "response time",
      "588,720",
      "12 failed (< 0.01 %)",
      "1,766,160 timers",
      "50 cannons",
      "48 in flight",
      "31 late",
      "web-2  silent for 4 s",
      "Check out",
      "503 Service Unavailable",
      "✓ p95 < 500ms: 3.05 ms, response time",
      "✗ rate > 6000: 4,880/s",
      "! 1 % of the transactions",
      "p pause  s stop  h help",
    ]) {
      expect(text).toContain(said);
    }
    expect(text).toMatch(/█{20,}[▏▎▍▌▋▊▉]?░{10,}/);
    expect(text).toMatch(/[▁▂▃▄▅▆▇█]{20,}$/m);
  });

  test("fits every size, whatever the names, and no line says nothing", () => {
    const views = [EMPTY_VIEW, SHOP_VIEW, HOSTILE_VIEW];
    for (const view of views) {
      for (const isVerbose of [false, true]) {
        for (const columns of [12, 20, 39, 40, 59, 60, 79, 80, 120, 300]) {
          for (const rows of [2, 3, 5, 8, 10, 16, 24, 60]) {
            const options = { columns, rows, isVerbose, foot: KEYS };
            const lines = renderLiveBlock(view, SHOP_HISTORY, options);
            expect(lines.length).toBeLessThan(rows);
            expect(lines.length).toBeGreaterThan(0);
            expect(lines.filter((line) => Bun.stringWidth(line) >= columns)).toEqual([]);
            expect(lines.filter((line) => line.trim() === "")).toEqual([]);
          }
        }
      }
    }
  });

  test("texts from outside bring no control character and no escape", () => {
    const text = renderLiveBlock(HOSTILE_VIEW, SHOP_HISTORY, { columns: 120, rows: 60 }).join("");
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  test("is the same text in colour, and without colour has no escape", () => {
    const plain = renderLiveBlock(SHOP_VIEW, SHOP_HISTORY, { ...SIZE, foot: KEYS });
    const colored = renderLiveBlock(SHOP_VIEW, SHOP_HISTORY, { ...SIZE, foot: KEYS, color: true });
    expect(plain.join("")).not.toContain("\u001b");
    expect(colored.join("")).toContain("\u001b[");
    expect(colored.map((line) => Bun.stripANSI(line))).toEqual(plain);
  });

  test("a short terminal keeps what matters: progress, rate, times, and what is wrong", () => {
    const lines = renderLiveBlock(SHOP_VIEW, SHOP_HISTORY, { columns: 40, rows: 8 });
    expect(lines).toHaveLength(7);
    const text = lines.join("\n");
    for (const said of ["0:50 left", "4,906/s", "p99   8.70", "12 failed", "! 1 % of"]) {
      expect(text).toContain(said);
    }
    expect(text).not.toContain("Home page");
  });

  test("what is asked of somebody is there in any size", () => {
    const foot = { kind: "prompt", text: `note: ${"long ".repeat(30)}end` } as const;
    const lines = renderLiveBlock(SHOP_VIEW, SHOP_HISTORY, { columns: 30, rows: 4, foot });
    expect(lines.at(-1)).toEndWith("long end");
  });

  test("before anything has come it shows dashes and no gap", () => {
    const text = renderLiveBlock(EMPTY_VIEW, EMPTY_HISTORY, SIZE).join("\n");
    expect(text).toContain("0 %  0:00 of 2:00, 2:00 left");
    expect(text).toContain("p99      –");
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  test("says in place of the bar what it waits for", () => {
    const state = "draining: 3 of 40 turrets still hand over, 4 s left";
    const [head] = renderLiveBlock(SHOP_VIEW, SHOP_HISTORY, { ...SIZE, state });
    expect(head).toBe(`shop  ${state}`);
  });

  test("before it fires it shows who has come, and nothing of what is fired", () => {
    const state = "waiting for turrets: 2 of 5 are ready, 7 s";
    const view = { ...SHOP_VIEW, phase: "gathering" } as const;
    const lines = renderLiveBlock(view, EMPTY_HISTORY, { ...SIZE, state, foot: KEYS });
    expect(lines[0]).toBe(`shop  ${state}`);
    expect(lines).toHaveLength(4);
    expect(lines.join("\n")).toContain("web-1");
    expect(lines.join("\n")).not.toContain("rate");
  });

  test("a threshold of which nothing is measured yet has not failed", () => {
    const [first] = SHOP_VIEW.thresholds;
    if (first === undefined) throw new Error("the sample has thresholds");
    const thresholds = [{ ...first, measured: undefined, holds: false }];
    const lines = renderLiveBlock({ ...SHOP_VIEW, thresholds }, SHOP_HISTORY, SIZE);
    expect(lines).toContain("  · p95 < 500ms: not measured");
  });

  test("errors that differ in numbers only are one row", () => {
    const errorTexts = [
      { text: "no answer from shop 79", count: 2 },
      { text: "refused", count: 3 },
      { text: "no answer from shop 757", count: 2 },
    ];
    const lines = renderLiveBlock({ ...SHOP_VIEW, errorTexts }, SHOP_HISTORY, SIZE);
    const at = lines.indexOf("      4  no answer from shop #");
    expect(at).toBeGreaterThan(0);
    expect(lines[at + 1]).toBe("      3  refused");
  });

  test("a run that its count ends has no bar to say nothing with", () => {
    const view = { ...SHOP_VIEW, runTimeS: 30 * 86_400 };
    const [head] = renderLiveBlock(view, SHOP_HISTORY, SIZE);
    expect(head).toBe("shop  firing  1:10 gone");
  });

  test("a paused run says so", () => {
    const [head] = renderLiveBlock({ ...SHOP_VIEW, isPaused: true }, SHOP_HISTORY, SIZE);
    expect(head).toStartWith("shop  paused  █");
  });

  test("turrets in trouble come first; one that is well needs no line, unless asked for", () => {
    const one = { ...SHOP_VIEW, turrets: [liveTurret(0)], turretCount: 1 };
    const short = renderLiveBlock(one, SHOP_HISTORY, SIZE).join("\n");
    expect(short).not.toContain("web-1");
    const long = renderLiveBlock(one, SHOP_HISTORY, { ...SIZE, isVerbose: true }).join("\n");
    expect(long).toContain("web-1  running");
    const many = Array.from({ length: 200 }, (_, i) => liveTurret(i));
    many[77] = liveTurret(77, { isLost: true, status: "lost" });
    const crowd = { ...SHOP_VIEW, turrets: many, turretCount: 1_000 };
    const lines = renderLiveBlock(crowd, SHOP_HISTORY, { columns: 80, rows: 40 });
    const first = lines.find((line) => line.startsWith("  web-"));
    expect(first).toStartWith("  web-78  lost");
    expect(lines.join("\n")).toContain("and 994 more turrets");
  });
});

describe("bar", () => {
  test("is as wide as it is told, whatever the share", () => {
    for (let columns = 1; columns < 30; columns++) {
      for (const share of [-1, 0, 0.01, 0.333, 0.5, 0.999, 1, 7]) {
        const { done, left } = bar(share, columns);
        expect(Bun.stringWidth(done + left)).toBe(columns);
      }
    }
    expect(bar(0, 4)).toEqual({ done: "", left: "░░░░" });
    expect(bar(1, 4)).toEqual({ done: "████", left: "" });
  });
});

describe("sparkline", () => {
  test.each([
    [[], 5, ""],
    [[0, 0], 5, "▁▁"],
    [[1, 2, 4, 8], 5, "▂▃▅█"],
    [[5, null, 5], 5, "█ █"],
    [[8, 1, 2, 8], 2, "▃█"],
    [[1, 2], 0, ""],
  ] as const)("%j in %d cells is %j", (values, columns, drawn) => {
    expect(sparkline(values, columns)).toBe(drawn);
  });
});
