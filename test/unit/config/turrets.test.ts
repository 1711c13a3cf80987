import { describe, expect, test } from "bun:test";
import { LEAST, loadConfig, octErrorOf, TURRET, writeFiles } from "../../support/config-file.ts";
import { tempFolder } from "../../support/temp.ts";

function definitions(more: Readonly<Record<string, unknown>>) {
  using folder = tempFolder();
  return loadConfig(folder.path, { ...LEAST, ...more }).config.turrets;
}

describe("readTurrets", () => {
  test("reads a definition and keeps what it does not know for the script", () => {
    const [definition] = definitions({
      turrets: [
        {
          ...TURRET,
          cannons: "30",
          rampup: "15s",
          extra_files: ["templates"],
          threads: 4,
          specific: { deep: [1, null] },
        },
      ],
    });
    expect(definition).toMatchObject({
      name: "navigation",
      cannons: 30,
      rampupUs: 15_000_000,
      script: "test_scripts/v_user.ts",
      extraFiles: ["templates"],
      threads: 4,
    });
    expect(definition?.merged).toEqual({
      name: "navigation",
      cannons: 30,
      rampup: 15,
      script: "test_scripts/v_user.ts",
      extra_files: ["templates"],
      threads: 4,
      specific: { deep: [1, null] },
      hq_address: "127.0.0.1",
      hq_publisher: 5000,
      hq_rc: 5001,
    });
  });

  test("merges own keys < common keys < extra_turret_config, in OCT's order", () => {
    const [definition] = definitions({
      hq_address: "10.0.0.9",
      publish_port: 7000,
      turrets: [{ ...TURRET, hq_address: "own", hq_publisher: 1, colour: "blue", size: 1 }],
      extra_turret_config: { hq_rc: 9, colour: "red" },
    });
    expect(JSON.stringify(definition?.merged)).toBe(
      '{"name":"navigation","cannons":2,"rampup":0,"script":"test_scripts/v_user.ts",' +
        '"hq_address":"10.0.0.9","hq_publisher":7000,"colour":"red","size":1,"hq_rc":9}',
    );
  });

  test("lets extra_turret_config win over what the turret fires, too", () => {
    const all = definitions({
      turrets: [TURRET, { ...TURRET, name: "random", cannons: 9 }],
      extra_turret_config: { cannons: "5", rampup: 3, script: "other.ts" },
    });
    for (const definition of all) {
      expect(definition).toMatchObject({ cannons: 5, rampupUs: 3_000_000, script: "other.ts" });
      expect(definition.merged).toMatchObject({ cannons: 5, rampup: 3, script: "other.ts" });
    }
  });

  test("tells a mistake in extra_turret_config once, where it is written", async () => {
    using folder = tempFolder();
    const text = JSON.stringify({
      ...LEAST,
      turrets: [TURRET, { ...TURRET, name: "random" }],
      extra_turret_config: { rampup: "slow" },
    });
    const error = await octErrorOf(() => loadConfig(folder.path, text));
    const column = text.indexOf('"slow"') + 1;
    expect(error.message).toStartWith("a mistake in the configuration");
    expect(error.message).toContain(`config.json:1:${column}: rampup is not a duration`);
  });

  test("takes the old spelling of cannons", () => {
    const { cannons: _, ...rest } = TURRET;
    const [definition] = definitions({ turrets: [{ ...rest, canons: 7 }] });
    expect(definition?.cannons).toBe(7);
    expect(definition?.merged["cannons"]).toBe(7);
  });

  test.each([
    ["", "cannot be a turret's name"],
    [".", "cannot be a turret's name"],
    ["..", "cannot be a turret's name"],
    ["a/b", "cannot be a turret's name"],
    ["a\\b", "cannot be a turret's name"],
    ["a\0b", "cannot be a turret's name"],
    ["x".repeat(201), "cannot be a turret's name"],
    ["twice", "the name twice is used twice"],
    [7, "name must be a text"],
  ])("refuses the name %p", async (name, text) => {
    using folder = tempFolder();
    const turrets = [
      { ...TURRET, name: "twice" },
      { ...TURRET, name },
    ];
    const error = await octErrorOf(() => loadConfig(folder.path, { ...LEAST, turrets }));
    expect(error.message).toContain(text);
    expect(error.message).toStartWith("a mistake");
  });

  test.each([
    [{ script: 7 }, "script must be a text"],
    [{ cannons: 1.5 }, "cannons is not a whole number"],
    [{ cannons: 1e12 }, "cannons must be from 0 to 1000000"],
    [{ rampup: "x" }, "rampup is not a duration"],
    [{ extra_files: "templates" }, "extra_files must be a list of texts"],
    [{ threads: 5000 }, "threads must be from 0 to 1024"],
  ])("refuses %p", async (more, text) => {
    using folder = tempFolder();
    const turrets = [{ ...TURRET, ...more }];
    const error = await octErrorOf(() => loadConfig(folder.path, { ...LEAST, turrets }));
    expect(error.message).toContain(text);
  });

  test("refuses more than a thousand turrets at once", async () => {
    using folder = tempFolder();
    const turrets = Array.from({ length: 1001 }, () => 7);
    const error = await octErrorOf(() => loadConfig(folder.path, { ...LEAST, turrets }));
    expect(error.message).toContain("more than 1000 turrets");
    expect(error.message).toStartWith("a mistake");
  });
});

describe("readTurrets, files of turrets", () => {
  test("reads a turret from a file of its own, comments and all", () => {
    using folder = tempFolder();
    writeFiles(folder.path, {
      "turrets/one.json": `// mine\n${JSON.stringify({ ...TURRET, own: 1 })}`,
    });
    const { config } = loadConfig(folder.path, { ...LEAST, turrets: ["turrets/one.json"] });
    expect(config.turrets[0]).toMatchObject({ name: "navigation", cannons: 2 });
    expect(config.turrets[0]?.merged["own"]).toBe(1);
  });

  test("tells mistakes in that file at their place there", async () => {
    using folder = tempFolder();
    writeFiles(folder.path, {
      "one.json": '{\n  "name": "one", "script": "a.ts",\n  "cannons": "many"\n}',
      "two.json": '{\n  "name": two\n}',
    });
    const error = await octErrorOf(() =>
      loadConfig(folder.path, { ...LEAST, turrets: ["one.json", "two.json", "three.json"] }),
    );
    const said = error.message.replaceAll(`${folder.path}/`, "");
    expect(said).toContain(
      'one.json:3:14: cannons is not a whole number\n      "cannons": "many"\n                 ^',
    );
    expect(said).toContain(
      "two.json:2:11: Turret configuration two.json failed: " +
        "Configuration setting failed with error: this is not a value, not two",
    );
    expect(said).toContain("Turret configuration three.json failed: there is no such file");
  });

  test.each([
    [new Uint8Array([0xff, 0xfe, 0x7b, 0x00]), "not UTF-8"],
    ["[]", "the configuration is not an object"],
    ["", "the file is empty"],
    ["[".repeat(100), "nests too deep"],
    [`"${"x".repeat(4 * 1024 * 1024)}"`, "larger than 4 MiB"],
  ])("says why a file of a turret cannot be used", async (content, why) => {
    using folder = tempFolder();
    await Bun.write(folder.file("one.json"), content);
    const error = await octErrorOf(() =>
      loadConfig(folder.path, { ...LEAST, turrets: ["one.json"] }),
    );
    expect(error.message).toContain(`Turret configuration one.json failed: `);
    expect(error.message).toContain(why);
  });
});
