// Small file operations of the commands, with errors for the operator.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import { OctError, systemCode } from "../base/errors.ts";

/** `given` as an absolute path, seen from `cwd`. */
export function resolveFrom(cwd: string, given: string): string {
  return path.resolve(cwd, given);
}

/** `absolute` as a person would type it from `cwd`: relative when it is below. */
export function showPath(cwd: string, absolute: string): string {
  const relative = path.relative(cwd, absolute);
  if (relative === "") return ".";
  return relative.startsWith("..") || path.isAbsolute(relative) ? absolute : `./${relative}`;
}

export function isDirectory(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

export function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}

export function pathExists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Writes a whole file or leaves the old one: temp beside it, synced, renamed. */
export function writeFileAtomic(file: string, content: string | Uint8Array): void {
  const temp = `${file}.part`;
  try {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const handle = openSync(temp, "w");
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temp, file);
  } catch (thrown) {
    throw fileError("can not write", file, thrown);
  }
}

/** Makes a folder that must not exist yet, and its parents. */
export function makeNewDirectory(directory: string): void {
  try {
    mkdirSync(path.dirname(directory), { recursive: true });
    mkdirSync(directory, { mode: 0o755 });
  } catch (thrown) {
    if (systemCode(thrown) === "EEXIST") {
      throw new OctError("Can not create output directory: it exists already", {
        where: directory,
        hint: "name another with -o, or leave -o out for a new one",
        cause: thrown,
      });
    }
    throw fileError("Can not create output directory", directory, thrown);
  }
}

/** What the system says of a file, as something the operator can act on. */
export function fileError(what: string, file: string, thrown: unknown): OctError {
  const code = systemCode(thrown);
  const known: Readonly<Record<string, readonly [string, string]>> = {
    EACCES: ["permission denied", "choose a folder you may write to, or fix its permissions"],
    EPERM: ["not permitted", "choose a folder you may write to, or fix its permissions"],
    EROFS: ["the file system is read-only", "choose a folder on a writable disk"],
    ENOSPC: ["the disk is full", "free some space and run again"],
    ENOENT: ["no such file or folder", "check the path"],
    ENOTDIR: ["a part of the path is not a folder", "check the path"],
    EISDIR: ["it is a folder", "name a file"],
  };
  const [reason, hint] = known[code ?? ""] ?? [code ?? "the system refused", undefined];
  return new OctError(`${what}: ${reason}`, { where: file, hint, cause: thrown });
}
