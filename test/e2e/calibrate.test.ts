// oct calibrate from the compiled binary: it says the error of this machine's times and its reach.

import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { oct, startOct } from "../support/binary.ts";
import { tempFolder } from "../support/temp.ts";

describe("oct calibrate", () => {
  test("measures at three rates and as fast as it can, and leaves nothing behind", async () => {
    using folder = tempFolder();
    const env = { TMPDIR: folder.path };
    const run = await oct(["calibrate"], { cwd: folder.path, env });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    for (const rate of ["100/s", "1,000/s", "10,000/s"]) {
      const row = run.stdout.split("\n").find((line) => line.trimStart().startsWith(`${rate} `));
      expect(row).toMatch(/ (VALID|GENERATOR-LIMITED)$/);
      // The target answers after 5 ms, never before.
      const [, , server50 = 0, server99 = 0] = (row ?? "").trim().split(/\s+/).map(Number);
      expect(server50).toBeGreaterThanOrEqual(5);
      expect(server99).toBeGreaterThanOrEqual(server50);
    }
    expect(run.stdout).toMatch(/reach: [\d,]+ requests\/s on one thread/);
    expect(readdirSync(folder.path)).toEqual([]);
  }, 60_000);

  test("Ctrl-C ends it after the step it is in", async () => {
    using folder = tempFolder();
    await using run = startOct(["calibrate"], { cwd: folder.path });
    await run.sees("target:");
    run.signal("SIGINT");
    const ended = await run.finished(20_000);
    expect(ended.code).toBe(0);
    expect(ended.stdout).not.toContain("reach:");
  }, 60_000);
});
