// A run in a terminal, as the binary draws it: what is on the screen while it goes and after, what keys
// do, and how the terminal is left whatever ends it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { oct, startOct } from "../support/binary.ts";
import { writeProject } from "../support/project.ts";
import { PtyOct } from "../support/pty.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

let server: ReturnType<typeof Bun.serve>;
let folder: TempFolder;
let url = "";

beforeAll(() => {
  let hits = 0;
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("ok", { status: ++hits % 50 === 0 ? 503 : 200 }),
  });
  url = `http://127.0.0.1:${server.port}/`;
  folder = tempFolder();
});

afterAll(async () => {
  await server.stop(true);
  folder[Symbol.dispose]();
});

const LONG = ["--rate", "100", "-u", "5", "-d", "10m"] as const;

function firing(
  args: readonly string[],
  options: Partial<ConstructorParameters<typeof PtyOct>[1]> = {},
) {
  return new PtyOct(["fire", url, ...args], { cwd: folder.path, ...options });
}

describe("a run in a terminal", () => {
  test("is one block that is drawn over while it goes, and a summary after", async () => {
    await using run = firing(["--rate", "100", "-d", "3s"], { columns: 110 });
    await run.sees(/\d of 0:03, 0:0\d left/);
    await run.sees(/rate +\d+\/s {2}planned 100/);
    await run.sees("answered 503");
    expect(run.vt.isCursorShown).toBe(false);
    await run.sees(/^Success: \d+$/m);
    const { code, isCooked } = await run.ended();
    expect([code, isCooked, run.vt.isCursorShown, run.vt.isInFrame]).toEqual([
      0,
      true,
      true,
      false,
    ]);
    // Many frames, and nothing of them is left.
    expect(run.vt.frames).toBeGreaterThan(5);
    expect(run.vt.wraps).toBe(0);
    expect(run.vt.all).not.toContain("░");
    expect(run.vt.all).not.toContain("left");
    expect(run.vt.all).toContain("planned 300 = started 300 + dropped 0");
  });

  test("frames are drawn at most four times a second, and whole", async () => {
    await using run = firing(["--rate", "50", "-d", "4s"]);
    await run.ended();
    expect(run.vt.frames).toBeLessThan(4 * 8);
    const frames = run.bytes.split("\u001b[?2026h").slice(1);
    expect(frames.filter((frame) => !frame.includes("\u001b[?2026l"))).toEqual([]);
  });

  test("fits another size as soon as the terminal has it", async () => {
    await using run = firing(LONG);
    await run.sees(/of 10:00/);
    run.resize(40, 9);
    await run.shows("a block in 40 columns and 9 rows", (rows) => {
      const top = rows.findIndex((row) => row.includes(" left"));
      return (
        top !== -1 &&
        !rows.join("\n").includes("of 10:00") &&
        rows[top + 1]?.startsWith("rate") === true
      );
    });
    expect(run.vt.text.filter((row) => Bun.stringWidth(row) > 40)).toEqual([]);
    run.resize(120, 40);
    await run.shows("a block in 120 columns", (rows) =>
      rows.some((row) => row.includes("of 10:00")),
    );
    run.type("s");
    expect((await run.ended()).code).toBe(0);
  });
});

