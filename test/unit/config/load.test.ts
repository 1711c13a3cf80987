import { describe, expect, test } from "bun:test";
import { EXIT } from "../../../src/base/errors.ts";
import { PROJECT_KEYS, REQUIRED_KEYS } from "../../../src/config/keys.ts";
import { loadProject } from "../../../src/config/load.ts";
import { LEAST, loadConfig, octErrorOf, TURRET, writeFiles } from "../../support/config-file.ts";
import { tempFolder } from "../../support/temp.ts";

function config(more: Readonly<Record<string, unknown>> = {}) {
  using folder = tempFolder();
  return loadConfig(folder.path, { ...LEAST, ...more }).config;
}

async function mistakes(text: string | Readonly<Record<string, unknown>>): Promise<string> {
  using folder = tempFolder();
  const error = await octErrorOf(() => loadConfig(folder.path, text));
  expect(error.exitCode).toBe(EXIT.usage);
  return error.message.replaceAll(`${folder.path}/`, "");
}

describe("loadProject, the keys", () => {
  test("has OCT's defaults for what is not there", () => {
    expect(config()).toMatchObject({
      runTimeUs: 30_000_000,
      intervalS: 10,
      progressBar: true,
      testing: false,
      consoleLogging: false,
      publishPort: 5000,
      rcPort: 5001,
      externalPublisher: 5002,
      linkPort: 5003,
      hqAddress: "127.0.0.1",
      minTurrets: 1,
      turretsRequirements: [],
      extraTurretConfig: {},
      resultsDatabaseUri: "default",
      resultsMaxRows: 2_000_000,
      graceUs: 5_000_000,
      silenceUs: 10_000_000,
      hqLossUs: 10_000_000,
      waitUs: 0,
      seed: undefined,
    });
  });

  test.each<[string, unknown, string, unknown]>([
    ["run_time", 2.5, "runTimeUs", 2_500_000],
    ["run_time", "1m30s", "runTimeUs", 90_000_000],
    ["results_ts_interval", "7", "intervalS", 7],
    ["progress_bar", false, "progressBar", false],
    ["testing", true, "testing", true],
    ["console_logging", true, "consoleLogging", true],
    ["publish_port", 6000, "publishPort", 6000],
    ["publish_port", "6000", "publishPort", 6000],
    ["rc_port", 6001, "rcPort", 6001],
    ["external_publisher", 6002, "externalPublisher", 6002],
    ["link_port", 6003, "linkPort", 6003],
    ["hq_address", "10.0.0.1", "hqAddress", "10.0.0.1"],
    ["min_turrets", 3, "minTurrets", 3],
    ["turrets_requirements", ["a", "b"], "turretsRequirements", ["a", "b"]],
    ["extra_turret_config", { a: 1 }, "extraTurretConfig", { a: 1 }],
    ["results_database", { db_uri: "sqlite:///x.db" }, "resultsDatabaseUri", "sqlite:///x.db"],
    ["results_database", { db_uri: "mysql.sqlite" }, "resultsDatabaseUri", "mysql.sqlite"],
    ["results_max_rows", 0, "resultsMaxRows", 0],
    ["grace", "250ms", "graceUs", 250_000],
    ["turret_silence", 3, "silenceUs", 3_000_000],
    ["hq_loss", "1h", "hqLossUs", 3_600_000_000],
    ["wait", 60, "waitUs", 60_000_000],
    ["seed", 0, "seed", 0],
  ])("reads %s: %p", (key, value, field, expected) => {
    const read = config({ [key]: value });
    expect(read[field as keyof typeof read]).toEqual(expected as never);
    expect(read.raw[key]).toEqual(value as never);
  });

  test("knows every key of its table, and a new OCT project brings no warning", () => {
    using folder = tempFolder();
    const known = Object.fromEntries(
      PROJECT_KEYS.map(({ name, kind }) => {
        const plain = { boolean: true, text: "x", list: [], object: { db_uri: "default" } };
        return [name, kind in plain ? plain[kind as keyof typeof plain] : 1];
      }),
    );
    expect(loadConfig(folder.path, known).warnings).toEqual([]);
    const project = {
      ...LEAST,
      console_logging: false,
      publish_port: 5000,
      rc_port: 5001,
      min_turrets: 1,
      turrets_requirements: [],
      extra_turret_config: {},
      results_database: { db_uri: "default", params: {}, insert_limit: "150" },
    };
    expect(loadConfig(folder.path, project).warnings).toEqual([]);
  });

  test.each<[string, unknown, string]>([
    ["run_time", "soon", "run_time is not a duration"],
    ["run_time", -1, "run_time is not a duration"],
    ["run_time", null, "run_time is not a duration"],
    ["run_time", 1e300, "run_time is not a duration"],
    ["results_ts_interval", 0, "results_ts_interval must be from 1 to 86400"],
    ["results_ts_interval", 1.5, "results_ts_interval is not a whole number"],
    ["progress_bar", "yes", "progress_bar must be true or false"],
    ["testing", 1, "testing must be true or false"],
    ["console_logging", [], "console_logging must be true or false"],
    ["publish_port", 65_536, "publish_port must be from 0 to 65535"],
    ["rc_port", -1, "rc_port must be from 0 to 65535"],
    ["link_port", "0x10", "link_port is not a whole number"],
    ["external_publisher", "", "external_publisher is not a whole number"],
    ["hq_address", 7, "hq_address must be a text"],
    ["min_turrets", 0, "min_turrets must be from 1 to 10000"],
    ["turrets_requirements", ["a", 1], "turrets_requirements must be a list of texts"],
    ["turrets_requirements", "a", "turrets_requirements must be a list of texts"],
    ["extra_turret_config", [], "extra_turret_config must be an object"],
    ["results_database", {}, "results_database has no db_uri"],
    ["results_database", "default", "results_database must be an object"],
    ["results_database", { db_uri: "postgres://u@h/d" }, "results go to SQLite only"],
    ["results_database", { db_uri: "mysql+pymysql://u@h/d" }, "results go to SQLite only"],
    ["results_max_rows", 1e12, "results_max_rows must be from 0 to 50000000"],
    ["grace", {}, "grace is not a duration"],
    ["turret_silence", "", "turret_silence is not a duration"],
    ["hq_loss", true, "hq_loss is not a duration"],
    ["wait", "1 year", "wait is not a duration"],
    ["seed", -1, "seed must be from 0 to 4294967295"],
    ["turrets", {}, "turrets must be a list"],
    ["turrets", [7], "a turret is an object, or the path of a JSON file"],
  ])("refuses %s: %p", async (key, value, text) => {
    expect(await mistakes({ ...LEAST, [key]: value })).toContain(`: ${text}`);
  });

  test.each([...REQUIRED_KEYS])("says OCT's words when %s is missing", async (key) => {
    const { [key]: _, ...rest } = LEAST;
    expect(await mistakes(rest)).toBe(
      "a mistake in the configuration\n\nconfig.json: OctConfigurationError: Error: " +
        `the required configuration key ${key} is not define\n`,
    );
  });
});

