// Thresholds from the compiled binary: exit codes, the words at the end, and what is kept. Runs are so
// short that the rules about the generator have too few samples to say anything of a busy machine.

import { describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { freePorts, oct, startOct } from "../support/binary.ts";
import { query, resultsFolder, targetServer, writeProject } from "../support/project.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const SCRIPT = `import { sleep, Transaction } from "oct";

let made = 0;

export class Shop extends Transaction {
  async run() {
    made++;
    await sleep(this.config.pause ?? 0);
    await this.timer("a: p95", () => {});
    await this.timer("<b>tea</b>", () => {});
    this.check("logged in", made % 4 !== 0);
    this.count("logins");
    if (made % 4 === 0) throw new Error("every fourth");
  }
}
`;

const asked = (...texts: string[]) => texts.flatMap((text) => ["--threshold", text]);

async function fired(folder: TempFolder, texts: readonly string[], more: readonly string[] = []) {
  writeFileSync(folder.file("shop.ts"), SCRIPT);
  const args = ["fire", "shop.ts", "-u", "1", "-n", "40", "--threads", "1"];
  return await oct([...args, ...asked(...texts), ...more], { cwd: folder.path });
}

describe("the exit code of oct fire", () => {
  test("is 0 where all hold, of every kind of threshold", async () => {
    using folder = tempFolder();
    const run = await fired(folder, [
      "p95 < 60s",
      "median < 60s",
      '"a: p95": max < 60s',
      "<b>tea</b>: mean < 60s",
      "errors <= 25%",
      "errors = 10",
      "rate > 1/h",
      "count = 40",
      "check logged in = 75%",
      "count of logins = 40",
    ]);
    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(/^all 10 thresholds hold$/m);
    expect(run.stdout).toContain("✓ holds   errors <= 25%");
    expect(run.code).toBe(0);
  });

  test("is 99 where one failed, and the last lines say which and why", async () => {
    using folder = tempFolder();
    const run = await fired(folder, ["errors < 25%", "count >= 40", "check logged out > 1%"]);
    expect(run.code).toBe(99);
    expect(run.stderr).toBe("");
    expect(run.stdout.trimEnd().split("\n").slice(-3)).toEqual([
      "2 of 3 thresholds failed:",
      "  errors < 25%: 25.0 %",
      "  check logged out > 1%: not measured: there was no such check; did you mean logged in?",
    ]);
    expect(run.stdout).toContain("✗ FAILED  errors < 25%");
    expect(run.stdout).toContain("✓ holds   count >= 40");
  });

  test("is 0 without thresholds, though transactions failed", async () => {
    using folder = tempFolder();
    const run = await fired(folder, []);
    expect([run.code, run.stdout.includes("threshold")]).toEqual([0, false]);
  });

  test.each([
    [["p95 < 500"], "a duration needs its unit", "    p95 < 500\n             ^"],
    [["errors < 1%", "rat > 5/s"], '"rat" is nothing that is measured', "    rat > 5/s\n    ^"],
    [["\u001b[31m\u202e < 1s"], '" [31m " is nothing that is measured', ""],
    [["x".repeat(100_000)], "a threshold has at most 1000 characters", ""],
    [Array(201).fill("p95 < 1s"), "a run has at most 200 thresholds, not 201", ""],
  ])(
    "is 2 for what is no threshold, before anything is fired: %#",
    async (texts, reason, caret) => {
      using folder = tempFolder();
      const run = await fired(folder, texts);
      expect(run.code).toBe(2);
      expect(run.stderr).toContain(`oct: error: ${reason}`);
      expect(run.stderr).toContain(caret);
      expect(run.stderr).not.toMatch(/[\u001b\u202e]/);
      expect(run.stdout).not.toContain("seed");
    },
  );
});

describe("a threshold that may end the run", () => {
  test("ends it early, in one sentence in terminal, database and report", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const args = ["fire", `${server.url}/`, "-u", "1", "-d", "10m", "--threads", "1", "-o", "out"];
    const ended = await oct([...args, ...asked("p95 > 60s, abort", "count >= 1")], {
      cwd: folder.path,
    });
    const database = folder.file("out/results.sqlite");
    const said = /^(threshold failed: p95 > 60s: .* ms, service time): the run ends$/m;
    const sentence = said.exec(ended.stdout)?.[1];
    expect(sentence).toBeDefined();
    expect(ended.stdout).toContain("p95 > 60s (ends the run when it fails)");
    const [closed] = query<{ value: string }>(
      database,
      "select value from oct_run where key = 'closed'",
    );
    expect(JSON.parse(closed?.value ?? "{}").reason).toBe(sentence);
    const events = query<{ text: string }>(database, "select text from oct_event");
    expect(events.map(({ text }) => text)).toContain(`stop: ${sentence}`);
    expect(ended.stdout).toMatch(/^1 of 2 thresholds failed: p95 > 60s: .*it ended the run$/m);
    expect([99, 5]).toContain(ended.code);
    const report = await oct(["report", "out"], { cwd: folder.path });
    expect(report.code).toBe(0);
    expect(report.stdout).toMatch(/✗ FAILED +p95 > 60s .*it ended the run/);
  }, 60_000);
});

describe("thresholds of a project", () => {
  const more = (thresholds: unknown) => ({ script: SCRIPT, more: { thresholds } });
  const turrets = [
    { name: "one", cannons: 1, threads: 1, iterations: 40, script: "test_scripts/v_user.ts" },
  ];

  test("are judged with those of the option, and kept for reports made later", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { ...more(["errors <= 25%"]), turrets });
    const run = await oct(["run", "shop", "--local", ...asked("count > 40", "count >= 40")], {
      cwd: folder.path,
    });
    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(/^1 of 3 thresholds failed: count > 40: 40$/m);
    expect(run.code).toBe(99);
    const results = resultsFolder(project);
    const kept = JSON.parse(readFileSync(path.join(results, "config.json"), "utf8"));
    expect(kept.thresholds).toEqual(["errors <= 25%", "count > 40", "count >= 40"]);
    rmSync(path.join(results, "results.html"));
    const report = await oct(["report", results], { cwd: folder.path });
    expect(report.code).toBe(0);
    expect(report.stdout).toContain("1 of 3 thresholds failed");
    const html = readFileSync(path.join(results, "results.html"), "utf8");
    expect(html).toContain('<section id="thresholds"');
    expect(html).toContain("count &gt; 40");
  });

  test("are judged without a report, too", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", { ...more(["count = 40"]), turrets });
    const run = await oct(["run", "shop", "--local", "--no-results"], { cwd: folder.path });
    expect(run.stdout).toMatch(/^the threshold holds$/m);
    expect(run.code).toBe(0);
  });

  test("pass on a VALID run only: 5 where the generator dropped what was planned", async () => {
    using folder = tempFolder();
    const flooded = { rate: 200, max_queue: 1, cannons: 1, threads: 1, pause: 0.2 };
    writeProject(folder.path, "shop", {
      script: SCRIPT,
      runTimeS: 1,
      turrets: [{ name: "one", script: "test_scripts/v_user.ts", ...flooded }],
      more: { thresholds: ["count >= 1"] },
    });
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
    expect(run.stdout).toMatch(/^GENERATOR-LIMITED /m);
    const told =
      "the threshold holds; thresholds pass only on a VALID run, and this one is GENERATOR-LIMITED";
    expect(run.stdout).toContain(`✓ holds   count >= 1`);
    expect(run.stdout.split("\n")).toContain(told);
    expect(run.code).toBe(5);
  });

  test("are told in the plan, and mistakes in them with their place", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", { ...more(["errors < 1%, abort after 10s"]), turrets });
    const plan = await oct(["run", "shop", "--plan", ...asked("p95 < 1s")], { cwd: folder.path });
    expect(plan.stdout).toContain(
      "thresholds:\n  errors < 1% (ends the run when it fails after 10.00 s)\n  p95 < 1s\n",
    );
    writeProject(folder.path, "wrong", { ...more(["p95 < 1s", "Login p95 < 1s"]), turrets });
    const wrong = await oct(["run", "wrong", "--local"], { cwd: folder.path });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /config\.json:\d+:11: a colon stands between a timer and its measure/,
    );
    expect(wrong.stderr).toContain('did you mean "Login: p95"?');
  });

  test("are judged over turrets that joined from elsewhere", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("shop.ts"), SCRIPT);
    const [port] = freePorts(1);
    await using turret = startOct(["turret", "--hq", `127.0.0.1:${port}`, "--threads", "1"], {
      cwd: folder.path,
    });
    const args = ["fire", "shop.ts", "--agents", "1", "--listen", `127.0.0.1:${port}`];
    const run = await oct(
      [...args, "-u", "1", "-n", "40", ...asked("errors < 25%", "count = 40")],
      {
        cwd: folder.path,
      },
    );
    expect(run.stdout).toMatch(/^1 of 2 thresholds failed: errors < 25%: 25\.0 %$/m);
    expect(run.code).toBe(99);
    turret.signal("SIGINT");
  });
});
