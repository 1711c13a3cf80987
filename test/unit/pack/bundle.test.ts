import { describe, expect, test } from "bun:test";
import { cpSync, symlinkSync } from "node:fs";
import { bundleScript, isBundled } from "../../../src/pack/bundle.ts";
import { kindOfPackage, LoosePackages, packageName } from "../../../src/pack/packages.ts";
import { octErrorOf, writeFiles } from "../../support/config-file.ts";
import { tempFolder } from "../../support/temp.ts";

const SCRIPT = "test_scripts/v_user.ts";
const FILES = {
  [SCRIPT]: [
    'import { Transaction } from "oct";',
    'import plain, { label } from "plain";',
    'import data from "../lib/data.json";',
    'import { fail } from "../lib/fail.ts";',
    "export const told = [plain(2), label, data.deep[1], process.env.NODE_ENV, process.env.SECRET_X];",
    "export const where = [__dirname, __filename];",
    "export class V extends Transaction {",
    "  run() { fail(); }",
    "}",
  ].join("\n"),
  "lib/data.json": '{"deep": [1, 2]}',
  "lib/fail.ts": [
    "export interface Unused { readonly a: number }",
    "",
    "export function fail(): never {",
    '  throw new Error("on purpose");',
    "}",
  ].join("\n"),
  "node_modules/plain/package.json": '{"name": "plain", "version": "1.0.0", "main": "main.js"}',
  "node_modules/plain/main.js":
    'const other = require("@scope/other"); module.exports = (n) => n * other.factor; module.exports.label = "plain";',
  "node_modules/@scope/other/package.json": '{"name": "@scope/other", "version": "1.0.0"}',
  "node_modules/@scope/other/index.js": "exports.factor = 21;",
};

const NATIVE = {
  "node_modules/native/package.json":
    '{"name": "native", "version": "1.0.0", "dependencies": {"helper": "1"}}',
  "node_modules/native/index.js": 'module.exports = require("./build/native.node");',
  "node_modules/native/build/native.node": "not really",
  "node_modules/helper/package.json": '{"name": "helper", "version": "1.0.0"}',
  "node_modules/helper/index.js": "module.exports = 1;",
};

function bundle(directory: string, loose = new LoosePackages()): Promise<string> {
  return bundleScript({ directory, script: SCRIPT, packages: undefined, loose });
}

