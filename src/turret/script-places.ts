// Where something is in a script's source: from stacks, from the runtime's messages, and by reading
// the text where neither tells. Paths are shown relative to the project.

import { readFileSync } from "node:fs";
import path from "node:path";

/** `file` as people know it: relative to `directory` where it is inside. */
export function shownPath(directory: string, file: string): string {
  const relative = path.relative(directory, file);
  const isInside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  return isInside ? relative : file;
}

const FRAME = /(?:\(|at |@)(?:file:\/\/)?((?:\/|[A-Za-z]:\\)[^()\n]*?):(\d+)(?::(\d+))?\)?$/;

/**
 * `file:line:column` of the topmost frame of `thrown` that lies in the project; "" if there is none.
 */
export function placeOfError(directory: string, thrown: unknown): string {
  const stack = (thrown as { stack?: unknown } | null | undefined)?.stack;
  if (typeof stack !== "string") return "";
  for (const line of stack.split("\n")) {
    const found = FRAME.exec(line.trim());
    const file = found?.[1];
    if (file === undefined || !isIn(directory, file)) continue;
    const column = found?.[3] === undefined ? "" : `:${found[3]}`;
    return `${shownPath(directory, file)}:${found?.[2]}${column}`;
  }
  return "";
}

function isIn(directory: string, file: string): boolean {
  const isPackage = file.includes(`${path.sep}node_modules${path.sep}`);
  return !isPackage && file.startsWith(directory + path.sep);
}

/** The text of a file, or "" if it can not be read. */
export function sourceOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** `:line:column` of `text` in `source`, or "". */
export function positionOf(source: string, text: string): string {
  const offset = source.indexOf(text);
  if (offset < 0) return "";
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return `:${before.split("\n").length}:${offset - lineStart + 1}`;
}

const CLASS_HEAD = "^\\s*(?:export\\s+)?(?:default\\s+)?(?:abstract\\s+)?class";

/** Line of a method of a class, of the class if the method is not there, or 0. */
export function lineOfMethod(source: string, className: string, method: string): number {
  const lines = source.split("\n");
  const head = new RegExp(`${CLASS_HEAD}\\s+${escaped(className)}\\b`);
  const classLine = className === "" ? -1 : lines.findIndex((line) => head.test(line));
  const modifiers = "(?:(?:public|protected|override|async|readonly|static)\\s+)*";
  const pattern = new RegExp(`^\\s*${modifiers}\\*?\\s*${escaped(method)}\\s*(?:<[^>]*>)?\\s*[(=]`);
  const anyClass = new RegExp(`${CLASS_HEAD}\\b`);
  for (let i = classLine + 1; i < lines.length; i++) {
    const line = lines[i] as string;
    if (classLine >= 0 && anyClass.test(line)) break;
    if (pattern.test(line)) return i + 1;
  }
  return classLine + 1;
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
