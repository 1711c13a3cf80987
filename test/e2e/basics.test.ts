import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { oct } from "../support/binary.ts";
import { tempFolder } from "../support/temp.ts";

describe("oct", () => {
  test("runs alone in an empty folder and leaves it empty", async () => {
    using folder = tempFolder();
    const result = await oct(["--version"], { cwd: folder.path });
    expect(result.stdout).toMatch(/^oct \d+\.\d+\.\d+\n$/);
    expect(result.code).toBe(0);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test.each([
    [["--help"], 0, "usage: oct <command>"],
    [["run", "--help"], 0, "usage: oct run <project>"],
    [["docs"], 0, "turret"],
    [["docs", "turret"], 0, "Writing a turret in any language"],
    [["docs", "configuration"], 0, "results_max_rows"],
  ])("%p prints its page", async (args, code, text) => {
    using folder = tempFolder();
    const result = await oct(args, { cwd: folder.path });
    expect(result.stdout).toContain(text);
    expect(result.code).toBe(code);
  });

  test.each([
    [[], 2, "usage: oct <command>"],
    [["runn"], 2, "did you mean oct run?"],
    [["run"], 2, "needs <project>"],
    [["run", "nowhere"], 2, "valid project path"],
    [["run", "x", "--lokal"], 2, "did you mean --local?"],
    [["pack", "nowhere"], 2, "valid project path"],
    [["turret"], 2, "needs its HQ"],
    [["turret", "--hq", "a b"], 2, "HOST:PORT"],
    [["report", "nowhere.sqlite"], 1, "no results at this path"],
    [["to-csv", "nowhere.sqlite", "x.csv"], 1, "Results file does not exists"],
    [["docs", "turet"], 2, "did you mean oct docs turret?"],
  ])("%p fails with code %p and says what to do", async (args, code, text) => {
    using folder = tempFolder();
    const result = await oct(args, { cwd: folder.path });
    expect(result.stderr).toContain(text);
    expect(result.code).toBe(code);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
