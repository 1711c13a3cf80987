// The configuration reference, printed from the table of keys.

import { type KeySpec, PROJECT_KEYS, TURRET_KEYS } from "./keys.ts";

/** Markdown tables of every key, its type, its default and one line of help. */
export function configReference(): string {
  return [
    "## Keys of a project",
    "",
    ...table(PROJECT_KEYS),
    "",
    "## Keys of a turret definition",
    "",
    ...table(TURRET_KEYS),
    "",
    "Any other key of a turret definition is yours.",
  ].join("\n");
}

function table(keys: readonly KeySpec[]): string[] {
  const rows = keys.map((key) => {
    const fallback =
      key.fallback === undefined ? "required" : key.fallback === "" ? "none" : key.fallback;
    return `| \`${key.name}\` | ${key.kind} | ${fallback} | ${key.help} |`;
  });
  return ["| key | type | default | meaning |", "|---|---|---|---|", ...rows];
}
