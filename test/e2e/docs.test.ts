// The guides are true: their scripts fire and their types hold, their configurations and command lines
// are read as the text under them says, and whatever they name exists.

import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parse } from "jsonc-parser";
import * as api from "../../src/api/index.ts";
import { type CommandSpec, optionNames, readInput } from "../../src/cli/command.ts";
import { COMMANDS, findCommand } from "../../src/cli/commands.ts";
import { runDocs } from "../../src/cli/docs.ts";
import { readFirePlan } from "../../src/cli/fire-options.ts";
import { GENERATOR_LIMIT } from "../../src/hq/generator-rules.ts";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { oct } from "../support/binary.ts";
import {
  type Block,
  blocksOf,
  guideServer,
  guides,
  inlineCode,
  shownCommands,
  wordsOf,
} from "../support/guides.ts";
import { memoryEnv } from "../support/memory-env.ts";
import { query } from "../support/project.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const ROOT = path.resolve(import.meta.dir, "../..");
const COLUMNS_MAX = 105;

const all = guides();
const blocks = all.flatMap(blocksOf);
const commands = all.flatMap(shownCommands);
const scripts = blocks.filter(({ language }) => language === "ts");
const configs = blocks.filter(({ language }) => /^jsonc?$/.test(language));

/** The file that a block of TypeScript is, or stands in. */
function scriptOf(block: Block): string {
  if (block.mark === "script") return block.text;
  expect(block.mark).toBe("run");
  const values = Object.keys(api).join(", ");
  const body = block.text.replace(/^(?=.)/gm, "    ");
  return `import { ${values} } from "oct";
export class Shown extends Transaction {
  async run() {
${body}  }
}
`;
}

/** Writes the data files of the guides. */
function writeData(folder: string): void {
  for (const { language, mark, text } of blocks) {
    if (language === "csv") writeFileSync(path.join(folder, mark), text);
  }
}

const fileOf = ({ place }: Block) => `${place.replace(/\W+/g, "-")}.ts`;
const byPlace = (list: readonly Block[]) =>
  list.map((block): [string, Block] => [block.place, block]);

describe("scripts of the guides", () => {
  test.each(byPlace(scripts))("%s fires without an error", async (_, block) => {
    await using server = await guideServer();
    using folder = tempFolder();
    writeData(folder.path);
    writeFileSync(folder.file("shown.ts"), scriptOf(block));
    const values = Object.entries(server.env).flatMap(([name, value]) => [
      "-e",
      `${name}=${value}`,
    ]);
    const args = ["fire", "shown.ts", "-u", "2", "--hits", "2", "-o", "out", ...values];
    const run = await oct(args, { cwd: folder.path });
    expect(run.stderr).toBe("");
    expect(run.stdout).toMatch(/^Success: 4$/m);
    expect(run.stdout).toMatch(/^Errors: 0$/m);
    expect(run.code).toBe(0);
    const failed = query(
      folder.file("out/results.sqlite"),
      "select n.name from oct_total t join oct_name n on n.id = t.name_id " +
        `where n.kind = ${CELL_KIND.check} and t.error_count > 0`,
    );
    expect(failed).toEqual([]);
  });

  test("all have the types of the project that oct new makes", async () => {
    using folder = tempFolder();
    expect((await oct(["new", "shop"], { cwd: folder.path })).code).toBe(0);
    const project = folder.file("shop");
    for (const block of scripts) {
      writeFileSync(path.join(project, "test_scripts", fileOf(block)), scriptOf(block));
    }
    const tsc = path.join(ROOT, "node_modules/.bin/tsc");
    const run = Bun.spawnSync([tsc, "-p", project, "--pretty", "false"], { cwd: project });
    expect(run.stdout.toString()).toBe("");
    expect(run.exitCode).toBe(0);
    expect(scripts.length).toBeGreaterThan(15);
  });
});

interface Project {
  readonly turrets: readonly Record<string, unknown>[];
}

/** A block as a whole configuration: most are keys of one definition. */
function projectOf(block: Block): Project {
  const value = parse(block.text, [], { allowTrailingComma: true }) as Record<string, unknown>;
  if ("turrets" in value) return value as unknown as Project;
  const least = { results_ts_interval: 10, progress_bar: true, testing: false };
  const turrets = Number(/^(\d+) turrets$/.exec(block.mark)?.[1] ?? 1);
  const scripted = { name: "shown", ...("mix" in value ? {} : { script: "v_user.ts" }), ...value };
  return { ...least, run_time: "1m", min_turrets: turrets, turrets: [scripted] } as Project;
}

/** What the block below says of it. */
function saidOf(block: Block): string[] {
  const below = blocks[blocks.indexOf(block) + 1];
  const isPlan = below?.language === "text" && below.mark === "plan";
  return isPlan ? below.text.trim().split("\n") : [];
}

async function planOf(folder: TempFolder, config: string): Promise<string> {
  mkdirSync(folder.file("shop"));
  writeFileSync(folder.file("shop/config.json"), config);
  const run = await oct(["run", "shop", "--plan"], { cwd: folder.path });
  expect(run.stderr).toBe("");
  expect(run.code).toBe(0);
  return run.stdout;
}

describe("configurations of the guides", () => {
  test.each(byPlace(configs))("%s are planned as the text below says", async (_, block) => {
    using folder = tempFolder();
    const isWhole = block.text.includes('"turrets"');
    const plan = await planOf(folder, isWhole ? block.text : JSON.stringify(projectOf(block)));
    for (const line of saidOf(block)) expect(plan).toContain(line);
    for (const { name } of projectOf(block).turrets) expect(plan).toContain(String(name));
  });

  test("every plan in the guides belongs to a configuration", () => {
    const told = blocks.filter(({ language, mark }) => language === "text" && mark === "plan");
    const said = configs.filter((block) => saidOf(block).length > 0);
    expect(said.length).toBe(told.length);
    expect(told.length).toBeGreaterThan(10);
  });
});

