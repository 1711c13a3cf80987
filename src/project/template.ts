// A new project from a template archive: flat (as the documentation has it) or with one root folder
// (as repositories are downloaded).

import { OctError } from "../base/errors.ts";
import { extractMembers, type Member, readTar } from "../pack/archive.ts";
import { readWhole } from "../pack/read-whole.ts";
import { buildWhole } from "./scaffold.ts";

/** What a template must hold; the report's template is eta now and was Jinja2 in OCT. */
const REQUIRED = [
  { names: ["config.json"], kind: "file" },
  { names: ["test_scripts"], kind: "folder" },
  { names: ["templates"], kind: "folder" },
  { names: ["templates/report.html", "templates/report.eta"], kind: "file" },
] as const;

type Kind = "file" | "folder";

export interface TemplateOptions {
  readonly directory: string;
  readonly archivePath: string;
}

/** Extracts a template into a new project; an OctError names every member that is missing. */
export async function createFromTemplate(options: TemplateOptions): Promise<void> {
  const { bytes } = readWhole(options.archivePath, "template");
  const members = withoutRoot(await readTar(bytes, options.archivePath));
  const kinds = new Map(members.flatMap(kindsOf));
  const missing = REQUIRED.filter(
    ({ names, kind }) => !names.some((name) => kinds.get(name) === kind),
  );
  if (missing.length > 0) {
    const told = missing.map(({ names: [name] }) => `Required file ${name} not in archive`);
    throw new OctError(told.join("\n"), {
      where: options.archivePath,
      hint: "make it with: cd my_project && tar -zcf template.tar.gz *",
    });
  }
  buildWhole(options.directory, (folder) => extractMembers(members, folder));
}

/** `a/b/c` -> folders `a`, `a/b` and file `a/b/c`: folders are there when something in them is. */
function kindsOf({ name, bytes }: Member): (readonly [string, Kind])[] {
  const parts = name.split("/");
  return parts.map((_, index) => {
    const isFolder = index < parts.length - 1 || bytes === undefined;
    return [parts.slice(0, index + 1).join("/"), isFolder ? "folder" : "file"];
  });
}

// The root folder of a repository's archive, or several that hold nothing but the next.
function withoutRoot(all: readonly Member[]): readonly Member[] {
  let members = all.filter(({ name }) => !isOfMac(name));
  while (!members.some(({ name }) => name === "config.json")) {
    const roots = new Set(members.map(({ name }) => name.split("/")[0]));
    const [root] = roots;
    if (roots.size !== 1 || root === undefined) return members;
    members = members.flatMap((member) => {
      const name = member.name.slice(root.length + 1);
      return name === "" ? [] : [{ ...member, name }];
    });
  }
  return members;
}

// What archives made on a Mac hold beside each file.
function isOfMac(name: string): boolean {
  const base = name.slice(name.lastIndexOf("/") + 1);
  return base.startsWith("._") || base === ".DS_Store" || name.startsWith("__MACOSX/");
}
