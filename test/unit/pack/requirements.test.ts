import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Member, readTar } from "../../../src/pack/archive.ts";
import { openPack } from "../../../src/pack/open.ts";
import { buildTurretPack, packProject } from "../../../src/pack/pack.ts";
import { octErrorOf } from "../../support/config-file.ts";
import { type RegistryPackage, serveRegistry } from "../../support/npm-registry.ts";
import { packCase, packTools } from "../../support/pack-tools.ts";
import { tempFolder } from "../../support/temp.ts";

const SCRIPT = "test_scripts/v_user.ts";

const PLAIN: RegistryPackage = {
  name: "plain-words",
  version: "1.2.3",
  manifest: { main: "main.js", dependencies: { "deeper-words": "1.0.0" } },
  files: { "main.js": 'exports.words = "plain " + require("deeper-words").words;' },
};
const DEEPER: RegistryPackage = {
  name: "deeper-words",
  version: "1.0.0",
  files: { "index.js": 'exports.words = "and deeper";' },
};
const NATIVE: RegistryPackage = {
  name: "native-words",
  version: "1.0.0",
  manifest: {
    dependencies: { "deeper-words": "1.0.0" },
    scripts: { install: "touch ../../../installed-by-script" },
  },
  files: {
    "index.js": 'module.exports = require("./native.node");',
    "native.node": "compiled",
  },
};
const WRAPPER: RegistryPackage = {
  name: "wrapper-words",
  version: "1.0.0",
  manifest: { dependencies: { "native-words": "1.0.0" } },
  files: { "index.js": 'exports.words = () => require("native-words");' },
};
const ALL = [PLAIN, DEEPER, NATIVE, WRAPPER];

const importing = (name: string) => ({
  [SCRIPT]: `import w from "${name}";\nexport default () => w;`,
});
const names = (members: readonly Member[]) => members.map(({ name }) => name);