const optionsOf = (command: CommandSpec) => [
  ...command.options.flatMap((option) => optionNames(option).all),
  "-h",
  "--help",
];
const isUrl = (word: string) => /^(https?:|URL$)/.test(word);

/** The command of words such as `run shop --local`, and options among them that it has not. */
function unknownOptions(words: readonly string[]): string[] {
  const [first = "", ...rest] = words;
  if (["--help", "--version", "<command>"].includes(first)) return [];
  const command = findCommand(isUrl(first) ? "fire" : first);
  if (command === undefined) return [`no command ${first}`];
  const known = optionsOf(command);
  return rest.filter((word) => /^-./.test(word) && !known.includes(word.replace(/=.*/, "")));
}

describe("commands of the guides", () => {
  test("every line that is a command is read, and options are those of the command", () => {
    const wrong = commands.flatMap(({ place, words }) =>
      unknownOptions(words).map((what) => `${place}: ${what}`),
    );
    expect(wrong).toEqual([]);
    expect(commands.length).toBeGreaterThan(30);
    for (const { words } of commands) {
      const [name = "", ...rest] = words;
      const command = findCommand(isUrl(name) ? "fire" : name) as CommandSpec;
      const read = readInput(command, isUrl(name) ? words : rest);
      expect(read.positionals.length).toBeLessThan(4);
    }
  });

  test("commands and options in the text exist", () => {
    const known = new Set(COMMANDS.flatMap(optionsOf));
    const wrong = all.flatMap((guide) =>
      inlineCode(guide).flatMap((code) => {
        const words = wordsOf(code);
        if (words[0] === "oct") return words.length === 1 ? [] : unknownOptions(words.slice(1));
        if (!code.startsWith("-")) return [];
        return words.filter((word) => /^-./.test(word) && !known.has(word));
      }),
    );
    expect(wrong).toEqual([]);
  });

  const fired = commands
    .filter(({ words }) => words[0] === "fire" || isUrl(words[0] ?? ""))
    .filter(({ words }) => words[1] !== "URL" && words[0] !== "URL")
    .map((shown): [string, typeof shown] => [`${shown.place} oct ${shown.words.join(" ")}`, shown]);

  test.each(fired)("%s is read as the comment says", (_, { words, says }) => {
    using folder = tempFolder();
    for (const file of ["shop.ts", "body.json"]) writeFileSync(folder.file(file), "");
    const args = words[0] === "fire" ? words.slice(1) : words;
    const input = readInput(findCommand("fire") as CommandSpec, args);
    const plan = readFirePlan(input, memoryEnv([], { cwd: folder.path }));
    for (const line of says) expect(plan.words.join("\n")).toContain(line);
    expect(plan.words.length).toBeGreaterThan(0);
  });

  // The guide of comparing is about the options of another command than fire.
  const rows = all.flatMap(({ name, text }) =>
    [...text.matchAll(/^\| `(-[^`]+)` \|/gm)].map((match): [string, string] => {
      return [match[1] as string, name === "compare" ? "compare" : "fire"];
    }),
  );

  test.each(rows)("options %s of a table are read by oct %s", (options, command) => {
    const targets = command === "fire" ? ["http://localhost/"] : ["base", "new"];
    const spec = findCommand(command) as CommandSpec;
    const input = readInput(spec, [...targets, ...wordsOf(options)]);
    expect(input.positionals).toEqual(targets);
    if (command !== "fire") return;
    expect(readFirePlan(input, memoryEnv([])).load.cannons).toBeGreaterThan(0);
  });
});

describe("oct docs", () => {
  const topics = all.filter(({ name }) => name !== "README");

  test.each(topics.map(({ name, text }) => [name, text]))("%s is printed", async (name, text) => {
    const env = memoryEnv([]);
    const code = await runDocs(readInput(findCommand("docs") as CommandSpec, [name]), env);
    expect(code).toBe(0);
    expect(env.stdout.text).toContain(text.trim());
  });

  test("topics that guides name are there, and so are the files that the README links", () => {
    const names = new Set([...topics.map(({ name }) => name), "turret.py"]);
    const named = all.flatMap(({ text }) =>
      [...text.matchAll(/`oct docs ([\w.]+)`/g)].map((match) => match[1] as string),
    );
    expect(named.filter((name) => !names.has(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
    const readme = all.at(-1)?.text ?? "";
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] as string);
    expect(links.filter((link) => !existsSync(path.join(ROOT, link)))).toEqual([]);
    expect(links.length).toBe(topics.length);
  });

  test("no line is wider than a terminal, except of tables", () => {
    const wide = all.flatMap(({ name, text }) =>
      text
        .split("\n")
        .filter((line) => line.length > COLUMNS_MAX && !line.startsWith("|"))
        .map((line) => `${name}: ${line}`),
    );
    expect(wide).toEqual([]);
  });

  test("the numbers of the verdict are those of its rules", () => {
    const text = readFileSync(path.join(ROOT, "assets/docs/measuring.md"), "utf8");
    const { floorUs, share, queuedShare, samplesMin } = GENERATOR_LIMIT;
    expect(text).toContain(`the larger of ${floorUs / 1000} ms and`);
    expect(text).toContain(`${share * 100} % of the median response time`);
    expect(text).toContain(`more than ${queuedShare * 100} % of them`);
    expect(text).toContain(`need ${samplesMin} samples`);
  });
});