describe("loadProject, mistakes", () => {
  test("tells all mistakes of a file at once, with line, column, caret and what to do", async () => {
    const text = [
      "{",
      "  // comments are fine, and so is a last comma",
      '  "run_time": "soon",',
      '\t"testing": 1, "results_ts_interval": 1,',
      '  "turrets": [{"name": "a/b", "cannons": -1, "script": ""}],',
      "}",
    ].join("\r\n");
    expect((await mistakes(text)).split("\n")).toEqual([
      "6 mistakes in the configuration",
      "",
      "config.json: OctConfigurationError: Error: the required configuration key progress_bar is not define",
      "",
      "config.json:3:15: run_time is not a duration",
      '      "run_time": "soon",',
      "                  ^",
      '    seconds, or a text such as "90s" or "5m"',
      "",
      "config.json:4:13: testing must be true or false",
      '     "testing": 1, "results_ts_interval": 1,',
      "                ^",
      "",
      'config.json:5:24: "a/b" cannot be a turret\'s name',
      '      "turrets": [{"name": "a/b", "cannons": -1, "script": ""}],',
      "                           ^",
      "    a name without slashes",
      "",
      "config.json:5:56: the turret's script is empty",
      '      "turrets": [{"name": "a/b", "cannons": -1, "script": ""}],',
      "                                                           ^",
      "",
      "config.json:5:42: cannons must be from 0 to 1000000",
      '      "turrets": [{"name": "a/b", "cannons": -1, "script": ""}],',
      "                                             ^",
      "",
    ]);
  });

  test("points at the object where a key of a turret is missing", async () => {
    const text = JSON.stringify({ ...LEAST, turrets: [{ rampup: 1 }] });
    const column = text.indexOf('{"rampup"') + 1;
    const said = await mistakes(text);
    for (const key of ["name", "script", "cannons"]) {
      expect(said).toContain(`config.json:1:${column}: the turret has no ${key}`);
    }
  });

  test("points at the last of two equal keys, which is the one that counts, and warns", async () => {
    using folder = tempFolder();
    const text = JSON.stringify(LEAST).replace("{", '{\n"run_time": 1,\n');
    const { config: read, warnings } = loadConfig(folder.path, text);
    expect(read.runTimeUs).toBe(30_000_000);
    expect(warnings).toEqual([
      `WARNING: configuration key run_time is there twice, the last one counts: ${folder.file("config.json")}:3`,
    ]);
    const bad = text.replace('"run_time":30', '"run_time":"x"');
    expect(await mistakes(bad)).toContain("config.json:3:12: run_time is not a duration");
  });

  test("cuts a long line around the place and keeps the caret under it", async () => {
    const text = JSON.stringify({
      pad: "x".repeat(500),
      ...LEAST,
      grace: {},
      end: "y".repeat(500),
    });
    const lines = (await mistakes(text)).split("\n");
    const caret = lines.find((line) => /^ *\^$/.test(line)) as string;
    const shown = lines[lines.indexOf(caret) - 1] as string;
    expect(shown.length).toBeLessThanOrEqual(104);
    expect(shown.slice(caret.length - 1)).toStartWith("{}");
  });

  test("shows nothing that moves a cursor", async () => {
    const text = JSON.stringify({ ...LEAST, turrets: "x" }).replace(
      '"x"',
      '"\u001b[2J\u202E\u009b"',
    );
    const said = await mistakes(text);
    expect(said).toContain('"·[2J··"');
    expect(said).not.toMatch(/[\u001b\u202e\u009b]/);
  });

  test("tells at most fifty mistakes, and how many more there are", async () => {
    const turrets = Array.from({ length: 60 }, () => 7);
    const said = await mistakes({ ...LEAST, turrets });
    expect(said).toStartWith("60 mistakes in the configuration");
    expect(said).toEndWith("\n\nand 10 more\n");
    expect(said.match(/config\.json:1:/g)).toHaveLength(50);
  });

  test("names the file that is missing and what to do", async () => {
    using folder = tempFolder();
    const error = await octErrorOf(() => loadProject({ directory: folder.path }));
    expect(error.message).toBe("there is no configuration file");
    expect(error.where).toBe(folder.file("config.json"));
    expect(error.hint).toContain("--config-file");
    const folderAsFile = await octErrorOf(() =>
      loadProject({ directory: folder.path, configFile: folder.path }),
    );
    expect(folderAsFile.message).toBe("the configuration cannot be read: EISDIR");
  });

  test("reads another file when one is named", () => {
    using folder = tempFolder();
    writeFiles(folder.path, { "small.json": JSON.stringify({ ...LEAST, run_time: 1 }) });
    const loaded = loadProject({ directory: folder.path, configFile: folder.file("small.json") });
    expect(loaded.config.runTimeUs).toBe(1_000_000);
  });
});

