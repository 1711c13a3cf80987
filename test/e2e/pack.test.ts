// oct pack and what becomes of its archives, from the compiled binary.

import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { oct, startOct } from "../support/binary.ts";
import { LEAST, TURRET, writeFiles } from "../support/config-file.ts";
import { serveRegistry } from "../support/npm-registry.ts";
import { type RawMember, rawTar } from "../support/pack-tools.ts";
import { query, resultsFolder, SLEEP_SCRIPT, writeProject } from "../support/project.ts";
import { tempFolder } from "../support/temp.ts";

const LINE = "=".repeat(41);
const WARNINGS = ["hq_address", "publish_port", "rc_port"].map(
  (key) => `WARNING: ${key} configuration key not present, the value will be set to default value`,
);

function listed(archive: string): string[] {
  const made = Bun.spawnSync(["tar", "tf", archive], { env: { PATH: "/usr/bin:/bin" } });
  expect(made.stderr.toString()).toBe("");
  return made.stdout.toString().trim().split("\n");
}

describe("oct pack", () => {
  test("prints OCT's lines and writes the same archives each time", async () => {
    using folder = tempFolder();
    writeFiles(folder.path, {
      "shop/config.json": JSON.stringify({
        ...LEAST,
        turrets: [TURRET, { ...TURRET, name: "random", extra_files: ["templates"] }],
      }),
      "shop/test_scripts/v_user.ts": SLEEP_SCRIPT,
      "shop/templates/css/style.css": "p {}",
    });
    const cwd = folder.file("shop");
    const packed = await oct(["pack-turrets", "."], { cwd });
    expect(packed.stderr).toBe("");
    expect(packed.stdout.split("\n")).toEqual([
      ...WARNINGS,
      "Added config.json",
      "Added test_scripts/v_user.ts",
      "Archive ./navigation.tar created",
      LINE,
      "Added config.json",
      "Added templates",
      "Added templates/css",
      "Added templates/css/style.css",
      "Added test_scripts/v_user.ts",
      "Archive ./random.tar created",
      LINE,
      "",
    ]);
    const first = readFileSync(path.join(cwd, "random.tar"));
    expect(listed(path.join(cwd, "random.tar"))).toEqual([
      "config.json",
      "templates/",
      "templates/css/",
      "templates/css/style.css",
      "test_scripts/v_user.ts",
    ]);
    const again = await oct(["pack", "shop"], { cwd: folder.path, env: { NODE_ENV: "staging" } });
    expect(again.stdout).toContain("Archive ./shop/random.tar created");
    expect(readFileSync(path.join(cwd, "random.tar")).equals(first)).toBe(true);
  });

  test("--python makes archives that a stock turret loads; --config-file names another", async () => {
    using folder = tempFolder();
    writeFiles(folder.path, {
      "shop/other.json": JSON.stringify({
        ...LEAST,
        hq_address: "10.0.0.1",
        turrets_requirements: ["requests"],
        turrets: [{ ...TURRET, script: "test_scripts/v_user.py" }],
      }),
      "shop/test_scripts/v_user.py": "class Transaction(object):\n    pass\n",
    });
    const args = ["pack", "shop", "--python", "--config-file", "shop/other.json"];
    const packed = await oct(args, { cwd: folder.path });
    expect(packed.stderr).toBe("");
    expect(packed.code).toBe(0);
    const archive = folder.file("shop/navigation.tar");
    expect(listed(archive)).toEqual(["setup.py", "config.json", "test_scripts/v_user.py"]);
    const program = [
      "import json, sys, tarfile",
      "tar = tarfile.open(sys.argv[1])",
      "config = json.load(tar.extractfile('config.json'))",
      "print(config['hq_address'], config['hq_rc'], tar.extractfile('setup.py').read().decode())",
    ];
    const said = Bun.spawnSync(["/usr/bin/python3", "-c", program.join("\n"), archive]);
    expect(said.stderr.toString()).toBe("");
    expect(said.stdout.toString()).toContain("10.0.0.1 5001");
    expect(said.stdout.toString()).toContain('install_requires=["requests", "oct-turrets"]');
  });

  test("bundles npm packages that it installs itself, and they fire", async () => {
    using folder = tempFolder();
    await using registry = await serveRegistry([
      { name: "plain-words", version: "1.0.0", files: { "index.js": "exports.word = 'plain';" } },
      {
        name: "loose-words",
        version: "1.0.0",
        manifest: { dependencies: { "plain-words": "1.0.0" } },
        files: {
          "index.js":
            "const fs = require('fs');\n" +
            "exports.word = fs.readFileSync(__dirname + '/word.txt', 'utf8') + require('plain-words').word;",
          "word.txt": "loose ",
        },
      },
    ]);
    const project = writeProject(folder.path, "shop", {
      runTimeS: 1,
      more: { turrets_requirements: ["plain-words", "loose-words"] },
      script: [
        'import { sleep, Transaction } from "oct";',
        'import { word } from "plain-words";',
        'import loose from "loose-words";',
        "export class Words extends Transaction {",
        "  async run() { await this.timer(word + ' ' + loose.word, () => sleep(0.02)); }",
        "}",
      ].join("\n"),
    });
    const env = {
      npm_config_registry: registry.url,
      HOME: folder.path,
      BUN_INSTALL_CACHE_DIR: folder.file("cache"),
    };
    const packed = await oct(["pack", "shop"], { cwd: folder.path, env });
    expect(packed.stderr).toBe("");
    expect(registry.asked).toContain("GET /loose-words");
    const names = listed(path.join(project.directory, "navigation.tar"));
    expect(names).toContain("node_modules/loose-words/word.txt");
    expect(names).not.toContain("oct-pack.json");
    const run = await oct(["run", "shop", "--local"], { cwd: folder.path, env });
    expect(run.code).toBe(0);
    const rows = query<{ timers: string; error: string }>(
      path.join(resultsFolder(project), "results.sqlite"),
      "select distinct error, custom_timers as timers from result limit 3",
    );
    expect(rows[0]?.error).toBe("");
    expect(Object.keys(JSON.parse(rows[0]?.timers ?? "{}"))).toEqual(["plain loose plain"]);
  });

  test("says which package the registry does not have", async () => {
    using folder = tempFolder();
    await using registry = await serveRegistry([]);
    const project = writeProject(folder.path, "shop", {
      more: { turrets_requirements: ["no-such-words"] },
    });
    const packed = await oct(["pack", "shop"], {
      cwd: folder.path,
      env: { npm_config_registry: registry.url, HOME: folder.path },
    });
    expect(packed.stderr).toContain("turrets_requirements cannot be installed");
    expect(packed.stderr).toContain("no-such-words");
    expect(packed.code).toBe(1);
    expect(readdirSync(project.directory)).not.toContain("navigation.tar");
  });
});

