import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { oct, startOct, startProgram } from "../support/binary.ts";
import { query, resultsFolder, writeProject } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

const SUPPORT = path.resolve(import.meta.dir, "../support");
const CAPTURE = path.resolve(import.meta.dir, "../fixtures/oct-wire-capture.jsonl");
const PYTHON = "/usr/bin/python3";

interface Row {
  name: string;
  n: number;
}

describe("OCT protocol 1 at the HQ", () => {
  test("a stock turret works: orders it can parse, every result kept to the last digit", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { minTurrets: 2, runTimeS: 3 });
    await using turret = startProgram(
      [
        PYTHON,
        path.join(SUPPORT, "stock_turret.py"),
        `${project.publishPort}`,
        `${project.rcPort}`,
        CAPTURE,
      ],
      { cwd: folder.path },
    );
    const run = await oct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    const ended = await turret.finished();
    expect(ended.stderr).toBe("");
    expect(ended.stdout).toMatch(/set_transaction_context\nstart\nstop\nsent 97\n$/);
    expect(run.code).toBe(0);
    const database = path.join(resultsFolder(project), "results.sqlite");
    expect(
      query<Row>(database, "select turret_name as name, count(*) as n from result group by 1"),
    ).toEqual([{ name: "Noname", n: 97 }]);
    const first = query<{ scriptrun_time: number; elapsed: number; custom_timers: string }>(
      database,
      "select scriptrun_time, elapsed, custom_timers from result order by id limit 1",
    )[0];
    expect(first?.scriptrun_time).toBe(0.6574220657348633);
    expect(JSON.parse(first?.custom_timers as string)).toEqual({
      "first only": 0.010082483291625977,
      home: 0.4590270519256592,
      "login page": 0.18826079368591309,
    });
    expect(
      query<Row>(database, "select status as name, count(*) as n from turret group by 1"),
    ).toEqual([{ name: "Running", n: 2 }]);
  });

  test("nothing malformed stops a run: good results all count, bad ones are counted by kind", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { runTimeS: 3 });
    await using peer = startProgram(
      [
        PYTHON,
        path.join(SUPPORT, "hostile_peer.py"),
        `${project.publishPort}`,
        `${project.rcPort}`,
        "800",
      ],
      { cwd: folder.path },
    );
    const run = await oct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    await peer.finished();
    expect(peer.stdout()).toContain("good 800");
    expect(run.code).toBe(0);
    const results = resultsFolder(project);
    const database = path.join(results, "results.sqlite");
    expect(
      query<Row>(
        database,
        "select coalesce(error, '') as name, count(*) as n from result group by 1 order by 1",
      ),
    ).toEqual([
      { name: "", n: 400 },
      { name: "bad status 500", n: 400 },
    ]);
    expect(run.stdout).toMatch(/malformed/i);
    expect(readFileSync(path.join(results, "results.html"), "utf8")).toMatch(/malformed/i);
    const turrets = query<Row>(database, "select status as name, cannons as n from turret");
    expect(turrets).toEqual([{ name: "storm 19999", n: 250 }]);
  });
});

describe("oct turret --tar", () => {
  test("packs, serves an old HQ for two runs, and obeys kill with exit code 1", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop");
    const pack = await oct(["pack", "shop"], { cwd: folder.path });
    expect(pack.stdout).toContain("Added config.json");
    expect(pack.stdout).toContain("Added test_scripts/v_user.ts");
    expect(pack.stdout).toMatch(/Archive \S*navigation\.tar created/);
    expect(pack.stdout).toContain("=".repeat(41));
    expect(pack.code).toBe(0);
    const archive = path.join(project.directory, "navigation.tar");
    expect(existsSync(archive)).toBe(true);
    const empty = folder.file("empty");
    mkdirSync(empty);
    await using turret = startOct(["turret", "--tar", archive], { cwd: empty });
    await using hq = startProgram(
      [
        PYTHON,
        path.join(SUPPORT, "old_hq.py"),
        `${project.publishPort}`,
        `${project.rcPort}`,
        "1.5",
        "2",
      ],
      { cwd: folder.path },
    );
    const ended = await hq.finished();
    expect(ended.stderr).toBe("");
    const words = ended.stdout.match(/^status navigation \w+/gm)?.map((line) => line.split(" ")[2]);
    expect(words).toEqual(["ready", "Running", "ready", "Running", "ready", "Killed"]);
    const counts = [...ended.stdout.matchAll(/results (\d+) (.*)/g)];
    expect(counts.map((found) => Number(found[1]) > 0)).toEqual([true, true]);
    expect(counts[0]?.[2]).toBe(
      "[('custom_timers', 'elapsed', 'epoch', 'error', 'scriptrun_time', 'turret_name')]",
    );
    expect((await turret.finished()).code).toBe(1);
  });

  test("serves our own HQ beside a turret on the link", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop", { minTurrets: 2, runTimeS: 2 });
    expect((await oct(["pack", "shop"], { cwd: folder.path })).code).toBe(0);
    await using packed = startOct(
      ["turret", "--tar", path.join(project.directory, "navigation.tar")],
      {
        cwd: folder.path,
      },
    );
    await using linked = startOct(["turret", "--hq", `127.0.0.1:${project.linkPort}`], {
      cwd: folder.path,
    });
    const run = await oct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    expect(run.code).toBe(0);
    const database = path.join(resultsFolder(project), "results.sqlite");
    expect(query<Row>(database, "select name, count(*) as n from turret group by 1")).toEqual([
      { name: "navigation", n: 2 },
    ]);
    packed.signal("SIGINT");
    linked.signal("SIGINT");
    await packed.finished();
    await linked.finished();
  });

  test("a script that cannot load says Aborted with file and line", async () => {
    using folder = tempFolder();
    const project = writeProject(folder.path, "shop");
    expect((await oct(["pack", "shop"], { cwd: folder.path })).code).toBe(0);
    const config = JSON.parse(readFileSync(path.join(project.directory, "config.json"), "utf8"));
    const turretConfig = folder.file("turret.json");
    await Bun.write(folder.file("broken.ts"), "export const x = 1;\n");
    await Bun.write(
      turretConfig,
      JSON.stringify({
        ...config.turrets[0],
        script: "broken.ts",
        hq_address: "127.0.0.1",
        hq_publisher: project.publishPort,
        hq_rc: project.rcPort,
      }),
    );
    await using turret = startOct(["turret", "--config", turretConfig], { cwd: folder.path });
    await turret.sees(/Aborted.*broken\.ts|broken\.ts[\s\S]*Aborted/);
    turret.signal("SIGINT");
    const ended = await turret.finished();
    expect(`${ended.stdout}${ended.stderr}`).toContain("broken.ts");
  });
});
