// Runs against a real server, compared through the binary.

import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type Finished, oct } from "../support/binary.ts";
import { writeOldDatabase } from "../support/old-database.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

function server(): Disposable & { readonly url: string } {
  const made = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("ok") });
  return { url: made.url.href, [Symbol.dispose]: () => void made.stop(true) };
}

function fire(
  folder: TempFolder,
  url: string,
  output: string,
  ...more: string[]
): Promise<Finished> {
  const args = ["fire", url, "--rate", "50", "-d", "9s", "-o", output, ...more];
  return oct(args, { cwd: folder.path });
}

describe("oct compare", () => {
  test("holds two fired runs against each other, refuses another plan, and lists both", async () => {
    using folder = tempFolder();
    using target = server();
    const runs = await Promise.all([
      fire(folder, target.url, "results/base"),
      fire(folder, target.url, "results/new"),
      fire(folder, target.url, "results/other", "--poisson"),
    ]);
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const cwd = { cwd: folder.path };

    // A busy machine may have limited the generator, which --force lets pass.
    const args = ["compare", "results/base", "results/new", "--force"];
    const compared = await oct([...args, "--json", "c.json", "--html", "c.html"], cwd);
    expect(compared.stderr).toBe("");
    expect(compared.code).toBe(0);
    expect(compared.stdout).toContain("All, response time  450 and 450 values");
    const json = JSON.parse(readFileSync(folder.file("c.json"), "utf8"));
    expect(json.timers[0].figures.rate).toMatchObject({ word: "same", unit: "1/s" });
    expect(json.timers[0].figures.errors.word).toBe("cannot tell");
    expect(readFileSync(folder.file("c.html"), "utf8")).toStartWith("<!doctype html>");

    const refused = await oct(["compare", "results/base", "results/other"], cwd);
    expect([1, 5]).toContain(refused.code);
    expect(refused.stderr).toContain("turrets.0.spacing: none, and poisson");
    expect(refused.stdout).toBe("");

    const listed = await oct(["runs"], cwd);
    expect(listed.code).toBe(0);
    expect(listed.stdout.match(/ 450 /g)?.length).toBeGreaterThanOrEqual(2);
    const opened = await oct(["open"], cwd);
    expect(opened.stdout).toMatch(/^\.\/results\/(base|new|other)\/results\.html\n$/);

    const report = await oct(
      ["report", "results/new", "--baseline", "results/base", "--force"],
      cwd,
    );
    expect(report.code).toBe(0);
    expect(readFileSync(folder.file("results/new/results.html"), "utf8")).toContain(
      '<section id="compare"',
    );
  }, 60_000);

  test("exits with 99 where --fail-on finds what it names", async () => {
    using folder = tempFolder();
    writeOldDatabase({ file: folder.file("base.sqlite"), seed: 1 });
    writeOldDatabase({ file: folder.file("slow.sqlite"), seed: 2, slowness: 1.4 });
    const compare = (...more: string[]) =>
      oct(["compare", "base.sqlite", "slow.sqlite", ...more], { cwd: folder.path });
    expect((await compare()).code).toBe(0);
    expect((await compare("--fail-on", "errors")).code).toBe(0);
    const failed = await compare("--fail-on", "slower");
    expect(failed.code).toBe(99);
    expect(failed.stdout).toMatch(/^SLOWER {2}All transactions \(50 %, 95 %/m);
    expect(failed.stdout).toEndWith("failed: --fail-on slower\n");
  });
});

describe("oct noise", () => {
  test("fires the same several times and says the floor", async () => {
    using folder = tempFolder();
    using target = server();
    const args = ["noise", target.url, "--rate", "100", "-d", "2s", "--repeat", "3"];
    const done = await oct([...args, "--json", "noise.json"], { cwd: folder.path });
    expect(done.stderr).toBe("");
    expect(done.code).toBe(0);
    expect(done.stdout.match(/^run \d: 200 transactions in /gm)).toHaveLength(3);
    expect(done.stdout).toMatch(/^floor of this machine: [\d.]+ % \(oct compare BASE NEW/m);
    const json = JSON.parse(readFileSync(folder.file("noise.json"), "utf8"));
    expect(json).toMatchObject({ format: "oct noise", runs: 3, pairs: 3 });
    expect(json.timers[0].figures[1].least).toBeLessThanOrEqual(json.timers[0].figures[1].most);
  }, 60_000);

  test("takes two runs or more", async () => {
    using folder = tempFolder();
    const done = await oct(["noise", "http://127.0.0.1:1/", "--repeat", "1"], { cwd: folder.path });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("--repeat takes 2 or more");
  });
});

describe("oct open", () => {
  test("starts the system's opener", async () => {
    using folder = tempFolder();
    mkdirSync(folder.file("bin"));
    writeFileSync(folder.file("results.html"), "<p>report");
    const opener = folder.file("bin/xdg-open");
    writeFileSync(opener, '#!/bin/sh\necho "$1" > part && mv part opened\n');
    chmodSync(opener, 0o755);
    const done = await oct(["open", "results.html"], {
      cwd: folder.path,
      env: { DISPLAY: ":0", PATH: `${folder.file("bin")}:/usr/bin:/bin` },
    });
    expect(done).toEqual({ code: 0, stdout: "./results.html\n", stderr: "" });
    await until(() => existsSync(folder.file("opened")), { what: "the opener to have run" });
    expect(readFileSync(folder.file("opened"), "utf8")).toBe(`${folder.file("results.html")}\n`);
  });
});

describe("oct docs compare", () => {
  test("prints the guide", async () => {
    using folder = tempFolder();
    const done = await oct(["docs", "compare"], { cwd: folder.path });
    expect(done.code).toBe(0);
    expect(done.stdout).toStartWith("# Comparing runs");
  });
});
