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

const INLINE_MAP = /\n\/\/# sourceMappingURL=data:application\/json[^,]*;base64,([\w+/=]+)\s*$/;

/**
 * The text that people wrote, where `source` is a bundle that carries it in its source map: the part
 * that `isWanted`, or the last one, which is the entry. `source` itself where it is no bundle.
 */
export function writtenSource(source: string, isWanted: (text: string) => boolean): string {
  const found = INLINE_MAP.exec(source);
  if (found === null) return source;
  const texts = sourcesOf(found[1] as string).filter((text) => typeof text === "string");
  return texts.find(isWanted) ?? texts.at(-1) ?? source;
}

function sourcesOf(base64: string): readonly string[] {
  try {
    const map: unknown = JSON.parse(Buffer.from(base64, "base64").toString());
    const texts = (map as { sourcesContent?: unknown } | null)?.sourcesContent;
    return Array.isArray(texts) ? texts : [];
  } catch {
    return [];
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

/** True where `source` declares a class of that name. */
export function declaresClass(source: string, className: string): boolean {
  return new RegExp(`${CLASS_HEAD}\\s+${escaped(className)}\\b`, "m").test(source);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
