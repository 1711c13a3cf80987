// Whatever an archive holds: it opens inside of its folder, or an OctError says why not and nothing
// was written.

import { expect, test } from "bun:test";
import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { OctError } from "../../src/base/errors.ts";
import { cleanName, readTar, writeTar, writeTarGz } from "../../src/pack/archive.ts";
import { openPack } from "../../src/pack/open.ts";
import { createFromTemplate } from "../../src/project/template.ts";
import { paxRecord, type RawMember, rawTar } from "../support/pack-tools.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const part = fc.oneof(
  fc.constantFrom(
    "..",
    ".",
    "",
    "a",
    "b",
    "config.json",
    "oct-pack.json",
    "templates",
    "\u001b[2J",
  ),
  fc.string({ maxLength: 8 }),
);
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const body = fc.oneof(
  fc.constantFrom("{}", '{"platform": "linux-x64"}', '{"platform": 1}', "[", ""),
  fc.string(),
);
const member: fc.Arbitrary<RawMember> = fc.record(
  {
    name,
    body,
    type: fc.constantFrom("0", "0", "0", "5", "1", "2", "3", "4", "6", "7", "S", "\0"),
    linkName: name,
    mode: fc.nat(0o7777),
  },
  { requiredKeys: ["name"] },
);
const long: fc.Arbitrary<RawMember> = fc.oneof(
  name.map((path) => ({ name: "x", type: "x", body: paxRecord("path", path) })),
  fc.nat().map((size) => ({ name: "x", type: "x", body: paxRecord("size", String(size)) })),
  name.map((path) => ({ name: "L", type: "L", body: `${path}\0` })),
  fc.string().map((text) => ({ name: "g", type: "g", body: text })),
);
const members = fc.array(fc.oneof({ weight: 4, arbitrary: member }, long), { maxLength: 6 });
const CONFIG: RawMember = { name: "config.json", body: '{"name": "n"}' };

/** Opens `bytes`; false when an OctError refused them. Fails the test when anything is outside. */
async function opens(folder: TempFolder, bytes: Uint8Array): Promise<boolean> {
  const targetDirectory = folder.file("in");
  mkdirSync(targetDirectory);
  let isOpen = true;
  try {
    await openPack({ bytes, targetDirectory, platform: "linux-x64" });
  } catch (thrown) {
    if (!(thrown instanceof OctError)) throw thrown;
    expect(thrown.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    isOpen = false;
    expect(readdirSync(targetDirectory)).toEqual([]);
  }
  expect(readdirSync(folder.path)).toEqual(["in"]);
  for (const entry of readdirSync(targetDirectory, { recursive: true })) {
    const found = lstatSync(folder.file("in", String(entry)));
    expect(found.isFile() || found.isDirectory()).toBe(true);
    expect(found.mode & 0o7022).toBe(0);
  }
  rmSync(targetDirectory, { recursive: true });
  return isOpen;
}

test("openPack: members of any name, type and size stay inside, or are refused", async () => {
  using folder = tempFolder();
  let opened = 0;
  await fc.assert(
    fc.asyncProperty(members, fc.boolean(), fc.boolean(), async (list, hasConfig, isPacked) => {
      const tar = rawTar(hasConfig ? [CONFIG, ...list] : list);
      if (await opens(folder, isPacked ? gzipSync(tar) : tar)) opened++;
    }),
    { numRuns: 700 },
  );
  expect(opened).toBeGreaterThan(0);
});

test("openPack: an archive with any bytes changed stays inside, or is refused", async () => {
  using folder = tempFolder();
  const whole = rawTar([CONFIG, { name: "a/b", body: "x".repeat(600) }, { name: "c", type: "5" }]);
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(whole.length), fc.boolean(), async (changes, cut, isCut) => {
      const bytes = Buffer.from(isCut ? whole.subarray(0, cut) : whole);
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      await opens(folder, bytes);
    }),
    { numRuns: 500 },
  );
  expect(await opens(folder, whole)).toBe(true);
});

test("openPack: any bytes at all are refused or open", async () => {
  using folder = tempFolder();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (noise, isPacked) => {
      expect(await opens(folder, isPacked ? gzipSync(noise) : noise)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("writeTar: what is written is read back, packed or not, in the same order", async () => {
  const file = fc.record({
    name: name.map((text) => cleanName(text) ?? "x").filter((text) => text !== ""),
    bytes: fc.option(fc.uint8Array({ maxLength: 1100 }), { nil: undefined }),
    isExecutable: fc.boolean(),
  });
  const files = fc.uniqueArray(file, { selector: ({ name: each }) => each, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(files, async (list) => {
      const names = list.map((each) => each.name);
      const isTree = list.every(({ name: each }) =>
        list.every((other) => other.bytes === undefined || !each.startsWith(`${other.name}/`)),
      );
      fc.pre(isTree && names.every((each) => !/[\uD800-\uDFFF]/.test(each)));
      for (const bytes of [await writeTar(list), await writeTarGz(list)]) {
        const read = await readTar(bytes, "x");
        expect(read.map((each) => each.name)).toEqual(names);
        read.forEach((each, index) => {
          expect(each.bytes).toEqual(list[index]?.bytes);
        });
      }
    }),
    { numRuns: 300 },
  );
});

test("createFromTemplate: any members make a whole project inside of its folder, or none", async () => {
  using folder = tempFolder();
  const base: readonly RawMember[] = [
    CONFIG,
    { name: "test_scripts/a.ts" },
    { name: "templates/report.eta" },
  ];
  let made = 0;
  await fc.assert(
    fc.asyncProperty(members, fc.constantFrom("", "root/"), async (list, root) => {
      const all = [...base, ...list].map((each) => ({ ...each, name: `${root}${each.name}` }));
      const archivePath = folder.file("t.tar");
      await Bun.write(archivePath, rawTar(all));
      const directory = folder.file("shop");
      let isMade = true;
      try {
        await createFromTemplate({ directory, archivePath });
      } catch (thrown) {
        if (!(thrown instanceof OctError)) throw thrown;
        isMade = false;
      }
      expect(readdirSync(folder.path).sort()).toEqual(isMade ? ["shop", "t.tar"] : ["t.tar"]);
      if (isMade) made++;
      rmSync(directory, { recursive: true, force: true });
    }),
    { numRuns: 200 },
  );
  expect(made).toBeGreaterThan(0);
});