/** Runs the bundle at `file` in a program of its own; "oct" is a module beside it. */
async function run(folder: string, code: string, program: string): Promise<string> {
  writeFiles(folder, {
    [SCRIPT]: code,
    "node_modules/oct/index.js": "export class Transaction {}",
    "main.ts": `import * as script from "./${SCRIPT}";\n${program}`,
  });
  const child = Bun.spawn([process.execPath, "main.ts"], {
    cwd: folder,
    env: { PATH: "/usr/bin:/bin", NODE_ENV: "staging", SECRET_X: "at run time" },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  await child.exited;
  return out + err;
}

describe("bundleScript", () => {
  test("holds relative imports, JSON and npm packages, and runs where nothing else is", async () => {
    using project = tempFolder();
    using turret = tempFolder();
    writeFiles(project.path, FILES);
    const code = await bundle(project.path);
    const said = await run(
      turret.path,
      code,
      "console.log(JSON.stringify([script.told, script.where]));",
    );
    expect(JSON.parse(said)).toEqual([
      [42, "plain", 2, "staging", "at run time"],
      [turret.file("test_scripts"), turret.file(SCRIPT)],
    ]);
    expect(code).toContain('from "oct"');
  });

  test("keeps the user's file and line in stack traces", async () => {
    using project = tempFolder();
    using turret = tempFolder();
    writeFiles(project.path, FILES);
    const said = await run(
      turret.path,
      await bundle(project.path),
      "try { new script.V().run(); } catch (error) { console.log(error.stack); }",
    );
    expect(said).toContain(`${turret.file("lib/fail.ts")}:4:`);
    expect(said).toContain(`${turret.file(SCRIPT)}:8:`);
  });

  test("is the same wherever the project lies and whatever the environment holds", async () => {
    using one = tempFolder();
    using other = tempFolder();
    writeFiles(one.path, FILES);
    cpSync(one.path, other.file("deep/er"), { recursive: true });
    symlinkSync(other.file("deep/er"), other.file("link"));
    const code = await bundle(one.path);
    process.env["SECRET_X"] = "hidden-value-of-the-packer";
    try {
      expect(await bundle(other.file("deep/er"))).toBe(code);
      expect(await bundle(other.file("link"))).toBe(code);
    } finally {
      delete process.env["SECRET_X"];
    }
    const map = Buffer.from(code.split("base64,")[1] as string, "base64").toString();
    for (const path of [one.path, "oct-test-", "hidden-value", "debugId"]) {
      expect(code).not.toContain(path);
      expect(map).not.toContain(path);
    }
    expect(code).toContain("\n// lib/data.json\n");
    expect(JSON.parse(map).sources).toContain("../node_modules/plain/main.js");
  });

  test.each([
    ["a mistake", 'import { a from "oct";', "v_user.ts:1:12", "mend the script"],
    ["a missing file", 'import "./nowhere.ts";', "v_user.ts:1:8: Could not resolve", "mend the"],
    [
      "a missing package",
      '\nimport "nowhere";',
      "v_user.ts:2:8",
      "name it in turrets_requirements",
    ],
  ])("tells %s with file and line", async (_, script, where, hint) => {
    using project = tempFolder();
    writeFiles(project.path, { [SCRIPT]: script });
    const error = await octErrorOf(() => bundle(project.path));
    expect(error.message).toStartWith("the script cannot be bundled: ");
    expect(error.message).toContain(where);
    expect(error.hint).toContain(hint);
  });

  test("leaves packages with compiled parts outside, with all that they need", async () => {
    using project = tempFolder();
    writeFiles(project.path, {
      ...FILES,
      ...NATIVE,
      [SCRIPT]: FILES[SCRIPT].replace('"plain"', '"native"'),
    });
    const loose = new LoosePackages();
    const code = await bundle(project.path, loose);
    expect(code).toContain('import plain, { label } from "native";');
    expect(code).not.toContain("native.node");
    expect(loose.native).toEqual(["native"]);
    expect(loose.members().map(({ name }) => name)).toEqual([
      "node_modules/helper/index.js",
      "node_modules/helper/package.json",
      "node_modules/native/build/native.node",
      "node_modules/native/index.js",
      "node_modules/native/package.json",
    ]);
  });

  test("leaves packages that look for files or modules while they run outside", async () => {
    using project = tempFolder();
    using turret = tempFolder();
    writeFiles(project.path, {
      ...FILES,
      "node_modules/plain/main.js":
        'const fs = require("fs"); const n = fs.readFileSync(__dirname + "/n.txt", "utf8");\n' +
        'module.exports = (k) => k * Number(n); module.exports.label = require("./" + "names").a;',
      "node_modules/plain/n.txt": "4",
      "node_modules/plain/names.js": 'exports.a = "dynamic";',
    });
    const loose = new LoosePackages();
    const code = await bundle(project.path, loose);
    expect(loose.native).toEqual([]);
    writeFiles(
      turret.path,
      Object.fromEntries(
        loose.members().map(({ name, bytes }) => [name, Buffer.from(bytes ?? []).toString()]),
      ),
    );
    const said = await run(turret.path, code, "console.log(JSON.stringify(script.told));");
    expect(JSON.parse(said).slice(0, 2)).toEqual([8, "dynamic"]);
  });
});

describe("isBundled", () => {
  test.each([
    ["a.ts", true],
    ["a.mjs", true],
    ["a.tsx", true],
    ["a.py", false],
    ["ts", false],
    ["a.ts.txt", false],
  ])("%s: %p", (script, expected) => {
    expect(isBundled(script)).toBe(expected);
  });
});

describe("packageName", () => {
  test.each([
    ["uuid", "uuid"],
    ["uuid/v4", "uuid"],
    ["@a/b", "@a/b"],
    ["@a/b/c.js", "@a/b"],
    ["./a", undefined],
    ["/a", undefined],
    ["oct", undefined],
    ["bun", undefined],
    ["bun:ffi", undefined],
    ["node:fs", undefined],
    ["fs/promises", undefined],
  ])("%s is of %p", (specifier, name) => {
    expect(packageName(specifier)).toBe(name);
  });
});

describe("kindOfPackage", () => {
  const PLAIN = { "package.json": '{"name": "x"}', "index.js": 'module.exports = require("fs");' };
  test.each<[string, Readonly<Record<string, string>>, boolean, boolean]>([
    ["plain", {}, false, false],
    ["a recipe", { "binding.gyp": "{}" }, true, true],
    ["an addon", { "prebuilds/linux/x.node": "" }, true, true],
    ["a platform", { "package.json": '{"os": ["linux"]}' }, true, true],
    ["a processor", { "package.json": '{"cpu": ["x64"]}' }, true, true],
    ["wasm", { "x.wasm": "" }, false, true],
    ["its folder", { "a.cjs": "open(__dirname)" }, false, true],
    ["its address", { "a.mjs": "new URL('./x', import.meta.url)" }, false, true],
    ["a module by name", { "a.js": "require(name)" }, false, true],
    ["an import by name", { "a.js": "await import( name )" }, false, true],
    ["words in a text", { "a.md": "require(name)" }, false, false],
    ["a broken package.json", { "package.json": "{" }, false, false],
    ["a package.json that is null", { "package.json": "null" }, false, false],
  ])("with %s", (_, files, isNative, isLoose) => {
    using folder = tempFolder();
    writeFiles(folder.path, { ...PLAIN, ...files });
    expect(kindOfPackage(folder.path)).toEqual({ isNative, isLoose });
  });
});
