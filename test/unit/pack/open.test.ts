import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { EXIT } from "../../../src/base/errors.ts";
import { openPack } from "../../../src/pack/open.ts";
import { octErrorOf } from "../../support/config-file.ts";
import { type RawMember, rawTar } from "../../support/pack-tools.ts";
import { tempFolder } from "../../support/temp.ts";

const CONFIG = { name: "config.json", body: '{"name": "navigation", "script": "a.py"}' };
const MANIFEST = (platform: unknown) => {
  return { name: "oct-pack.json", body: JSON.stringify({ platform, native: ["x"] }) };
};

async function refused(members: readonly RawMember[]): Promise<Error & { exitCode: number }> {
  using folder = tempFolder();
  const bytes = rawTar(members);
  const error = await octErrorOf(() =>
    openPack({ bytes, targetDirectory: folder.path, platform: "linux-x64", shown: "x.tar" }),
  );
  expect(readdirSync(folder.path)).toEqual([]);
  expect(error.where ?? error.message).toContain("x.tar");
  return error;
}

describe("openPack", () => {
  test("extracts and returns the turret's config", async () => {
    using folder = tempFolder();
    const { definition } = await openPack({
      bytes: rawTar([CONFIG, { name: "a.py", body: "pass" }, MANIFEST("linux-x64")]),
      targetDirectory: folder.path,
      platform: "linux-x64",
    });
    expect(definition).toEqual({ name: "navigation", script: "a.py" });
    expect(readdirSync(folder.path).sort()).toEqual(["a.py", "config.json", "oct-pack.json"]);
  });

  test("returns the config that it extracts when there are two", async () => {
    using folder = tempFolder();
    const { definition } = await openPack({
      bytes: rawTar([CONFIG, { name: "./config.json", body: '{"name": "other"}' }]),
      targetDirectory: folder.path,
      platform: "linux-x64",
    });
    expect(definition).toEqual({ name: "other" });
    expect(JSON.parse(readFileSync(folder.file("config.json"), "utf8"))).toEqual(definition);
  });

  test.each<[string, readonly RawMember[], string]>([
    ["without config.json", [{ name: "a" }], "this archive is no turret: it has no config.json"],
    ["that is empty", [], "it has no config.json"],
    ["whose config.json is a folder", [{ name: "config.json", type: "5" }], "no config.json"],
    ["whose config.json is no JSON", [{ ...CONFIG, body: "{" }], "a mistake in the configuration"],
    ["whose config.json is a list", [{ ...CONFIG, body: "[]" }], "is not an object"],
    ["whose config.json is no text", [{ ...CONFIG, body: Buffer.from([0xff]) }], "not UTF-8"],
    ["whose config.json nests", [{ ...CONFIG, body: "[".repeat(9999) }], "nests too deep"],
  ])("refuses an archive %s, and writes nothing", async (_, members, why) => {
    const error = await refused(members);
    expect(error.message).toContain(why);
    expect(error.exitCode).toBe(EXIT.usage);
  });

  test.each<[string, unknown, string]>([
    ["another platform", "darwin-arm64", "built for darwin-arm64, and this machine is linux-x64"],
    ["no platform", null, "built for another platform, and this machine is linux-x64"],
    ["a platform that moves the cursor", "\u001b[2J", "built for ·[2J, and this machine"],
  ])("refuses packages of %s with a clear line", async (_, platform, why) => {
    const error = await refused([CONFIG, MANIFEST(platform)]);
    expect(error.message).toContain(`this pack holds packages ${why}`);
  });

  test.each<[string, RawMember]>([
    ["climbs", { name: "../escaped", body: "x" }],
    ["is a symlink", { name: "link", type: "2", linkName: "/etc" }],
    ["is a file that is a folder too", { name: "config.json/x", body: "x" }],
  ])("writes nothing at all where one member %s", async (_, member) => {
    const error = await refused([CONFIG, member]);
    expect(error.message).toContain("this archive cannot be used");
  });
});
