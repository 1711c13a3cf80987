import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { oct } from "../support/binary.ts";
import { writeProject } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

const FIXTURES = path.resolve(import.meta.dir, "../fixtures");

describe("results of the old OCT", () => {
  test("report", async () => {
    using folder = tempFolder();
    copyFileSync(path.join(FIXTURES, "oct-results.sqlite"), folder.file("results.sqlite"));
    const report = await oct(["report", "results.sqlite"], { cwd: folder.path });
    expect(report.stderr).toBe("");
    expect(report.code).toBe(0);
    expect(report.stdout).toContain("transactions: 97");
    expect(report.stdout).toContain("errors: 17");
    expect(existsSync(folder.file("results.html"))).toBe(true);
  });

  test("convert to CSV, byte for byte as the old OCT did", async () => {
    using folder = tempFolder();
    const csv = await oct(["to-csv", path.join(FIXTURES, "oct-results.sqlite"), "out.csv"], {
      cwd: folder.path,
    });
    expect(csv.code).toBe(0);
    expect(readFileSync(folder.file("out.csv"), "utf8")).toBe(
      readFileSync(path.join(FIXTURES, "oct-results.csv"), "utf8"),
    );
  });

  test.each([
    ["the documentation's form", [".", "results.sqlite", "shop/config.json"]],
    ["the later form", [".", "shop/config.json", "-f", "results.sqlite"]],
    ["the configured database", [".", "shop/config.json"]],
  ])("rebuild in %s", async (_, args) => {
    using folder = tempFolder();
    writeProject(folder.path, "shop");
    copyFileSync(path.join(FIXTURES, "oct-results.sqlite"), folder.file("results.sqlite"));
    const rebuilt = await oct(["rebuild", ...args], { cwd: folder.path });
    expect(rebuilt.stderr).toBe("");
    expect(rebuilt.code).toBe(0);
    expect(existsSync(folder.file("results.html"))).toBe(true);
  });
});

describe("hostile results", () => {
  test.each([
    ["not a database", "hello"],
    ["empty", ""],
    ["a database's first bytes", "SQLite format 3\0"],
  ])("%s is an error with the file's name", async (_, content) => {
    using folder = tempFolder();
    writeFileSync(folder.file("bad.sqlite"), content);
    const report = await oct(["report", "bad.sqlite"], { cwd: folder.path });
    expect(report.code).toBe(1);
    expect(report.stderr).toContain("bad.sqlite");
    expect(report.stderr).not.toContain("bug");
  });
});