describe("loadProject, warnings", () => {
  test.each([
    ["run_tim", "did you mean run_time?"],
    ["min_turret", "did you mean min_turrets?"],
    ["publish_prot", "did you mean publish_port?"],
    ["colour", "it is ignored"],
    ["x".repeat(10_000), "it is ignored"],
  ])("warns of the unknown key %s", (key, said) => {
    using folder = tempFolder();
    const { warnings } = loadConfig(folder.path, { ...LEAST, [key]: 1 });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toEndWith(`: ${said}`);
    expect(warnings[0]?.length).toBeLessThan(200);
  });

  test("keeps many unknown keys to a few lines without control characters", () => {
    using folder = tempFolder();
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`\u001bk${i}`, i]));
    const { warnings } = loadConfig(folder.path, { ...LEAST, ...many });
    expect(warnings).toHaveLength(21);
    expect(warnings[0]).toBe("WARNING: unknown configuration key ·k0: it is ignored");
    expect(warnings.at(-1)).toBe("WARNING: and more of these");
  });

  test("keeps keys of turrets and of extra_turret_config without a word", () => {
    using folder = tempFolder();
    const { config: read, warnings } = loadConfig(folder.path, {
      ...LEAST,
      turrets: [{ ...TURRET, colour: "blue" }],
      extra_turret_config: { shape: "round" },
    });
    expect(warnings).toEqual([]);
    expect(read.turrets[0]?.merged).toMatchObject({ colour: "blue", shape: "round" });
  });
});
