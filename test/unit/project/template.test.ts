import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createFromTemplate } from "../../../src/project/template.ts";
import { octErrorOf } from "../../support/config-file.ts";
import { type RawMember, rawTar } from "../../support/pack-tools.ts";
import { tempFolder } from "../../support/temp.ts";

const CONFIG = { name: "config.json", body: "{}" };
const REPORT = { name: "templates/report.html", body: "<html>" };
const SCRIPT = { name: "test_scripts/v_user.ts", body: "export {};" };
const WHOLE: readonly RawMember[] = [
  CONFIG,
  { name: "test_scripts/", type: "5" },
  SCRIPT,
  { name: "templates/", type: "5" },
  REPORT,
];

function below(root: string, members: readonly RawMember[]): readonly RawMember[] {
  return members.map((member) => ({ ...member, name: `${root}${member.name}` }));
}

interface Made {
  readonly files: readonly string[];
  readonly message: string | undefined;
}

async function create(archive: Uint8Array | readonly RawMember[], file = "t.tar"): Promise<Made> {
  using folder = tempFolder();
  const archivePath = folder.file(file);
  await Bun.write(archivePath, archive instanceof Uint8Array ? archive : rawTar(archive));
  const directory = folder.file("shop");
  try {
    await createFromTemplate({ directory, archivePath });
  } catch (thrown) {
    const error = await octErrorOf(() => {
      throw thrown;
    });
    expect(error.where).toBe(archivePath);
    expect(readdirSync(folder.path)).toEqual([file]);
    return { files: [], message: error.message };
  }
  expect(readdirSync(folder.path).sort()).toEqual(["shop", file].sort());
  expect(readFileSync(`${directory}/config.json`, "utf8")).toBe("{}");
  const files = [...new Bun.Glob("**").scanSync({ cwd: directory, dot: true })].sort();
  return { files, message: undefined };
}

const FILES = ["config.json", "templates/report.html", "test_scripts/v_user.ts"];

describe("createFromTemplate", () => {
  test.each<[string, readonly RawMember[]]>([
    ["flat", WHOLE],
    ["flat, as tar -cf t.tar . makes it", below("./", [{ name: "", type: "5" }, ...WHOLE])],
    ["flat, without members for folders", [CONFIG, SCRIPT, REPORT]],
    ["with one root folder", below("shop-1.0/", [{ name: "", type: "5" }, ...WHOLE])],
    ["with one root folder that has no member", below("shop-1.0/", WHOLE)],
    ["with root folders below each other", below("a/b/", WHOLE)],
    [
      "as a repository's site makes it",
      [
        { name: "pax_global_header", type: "g", body: "19 comment=0123456\n" },
        ...below("shop-main/", WHOLE),
      ],
    ],
    [
      "as a Mac makes it",
      [{ name: "._shop" }, ...below("shop/", WHOLE), { name: "shop/._config.json", body: "x" }],
    ],
  ])("takes an archive %s, packed or not", async (_, members) => {
    expect(await create(members)).toEqual({ files: FILES, message: undefined });
    expect((await create(gzipSync(rawTar(members)), "t.tar.gz")).files).toEqual(FILES);
    expect((await create(gzipSync(rawTar(members)), "no-ending")).files).toEqual(FILES);
  });

  test("takes the eta template in place of OCT's", async () => {
    const eta = { name: "templates/report.eta", body: "eta" };
    expect((await create([CONFIG, SCRIPT, eta])).files).toContain("templates/report.eta");
  });

  test.each<[string, readonly RawMember[], readonly string[]]>([
    ["config.json", [SCRIPT, REPORT], ["config.json"]],
    ["test_scripts", [CONFIG, REPORT], ["test_scripts"]],
    ["the report's template", [CONFIG, SCRIPT, { name: "templates/x" }], ["templates/report.html"]],
    ["templates", [CONFIG, SCRIPT], ["templates", "templates/report.html"]],
    ["everything", [], ["config.json", "test_scripts", "templates", "templates/report.html"]],
    ["a config.json that is a file", [SCRIPT, REPORT, { name: "config.json/x" }], ["config.json"]],
    [
      "a test_scripts that is a folder",
      [CONFIG, REPORT, { name: "test_scripts", body: "x" }],
      ["test_scripts"],
    ],
    [
      "config.json at one of two roots",
      [...below("a/", WHOLE), { name: "b/x" }],
      ["config.json", "test_scripts", "templates", "templates/report.html"],
    ],
  ])("names each member that is missing: %s", async (_, members, missing) => {
    const { message } = await create(members);
    expect(message).toBe(missing.map((name) => `Required file ${name} not in archive`).join("\n"));
  });

  test.each<[string, Uint8Array | readonly RawMember[], string]>([
    ["is no archive", Buffer.from("hello"), "it is not a whole tar or tar.gz"],
    ["is empty", Buffer.alloc(0), "it is not a whole tar or tar.gz"],
    ["is cut", rawTar(WHOLE).subarray(0, 2000), "it is not a whole tar or tar.gz"],
    ["is packed and cut", gzipSync(rawTar(WHOLE)).subarray(0, 99), "it is not a whole tar"],
    ["is a zip", Buffer.from("PK\u0003\u0004"), "it is zip; tar and tar.gz are taken"],
    ["climbs", [...WHOLE, { name: "../escaped" }], '"../escaped" leaves the folder'],
    ["climbs below its root", below("a/", [...WHOLE, { name: "../../x" }]), "leaves the folder"],
    ["is absolute", [...WHOLE, { name: "/tmp/escaped" }], '"/tmp/escaped" leaves the folder'],
    ["links", [...WHOLE, { name: "l", type: "2", linkName: "/etc" }], '"l" is a symlink'],
    ["has a device", [...WHOLE, { name: "d", type: "3" }], '"d" is a character-device'],
  ])("refuses an archive that %s and makes no project", async (_, archive, why) => {
    const { message } = await create(archive);
    expect(message).toStartWith("this archive cannot be used: ");
    expect(message).toContain(why);
  });

  test("says when the archive is missing, or a folder", async () => {
    using folder = tempFolder();
    const make = (archivePath: string) =>
      octErrorOf(() => createFromTemplate({ directory: folder.file("shop"), archivePath }));
    expect((await make(folder.file("nowhere.tar"))).message).toBe("the template does not exist");
    expect((await make(folder.path)).message).toBe("the template is not a file");
    expect((await make("/dev/zero")).message).toBe("the template is not a file");
  });

  test("refuses a target that exists, without touching it", async () => {
    using folder = tempFolder();
    await Bun.write(folder.file("t.tar"), rawTar(WHOLE));
    await Bun.write(folder.file("shop/mine"), "keep");
    const error = await octErrorOf(() =>
      createFromTemplate({ directory: folder.file("shop"), archivePath: folder.file("t.tar") }),
    );
    expect(error.message).toBe("Project shop already exists");
    expect(readdirSync(folder.file("shop"))).toEqual(["mine"]);
    expect(existsSync(folder.file("shop/config.json"))).toBe(false);
  });
});
