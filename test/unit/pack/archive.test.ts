import { describe, expect, test } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { gzipSync } from "node:zlib";
import {
  ARCHIVE_LIMIT,
  cleanName,
  extractMembers,
  type Member,
  readTar,
  writeTar,
  writeTarGz,
} from "../../../src/pack/archive.ts";
import { octErrorOf } from "../../support/config-file.ts";
import { paxRecord, type RawMember, rawTar } from "../../support/pack-tools.ts";
import { tempFolder } from "../../support/temp.ts";

const LONG_NAME = `${"deep/".repeat(40)}${"n".repeat(90)}.txt`;
const MEMBERS: readonly Member[] = [
  { name: "config.json", bytes: Buffer.from("{}") },
  { name: "empty", bytes: new Uint8Array(0) },
  { name: "folder", bytes: undefined },
  { name: "folder/tool", bytes: Buffer.from("#!/bin/sh\n"), isExecutable: true },
  { name: "folder/é ü.txt", bytes: Buffer.alloc(1500, 7) },
  { name: LONG_NAME, bytes: Buffer.from("far") },
];

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

function plain(members: readonly Member[]) {
  return members.map(({ name, bytes, isExecutable = false }) => {
    return [name, bytes === undefined ? "folder" : text(bytes), isExecutable];
  });
}

async function refusal(tar: Uint8Array | readonly RawMember[]): Promise<string> {
  const bytes = tar instanceof Uint8Array ? tar : rawTar(tar);
  const error = await octErrorOf(() => readTar(bytes, "x.tar"));
  expect(error.where).toBe("x.tar");
  return error.message;
}

describe("writeTar", () => {
  test.each([
    ["tar", writeTar],
    ["tar.gz", writeTarGz],
  ])("%s comes back as it was, the same bytes each time", async (_, write) => {
    const bytes = await write(MEMBERS);
    expect(plain(await readTar(bytes, "x"))).toEqual(plain(MEMBERS));
    expect(Buffer.compare(bytes, await write(MEMBERS))).toBe(0);
  });

  test("can be read by the system's tar, without times and owners", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("x.tar"), await writeTar(MEMBERS));
    const listed = Bun.spawnSync(["tar", "tvf", folder.file("x.tar"), "--numeric-owner"], {
      env: { PATH: "/usr/bin:/bin", TZ: "UTC", LC_ALL: "C.UTF-8" },
    });
    const lines = listed.stdout.toString().trim().split("\n");
    expect(lines[0]).toMatch(/^-rw-r--r-- 0\/0 +2 1970-01-01 00:00 config\.json$/);
    expect(lines[2]).toMatch(/^drwxr-xr-x 0\/0 +0 1970-01-01 00:00 folder\/$/);
    expect(lines[3]).toMatch(/^-rwxr-xr-x 0\/0 +10 1970-01-01 00:00 folder\/tool$/);
    expect(lines.at(-1)).toEndWith(LONG_NAME);
  });
});

describe("writeTar, names", () => {
  test.each(["", "../a", "/a", "a\\b", "c:a", "./a", "a/"])("refuses %p", async (name) => {
    const error = await octErrorOf(() => writeTar([{ name, bytes: new Uint8Array(1) }]));
    expect(error.message).toBe(`no archive can hold the name ${JSON.stringify(name)}`);
  });
});

