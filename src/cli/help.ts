// Help as text: one overview, one page a command, each with examples.

import pc from "picocolors";
import type { CommandSpec } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import type { Env } from "./env.ts";

const SHOWN_OPTION_WIDTH = 30;
const TEXT_WIDTH = 78;

/** The page of `oct --help`. */
export function overviewHelp(env: Env): string {
  const colors = pc.createColors(env.useColor(env.stdout));
  const shown = COMMANDS.map((command) => ({
    names: [command.name, ...command.aliases].join(", "),
    summary: command.summary,
  }));
  const width = Math.max(...shown.map((row) => row.names.length)) + 2;
  const rows = shown.map((row) => `  ${row.names.padEnd(width)}${row.summary}`);
  return [
    `${colors.bold(`oct ${env.version}`)}: a load tester in one file`,
    "",
    "usage: oct <command> [options]",
    "",
    ...rows,
    "",
    "examples:",
    "  oct new shop && oct run shop --local    a project, run whole on this machine",
    "  oct run shop                            on the HQ: waits for turrets, fires, reports",
    "  oct turret --hq hq.example.org          on each turret host: joins and waits for orders",
    "  oct report shop/results/results_.../    the report again, from the results alone",
    "",
    "oct <command> --help explains a command; oct docs lists the guides inside this file.",
  ].join("\n");
}

/** The page of `oct <command> --help`. */
export function commandHelp(command: CommandSpec, env: Env): string {
  const colors = pc.createColors(env.useColor(env.stdout));
  const aliases = command.aliases.length === 0 ? "" : ` (also: ${command.aliases.join(", ")})`;
  const lines = [
    `${colors.bold(`oct ${command.name}`)}${aliases}: ${command.summary}`,
    "",
    `usage: oct ${command.name}${command.usage === "" ? "" : ` ${command.usage}`} [options]`,
  ];
  if (command.details !== undefined) lines.push("", ...wrap(command.details, TEXT_WIDTH));
  lines.push("", "options:");
  const options = [...command.options, { flags: "-h, --help", help: "show this page" }];
  for (const option of options) lines.push(...optionLines(option.flags, option.help));
  lines.push("", command.examples.length === 1 ? "example:" : "examples:");
  for (const example of command.examples) lines.push(`  ${example}`);
  return lines.join("\n");
}

function optionLines(flags: string, help: string): string[] {
  const wrapped = wrap(help, TEXT_WIDTH - SHOWN_OPTION_WIDTH);
  const indent = " ".repeat(SHOWN_OPTION_WIDTH);
  const head = `  ${flags}`;
  const rest = wrapped.map((line) => `${indent}${line}`);
  if (head.length >= SHOWN_OPTION_WIDTH) return [head, ...rest];
  return [head.padEnd(SHOWN_OPTION_WIDTH) + (wrapped[0] ?? ""), ...rest.slice(1)];
}

/** `text` in lines of at most `width` characters, broken at blanks; newlines are kept. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else {
        line = line === "" ? word : `${line} ${word}`;
      }
    }
    lines.push(line);
  }
  return lines;
}
