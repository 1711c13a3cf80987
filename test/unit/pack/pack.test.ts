import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import path from "node:path";
import { readTar } from "../../../src/pack/archive.ts";
import { buildTurretPack, packProject } from "../../../src/pack/pack.ts";
import { loadConfig, octErrorOf, writeFiles } from "../../support/config-file.ts";
import { mkfifo } from "../../support/fifo.ts";
import { type PackCase, packCase, packTools } from "../../support/pack-tools.ts";
import { tempFolder } from "../../support/temp.ts";

const SCRIPT = "test_scripts/v_user.ts";
const PLAIN = {
  [SCRIPT]: 'import { Transaction } from "oct";\nexport class A extends Transaction {}',
};
const PYTHON = {
  turret: { script: "test_scripts/v_user.py" },
  files: { "test_scripts/v_user.py": "class Transaction(object):\n    pass\n" },
};

async function pack(project: PackCase, isPython = false): Promise<string[]> {
  const lines: string[] = [];
  await packProject({
    directory: project.directory,
    shownDirectory: ".",
    config: project.config,
    isPython,
    tools: packTools(path.dirname(project.directory)),
    onLine: (line) => lines.push(line),
  });
  return lines;
}

async function contents(
  project: PackCase,
  name = "navigation.tar",
): Promise<Record<string, string>> {
  const bytes = readFileSync(path.join(project.directory, name));
  const members = await readTar(bytes, name);
  return Object.fromEntries(
    members.map((each) => [
      each.name,
      each.bytes === undefined ? "folder" : Buffer.from(each.bytes).toString(),
    ]),
  );
}