describe("readTar, archives of other programs", () => {
  test.each([["ustar"], ["gnu"], ["pax"], ["v7"]])("reads %s", async (format) => {
    using folder = tempFolder();
    mkdirSync(folder.file("in/below"), { recursive: true });
    writeFileSync(folder.file("in/a.txt"), "one");
    writeFileSync(folder.file(`in/below/${"b".repeat(80)}.txt`), "two");
    const made = Bun.spawnSync(
      ["tar", `--format=${format}`, "-C", folder.file("in"), "-cf", folder.file("x.tar"), "."],
      { env: { PATH: "/usr/bin:/bin" } },
    );
    expect(made.exitCode).toBe(0);
    const tar = readFileSync(folder.file("x.tar"));
    for (const bytes of [tar, gzipSync(tar)]) {
      const members = await readTar(bytes, "x");
      expect(members.map(({ name }) => name).sort()).toEqual([
        "a.txt",
        "below",
        `below/${"b".repeat(80)}.txt`,
      ]);
    }
  });

  test("takes the last of two members with one name", async () => {
    const tar = rawTar([
      { name: "a", body: "first" },
      { name: "./a", body: "last" },
    ]);
    expect(plain(await readTar(tar, "x"))).toEqual([["a", "last", false]]);
  });

  test("takes long names of GNU and pax", async () => {
    const name = `${"n/".repeat(120)}a`;
    const tar = rawTar([
      { name: "././@LongLink", type: "L", body: `${name}\0` },
      { name: "short", body: "gnu" },
      { name: "PaxHeader", type: "x", body: paxRecord("path", `p${name}`) },
      { name: "short", body: "pax" },
      { name: "pax_global_header", type: "g", body: paxRecord("comment", "a commit") },
      { name: "last", body: "" },
    ]);
    expect(plain(await readTar(tar, "x")).map(([each]) => each)).toEqual([
      name,
      `p${name}`,
      "last",
    ]);
  });
});

describe("readTar, hostile archives", () => {
  test.each<[string, readonly RawMember[], string]>([
    ["climbs", [{ name: "../x", body: "x" }], 'its member "../x" leaves the folder'],
    ["climbs inside", [{ name: "a/../../x", body: "x" }], "leaves the folder"],
    ["ends in ..", [{ name: "a/..", type: "5" }], "leaves the folder"],
    ["is absolute", [{ name: "/etc/passwd", body: "x" }], "leaves the folder"],
    ["names a drive", [{ name: "C:/x", body: "x" }], "leaves the folder"],
    ["climbs with backslashes", [{ name: "..\\x", body: "x" }], "leaves the folder"],
    [
      "is a symlink",
      [{ name: "a", type: "2", linkName: "/etc/passwd" }],
      'its member "a" is a symlink',
    ],
    ["is a hard link", [{ name: "a", type: "1", linkName: "../x" }], "is a link"],
    ["is a character device", [{ name: "a", type: "3" }], "is a character-device"],
    ["is a block device", [{ name: "a", type: "4" }], "is a block-device"],
    ["is a pipe", [{ name: "a", type: "6" }], "is a fifo"],
    [
      "climbs in a pax name",
      [
        { name: "p", type: "x", body: paxRecord("path", "../../x") },
        { name: "a", body: "x" },
      ],
      "leaves the folder",
    ],
    [
      "climbs in a GNU name",
      [
        { name: "l", type: "L", body: "/x\0" },
        { name: "a", body: "x" },
      ],
      "leaves the folder",
    ],
    [
      "is sparse",
      [
        { name: "p", type: "x", body: paxRecord("GNU.sparse.major", "1") },
        { name: "a", body: "x" },
      ],
      "is a sparse file",
    ],
    [
      "is a file and a folder",
      [
        { name: "a", body: "x" },
        { name: "a/b", body: "x" },
      ],
      'its member "a" is both a file and a folder',
    ],
    ["moves the cursor", [{ name: "\u001b[2J", type: "2" }], 'its member "·[2J" is a symlink'],
    [
      "has a name that no disk takes",
      [
        { name: "l", type: "L", body: `${"n".repeat(300)}\0` },
        { name: "a", body: "x" },
      ],
      "is too long",
    ],
    [
      "has an endless name",
      [
        { name: "l", type: "L", body: `${"n/".repeat(600)}\0` },
        { name: "a", body: "x" },
      ],
      "leaves the folder",
    ],
    ["says it is larger than it is", [{ name: "a", body: "x", sizeBytes: 99_999 }], "not a whole"],
    ["says it is a terabyte", [{ name: "a", body: "x", sizeBytes: 2 ** 33 - 1 }], "not a whole"],
  ])("refuses a member that %s", async (_, members, why) => {
    const said = await refusal(members);
    expect(said).toStartWith("this archive cannot be used: ");
    expect(said).toContain(why);
  });

  test.each<[string, Uint8Array, string]>([
    ["nothing", Buffer.alloc(0), "it is not a whole tar or tar.gz"],
    ["a text", Buffer.from("no tar at all"), "it is not a whole tar or tar.gz"],
    ["noise", Buffer.alloc(4096, 0x5a), "it is not a whole tar or tar.gz"],
    ["half a gzip", gzipSync(rawTar([{ name: "a" }])).subarray(0, 40), "not a whole tar or tar.gz"],
    ["a gzip of noise", gzipSync(Buffer.alloc(4096, 1)), "not a whole tar or tar.gz"],
    ["a zip", Buffer.from("PK\u0003\u0004rest"), "it is zip; tar and tar.gz are taken"],
    ["bzip2", Buffer.from("BZh91AY"), "it is bzip2"],
    ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), "it is xz"],
    ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), "it is zstd"],
  ])("refuses %s", async (_, bytes, why) => {
    expect(await refusal(bytes)).toContain(why);
  });

  test("refuses an archive cut anywhere", async () => {
    const tar = Buffer.from(await writeTar(MEMBERS));
    for (let end = 0; end < tar.length; end += 256) {
      expect(await refusal(tar.subarray(0, end))).toContain("not a whole");
    }
    const packed = Buffer.from(await writeTarGz(MEMBERS));
    for (let end = 0; end < packed.length; end += 16) {
      expect(await refusal(packed.subarray(0, end))).toContain("not a whole");
    }
  });

  test("refuses what is larger than allowed before unpacking it", async () => {
    const bytes = await writeTarGz([{ name: "zeros", bytes: new Uint8Array(3_000_000) }]);
    expect(bytes.length).toBeLessThan(10_000);
    const said = async (limit: object) => {
      return (await octErrorOf(() => readTar(bytes, "x", { ...ARCHIVE_LIMIT, ...limit }))).message;
    };
    expect(await said({ unpackedBytes: 1_000_000 })).toContain(
      "unpacks to more than 1000000 bytes",
    );
    expect(await said({ packedBytes: 1000 })).toContain("larger than 1000 bytes");
    expect(await said({ members: 0 })).toContain("too many members");
    expect(await readTar(bytes, "x")).toHaveLength(1);
  });
});

