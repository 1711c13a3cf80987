import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Env } from "../../../src/cli/env.ts";
import { runCli } from "../../../src/cli/index.ts";
import { memoryEnv } from "../../support/memory-env.ts";
import { writeOldDatabase } from "../../support/old-database.ts";
import { type TempFolder, tempFolder } from "../../support/temp.ts";
import { until } from "../../support/wait.ts";

async function run(folder: TempFolder, args: readonly string[], parts: Partial<Env> = {}) {
  const env = memoryEnv(args, { cwd: folder.path, ...parts });
  const code = await runCli(env);
  return { code, stdout: env.stdout.text, stderr: env.stderr.text };
}

const NAMES = [
  "results_2026.01.30_10.00.00_000001",
  "results_2026.01.31_10.00.00_000001",
  "results_2026.01.31_09.00.00_000001",
] as const;

/** A project with three readable runs, one that is broken, one that was killed and a stray folder. */
function project(folder: TempFolder): string {
  const results = folder.file("shop", "results");
  for (const [i, name] of NAMES.entries()) {
    mkdirSync(path.join(results, name), { recursive: true });
    const file = path.join(results, name, "results.sqlite");
    writeOldDatabase({ file, seed: i, seconds: 2 + i, perSecond: 10 });
  }
  for (const name of ["results_2025.01.01_00.00.00_000001", "notes"]) {
    mkdirSync(path.join(results, name));
  }
  writeFileSync(path.join(results, "results_2025.01.01_00.00.00_000001", "results.sqlite"), "no");
  mkdirSync(path.join(results, "results_2024.01.01_00.00.00_000001", "journal"), {
    recursive: true,
  });
  return results;
}

describe("oct runs", () => {
  test("lists runs newest first, with what can not be read as such", async () => {
    using folder = tempFolder();
    project(folder);
    const done = await run(folder, ["runs", "shop"]);
    expect(done).toMatchObject({ code: 0, stderr: "" });
    const lines = done.stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("./shop/results:");
    expect(lines[2]).toMatch(/^start +length +transactions +\/s +95 % ms +errors +verdict/);
    expect(lines.slice(3, 6).map((line) => / (\d+) +\d+/.exec(line.slice(27))?.[1])).toEqual([
      "30",
      "40",
      "20",
    ]);
    expect(lines[3]).toContain("NOT JUDGED");
    expect(lines[6]).toBe(
      "results_2025.01.01_00.00.00_000001: can not be read: this is not a results data…",
    );
    expect(lines[7]).toMatch(/^results_2024\.01\.01_00\.00\.00_000001: no database yet/);
    expect(lines).toHaveLength(8);
  });

  test("takes the results folder itself, and a limit", async () => {
    using folder = tempFolder();
    project(folder);
    const done = await run(folder, ["runs", "shop/results", "--limit", "1"]);
    expect(done.stdout).toContain("and 4 older: --limit 5 shows all");
    expect(done.stdout).not.toContain("can not be read");
  });

  test("of a project without runs, and of none", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("new"));
    expect(await run(folder, ["runs", "new"])).toMatchObject({
      code: 0,
      stdout: "no runs in ./new yet\n",
    });
    const none = await run(folder, ["runs", "none"]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("there is no such project");
  });
});

describe("oct open", () => {
  test("prints the latest report, and that of a folder or file", async () => {
    using folder = tempFolder();
    const results = project(folder);
    for (const name of NAMES.slice(0, 2)) {
      writeFileSync(path.join(results, name, "results.html"), "<p>report");
    }
    const latest = `./shop/results/${NAMES[1]}/results.html\n`;
    expect(await run(folder, ["open", "shop"])).toEqual({ code: 0, stdout: latest, stderr: "" });
    const older = `shop/results/${NAMES[0]}`;
    expect((await run(folder, ["open", older])).stdout).toBe(`./${older}/results.html\n`);
    expect((await run(folder, ["open", `${older}/results.html`])).stdout).toBe(
      `./${older}/results.html\n`,
    );
  });

  test("where there is no report yet says how to make one", async () => {
    using folder = tempFolder();
    project(folder);
    const done = await run(folder, ["open", "shop"]);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain("there is no report here yet");
  });

  test.each([
    ["linux-x64", "xdg-open", { DISPLAY: ":0" }, true],
    ["linux-x64", "xdg-open", {}, false],
    ["darwin-arm64", "open", {}, true],
    ["darwin-arm64", "xdg-open", {}, false],
  ])("on %s with %s and %p opens: %p", async (platform, program, variables, isOpened) => {
    using folder = tempFolder();
    const report = folder.file("results.html");
    writeFileSync(report, "<p>report");
    mkdirSync(folder.file("bin"));
    const opener = folder.file("bin", program);
    writeFileSync(
      opener,
      `#!/bin/sh\necho "$1" > "${folder.file("part")}"\nmv "${folder.file("part")}" "${folder.file("opened")}"\n`,
    );
    chmodSync(opener, 0o755);
    const parts = { platform, variables: { ...variables, PATH: folder.file("bin") } };
    // The program itself needs no PATH of ours: /bin is where sh and mv are.
    const done = await run(folder, ["open", "results.html"], parts);
    expect(done).toEqual({ code: 0, stdout: "./results.html\n", stderr: "" });
    if (isOpened) {
      await until(() => existsSync(folder.file("opened")), { what: "the opener to have run" });
      expect(readFileSync(folder.file("opened"), "utf8")).toBe(`${report}\n`);
    } else {
      expect(existsSync(folder.file("opened"))).toBe(false);
    }
  });
});