describe("packProject", () => {
  test("prints OCT's lines, in OCT's order", async () => {
    using folder = tempFolder();
    const project = packCase(
      folder.path,
      { ...PLAIN, "templates/b.html": "b", "templates/a/x": "x", "note.txt": "n" },
      { turret: { extra_files: ["note.txt", "templates"] }, config: { publish_port: 5000 } },
    );
    expect(await pack(project)).toEqual([
      "WARNING: hq_address configuration key not present, the value will be set to default value",
      "WARNING: rc_port configuration key not present, the value will be set to default value",
      "Added config.json",
      "Added note.txt",
      "Added templates",
      "Added templates/a",
      "Added templates/a/x",
      "Added templates/b.html",
      `Added ${SCRIPT}`,
      "Archive ./navigation.tar created",
      "=".repeat(41),
    ]);
    expect((await contents(project))["templates"]).toBe("folder");
  });

  test("packs the config as OCT writes it, for a Python turret with setup.py first", async () => {
    using folder = tempFolder();
    const project = packCase(folder.path, PYTHON.files, {
      turret: { ...PYTHON.turret, own: "my_value", turrets_requirements: ["own"] },
      config: {
        turrets_requirements: ["requests>=2"],
        hq_address: "h",
        extra_turret_config: { x: 1 },
      },
    });
    const lines = await pack(project, true);
    expect(lines.slice(2, 5)).toEqual([
      "Added setup.py",
      "Added config.json",
      "Added test_scripts/v_user.py",
    ]);
    const files = await contents(project);
    expect(files["config.json"]).toBe(
      [
        "{",
        '  "name": "navigation",',
        '  "cannons": 2,',
        '  "rampup": 0,',
        '  "script": "test_scripts/v_user.py",',
        '  "own": "my_value",',
        '  "hq_address": "h",',
        '  "hq_publisher": 5000,',
        '  "hq_rc": 5001,',
        '  "x": 1',
        "}",
      ].join("\n"),
    );
    expect(files["setup.py"]).toContain('install_requires=["requests>=2", "oct-turrets"]');
    expect(files["test_scripts/v_user.py"]).toBe(PYTHON.files["test_scripts/v_user.py"]);
  });

  test("makes archives that Python's tarfile loads and a stock turret finds its parts in", async () => {
    using folder = tempFolder();
    const project = packCase(folder.path, PYTHON.files, { turret: PYTHON.turret });
    await pack(project, true);
    const program = [
      "import json, os, sys, tarfile, tempfile",
      "assert tarfile.is_tarfile(sys.argv[1])",
      "into = sys.argv[2]",
      "with tarfile.open(sys.argv[1]) as tar:",
      "    names = tar.getnames()",
      "    kinds = [m.isfile() for m in tar.getmembers()]",
      "    tar.extractall(into)",
      'config = json.load(open(os.path.join(into, "config.json")))',
      "for key in ('name', 'cannons', 'script', 'hq_address', 'hq_rc', 'hq_publisher', 'rampup'):",
      "    assert key in config, key",
      'scope = {"__name__": "script"}',
      "exec(open(os.path.join(into, config['script'])).read(), scope)",
      "compile(open(os.path.join(into, 'setup.py')).read(), 'setup.py', 'exec')",
      "print(json.dumps([names, kinds, 'Transaction' in scope]))",
    ].join("\n");
    const said = Bun.spawnSync(
      [
        "/usr/bin/python3",
        "-c",
        program,
        path.join(project.directory, "navigation.tar"),
        folder.file("opened"),
      ],
      { env: { PATH: "/usr/bin:/bin" } },
    );
    expect(said.stderr.toString()).toBe("");
    expect(JSON.parse(said.stdout.toString())).toEqual([
      ["setup.py", "config.json", "test_scripts/v_user.py"],
      [true, true, true],
      true,
    ]);
  });

  test("makes the same bytes from the same files, whatever their times and place", async () => {
    using folder = tempFolder();
    const files = { ...PLAIN, "data/b": "b", "data/a": "a" };
    const one = packCase(folder.path, files, { turret: { extra_files: ["data"] } });
    await pack(one);
    const first = readFileSync(path.join(one.directory, "navigation.tar"));
    for (const file of ["data/a", "data", SCRIPT, "config.json"]) {
      utimesSync(path.join(one.directory, file), 1, 1);
    }
    await pack(one);
    expect(readFileSync(path.join(one.directory, "navigation.tar")).equals(first)).toBe(true);
    cpSync(one.directory, folder.file("elsewhere/copy"), { recursive: true });
    const directory = folder.file("elsewhere/copy");
    await pack({ ...one, directory });
    expect(readFileSync(path.join(directory, "navigation.tar")).equals(first)).toBe(true);
  });

  test("replaces an archive whole and leaves no parts behind", async () => {
    using folder = tempFolder();
    const project = packCase(folder.path, { ...PLAIN, "navigation.tar": "old" });
    await pack(project);
    expect(readdirSync(project.directory).sort()).toEqual([
      "config.json",
      "navigation.tar",
      "test_scripts",
    ]);
  });

  test("says which turret cannot be written", async () => {
    using folder = tempFolder();
    const project = packCase(folder.path, { ...PLAIN, "navigation.tar/in-the-way": "" });
    const error = await octErrorOf(() => pack(project));
    expect(error.message).toBe("Error while packaging turret navigation: EISDIR");
    expect(readdirSync(project.directory)).not.toContain(".part");
  });

  test("sends every script of a mix", async () => {
    using folder = tempFolder();
    const project = packCase(
      folder.path,
      { ...PLAIN, "test_scripts/b.ts": "export default () => {};" },
      { turret: { mix: [{ script: SCRIPT, weight: 3 }, { script: "test_scripts/b.ts" }] } },
    );
    await pack(project);
    expect(Object.keys(await contents(project))).toEqual([
      "config.json",
      SCRIPT,
      "test_scripts/b.ts",
    ]);
  });

  test.each([
    ["nowhere.ts", "the script of turret navigation does not exist"],
    ["test_scripts", "the script of turret navigation is not a file"],
    ["../outside.ts", "the script of turret navigation lies outside of the project"],
    ["/etc/hostname", "the script of turret navigation lies outside of the project"],
  ])("refuses the script %s", async (script, why) => {
    using folder = tempFolder();
    const project = packCase(folder.path, PLAIN, { turret: { script } });
    const error = await octErrorOf(() => pack(project));
    expect(error.message).toBe(why);
    expect(readdirSync(project.directory)).not.toContain("navigation.tar");
  });
});

