// A script that can not load, said in one line with file, line and column. The runtime has a form of
// its own for each kind of mistake; some come without a position, which the source then tells.

import path from "node:path";
import { errorText, OctError } from "../base/errors.ts";
import { placeOfError, positionOf, shownPath, sourceOf } from "./script-places.ts";

interface Position {
  readonly file?: unknown;
  readonly line?: unknown;
  readonly column?: unknown;
}

/** What importing `script` threw, as an OctError `test_scripts/v_user.ts:12:5: ...`. */
export function scriptLoadError(directory: string, script: string, thrown: unknown): OctError {
  const { place, text } = describe(directory, script, firstOf(thrown));
  return new OctError(`${place}: ${text}`, { where: place, cause: thrown });
}

// Several mistakes come as one AggregateError: the first is where to begin.
function firstOf(thrown: unknown): unknown {
  const errors = (thrown as { errors?: unknown } | null | undefined)?.errors;
  return Array.isArray(errors) && errors.length > 0 ? errors[0] : thrown;
}

function describe(
  directory: string,
  script: string,
  thrown: unknown,
): { place: string; text: string } {
  const text = errorText(thrown);
  const position = (thrown as { position?: Position | null } | null | undefined)?.position;
  if (typeof position?.file === "string" && position.file !== "") {
    const file = shownPath(directory, position.file);
    return { place: `${file}:${String(position.line)}:${String(position.column)}`, text };
  }
  const unresolved = /^Cannot find (\w+) '(.*)' (?:imported )?from '?(.*?)'?$/.exec(text);
  if (unresolved !== null) {
    const [, what = "", specifier = "", file = ""] = unresolved;
    const quoted = quotedIn(sourceOf(file), specifier);
    return {
      place: shownPath(directory, file) + quoted,
      text: `cannot find ${what} ${specifier}${hintOf(what, specifier)}`,
    };
  }
  const missing = /^(?:Export named '(.*)' not found in module '(.*)'|.*export named '(.*)')/.exec(
    text,
  );
  if (missing !== null) {
    const name = missing[1] ?? missing[3] ?? "";
    const place = placeOfName(directory, script, name);
    if (place !== undefined)
      return { place, text: `"${missing[2] ?? "module"}" exports no ${name}` };
  }
  const place = placeOfError(directory, thrown);
  return { place: place === "" ? script : place, text };
}

function hintOf(what: string, specifier: string): string {
  if (what !== "package") return "";
  return ` (npm packages travel in the pack: name ${specifier} in turrets_requirements)`;
}

function quotedIn(source: string, specifier: string): string {
  return (
    [`"${specifier}"`, `'${specifier}'`]
      .map((quoted) => positionOf(source, quoted))
      .find((found) => found !== "") ?? ""
  );
}

const SCRIPTS_READ_MAX = 200;

// The import of a name that does not exist, in the script or in what it imports from the project.
function placeOfName(directory: string, script: string, name: string): string | undefined {
  const wanted = new RegExp(`(import|export)\\b[^;]*?\\{[^}]*?\\b${name.replace(/\W/g, "")}\\b`);
  const files = [path.join(directory, script)];
  for (let i = 0; i < files.length && i < SCRIPTS_READ_MAX; i++) {
    const file = files[i] as string;
    const source = sourceOf(file);
    const found = wanted.exec(source);
    if (found !== null) {
      const offset = found.index + found[0].length - name.length;
      const line = source.slice(0, offset).split("\n").length;
      const column = offset - source.lastIndexOf("\n", offset - 1);
      return `${shownPath(directory, file)}:${line}:${column}`;
    }
    for (const [, relative = ""] of source.matchAll(/from\s*["'](\.[^"']+)["']/g)) {
      const next = path.resolve(path.dirname(file), relative);
      if (!files.includes(next)) files.push(next);
    }
  }
  return undefined;
}