describe("oct turret --tar", () => {
  const CONFIG: RawMember = {
    name: "config.json",
    body: JSON.stringify({ ...TURRET, hq_address: "127.0.0.1", hq_publisher: 5000, hq_rc: 5001 }),
  };
  const MANIFEST = { name: "oct-pack.json", body: '{"platform": "plan9-mips", "native": ["x"]}' };

  test.each<[string, Uint8Array, string, number]>([
    ["is no archive", Buffer.from("hello"), "it is not a whole tar or tar.gz", 1],
    ["is cut", rawTar([CONFIG]).subarray(0, 700), "it is not a whole tar or tar.gz", 1],
    ["is a zip", Buffer.from("PK\u0003\u0004"), "it is zip; tar and tar.gz are taken", 1],
    ["is no turret", rawTar([{ name: "a" }]), "it has no config.json", 2],
    ["climbs", rawTar([CONFIG, { name: "../../escaped" }]), "leaves the folder", 1],
    ["is absolute", rawTar([CONFIG, { name: "/tmp/oct-escaped" }]), "leaves the folder", 1],
    ["links", rawTar([CONFIG, { name: "l", type: "2", linkName: "/etc" }]), "is a symlink", 1],
    ["has a device", rawTar([CONFIG, { name: "d", type: "4" }]), "is a block-device", 1],
    ["is of another platform", rawTar([CONFIG, MANIFEST]), "packages built for plan9-mips", 1],
    ["has a broken config", rawTar([{ ...CONFIG, body: "{" }]), "a closing } is expected", 2],
    ["names no HQ", rawTar([{ ...CONFIG, body: "{}" }]), "configuration key hq_address", 2],
  ])("refuses an archive that %s and leaves nothing behind", async (_, bytes, why, code) => {
    using folder = tempFolder();
    for (const name of ["tmp", "cwd"]) mkdirSync(folder.file(name));
    await Bun.write(folder.file("x.tar"), bytes);
    const ended = await oct(["turret", "--tar", "../x.tar"], {
      cwd: folder.file("cwd"),
      env: { TMPDIR: folder.file("tmp") },
    });
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).not.toContain("oct: bug");
    expect(ended.code).toBe(code);
    for (const name of ["tmp", "cwd"]) expect(readdirSync(folder.file(name))).toEqual([]);
    expect(readdirSync(folder.path).sort()).toEqual(["cwd", "tmp", "x.tar"]);
  });

  test("says when there is no such archive", async () => {
    using folder = tempFolder();
    const ended = await oct(["turret", "--tar", "nowhere.tar"], { cwd: folder.path });
    expect(ended.stderr).toContain("the archive does not exist");
    expect(ended.code).toBe(1);
  });

  test("serves what oct pack made, and removes it in the end", async () => {
    using folder = tempFolder();
    for (const name of ["tmp", "cwd"]) mkdirSync(folder.file(name));
    const project = writeProject(folder.path, "shop", { runTimeS: 1 });
    expect((await oct(["pack", "shop"], { cwd: folder.path })).code).toBe(0);
    await using turret = startOct(["turret", "--tar", "../shop/navigation.tar"], {
      cwd: folder.file("cwd"),
      env: { TMPDIR: folder.file("tmp") },
    });
    const run = await oct(["run", "shop", "--listen", "127.0.0.1"], { cwd: folder.path });
    expect(run.code).toBe(0);
    turret.signal("SIGINT");
    await turret.finished();
    const rows = query<{ n: number }>(
      path.join(resultsFolder(project), "results.sqlite"),
      "select count(*) as n from result where turret_name = 'navigation' and error = ''",
    );
    expect(rows[0]?.n).toBeGreaterThan(0);
    expect(readdirSync(folder.file("tmp"))).toEqual([]);
  });
});
