// Unit tests of finding the data files that a script feeds on.

import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dataFilesOf } from "../../../src/pack/data-files.ts";
import { tempFolder } from "../../support/temp.ts";

describe("dataFilesOf", () => {
  test.each<[string, string[]]>([
    ['feed("users.csv")', ["scripts/users.csv"]],
    ["feed<{ name: string }>('users.csv', { order: \"unique\" })", ["scripts/users.csv"]],
    ["feed<Map<string, User>>('users.csv')", ["scripts/users.csv"]],
    ['feed("../data.json"); feed("../data.json")', ["data.json"]],
    ['feed("users.csv"); feed ("../data.json")', ["scripts/users.csv", "data.json"]],
    ['feed("gone.csv")', []],
    ['feed("../../outside.csv")', []],
    ['feed("/etc/passwd")', []],
    ['feed(".")', []],
    ["feed(name)", []],
    ['seafeed("users.csv"); feeder("users.csv")', []],
    ["", []],
  ])("%s", (code, found) => {
    using folder = tempFolder();
    const project = folder.file("project");
    mkdirSync(`${project}/scripts`, { recursive: true });
    writeFileSync(`${project}/scripts/users.csv`, "a\n1");
    writeFileSync(`${project}/data.json`, "[1]");
    writeFileSync(folder.file("outside.csv"), "a\n1");
    expect(dataFilesOf(project, "scripts/v_user.ts", code)).toEqual(found);
  });

  test("looks at hostile code in good time", () => {
    const code = `feed${"<".repeat(20_000)}${"feed(".repeat(20_000)}`;
    expect(dataFilesOf("/", "v_user.ts", code)).toEqual([]);
  });
});
