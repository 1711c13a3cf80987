// Loads a user's script in a thread: provides the module "oct", imports the file by its absolute path
// and finds what the cannons repeat. In order: an export called Transaction, the only exported class
// that extends Transaction, a default-exported class among several, a default-exported function. A key
// `test` of the turret names the class, or a method of a TestCase, or both (`Shop.test_cart`).

import { existsSync } from "node:fs";
import path from "node:path";
import { type CannonHost, installThread, type ThreadHost } from "../api/context.ts";
import * as api from "../api/index.ts";
import { chosenTest, TestCase, testMethodsOf } from "../api/test-case.ts";
import { FunctionTransaction, LENT_MEMBERS, Transaction } from "../api/transaction.ts";
import { OctError } from "../base/errors.ts";
import { scriptLoadError } from "./script-errors.ts";
import { declaresClass, lineOfMethod, sourceOf, writtenSource } from "./script-places.ts";
import type { ScriptPlaces } from "./thread-messages.ts";

/** What a cannon needs of a transaction object. */
export interface ScriptTransaction {
  run(): unknown;
  custom_timers?: Record<string, number>;
}

type Hook = (transaction: ScriptTransaction) => unknown;

export interface Script {
  /** Makes a cannon's transaction; called where the api knows the cannon (`withHost`). */
  construct(host: CannonHost): ScriptTransaction;
  readonly setup: Hook | undefined;
  readonly tearDown: Hook | undefined;
  readonly places: ScriptPlaces;
}

/** Where a request is fired without a script. */
export const NO_SCRIPT: Script = {
  construct() {
    throw new Error("there is no script");
  },
  setup: undefined,
  tearDown: undefined,
  places: { script: "", construct: "", setup: "", run: "", tearDown: "" },
};

const EXTENSIONS: ReadonlySet<string> = new Set([
  ".ts",
  ".mts",
  ".cts",
  ".tsx",
  ".js",
  ".mjs",
  ".cjs",
  ".jsx",
]);

let isProvided = false;

/** Lets scripts of this thread import "oct". */
function provideApi(): void {
  if (isProvided) return;
  isProvided = true;
  Bun.plugin({
    name: "oct",
    setup(build) {
      build.module("oct", () => ({ exports: { ...api }, loader: "object" }));
    },
  });
}

/** Loads `script` of the project in `directory`; throws OctError with file and line. */
export async function loadScript(options: {
  readonly directory: string;
  readonly script: string;
  readonly host: ThreadHost;
}): Promise<Script> {
  const { directory, script, host } = options;
  const file = path.resolve(directory, script);
  checkFile(file, script);
  installThread(host, [path.dirname(file), directory]);
  provideApi();
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = (await import(file)) as Readonly<Record<string, unknown>>;
  } catch (thrown) {
    throw scriptLoadError(directory, script, thrown);
  }
  return scriptOf(exported, script, sourceOf(file), host.config["test"]);
}

function checkFile(file: string, script: string): void {
  if (!existsSync(file)) throw new OctError(`script ${script} does not exist`, { where: script });
  if (EXTENSIONS.has(path.extname(file))) return;
  throw new OctError(`${script}: not a TypeScript or JavaScript file`, {
    where: script,
    hint: "scripts in other languages are fired by turrets of theirs: oct docs turret",
  });
}

type TransactionClass = (new (
  config: unknown,
  context: unknown,
) => ScriptTransaction) & {
  readonly name: string;
};

/** The transaction among the exports of a script. */
export function scriptOf(
  exported: Readonly<Record<string, unknown>>,
  script: string,
  source: string,
  test?: unknown,
): Script {
  const found = findClass(exported, script, test);
  if (found !== undefined) return classScript(found, script, source, test);
  const run = exported["default"];
  if (typeof run !== "function" || isClass(run)) {
    throw new OctError(`${script}: no transaction found`, {
      where: script,
      hint:
        'export a class that extends Transaction (import { Transaction } from "oct"), ' +
        "or a function as default",
    });
  }
  return functionScript(run as (transaction: Transaction) => unknown, script, source);
}

function findClass(
  exported: Readonly<Record<string, unknown>>,
  script: string,
  test: unknown,
): TransactionClass | undefined {
  const { className } = chosenTest(test);
  if (className !== "") return chosenClass(exported, script, className);
  const named = exported["Transaction"];
  if (isClass(named) && !isBase(named)) return checkedClass(named, script);
  const found = new Set(Object.values(exported).filter((value) => extendsTransaction(value)));
  const byDefault = exported["default"];
  if (found.has(byDefault as TransactionClass)) return checkedClass(byDefault, script);
  if (found.size > 1) {
    const names = [...found].map((one) => (one as TransactionClass).name).join(", ");
    throw new OctError(`${script}: ${found.size} transactions are exported: ${names}`, {
      where: script,
      hint:
        "call the one to fire Transaction, export it as default, or choose it: " +
        `oct fire ${script}:${[...found].map((one) => (one as TransactionClass).name)[0]}`,
    });
  }
  const [only] = found;
  if (only !== undefined) return checkedClass(only, script);
  return isClass(byDefault) && hasMethod(byDefault, "run")
    ? checkedClass(byDefault, script)
    : undefined;
}

