// A new project from a template archive: flat (as the documentation has it) or with one root folder
// (as repositories are downloaded).

import { readFileSync } from "node:fs";
import { OctError, systemCode } from "../base/errors.ts";
import { extractMembers, type Member, readTar } from "../pack/archive.ts";
import { buildWhole } from "./scaffold.ts";

/** What a template must hold; the report's template is eta now and was Jinja2 in OCT. */
const REQUIRED: readonly (readonly string[])[] = [
  ["config.json"],
  ["test_scripts"],
  ["templates"],
  ["templates/report.html", "templates/report.eta"],
];

export interface TemplateOptions {
  readonly directory: string;
  readonly archivePath: string;
}

/** Extracts a template into a new project; an OctError names every member that is missing. */
export async function createFromTemplate(options: TemplateOptions): Promise<void> {
  const members = withoutRoot(await readTar(readArchive(options.archivePath), options.archivePath));
  const names = new Set(members.flatMap(({ name }) => foldersOf(name)));
  const missing = REQUIRED.filter((any) => !any.some((name) => names.has(name)));
  if (missing.length > 0) {
    const told = missing.map(([name]) => `Required file ${name} not in archive`);
    throw new OctError(told.join("\n"), {
      where: options.archivePath,
      hint: "make it with: cd my_project && tar -zcf template.tar.gz *",
    });
  }
  buildWhole(options.directory, (folder) => extractMembers(members, folder));
}

function readArchive(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (thrown) {
    const why = systemCode(thrown) === "ENOENT" ? "does not exist" : "cannot be read";
    throw new OctError(`the template ${why}`, { where: file, cause: thrown });
  }
}

/** `a/b/c` -> `a`, `a/b`, `a/b/c`: folders are there when something in them is. */
function foldersOf(name: string): string[] {
  const parts = name.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function withoutRoot(members: readonly Member[]): readonly Member[] {
  if (members.some(({ name }) => name === "config.json")) return members;
  const roots = new Set(members.map(({ name }) => name.split("/")[0]));
  const [root] = roots;
  if (roots.size !== 1 || root === undefined) return members;
  return members.flatMap((member) => {
    const name = member.name.slice(root.length + 1);
    return name === "" ? [] : [{ ...member, name }];
  });
}
