// The types that `oct new` writes for the editor say the same as the module "oct" itself.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import path from "node:path";
import { writeFiles } from "../support/config-file.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

const ROOT = path.resolve(import.meta.dir, "../..");
const INDEX = "src/api/index.ts";
const TYPES = "assets/project/oct.d.ts.txt";

interface Names {
  readonly values: ReadonlySet<string>;
  readonly types: ReadonlySet<string>;
}

/** What `export { a, type B } from` and `export type { C } from` list; classes are values here. */
function exportedNames(source: string): Names {
  const values = new Set<string>();
  const types = new Set<string>();
  for (const [, word, list = ""] of source.matchAll(/^export (type )?\{([^}]*)\}/gm)) {
    for (const item of list.split(",").map((each) => each.trim())) {
      const name = item.replace(/^type /, "").replace(/^.* as /, "");
      if (name === "") continue;
      (word !== undefined || item.startsWith("type ") ? types : values).add(name);
    }
  }
  return { values, types };
}

/** What the module in the types declares. */
function declaredNames(source: string): Names {
  const values = new Set<string>();
  const types = new Set<string>();
  const DECLARATION =
    /^ {2}export (?:declare )?(?:abstract )?(class|function|const|interface|type) (\w+)/gm;
  for (const [, kind, name = ""] of source.matchAll(DECLARATION)) {
    (kind === "interface" || kind === "type" ? types : values).add(name);
  }
  return { values, types };
}

const exported = exportedNames(readFileSync(path.join(ROOT, INDEX), "utf8"));
const typesText = readFileSync(path.join(ROOT, TYPES), "utf8");
const declared = declaredNames(typesText);
const all = (names: Names) => new Set([...names.values, ...names.types]);

/** The complaints of the compiler about `program`, which may import "oct" and the sources. */
function complaints(folder: TempFolder, program: string): string[] {
  writeFiles(folder.path, {
    "oct.d.ts": typesText,
    "program.ts": program,
    "tsconfig.json": JSON.stringify({
      extends: path.join(ROOT, "tsconfig.json"),
      compilerOptions: {
        noUnusedLocals: false,
        noImplicitOverride: false,
        typeRoots: [path.join(ROOT, "node_modules/@types")],
      },
      include: [],
      files: ["oct.d.ts", "program.ts"],
    }),
  });
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  const checked = Bun.spawnSync([process.execPath, tsc, "-p", folder.path, "--pretty", "false"]);
  return checked.stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "");
}

describe(TYPES, () => {
  test("declares every name that the module exports", () => {
    const missing = [...all(exported)]
      .filter((name) => !all(declared).has(name))
      .map((name) => `${name} is exported by ${INDEX} and not declared in ${TYPES}`);
    expect(missing).toEqual([]);
    expect(exported.values.has("Transaction") && exported.types.has("Json")).toBe(true);
  });

  test("declares no name that the module does not export", () => {
    const more = [...all(declared)]
      .filter((name) => !all(exported).has(name))
      .map((name) => `${name} is declared in ${TYPES} and not exported by ${INDEX}`);
    expect(more).toEqual([]);
  });

  test("declares as values what can be imported as a value", () => {
    const wrong = [...exported.values]
      .filter((name) => declared.types.has(name))
      .map((name) => `${name} is a value in ${INDEX} and only a type in ${TYPES}`);
    expect(wrong).toEqual([]);
  });

  test("promises no member that the module does not have", () => {
    using folder = tempFolder();
    const names = [...all(declared)].filter((name) => all(exported).has(name)).sort();
    const isClass = (name: string) =>
      new RegExp(`^ {2}export (?:abstract )?class ${name}\\b`, "m").test(typesText);
    // What scripts pass in is compared the other way round, and what has type parameters is left to
    // the functions that take it.
    const isGeneric = (name: string) => new RegExp(`^ {2}export .* ${name}<`, "m").test(typesText);
    const lines = names.flatMap((name) => {
      if (exported.values.has(name) && !isClass(name)) {
        return [`export const ${name}: typeof declared.${name} = real.${name};`];
      }
      if (isGeneric(name)) return [];
      const [from, to] = /Options$/.test(name) ? ["declared", "real"] : ["real", "declared"];
      return [`export const of${name}: ${to}.${name} = null as unknown as ${from}.${name};`];
    });
    const program = [
      `import * as real from "${ROOT}/${INDEX}";`,
      'import type * as declared from "oct";',
      ...lines,
    ];
    const said = complaints(folder, program.join("\n"));
    const inProgram = said.filter((line) => !/^\S*src\//.test(line));
    expect(inProgram).toEqual([]);
    expect(lines.length).toBeGreaterThan(10);
  });

  test("type-checks a script that uses what the guides show", () => {
    using folder = tempFolder();
    const script = [
      'import { BaseTransaction, config, context, CustomTimer, HttpError, random, sleep, Transaction } from "oct";',
      'import type { HttpResponse, Json } from "oct";',
      "export class Visitor extends Transaction {",
      "  async run() {",
      "    const page: HttpResponse = await this.timer('home', () => this.http.get(this.config.target));",
      "    if (page.status !== 200 || !page.ok) throw new Error(page.text());",
      "    using checkout = this.timer('checkout');",
      "    const answer: Json = (await this.http.post('http://h/', { json: { a: 1 }, timeout: 2 })).json();",
      "    await sleep(this.random.uniform(0.1, 0.3));",
      "    this.check(page, { 'is small': (one) => one.wireBytes < 1000 }, { fail: true });",
      "    await this.think({ uniform: [1, 3] });",
      "    await using chat = await this.webSocket('ws://h/');",
      "    for await (const message of chat) if (message === 'done') break;",
      "    this.custom_timers['own'] = answer.seconds + this.cannon.index;",
      "    checkout.stop();",
      "  }",
      "}",
      "export class Old extends BaseTransaction {",
      "  async run() {",
      "    using timer = new CustomTimer(this, 'old');",
      "    try { await this.http.get(config.target); } catch (error) {",
      "      if (error instanceof HttpError) console.log(error.kind, error.peer, timer);",
      "    }",
      "    random.pick([context.a, process.env['TARGET']]);",
      "  }",
      "}",
    ];
    expect(complaints(folder, script.join("\n"))).toEqual([]);
  });

  test("lets a class have fields of its own by the names that people like", () => {
    using folder = tempFolder();
    const script = [
      'import { TestCase, Transaction } from "oct";',
      "export class Visitor extends Transaction {",
      "  count = 0;",
      "  counter: Record<string, number> = {};",
      '  name = "ann"; data = [1, 2]; items: string[] = []; user?: { id: number }; url = "";',
      "  id = 7; index = 0; state = 'new'; token = ''; step = 1; started = false; total = 0;",
      "  run() {",
      "    this.count++;",
      "    this.counter['a'] = this.count + this.data.length;",
      "    this.user = { id: this.id };",
      "    const n: number = this.count;",
      "    return n;",
      "  }",
      "}",
      "export class Plain extends Transaction {",
      "  run() { this.count('items', 2); this.counter('items').add(); }",
      "}",
      "export class Shop extends TestCase {",
      "  count = 0;",
      "  test_home() { this.count++; this.assertEqual(this.count, 1); }",
      "}",
    ];
    expect(complaints(folder, script.join("\n"))).toEqual([]);
  });

  test("complains of what is not there", () => {
    using folder = tempFolder();
    const script = 'import { Transactoin } from "oct";\nexport const a: number = Transactoin;';
    const said = complaints(folder, script);
    expect(said.join("\n")).toContain("Transactoin");
  });
});
