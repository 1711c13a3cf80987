// What a command is, and how its arguments are read. The table in commands.ts is data; cac does the
// reading. cac turns texts such as `0012` or `1e3` into numbers, so every value is handed to it behind
// a mark that keeps it a text, and the mark is taken off again. Switches are taken out before: cac
// would read --no-results as a value of --results.

import { cac } from "cac";
import { UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import type { Env } from "./env.ts";

export interface OptionSpec {
  /** `-o, --output-dir <dir>`; no `<...>` means a switch, `[...]` one that may have a value. */
  readonly flags: string;
  readonly help: string;
  /** May be given several times; the values come as a list. */
  readonly isRepeatable?: boolean;
  /** Of a switch that may have a value: `--name=value`, or the next argument where it looks so. */
  readonly valueLike?: RegExp;
}

export interface CommandSpec {
  readonly name: string;
  readonly aliases: readonly string[];
  /** Positional arguments as shown in the usage line; `<x>` is required, `[x]` optional, `...` last. */
  readonly usage: string;
  readonly summary: string;
  readonly details?: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly string[];
  run(input: CommandInput, env: Env): Promise<number>;
}

/** What was typed: positionals in order, options by their long name. */
export class CommandInput {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #switches: ReadonlySet<string>;

  constructor(
    positionals: readonly string[],
    values: ReadonlyMap<string, readonly string[]>,
    switches: ReadonlySet<string>,
  ) {
    this.positionals = positionals;
    this.#values = values;
    this.#switches = switches;
  }

  /** The value of `--name`, the last one where it was repeated. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1);
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  isOn(name: string): boolean {
    return this.#switches.has(name);
  }
}

const MARK = "\u0001";

interface OptionNames {
  readonly long: string;
  readonly all: readonly string[];
  readonly takesValue: boolean;
  readonly spec: OptionSpec;
}

/** `-o, --output-dir <dir>` -> its names and whether a value follows. */
export function optionNames(spec: OptionSpec): OptionNames {
  const all = [...spec.flags.matchAll(/(?:^|[\s,/])(--?[A-Za-z][\w-]*)/g)].map(
    (m) => m[1] as string,
  );
  const long = (all.find((name) => name.startsWith("--")) ?? all[0] ?? "").replace(/^--?/, "");
  return { long, all, takesValue: /<[^>]+>/.test(spec.flags), spec };
}

/** Reads `args` (without the command's own name); throws UsageError with the nearest name. */
export function readInput(command: CommandSpec, args: readonly string[]): CommandInput {
  const options = command.options.map(optionNames);
  const byName = new Map(options.flatMap((option) => option.all.map((name) => [name, option])));
  const switches = new Set<string>();
  const values = new Map<string, readonly string[]>();
  const guarded = guardValues(command, byName, args, { switches, values });
  const parser = cac("oct");
  const valued = options.filter((option) => option.takesValue);
  for (const option of valued) parser.option(option.spec.flags, option.spec.help);
  const parsed = parser.parse(["oct", "oct", ...guarded], { run: false });
  for (const option of valued) {
    const found = (parsed.options as Record<string, unknown>)[camelCase(option.long)];
    if (found !== undefined) values.set(option.long, textsOf(found));
  }
  const positionals = [...parsed.args, ...restOf(parsed.options)].map(unmark);
  checkPositionals(command, positionals);
  return new CommandInput(positionals, values, switches);
}

function textsOf(found: unknown): readonly string[] {
  return (Array.isArray(found) ? found : [found]).map((value) => unmark(String(value)));
}

function restOf(options: Readonly<Record<string, unknown>>): readonly string[] {
  const rest = options["--"];
  return Array.isArray(rest) ? rest.map(String) : [];
}

function unmark(text: string): string {
  return text.startsWith(MARK) ? text.slice(1) : text;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function guardValues(
  command: CommandSpec,
  byName: ReadonlyMap<string, OptionNames>,
  args: readonly string[],
  taken: { readonly switches: Set<string>; readonly values: Map<string, readonly string[]> },
): string[] {
  const { switches, values } = taken;
  const guarded: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") return [...guarded, ...args.slice(i + 1).map((rest) => MARK + rest)];
    if (!arg.startsWith("-") || arg === "-") {
      guarded.push(MARK + arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const name = equals === -1 ? arg : arg.slice(0, equals);
    const option = byName.get(name);
    if (option === undefined) throw unknownOption(command, byName, name);
    if (option.spec.valueLike !== undefined) {
      const next = args[i + 1] ?? "";
      const isNext = equals === -1 && option.spec.valueLike.test(next);
      if (isNext) i++;
      switches.add(option.long);
      if (isNext || equals !== -1) {
        values.set(option.long, [isNext ? next : arg.slice(equals + 1)]);
      }
      continue;
    }
    if (!option.takesValue) {
      if (equals !== -1) throw new UsageError(`option ${name} takes no value`, usageHint(command));
      switches.add(option.long);
      continue;
    }
    const value = equals === -1 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined)
      throw new UsageError(`option ${name} needs a value`, usageHint(command));
    guarded.push(option.all.at(-1) as string, MARK + value);
  }
  return guarded;
}

function unknownOption(
  command: CommandSpec,
  byName: ReadonlyMap<string, OptionNames>,
  name: string,
): UsageError {
  const close = nearest(name, [...byName.keys(), "--help"]);
  const hint = close === undefined ? usageHint(command).hint : `did you mean ${close}?`;
  return new UsageError(`unknown option ${name} of oct ${command.name}`, { hint });
}

function checkPositionals(command: CommandSpec, positionals: readonly string[]): void {
  const required = command.usage.match(/<[^>]+>/g) ?? [];
  const optional = command.usage.match(/\[[^\]]+\]/g) ?? [];
  const missing = required[positionals.length];
  if (missing !== undefined) {
    throw new UsageError(`oct ${command.name} needs ${missing}`, usageHint(command));
  }
  const isOpen = command.usage.includes("...");
  if (!isOpen && positionals.length > required.length + optional.length) {
    const extra = positionals[required.length + optional.length];
    throw new UsageError(
      `oct ${command.name} does not know what to do with "${extra}"`,
      usageHint(command),
    );
  }
}

function usageHint(command: CommandSpec): { hint: string } {
  return { hint: `see oct ${command.name} --help` };
}