function chosenClass(
  exported: Readonly<Record<string, unknown>>,
  script: string,
  className: string,
): TransactionClass {
  const found = Object.entries(exported).find(
    ([name, value]) => isClass(value) && (name === className || value.name === className),
  );
  if (found !== undefined) return checkedClass(found[1], script);
  const classes = Object.keys(exported).filter((name) => isClass(exported[name]));
  throw new OctError(`${script}: no class ${className} is exported`, {
    where: script,
    hint: `exported: ${classes.join(", ") || "no class"}`,
  });
}

function isClass(value: unknown): value is TransactionClass {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

function isBase(value: unknown): boolean {
  return value === Transaction || value === TestCase;
}

function extendsTransaction(value: unknown): value is TransactionClass {
  return typeof value === "function" && value.prototype instanceof Transaction && !isBase(value);
}

function checkedClass(found: unknown, script: string): TransactionClass {
  const one = found as TransactionClass;
  if (hasMethod(one, "run")) return one;
  throw new OctError(`${script}: class ${one.name} has no method run`, { where: script });
}

// A method of the prototype, or a field that holds a function (which only an object would show).
function hasMethod(found: TransactionClass, name: string): boolean {
  if (typeof (found.prototype as Record<string, unknown>)[name] === "function") return true;
  let one: unknown = found;
  while (isClass(one) && !isBase(one)) {
    if (new RegExp(`(?:^|[\\s{;])${name}\\s*=`).test(String(one))) return true;
    one = Object.getPrototypeOf(one);
  }
  return false;
}

function hookOf(found: TransactionClass, names: readonly string[]): Hook | undefined {
  const empty = TestCase.prototype as unknown as Readonly<Record<string, unknown>>;
  const own = found.prototype as Readonly<Record<string, unknown>>;
  const name = names.find((one) => hasMethod(found, one) && isWritten(one, own, empty));
  if (name === undefined) return undefined;
  return (transaction) => (transaction as unknown as Record<string, () => unknown>)[name]?.();
}

// The methods that a TestCase has from us do nothing: they are not worth a call.
function isWritten(
  name: string,
  own: Readonly<Record<string, unknown>>,
  empty: Readonly<Record<string, unknown>>,
): boolean {
  return own[name] === undefined || own[name] !== empty[name];
}

// Tests that are not there are told before anything fires.
function checkTests(found: TransactionClass, script: string, test: unknown): void {
  const methods = testMethodsOf(found);
  const { method } = chosenTest(test);
  if (methods.length > 0 && (method === "" || methods.includes(method))) return;
  const what = method === "" ? "no method that begins with test" : `no test ${method}`;
  throw new OctError(`${script}: class ${found.name} has ${what}`, {
    where: script,
    hint: methods.length === 0 ? "write async test_home() { ... }" : `it has ${methods.join(", ")}`,
  });
}

function classScript(
  found: TransactionClass,
  script: string,
  source: string,
  test: unknown,
): Script {
  const isTestCase = found.prototype instanceof TestCase;
  if (isTestCase) checkTests(found, script, test);
  const written = writtenSource(source, (text) => declaresClass(text, found.name));
  const place = (method: string) => placeOf(script, lineOfMethod(written, found.name, method));
  const isOurs = extendsTransaction(found);
  return {
    construct(host) {
      const { config, context } = host.thread;
      const transaction = new found(config, context);
      if (!isOurs) lendMembers(transaction);
      if (typeof transaction.run === "function") return transaction;
      throw new TypeError(`class ${found.name} has no method run`);
    },
    setup: hookOf(found, ["setup", "setUp"]),
    tearDown: hookOf(found, ["tearDown", "tear_down"]),
    places: {
      script,
      construct: place("constructor"),
      setup: place("setup"),
      run: place(isTestCase ? firstTest(found, test) : "run"),
      tearDown: place("tearDown"),
    },
  };
}

function firstTest(found: TransactionClass, test: unknown): string {
  return chosenTest(test).method || (testMethodsOf(found)[0] ?? "run");
}

// A class that stands on its own gets the members that it does not define.
function lendMembers(transaction: object): void {
  const lender = new FunctionTransaction(() => undefined);
  for (const name of LENT_MEMBERS) {
    if (name in transaction) continue;
    Object.defineProperty(transaction, name, {
      configurable: true,
      get: () => Reflect.get(lender, name),
      set: (value) => {
        if (name === "tags") lender.tags = value;
        else Object.defineProperty(transaction, name, { value, writable: true });
      },
    });
  }
}

function functionScript(
  run: (transaction: Transaction) => unknown,
  script: string,
  source: string,
): Script {
  const isDefault = (line: string) => /^\s*export\s+default\b/.test(line);
  const written = writtenSource(source, (text) => text.split("\n").some(isDefault));
  const line = written.split("\n").findIndex(isDefault) + 1;
  const place = placeOf(script, line);
  return {
    construct: () => new FunctionTransaction(run),
    setup: undefined,
    tearDown: undefined,
    places: { script, construct: place, setup: place, run: place, tearDown: place },
  };
}

function placeOf(script: string, line: number): string {
  return line === 0 ? script : `${script}:${line}`;
}