describe("cleanName", () => {
  test.each([
    ["a", "a"],
    ["./a", "a"],
    ["a//b/./c/", "a/b/c"],
    ["./", ""],
    ["a..b/..c", "a..b/..c"],
    ["..", undefined],
    ["a/../b", undefined],
    ["/a", undefined],
    ["c:a", undefined],
    ["./c:/a", undefined],
    ["a/c:", "a/c:"],
    ["a\\b", undefined],
    ["a\0b", undefined],
    ["n".repeat(1025), undefined],
  ])("%p is %p", (name, clean) => {
    expect(cleanName(name)).toBe(clean);
  });
});

describe("extractMembers", () => {
  test("writes files, folders and the right to execute, nothing else", () => {
    using folder = tempFolder();
    extractMembers(MEMBERS, folder.path);
    const found = readdirSync(folder.path, { recursive: true }).map(String);
    for (const { name, bytes } of MEMBERS) {
      expect(found).toContain(name);
      if (bytes !== undefined) expect(text(readFileSync(folder.file(name)))).toBe(text(bytes));
    }
    expect(statSync(folder.file("folder/tool")).mode & 0o777).toBe(0o755);
    expect(statSync(folder.file("config.json")).mode & 0o111).toBe(0);
  });

  test("never writes through a link that is there", async () => {
    using folder = tempFolder();
    using outside = tempFolder();
    symlinkSync(outside.file("target"), folder.file("config.json"));
    const error = await octErrorOf(() => extractMembers(MEMBERS, folder.path));
    expect(error.message).toContain("it is there twice, as different things");
    expect(readdirSync(outside.path)).toEqual([]);
  });

  test("tells what cannot be written as an error for the operator", async () => {
    using folder = tempFolder();
    writeFileSync(folder.file("folder"), "in the way");
    const error = await octErrorOf(() => extractMembers(MEMBERS, folder.path));
    expect(error.message).toBe("the archive cannot be opened: folder: EEXIST");
    expect(error.where).toBe(folder.path);
  });
});