describe("turrets_requirements", () => {
  test("are installed when packing and travel inside of the script", async () => {
    using folder = tempFolder();
    await using registry = await serveRegistry(ALL);
    const project = packCase(folder.path, importing("plain-words"), {
      config: { turrets_requirements: ["plain-words@1"] },
    });
    const tools = packTools(folder.path, registry.url);
    const { bytes, hash } = await buildTurretPack({ ...project, tools });
    const members = await readTar(bytes, "x");
    expect(names(members)).toEqual(["config.json", SCRIPT]);
    const script = Buffer.from(members[1]?.bytes ?? []).toString();
    expect(script).toContain("and deeper");
    expect(script).toContain("\n// node_modules/plain-words/main.js\n");
    expect(script).not.toContain("oct-requirements");
    expect(registry.asked).toContain("GET /plain-words");
    expect((await buildTurretPack({ ...project, tools })).hash).toBe(hash);
    expect(readdirSync(folder.path).sort()).toEqual(["cache", "shop"]);
  });

  test("prefer what is asked for to what the project has", async () => {
    using folder = tempFolder();
    await using registry = await serveRegistry(ALL);
    const project = packCase(
      folder.path,
      {
        ...importing("plain-words"),
        "node_modules/plain-words/package.json": '{"name": "plain-words", "version": "0.0.1"}',
        "node_modules/plain-words/index.js": 'exports.words = "the project\'s own";',
      },
      { config: { turrets_requirements: ["plain-words"] } },
    );
    const { bytes } = await buildTurretPack({
      ...project,
      tools: packTools(folder.path, registry.url),
    });
    const script = Buffer.from((await readTar(bytes, "x"))[1]?.bytes ?? []).toString();
    expect(script).toContain("plain ");
    expect(script).not.toContain("the project's own");
  });

  test.each(["native-words", "wrapper-words"])(
    "travel as their node_modules when %s has compiled parts, to this platform only",
    async (name) => {
      using folder = tempFolder();
      await using registry = await serveRegistry(ALL);
      const project = packCase(folder.path, importing(name), {
        config: { turrets_requirements: [name] },
      });
      const tools = packTools(folder.path, registry.url);
      const { bytes } = await buildTurretPack({ ...project, tools });
      const members = await readTar(bytes, "x");
      expect(names(members)).toEqual([
        "config.json",
        "oct-pack.json",
        "node_modules/deeper-words/index.js",
        "node_modules/deeper-words/package.json",
        "node_modules/native-words/index.js",
        "node_modules/native-words/native.node",
        "node_modules/native-words/package.json",
        SCRIPT,
      ]);
      expect(JSON.parse(Buffer.from(members[1]?.bytes ?? []).toString())).toEqual({
        platform: "linux-x64",
        native: ["native-words"],
      });
      const open = (platform: string) =>
        openPack({ bytes, targetDirectory: folder.file("opened"), platform });
      const error = await octErrorOf(() => open("darwin-arm64"));
      expect(error.message).toBe(
        "this pack holds packages built for linux-x64, and this machine is darwin-arm64",
      );
      expect((await open("linux-x64")).definition["name"]).toBe("navigation");
      expect(readdirSync(folder.path)).not.toContain("installed-by-script");
    },
  );

  test("come from the registry that the project's .npmrc names, which never travels", async () => {
    using folder = tempFolder();
    await using registry = await serveRegistry(ALL);
    const project = packCase(
      folder.path,
      {
        ...importing("plain-words"),
        ".npmrc": `registry=${registry.url}\n//x/:_authToken=hunter2\n`,
      },
      { config: { turrets_requirements: ["plain-words"] } },
    );
    const tools = packTools(folder.path);
    const { npm_config_registry: _, ...variables } = tools.variables;
    const { bytes } = await buildTurretPack({ ...project, tools: { ...tools, variables } });
    expect(registry.asked).toContain("GET /plain-words");
    const all = (await readTar(bytes, "x")).map((member) => Buffer.from(member.bytes ?? []));
    expect(Buffer.concat(all).toString()).not.toContain("hunter2");
  });

  test("say what the registry answered when there is no such package", async () => {
    using folder = tempFolder();
    await using registry = await serveRegistry(ALL);
    const project = packCase(folder.path, importing("no-such-words"), {
      config: { turrets_requirements: ["no-such-words"] },
    });
    const error = await octErrorOf(() =>
      buildTurretPack({ ...project, tools: packTools(folder.path, registry.url) }),
    );
    expect(error.message).toStartWith("turrets_requirements cannot be installed: ");
    expect(error.message).toContain("no-such-words");
    expect(error.message).toContain("404");
    expect(error.where).toBe("no-such-words");
    expect(readdirSync(folder.path).filter((name) => name.startsWith("oct-req"))).toEqual([]);
  });

  test.each(["--registry=http://evil", "-g", " --cwd=/", "", "a\nb"])(
    "take no option of the installer: %p",
    async (requirement) => {
      using folder = tempFolder();
      await using registry = await serveRegistry(ALL);
      const project = packCase(folder.path, importing("plain-words"), {
        config: { turrets_requirements: [requirement] },
      });
      const error = await octErrorOf(() =>
        buildTurretPack({ ...project, tools: packTools(folder.path, registry.url) }),
      );
      expect(error.message).toContain("which is no package");
      expect(registry.asked).toEqual([]);
    },
  );

  test("are left to pip with --python, and where no script is bundled", async () => {
    using folder = tempFolder();
    await using registry = await serveRegistry(ALL);
    const project = packCase(
      folder.path,
      { "v_user.py": "pass" },
      { turret: { script: "v_user.py" }, config: { turrets_requirements: ["requests"] } },
    );
    const tools = packTools(folder.path, registry.url);
    for (const isPython of [true, false]) {
      await packProject({ ...project, shownDirectory: ".", isPython, tools, onLine: () => {} });
      const bytes = readFileSync(path.join(project.directory, "navigation.tar"));
      expect(names(await readTar(bytes, "x")).includes("setup.py")).toBe(isPython);
    }
    expect(registry.asked).toEqual([]);
  });
});