describe("keys in the terminal", () => {
  test("help, a note, pause and resume, more and less load, stop", async () => {
    await using run = firing(LONG, { columns: 110 });
    await run.sees("s stop");
    run.type("h");
    await run.sees("pause, and go on");
    run.type("h");
    run.type("n");
    await run.sees("note: ▏");
    run.type("deploy of shöp 🚀 begxx\u007f\u007fan\r");
    await run.sees(/^\d+:\d\d {2}note: deploy of shöp 🚀 began$/m);
    run.type("p");
    await run.sees("p resume");
    run.type("p");
    await run.sees("p pause");
    run.type("+");
    await run.sees(/110 %/);
    run.type("--");
    await run.sees(/90 %/);
    run.type("x");
    await run.sees("that key does nothing");
    run.type("\u001b[A");
    run.type("q");
    await run.sees(/^Success: \d+$/m);
    const { code, isCooked } = await run.ended();
    expect([code, isCooked, run.vt.isCursorShown]).toEqual([0, true, true]);
    expect(run.vt.all).toContain("ended: stopped by terminal");
    expect(run.vt.wraps).toBe(0);
  });

  test("Ctrl-C is the signal: once it stops cleanly", async () => {
    await using run = firing(LONG);
    await run.sees("s stop");
    run.type("\u0003");
    await run.sees("Stopping test, sending stop command to turrets");
    const { code, isCooked } = await run.ended();
    expect([code, isCooked, run.vt.isCursorShown]).toEqual([0, true, true]);
    expect(run.vt.all).toMatch(/^Success: \d+$/m);
  });

  test("Ctrl-C twice ends at once and still gives the terminal back", async () => {
    await using run = firing(LONG);
    await run.sees("s stop");
    run.type("\u0003\u0003");
    const { code, isCooked } = await run.ended();
    expect([code, isCooked, run.vt.isCursorShown]).toEqual([130, true, true]);
    expect(run.vt.all).toContain("stopped at once");
    expect(run.vt.all).not.toContain("░");
  });

  test.each(["SIGINT", "SIGTERM"] as const)("%s gives the terminal back", async (name) => {
    await using run = firing(LONG);
    await run.sees("s stop");
    run.signal(name);
    const { code, isCooked } = await run.ended();
    expect([code, isCooked, run.vt.isCursorShown]).toEqual([0, true, true]);
  });

  test("a script that cannot load gives the terminal back with its error", async () => {
    using own = tempFolder();
    writeProject(own.path, "shop", { script: "export class {" });
    await using run = new PtyOct(["run", "shop", "--local"], { cwd: own.path });
    const { code, isCooked } = await run.ended();
    expect(code).not.toBe(0);
    expect([isCooked, run.vt.isCursorShown]).toEqual([true, true]);
    expect(run.bytes).toContain("v_user.ts");
  });
});

describe("how much is said, and how", () => {
  test("NO_COLOR takes the colour and leaves the block", async () => {
    await using run = firing(["--rate", "50", "-d", "2s"], {
      env: { NO_COLOR: "1" },
    });
    await run.sees("left");
    await run.ended();
    expect(run.bytes).not.toMatch(/\u001b\[[\d;]*m/);
    await using colored = firing(["--rate", "50", "-d", "2s"]);
    await colored.ended();
    expect(colored.bytes).toMatch(/\u001b\[32m/);
  });

  test("a dumb terminal and a pipe get OCT's line at every interval, and no escape", async () => {
    await using run = firing(["--rate", "50", "-d", "2s"], { env: { TERM: "dumb" } });
    await run.sees(
      /^turrets: 1, elapsed: [\d.]+ {3}transactions: \d+ {2}timers: \d+ {2}errors: \d+$/m,
    );
    await run.ended();
    expect(run.bytes).not.toContain("\u001b");
    const piped = await oct(["fire", url, "--rate", "50", "-d", "2s"], { cwd: folder.path });
    expect(piped.stdout).toMatch(/^turrets: 1, elapsed: [\d.]+ {3}transactions: \d+ /m);
    expect(piped.stdout).not.toContain("\u001b");
  });

  test("--quiet prints the summary and nothing before it, on a terminal too", async () => {
    await using run = firing(["--rate", "50", "-d", "1s", "--quiet"]);
    expect((await run.ended()).code).toBe(0);
    expect(run.vt.frames).toBe(0);
    expect(run.vt.all).toMatch(/^(VALID|GENERATOR-LIMITED)/);
    expect(run.vt.all).toMatch(/^Success: \d+$/m);
  });

  test("--quiet still says what went wrong", async () => {
    using own = tempFolder();
    writeProject(own.path, "shop", { script: "export class {" });
    const failed = await oct(["run", "shop", "--local", "-q"], { cwd: own.path });
    expect(failed.code).not.toBe(0);
    expect(failed.stderr).toContain("v_user.ts");
    expect(failed.stdout).toBe("");
    const both = await oct(["fire", url, "-q", "-v"], { cwd: own.path });
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("exclude each other")]);
  });

  test("--verbose prints the log of the run", async () => {
    await using run = startOct(["fire", url, "--rate", "50", "-d", "1s", "-v"], {
      cwd: folder.path,
    });
    const ended = await run.finished();
    expect(ended.stdout).toMatch(/^0:00 {2}start with 1 turrets$/m);
    expect(ended.stdout).toMatch(/^0:0\d {2}stop: /m);
  });
});
