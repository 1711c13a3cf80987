// The options of oct run, from the compiled binary: where results go, and what cannot be written.

import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { oct } from "../support/binary.ts";
import { query, resultsFolder, writeProject } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

const COUNT = "select count(*) as n from result";

describe("oct run, where results go", () => {
  test("testing: true writes the database to the system's temp folder too", async () => {
    using folder = tempFolder();
    const temp = path.join(folder.path, "tmp");
    mkdirSync(temp);
    const project = writeProject(folder.path, "shop", { runTimeS: 1, more: { testing: true } });
    const run = await oct(["run", "shop", "--local"], {
      cwd: folder.path,
      env: { TMPDIR: temp },
    });
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(path.join(temp, "results.sqlite"));
    const own = path.join(resultsFolder(project), "results.sqlite");
    const rows = query<{ n: number }>(path.join(temp, "results.sqlite"), COUNT);
    expect(rows).toEqual(query<{ n: number }>(own, COUNT));
    expect(rows[0]?.n).toBeGreaterThan(0);
  });

  test("db_uri names a file of the project; rebuild finds it when the folder has no database", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", {
      runTimeS: 1,
      more: { results_database: { db_uri: "sqlite:///all.sqlite" } },
    });
    const run = await oct(["run", "shop", "--local", "-o", "out"], { cwd: folder.path });
    expect(run.code).toBe(0);
    expect(query<{ n: number }>(path.join(project.directory, "all.sqlite"), COUNT)[0]?.n).toBe(
      query<{ n: number }>(path.join(folder.path, "out/results.sqlite"), COUNT)[0]?.n as number,
    );
    mkdirSync(path.join(folder.path, "old"));
    const again = await oct(["rebuild", "old", "shop/config.json"], { cwd: folder.path });
    expect(again.stderr).toBe("");
    expect(again.code).toBe(0);
    expect(existsSync(path.join(folder.path, "old/results.html"))).toBe(true);
  });

  test("-d says where projects are, -r where results go, --no-results leaves the report out", async () => {
    using folder = tempFolder();
    writeProject(path.join(folder.path, "projects"), "shop", { runTimeS: 1 });
    const args = ["run", "shop", "--local", "-d", "projects", "-r", "kept", "--no-results"];
    const run = await oct(args, { cwd: folder.path });
    expect(run.code).toBe(0);
    const [name = ""] = readdirSync(path.join(folder.path, "kept"));
    expect(name).toMatch(/^results_\d{4}\.\d\d\.\d\d_\d\d\.\d\d\.\d\d_\d{6}$/);
    const files = readdirSync(path.join(folder.path, "kept", name)).sort();
    expect(files).toEqual(["config.json", "results.sqlite", "summary.json"]);
    const made = await oct(["report", `kept/${name}`], { cwd: folder.path });
    expect(made.code).toBe(0);
    expect(existsSync(path.join(folder.path, "kept", name, "results.html"))).toBe(true);
  });

  test("an output folder that exists is not written into", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", { runTimeS: 1 });
    mkdirSync(path.join(folder.path, "out"));
    writeFileSync(path.join(folder.path, "out/mine.txt"), "mine");
    const run = await oct(["run", "shop", "--local", "-o", "out"], { cwd: folder.path });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain("Can not create output directory");
    expect(readdirSync(path.join(folder.path, "out"))).toEqual(["mine.txt"]);
  });

  test("a folder that cannot be written is one clear line", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", { runTimeS: 1 });
    const closed = path.join(folder.path, "closed");
    writeFileSync(closed, "a file where a folder should be");
    const run = await oct(["run", "shop", "--local", "-r", "closed"], { cwd: folder.path });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("Can not create output directory");
    expect(run.stderr).not.toContain("at ");
  });

  test("a disk that fills ends the run with one clear line and leaves what was written", async () => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", { runTimeS: 60 });
    // A limit on the size of files is the one way to fill "the disk" without a disk.
    const limited = path.join(folder.path, "limited.sh");
    writeFileSync(limited, `#!/bin/bash\ntrap '' XFSZ\nulimit -f 64\nexec "$@"\n`);
    chmodSync(limited, 0o755);
    const { BINARY, startProgram } = await import("../support/binary.ts");
    await using run = startProgram([limited, BINARY, "run", "shop", "--local", "-o", "out"], {
      cwd: folder.path,
    });
    const ended = await run.finished();
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/file|disk/);
    expect(ended.stderr).toContain("out/journal");
    expect(existsSync(path.join(folder.path, "out/results.sqlite"))).toBe(false);
  });
});

describe("oct run, values", () => {
  test("-e NAME takes the environment's value, --set reaches config and a turret's own keys", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", {
      runTimeS: 5,
      script: `import { sleep, Transaction } from "oct";
export class T extends Transaction {
  async run() {
    await sleep(0.02);
    await this.timer(\`\${process.env.WHO} \${this.config.colour}\`, () => sleep(0.01));
  }
}
`,
    });
    const args = ["run", "shop", "--local", "-e", "WHO", "--set", "run_time=1"];
    args.push("--set", "turrets.0.colour=blue");
    const run = await oct(args, { cwd: folder.path, env: { WHO: "somebody" } });
    expect(run.stderr).toBe("");
    expect(run.code).toBe(0);
    const results = resultsFolder(project);
    const names = query<{ name: string }>(
      path.join(results, "results.sqlite"),
      "select name from oct_name where kind = 0 and name <> ''",
    );
    expect(names).toEqual([{ name: "somebody blue" }]);
    const kept = JSON.parse(readFileSync(path.join(results, "config.json"), "utf8"));
    expect(kept.run_time).toBe(1);
  });

  test.each([
    [["-e", "NO_SUCH_NAME"], "no such environment variable"],
    [["-e", "1=2"], "-e takes NAME=VALUE"],
    [["--set", "nonsense"], "--set"],
    [["--seed", "-1"], "--seed takes a whole number"],
    [["--wait", "soon"], "--wait takes a duration"],
  ])("%p is refused with the reason", async (args, reason) => {
    using folder = tempFolder();
    writeProject(folder.path, "shop", { runTimeS: 1 });
    const run = await oct(["run", "shop", "--local", ...args], { cwd: folder.path });
    expect(run.code).toBe(2);
    expect(run.stderr).toContain(reason);
    expect(existsSync(path.join(folder.path, "shop/results"))).toBe(false);
  });
});
