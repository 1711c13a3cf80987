// From typed words to an exit code: finds the command, prints help, prints errors with what to do.

import pc from "picocolors";
import { EXIT, errorText, OctError, UsageError } from "../base/errors.ts";
import { nearest } from "../base/nearest.ts";
import { readInput } from "./command.ts";
import { COMMANDS, findCommand } from "./commands.ts";
import type { Env } from "./env.ts";
import { commandHelp, overviewHelp } from "./help.ts";

/** Runs what `env.args` says; resolves with the exit code and never throws. */
export async function runCli(env: Env): Promise<number> {
  try {
    return await dispatch(env);
  } catch (thrown) {
    return printError(env, thrown);
  }
}

async function dispatch(env: Env): Promise<number> {
  const [name, ...rest] = env.args;
  if (name === undefined) {
    env.stderr.write(`${overviewHelp(env)}\n`);
    return EXIT.usage;
  }
  if (name === "-h" || name === "--help" || name === "help") return printHelp(env, rest[0]);
  if (name === "-V" || name === "--version") {
    env.stdout.write(`oct ${env.version}\n`);
    return EXIT.ok;
  }
  // A URL alone says what to do with it.
  const isUrl = /^https?:\/\//i.test(name);
  const command = findCommand(isUrl ? "fire" : name);
  if (command === undefined) throw unknownCommand(name);
  if (isUrl) return await command.run(readInput(command, env.args), env);
  const end = rest.indexOf("--");
  const own = end === -1 ? rest : rest.slice(0, end);
  if (own.includes("-h") || own.includes("--help")) return printHelp(env, name);
  return await command.run(readInput(command, rest), env);
}

function printHelp(env: Env, name: string | undefined): number {
  if (name === undefined || name.startsWith("-")) {
    env.stdout.write(`${overviewHelp(env)}\n`);
    return EXIT.ok;
  }
  const command = findCommand(name);
  if (command === undefined) throw unknownCommand(name);
  env.stdout.write(`${commandHelp(command, env)}\n`);
  return EXIT.ok;
}

function unknownCommand(name: string): UsageError {
  const names = COMMANDS.flatMap((command) => [command.name, ...command.aliases]);
  const close = nearest(name, names);
  const isOption = name.startsWith("-");
  return new UsageError(`unknown ${isOption ? "option" : "command"} ${name}`, {
    hint: close === undefined ? "oct --help lists the commands" : `did you mean oct ${close}?`,
  });
}

/** Prints an error for its reader: an operator's with where and what to do, a bug with its stack. */
export function printError(env: Env, thrown: unknown): number {
  const colors = pc.createColors(env.useColor(env.stderr));
  if (thrown instanceof OctError) {
    env.stderr.write(`${colors.red("oct: error:")} ${thrown.message}\n`);
    if (thrown.where !== undefined) env.stderr.write(`  ${colors.dim("where:")} ${thrown.where}\n`);
    if (thrown.hint !== undefined) env.stderr.write(`  ${colors.dim("try:")}   ${thrown.hint}\n`);
    return thrown.exitCode;
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
  env.stderr.write(`${colors.red("oct: bug:")} ${errorText(thrown)}\n${stack}\n`);
  env.stderr.write("This is a fault of oct itself; please report it with the lines above.\n");
  return EXIT.failed;
}