describe("packProject, extra_files", () => {
  test("puts files from anywhere at the root, follows links, keeps the right to execute", async () => {
    using folder = tempFolder();
    writeFiles(folder.path, { "shared/tool": "#!/bin/sh", "shared/note": "n" });
    chmodSync(folder.file("shared/tool"), 0o755);
    const project = packCase(
      folder.path,
      { ...PLAIN, "data/own": "o" },
      { turret: { extra_files: ["../shared/tool", folder.file("shared/note"), "data"] } },
    );
    symlinkSync(folder.file("shared"), path.join(project.directory, "data/linked"));
    await pack(project);
    const files = await contents(project);
    const { "config.json": _, [SCRIPT]: _script, ...extra } = files;
    expect(extra).toEqual({
      tool: "#!/bin/sh",
      note: "n",
      data: "folder",
      "data/linked": "folder",
      "data/linked/note": "n",
      "data/linked/tool": "#!/bin/sh",
      "data/own": "o",
    });
    const tar = readFileSync(path.join(project.directory, "navigation.tar"));
    const executable = (await readTar(tar, "x")).filter((member) => member.isExecutable);
    expect(executable.map(({ name }) => name)).toEqual(["tool", "data/linked/tool"]);
  });

  test("names what is taken, instead of replacing it", async () => {
    using folder = tempFolder();
    const files = { ...PLAIN, "x/config.json": "{}", "x/data": "", "y/data": "", "x/setup.py": "" };
    for (const [extraFiles, name] of [
      [["x/config.json"], "config.json"],
      [["x/setup.py"], "setup.py"],
      [["x/data", "y/data"], "data"],
      [["/"], "nameless"],
    ] as const) {
      const project = packCase(folder.path, files, { turret: { extra_files: extraFiles } });
      const error = await octErrorOf(() => pack(project));
      expect(error.message).toContain(`would be ${name} in the archive, which is taken`);
    }
    const twice = packCase(folder.path, files, { turret: { extra_files: ["x/data", "x/data"] } });
    await pack(twice);
    expect(Object.keys(await contents(twice))).toContain("data");
  });

  test("names what is missing, what leads back and what is no file", async () => {
    using folder = tempFolder();
    const project = packCase(folder.path, { ...PLAIN, "data/a": "" });
    symlinkSync("..", path.join(project.directory, "data/up"));
    await using pipe = mkfifo(folder.file("pipe"), "x");
    for (const [extra, why] of [
      ["nowhere", "the extra file nowhere does not exist"],
      ["data", "a link in extra_files leads back to its own folder"],
      [pipe.path, "the extra file pipe is not a file"],
      ["config.json/x", "extra_files of turret navigation: config.json/x cannot be read"],
    ]) {
      const { config } = loadConfig(project.directory, {
        ...project.config.raw,
        turrets: [{ ...(project.definition.merged as object), extra_files: [extra] }],
      });
      const error = await octErrorOf(() => pack({ ...project, config }));
      expect(error.message).toBe(why as string);
    }
  });

  test("leaves secrets at home unless they are named, and says so", async () => {
    using folder = tempFolder();
    const files = {
      ...PLAIN,
      "data/.env": "PASSWORD=hunter2",
      "data/.env.local": "PASSWORD=hunter2",
      "data/deep/.npmrc": "//registry/:_authToken=hunter2",
      "data/.git/config": "url = https://hunter2@host",
      "data/.gitignore": "fine",
      ".netrc": "machine h password given-on-purpose",
    };
    const project = packCase(folder.path, files, { turret: { extra_files: ["data", ".netrc"] } });
    const lines = await pack(project);
    expect(lines.filter((line) => line.includes("stays here"))).toEqual(
      [".env", ".env.local", ".git", "deep/.npmrc"].map(
        (name) => `WARNING: data/${name} stays here; name it in extra_files to send it`,
      ),
    );
    const all = readFileSync(path.join(project.directory, "navigation.tar"), "utf8");
    expect(all).not.toContain("hunter2");
    expect(all).toContain("given-on-purpose");
    expect(all).toContain("fine");
  });
});

describe("buildTurretPack", () => {
  test("is a tar.gz whose hash is of its content, the same each time", async () => {
    using folder = tempFolder();
    const project = packCase(folder.path, PLAIN);
    const tools = packTools(folder.path);
    const one = await buildTurretPack({ ...project, tools });
    const two = await buildTurretPack({ ...project, tools });
    expect(one.hash).toBe(new Bun.CryptoHasher("sha256").update(one.bytes).digest("hex"));
    expect(two).toEqual(one);
    const names = (await readTar(one.bytes, "x")).map(({ name }) => name);
    expect(names).toEqual(["config.json", SCRIPT]);
  });

  test("holds no variable of this process, and no key that is secret by its name", async () => {
    using folder = tempFolder();
    const files = {
      [SCRIPT]: "export default () => [process.env.API_KEY, process.env['API_KEY']];",
    };
    const project = packCase(folder.path, files, {
      turret: { env: { A: "hidden-in-env" }, secrets: ["hidden-in-secrets"] },
    });
    process.env["API_KEY"] = "hidden-in-process";
    try {
      const { bytes } = await buildTurretPack({
        ...project,
        tools: { ...packTools(folder.path), variables: { API_KEY: "hidden-in-tools" } },
      });
      const members = await readTar(bytes, "x");
      for (const member of members) {
        const text = Buffer.from(member.bytes ?? []).toString();
        expect(text).not.toContain("hidden-in");
        const map = Buffer.from(text.split("base64,")[1] ?? "", "base64").toString();
        expect(map).not.toContain("hidden-in");
      }
      expect(members).toHaveLength(2);
    } finally {
      delete process.env["API_KEY"];
    }
    expect(statSync(project.directory).isDirectory()).toBe(true);
  });
});
