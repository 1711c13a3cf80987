import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { loadProject } from "../../../src/config/load.ts";
import { readTar } from "../../../src/pack/archive.ts";
import { buildTurretPack } from "../../../src/pack/pack.ts";
import { buildWhole, createProject } from "../../../src/project/scaffold.ts";
import { octErrorOf, writeFiles } from "../../support/config-file.ts";
import { packTools } from "../../support/pack-tools.ts";
import { tempFolder } from "../../support/temp.ts";

const FILES = [
  "README.md",
  "config.json",
  "oct.d.ts",
  "templates/report.eta",
  "test_scripts/v_user.ts",
  "tsconfig.json",
];

function filesIn(directory: string): string[] {
  const all = [...new Bun.Glob("**").scanSync({ cwd: directory, dot: true, onlyFiles: true })];
  return all.sort();
}

describe("createProject", () => {
  test("writes a project that loads without a warning and packs", async () => {
    using folder = tempFolder();
    const directory = folder.file("deep/shop");
    await createProject({ directory });
    expect(filesIn(directory)).toEqual(FILES);
    expect(readdirSync(folder.file("deep"))).toEqual(["shop"]);
    const { config, warnings } = loadProject({ directory });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ runTimeUs: 30_000_000, intervalS: 10, minTurrets: 1 });
    for (const definition of config.turrets) {
      const tools = packTools(folder.path);
      const { bytes } = await buildTurretPack({ directory, config, definition, tools });
      expect((await readTar(bytes, "x")).map(({ name }) => name)).toEqual([
        "config.json",
        definition.script,
      ]);
    }
    expect(config.turrets.length).toBeGreaterThan(0);
  });

  test("has types that its own script and tsconfig pass", async () => {
    using folder = tempFolder();
    const directory = folder.file("shop");
    await createProject({ directory });
    const tsc = path.resolve(import.meta.dir, "../../../node_modules/typescript/bin/tsc");
    const checked = Bun.spawnSync([process.execPath, tsc, "-p", directory], { cwd: directory });
    expect(checked.stdout.toString()).toBe("");
    expect(checked.exitCode).toBe(0);
  });

  test.each<[string, (target: string) => void]>([
    ["an empty folder", (target) => mkdirSync(target)],
    ["a folder with files", (target) => writeFiles(target, { keep: "me" })],
    ["a file", (target) => writeFiles(path.dirname(target), { shop: "me" })],
    ["a link to nowhere", (target) => symlinkSync("/nowhere/at/all", target)],
  ])("refuses %s in its place and leaves it alone", async (_, make) => {
    using folder = tempFolder();
    make(folder.file("shop"));
    const before = filesIn(folder.path);
    const error = await octErrorOf(() => createProject({ directory: folder.file("shop") }));
    expect(error.message).toBe("Project shop already exists");
    expect(error.where).toBe(folder.file("shop"));
    expect(filesIn(folder.path)).toEqual(before);
  });

  test.each<[string, string, string]>([
    ["below a file", "file/shop", "ENOTDIR"],
    ["with an endless name", "n".repeat(300), "ENAMETOOLONG"],
  ])("says why it cannot be written %s, and leaves nothing", async (_, name, code) => {
    using folder = tempFolder();
    writeFiles(folder.path, { file: "" });
    const error = await octErrorOf(() => createProject({ directory: folder.file(name) }));
    expect(error.message).toStartWith("can not create directory for '");
    expect(error.message).toEndWith(`: ${code}`);
    expect(filesIn(folder.path)).toEqual(["file"]);
  });
});

describe("buildWhole", () => {
  test("leaves nothing when filling fails, and replaces nothing that is there", async () => {
    using folder = tempFolder();
    writeFiles(folder.path, { ".shop.building/mine": "keep" });
    const fill = (building: string) => {
      writeFiles(building, { a: "a" });
      throw new Error("disk on fire");
    };
    const error = await octErrorOf(() => buildWhole(folder.file("shop"), fill));
    expect(error.message).toContain("disk on fire");
    expect(filesIn(folder.path)).toEqual([".shop.building/mine"]);
    expect(existsSync(folder.file("shop"))).toBe(false);
  });

  test("does not replace a project that appears while it fills", async () => {
    using folder = tempFolder();
    const fill = (building: string) => {
      writeFiles(building, { a: "a" });
      writeFiles(folder.file("shop"), { theirs: "b" });
      chmodSync(folder.file("shop"), 0o755);
    };
    const error = await octErrorOf(() => buildWhole(folder.file("shop"), fill));
    expect(error.message).toContain("ENOTEMPTY");
    expect(filesIn(folder.path)).toEqual(["shop/theirs"]);
  });
});
