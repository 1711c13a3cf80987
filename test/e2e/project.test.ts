// oct new, from the compiled binary: a project that fires at once, and projects from archives.

import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { freePorts, oct } from "../support/binary.ts";
import { LEAST, writeFiles } from "../support/config-file.ts";
import { type RawMember, rawTar } from "../support/pack-tools.ts";
import { query } from "../support/project.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

function tar(folder: TempFolder, ...args: readonly string[]): void {
  const made = Bun.spawnSync(["tar", ...args], {
    cwd: folder.path,
    env: { PATH: "/usr/bin:/bin" },
  });
  expect(made.stderr.toString()).toBe("");
}

describe("oct new", () => {
  test("makes a project that fires at once", async () => {
    using folder = tempFolder();
    const made = await oct(["new", "shop"], { cwd: folder.path });
    expect(made.stdout).toBe("created ./shop\nnext: oct run shop --local\n");
    expect(made.code).toBe(0);
    expect(readdirSync(folder.path)).toEqual(["shop"]);
    const [link, publish, rc] = freePorts(3);
    const ports = [`link_port=${link}`, `publish_port=${publish}`, `rc_port=${rc}`];
    const sets = ["run_time=1", ...ports].flatMap((each) => ["--set", each]);
    const run = await oct(["run", "shop", "--local", "-o", "out", ...sets], { cwd: folder.path });
    expect(run.stderr).toBe("");
    expect(run.stdout).not.toContain("WARNING");
    expect(run.code).toBe(0);
    const counted = query<{ n: number }>(
      folder.file("out/results.sqlite"),
      "select count(*) as n from result where error = ''",
    );
    expect(counted[0]?.n).toBeGreaterThan(0);
    expect(readFileSync(folder.file("out/results.html"), "utf8")).toContain("<html");
  });

  test("takes new-project as its long name, and folders that are not there yet", async () => {
    using folder = tempFolder();
    const made = await oct(["new-project", "a/b/shop"], { cwd: folder.path });
    expect(made.code).toBe(0);
    expect(readdirSync(folder.file("a/b"))).toEqual(["shop"]);
    expect(readFileSync(folder.file("a/b/shop/config.json"), "utf8")).toContain("navigation");
  });

  test("refuses what is there, and leaves it alone", async () => {
    using folder = tempFolder();
    writeFiles(folder.path, { "shop/mine": "keep" });
    const made = await oct(["new", "shop"], { cwd: folder.path });
    expect(made.stderr).toContain("Project shop already exists");
    expect(made.code).toBe(1);
    expect(readdirSync(folder.file("shop"))).toEqual(["mine"]);
    expect(readdirSync(folder.path)).toEqual(["shop"]);
  });
});

describe("oct new -t", () => {
  test("takes archives of a project, flat and with one root folder, tar and tar.gz", async () => {
    using folder = tempFolder();
    await oct(["new", "origin"], { cwd: folder.path });
    writeFiles(folder.path, { "origin/mine.txt": "mine" });
    tar(
      folder,
      "-C",
      "origin",
      "-cf",
      "flat.tar",
      "config.json",
      "templates",
      "test_scripts",
      "mine.txt",
    );
    tar(folder, "-C", "origin", "-czf", "dot.tar.gz", ".");
    tar(folder, "-cf", "root.tar", "origin");
    tar(folder, "-czf", "root.tgz", "origin");
    for (const archive of ["flat.tar", "dot.tar.gz", "root.tar", "root.tgz"]) {
      const name = `from-${archive}`;
      const made = await oct(["new", name, "-t", archive], { cwd: folder.path });
      expect(made.stderr).toBe("");
      expect(made.code).toBe(0);
      expect(readFileSync(folder.file(name, "mine.txt"), "utf8")).toBe("mine");
      const packed = await oct(["pack", name], { cwd: folder.path });
      expect(packed.code).toBe(0);
      expect(readdirSync(folder.file(name))).toContain("navigation.tar");
    }
  });

  const WHOLE: readonly RawMember[] = [
    { name: "config.json", body: JSON.stringify(LEAST) },
    { name: "test_scripts/v_user.ts" },
    { name: "templates/report.html" },
  ];

  test.each<[string, Uint8Array, readonly string[]]>([
    [
      "lacks members",
      rawTar([{ name: "templates/x" }]),
      [
        "Required file config.json not in archive",
        "Required file test_scripts not in archive",
        "Required file templates/report.html not in archive",
      ],
    ],
    ["is no archive", Buffer.from("hello"), ["it is not a whole tar or tar.gz"]],
    ["is cut", rawTar(WHOLE).subarray(0, 1024), ["it is not a whole tar or tar.gz"]],
    ["climbs", rawTar([...WHOLE, { name: "../../escaped" }]), ["leaves the folder"]],
    ["is absolute", rawTar([...WHOLE, { name: "/tmp/oct-escaped" }]), ["leaves the folder"]],
    ["links", rawTar([...WHOLE, { name: "l", type: "2", linkName: "/" }]), ["is a symlink"]],
  ])("refuses an archive that %s, in clear lines, and makes nothing", async (_, bytes, lines) => {
    using folder = tempFolder();
    mkdirSync(folder.file("in"));
    await Bun.write(folder.file("t.tar"), bytes);
    const made = await oct(["new", "shop", "-t", "../t.tar"], { cwd: folder.file("in") });
    for (const line of lines) expect(made.stderr).toContain(line);
    expect(made.stderr).toContain("t.tar");
    expect(made.stderr).not.toContain("oct: bug");
    expect(made.code).toBe(1);
    expect(readdirSync(folder.file("in"))).toEqual([]);
    expect(readdirSync(folder.path).sort()).toEqual(["in", "t.tar"]);
  });

  test("says when there is no such archive", async () => {
    using folder = tempFolder();
    const made = await oct(["new", "shop", "-t", "nowhere.tar"], { cwd: folder.path });
    expect(made.stderr).toContain("the template does not exist");
    expect(made.code).toBe(1);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("a wrong config.json", () => {
  test("stops run and pack with all its mistakes and their places, code 2", async () => {
    using folder = tempFolder();
    writeFiles(folder.path, {
      "shop/config.json": [
        "{",
        '  "run_time": "soon", // wrong',
        '  "results_ts_interval": 0,',
        '  "progress_bar": true,',
        '  "turrets": []',
        "}",
      ].join("\n"),
    });
    for (const command of ["run", "pack"]) {
      const ended = await oct([command, "shop"], { cwd: folder.path });
      expect(ended.stderr).toContain("3 mistakes in the configuration");
      expect(ended.stderr).toContain(
        "OctConfigurationError: Error: the required configuration key testing is not define",
      );
      expect(ended.stderr).toContain(
        'config.json:2:15: run_time is not a duration\n      "run_time": "soon", // wrong\n                  ^',
      );
      expect(ended.stderr).toContain("config.json:3:26: results_ts_interval must be from 1");
      expect(ended.code).toBe(2);
    }
    expect(readdirSync(folder.file("shop"))).toEqual(["config.json"]);
  });
});
