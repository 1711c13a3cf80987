import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { oct, startOct } from "../support/binary.ts";
import {
  HTTP_SCRIPT,
  query,
  resultsFolder,
  targetServer,
  writeProject,
} from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

interface Count {
  n: number;
}

describe("oct run --local", () => {
  test("a new project works at once", async () => {
    using folder = tempFolder();
    expect((await oct(["new", "shop"], { cwd: folder.path })).code).toBe(0);
    const run = await oct(["run", "shop", "--local", "--set", "run_time=2"], { cwd: folder.path });
    expect(run.stderr).toBe("");
    expect(run.stdout).toContain("done.");
    expect(run.code).toBe(0);
    const report = /created: (\S+results\.html)/.exec(run.stdout)?.[1];
    expect(existsSync(path.join(folder.path, report as string))).toBe(true);
  });

  test("fires at a real server, and server, database and terminal count the same", async () => {
    using folder = tempFolder();
    using server = targetServer();
    const project = writeProject(folder.path, "shop", {
      script: HTTP_SCRIPT,
      turrets: [
        { name: "a", cannons: 3, rampup: 0, script: "test_scripts/v_user.ts", target: server.url },
        { name: "b", cannons: 2, rampup: 1, script: "test_scripts/v_user.ts", target: server.url },
      ],
      minTurrets: 2,
    });
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
    expect(run.code).toBe(0);
    const results = resultsFolder(project);
    const database = path.join(results, "results.sqlite");
    const rows = query<Count>(database, "select count(*) as n from result")[0]?.n as number;
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBe(server.hits());
    expect(query<Count>(database, "select count(*) as n from result where error <> ''")[0]?.n).toBe(
      0,
    );
    expect(
      query<{ name: string }>(
        database,
        "select distinct turret_name as name from result order by 1",
      ),
    ).toEqual([{ name: "a" }, { name: "b" }]);
    expect(run.stdout).toContain(`transactions: ${rows}`);
    expect(run.stdout).toMatch(/sent = received = journaled = counted/);
    expect(existsSync(path.join(results, "journal"))).toBe(false);
    expect(readFileSync(path.join(results, "results.html"), "utf8")).toContain("home");
  });

  test("errors of the script are data: the run ends with 0 and counts them", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", {
      script: `import { sleep, Transaction } from "oct";
export class T extends Transaction {
  async run() { await sleep(0.01); throw new Error("bad status <500>"); }
}
`,
      runTimeS: 1,
    });
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
    expect(run.code).toBe(0);
    const results = resultsFolder(project);
    const rows = query<Count>(
      path.join(results, "results.sqlite"),
      "select count(*) as n from result where error = 'bad status <500>'",
    );
    expect(rows[0]?.n).toBeGreaterThan(0);
    const html = readFileSync(path.join(results, "results.html"), "utf8");
    expect(html).toContain("bad status &lt;500&gt;");
    expect(html).not.toContain("bad status <500>");
  });

  test("a script that cannot load is named with file and line, and the run does not start", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", {
      script: `import { Transaction } from "oct";\n\nconst x = = 1;\n`,
    });
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path });
    expect(`${run.stdout}${run.stderr}`).toMatch(/v_user\.ts:3/);
    expect(run.code).not.toBe(0);
  });

  test("Ctrl-C once stops cleanly with a report and code 0", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { runTimeS: 600 });
    await using run = startOct(["run", "shop", "--local"], { cwd: folder.path });
    await run.sees("transactions:");
    run.signal("SIGINT");
    const ended = await run.finished();
    expect(ended.stdout).toContain("Stopping test");
    expect(ended.stdout).toContain("done.");
    expect(ended.code).toBe(0);
    expect(existsSync(path.join(resultsFolder(project), "results.html"))).toBe(true);
  });

  test("values and secrets reach the script, and secrets reach nothing else", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", {
      script: `import { sleep, Transaction } from "oct";
export class T extends Transaction {
  async run() {
    await sleep(0.01);
    if (process.env.GREETING !== "hello") throw new Error("no greeting");
    throw new Error("key was " + process.env.API_KEY);
  }
}
`,
      runTimeS: 1,
    });
    const run = await oct(
      [
        "run",
        "shop",
        "--local",
        "-e",
        "GREETING=hello",
        "-e",
        "API_KEY=hunter2hunter2",
        "--secret",
        "API_KEY",
      ],
      { cwd: folder.path },
    );
    expect(run.code).toBe(0);
    const results = resultsFolder(project);
    const errors = query<{ error: string }>(
      path.join(results, "results.sqlite"),
      "select distinct error from result",
    );
    expect(errors).toEqual([{ error: "key was ***" }]);
    for (const file of ["results.sqlite", "results.html", "config.json"]) {
      expect(readFileSync(path.join(results, file)).includes("hunter2hunter2")).toBe(false);
    }
    expect(run.stdout).not.toContain("hunter2hunter2");
  });
});
