import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { runCli } from "../../../src/cli/index.ts";
import { type MemoryEnv, memoryEnv } from "../../support/memory-env.ts";
import { writeOldDatabase } from "../../support/old-database.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";

async function run(folder: TempFolder, ...args: string[]): Promise<MemoryEnv & { code: number }> {
  const env = memoryEnv(args, { cwd: folder.path });
  const code = await runCli(env);
  return { ...env, code };
}

/** `base`, `same`, `slow`, `failing` and `other` (more cannons), all of the old OCT. */
function databases(folder: TempFolder): void {
  const make = (name: string, seed: number, more: object = {}) =>
    writeOldDatabase({ file: folder.file(`${name}.sqlite`), seed, ...more });
  make("base", 1);
  make("same", 2);
  make("slow", 3, { slowness: 1.3 });
  make("failing", 4, { errorShare: 0.1 });
  make("other", 5, { cannons: 20 });
}

describe("oct compare", () => {
  test("says what differs, and fails by what it is told to fail by", async () => {
    using folder = tempFolder();
    databases(folder);
    const cases = [
      ["same", [], 0, "NO DIFFERENCE FOUND"],
      ["same", ["--fail-on", "any"], 0, "NO DIFFERENCE FOUND"],
      ["slow", [], 0, "SLOWER"],
      ["slow", ["--fail-on", "slower"], 99, "failed: --fail-on slower"],
      ["slow", ["--fail-on", "errors"], 0, "SLOWER"],
      ["slow", ["--fail-on", "errors,any"], 99, "failed: --fail-on any"],
      ["slow", ["--fail-on", "slower", "--floor", "60"], 0, "differences below 60 % are not told"],
      ["failing", ["--fail-on", "slower"], 0, "MORE ERRORS"],
      ["failing", ["--fail-on", "slower", "--fail-on", "errors"], 99, "failed: --fail-on errors"],
    ] as const;
    for (const [next, options, code, text] of cases) {
      const done = await run(folder, "compare", "base.sqlite", `${next}.sqlite`, ...options);
      expect(done.stderr.text).toBe("");
      expect([next, options, done.code]).toEqual([next, options, code]);
      expect(done.stdout.text).toContain(text);
    }
  });

  test("writes JSON and a page", async () => {
    using folder = tempFolder();
    databases(folder);
    const outputs = ["--json", "c.json", "--html", "c.html"];
    const done = await run(folder, "compare", "base.sqlite", "slow.sqlite", ...outputs);
    expect(done.code).toBe(0);
    expect(done.stdout.text).toContain("created: ./c.json\ncreated: ./c.html\n");
    const json = JSON.parse(readFileSync(folder.file("c.json"), "utf8"));
    expect(json).toMatchObject({ format: "oct compare", version: 1 });
    expect(json.timers[0].figures.p95.word).toBe("slower");
    expect(json.base.path).toBe("./base.sqlite");
    expect(readFileSync(folder.file("c.html"), "utf8")).toContain("SLOWER");
  });

  test("refuses another plan, with what differs, unless forced", async () => {
    using folder = tempFolder();
    databases(folder);
    const refused = await run(folder, "compare", "base.sqlite", "other.sqlite");
    expect(refused.code).toBe(1);
    expect(refused.stderr.text).toContain("1 turret with 10 cannons, and 1 turret with 20 cannons");
    expect(refused.stderr.text).toContain("--force");
    expect(refused.stdout.text).toBe("");
    const forced = await run(folder, "compare", "base.sqlite", "other.sqlite", "--force");
    expect(forced.code).toBe(0);
    expect(forced.stdout.text).toContain("forced: the plans differ in turrets");
  });

  test.each([
    [["base.sqlite"], "oct compare needs <new>"],
    [["base.sqlite", "none.sqlite"], "there are no results at this path"],
    [["base.sqlite", "text"], "this is not a results database"],
    [["base.sqlite", "base.sqlite", "--fail-on", "slow"], "--fail-on takes slower, errors, any"],
    [["base.sqlite", "base.sqlite", "--floor", "-1"], "--floor takes percent"],
    [["base.sqlite", "base.sqlite", "--margin", "100"], "--margin takes percent"],
  ])("%p is told as a mistake", async (args, text) => {
    using folder = tempFolder();
    writeOldDatabase({ file: folder.file("base.sqlite"), seed: 1, seconds: 2 });
    writeFileSync(folder.file("text"), "no database");
    const done = await run(folder, "compare", ...args);
    expect(done.code).toBeGreaterThan(0);
    expect(done.stderr.text).toContain(text);
  });
});

describe("oct report", () => {
  test("makes a report of each, with the comparison as a section", async () => {
    using folder = tempFolder();
    for (const name of ["a", "b"]) mkdirSync(folder.file(name));
    writeOldDatabase({ file: folder.file("base.sqlite"), seed: 1 });
    writeOldDatabase({ file: folder.file("a/results.sqlite"), seed: 2 });
    writeOldDatabase({ file: folder.file("b/results.sqlite"), seed: 3, slowness: 1.3 });
    const done = await run(folder, "report", "a", "b", "--baseline", "base.sqlite");
    expect(done.stderr.text).toBe("");
    expect(done.code).toBe(0);
    const pages = ["a", "b"].map((name) => readFileSync(folder.file(name, "results.html"), "utf8"));
    expect(pages[0]).toContain('<section id="compare"');
    expect(pages[0]).toContain("NO DIFFERENCE FOUND");
    expect(pages[1]).toContain("SLOWER");
    expect(pages[1]).toContain('<a href="#compare">Against the baseline</a>');
    expect(done.stdout.text.match(/^created: .*\.html$/gm)).toHaveLength(2);
  });

  test("without a baseline has no such section; one name can not be for two reports", async () => {
    using folder = tempFolder();
    writeOldDatabase({ file: folder.file("a.sqlite"), seed: 1, seconds: 5 });
    const one = await run(folder, "report", "a.sqlite", "-o", "a.html");
    expect(one.code).toBe(0);
    expect(readFileSync(folder.file("a.html"), "utf8")).not.toContain('id="compare"');
    const two = await run(folder, "report", "a.sqlite", "a.sqlite", "-o", "b.html");
    expect(two.code).toBe(2);
    expect(existsSync(folder.file("b.html"))).toBe(false);
  });

  test("makes no report against a baseline of another plan", async () => {
    using folder = tempFolder();
    databases(folder);
    const args = ["report", "base.sqlite", "-o", "r.html", "--baseline", "other.sqlite"];
    const refused = await run(folder, ...args);
    expect(refused.code).toBe(1);
    expect(existsSync(folder.file("r.html"))).toBe(false);
    const forced = await run(folder, ...args, "--force");
    expect(forced.code).toBe(0);
    expect(readFileSync(folder.file("r.html"), "utf8")).toContain("Forced: the plans differ");
  });
});
