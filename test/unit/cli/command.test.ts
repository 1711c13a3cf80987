import { describe, expect, test } from "bun:test";
import { UsageError } from "../../../src/base/errors.ts";
import { type CommandSpec, readInput } from "../../../src/cli/command.ts";
import { COMMANDS, findCommand } from "../../../src/cli/commands.ts";
import { runCli } from "../../../src/cli/index.ts";
import { memoryEnv } from "../../support/memory-env.ts";

const spec: CommandSpec = {
  name: "sample",
  aliases: [],
  usage: "<one> [two]",
  summary: "",
  options: [
    { flags: "-o, --output-dir <dir>", help: "" },
    { flags: "-e, --env <name=value>", help: "", isRepeatable: true },
    { flags: "--no-results", help: "" },
    { flags: "--local", help: "" },
  ],
  examples: [],
  run: async () => 0,
};

describe("readInput", () => {
  test.each([
    [["0012", "-o", "1e3"], "1e3"],
    [["x", "--output-dir=0x10"], "0x10"],
    [["-o", "-1", "x"], "-1"],
    [["x", "-o", "true"], "true"],
    [["x", "-o", ""], ""],
  ])("keeps option values as typed: %p", (args, expected) => {
    expect(readInput(spec, args).text("output-dir")).toBe(expected);
  });

  test("keeps positionals as typed, also after --", () => {
    expect(readInput(spec, ["0012", "--", "--local"]).positionals).toEqual(["0012", "--local"]);
  });

  test("collects repeated options in order", () => {
    expect(readInput(spec, ["x", "-e", "A=1", "--env", "B=2", "--env=C=3"]).texts("env")).toEqual([
      "A=1",
      "B=2",
      "C=3",
    ]);
  });

  test("reads switches, the ones called no-... too", () => {
    const input = readInput(spec, ["x", "--no-results"]);
    expect([input.isOn("no-results"), input.isOn("local")]).toEqual([true, false]);
    expect(readInput(spec, ["x"]).isOn("no-results")).toBe(false);
  });

  test.each([
    [["x", "--outputdir", "y"], "did you mean --output-dir?"],
    [["x", "--loca"], "did you mean --local?"],
    [["x", "-q"], "did you mean"],
    [["x", "--zzzzzzzz"], "see oct sample --help"],
    [["x", "--local=yes"], "see oct sample --help"],
    [["x", "-o"], "see oct sample --help"],
    [[], "see oct sample --help"],
    [["x", "y", "z"], "see oct sample --help"],
  ])("refuses %p with a hint", (args, hint) => {
    let caught: unknown;
    try {
      readInput(spec, args);
    } catch (thrown) {
      caught = thrown;
    }
    expect(caught).toBeInstanceOf(UsageError);
    expect((caught as UsageError).hint).toContain(hint);
  });
});

describe("COMMANDS", () => {
  test("names and aliases are unique, every command has an example", () => {
    const names = COMMANDS.flatMap((command) => [command.name, ...command.aliases]);
    expect(new Set(names).size).toBe(names.length);
    expect(COMMANDS.filter((command) => command.examples.length === 0)).toEqual([]);
  });

  test.each(["new", "pack", "rebuild", "to-csv"])("the alias %s is known", (alias) => {
    expect(findCommand(alias)).toBeDefined();
  });
});

describe("runCli", () => {
  test("prints the overview and exits 2 without a command", async () => {
    const env = memoryEnv([]);
    expect(await runCli(env)).toBe(2);
    expect(env.stderr.text).toContain("usage: oct <command>");
  });

  test("names the nearest command for an unknown one", async () => {
    const env = memoryEnv(["rnu"]);
    expect(await runCli(env)).toBe(2);
    expect(env.stderr.text).toContain("unknown command rnu");
    expect(env.stderr.text).toContain("did you mean oct run?");
  });

  test.each(COMMANDS.map((command) => command.name))("helps with %s", async (name) => {
    const env = memoryEnv([name, "--help"]);
    expect(await runCli(env)).toBe(0);
    expect(env.stdout.text).toContain(`usage: oct ${name}`);
    expect(env.stdout.text).toMatch(/examples?:\n {2}oct /);
  });
});

describe("oct fire --proxy", () => {
  test.each(["foo://x", "proxy:3128", "", "http://"])("%j is refused at once", async (proxy) => {
    const env = memoryEnv(["fire", "http://127.0.0.1:1/", "--proxy", proxy, "-n", "1"]);
    expect(await runCli(env)).toBe(2);
    expect(env.stderr.text).toContain("--proxy takes a proxy");
    expect(env.stderr.text).toContain("socks5h://");
  });
});

describe("oct turret --name", () => {
  test.each([
    ["x".repeat(256), "--name has 256 bytes; the most is 255"],
    ["é".repeat(128), "--name has 256 bytes; the most is 255"],
    ["x".repeat(100_000), "--name has 100000 bytes; the most is 255"],
  ])("that no project can have is refused before an HQ is asked", async (name, text) => {
    const env = memoryEnv(["turret", "--hq", "127.0.0.1:1", "--name", name]);
    expect(await runCli(env)).toBe(2);
    expect(env.stderr.text).toContain(text);
    expect(env.stdout.text).toBe("");
  });
});
