// Files written whole or not at all, and what the operator reads when a disk refuses.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorText, OctError, systemCode } from "../base/errors.ts";

const MESSAGES: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOSPC: ["the disk is full", "Free some space and try again."],
  EDQUOT: ["the disk quota is used up", "Free some space and try again."],
  EFBIG: ["the file is too large for its file system", "Use another folder."],
  EACCES: ["no permission to write here", "Check the owner of the folder, or use another."],
  EPERM: ["no permission to write here", "Check the owner of the folder, or use another."],
  EROFS: ["the file system is read-only", "Use another folder (`-o DIR`)."],
  ENOTDIR: ["a part of this path is a file, not a folder", "Check the path."],
  EISDIR: ["this is a folder, not a file", "Check the path."],
  ENOENT: ["no such file or folder", "Check the path."],
  EEXIST: ["this exists already", "Use another folder, or move it away."],
  EMFILE: ["too many open files", "Raise the limit of open files (`ulimit -n`)."],
};

/** What a system call said, as an error for the operator; `hint` replaces the usual one. */
export function diskError(error: unknown, where: string, hint = ""): OctError {
  if (error instanceof OctError) return error;
  const known = MESSAGES[systemCode(error) ?? ""];
  const message = known?.[0] ?? `the disk refuses: ${errorText(error)}`;
  return new OctError(message, { where, hint: hint || known?.[1], cause: error });
}

/** Makes a new or renamed entry of a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } catch (error) {
    // Some file systems cannot sync a folder; the entry is then as safe as they make it.
    if (systemCode(error) !== "EINVAL" && systemCode(error) !== "ENOTSUP") throw error;
  } finally {
    closeSync(fd);
  }
}

/** Writes all of `bytes`, however often the system takes only a part. */
export function writeAll(
  write: (fd: number, bytes: Uint8Array) => number,
  fd: number,
  bytes: Uint8Array,
): void {
  for (let offset = 0; offset < bytes.length; ) {
    offset += write(fd, offset === 0 ? bytes : bytes.subarray(offset));
  }
}

/**
 * A file that appears under its name whole, by rename, or not at all. Exactly one of `commit` and
 * `discard` ends it; discarding after a commit does nothing.
 */
export class AtomicFile {
  readonly path: string;
  readonly temporaryPath: string;
  #fd: number;
  #sizeBytes = 0;

  constructor(path: string) {
    this.path = path;
    this.temporaryPath = join(dirname(path), `.${basename(path)}.part`);
    try {
      this.#fd = openSync(this.temporaryPath, "w");
    } catch (error) {
      throw diskError(error, path);
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  write(bytes: Uint8Array): void {
    try {
      writeAll(writeSync, this.#fd, bytes);
    } catch (error) {
      throw diskError(error, this.path);
    }
    this.#sizeBytes += bytes.length;
  }

  /** Everything is on the disk, still under the temporary name, for a last look. */
  seal(): void {
    if (this.#fd === -1) return;
    try {
      fsyncSync(this.#fd);
    } catch (error) {
      throw diskError(error, this.path);
    } finally {
      closeSync(this.#fd);
      this.#fd = -1;
    }
  }

  commit(): void {
    this.seal();
    try {
      renameSync(this.temporaryPath, this.path);
      syncFolder(dirname(this.path));
    } catch (error) {
      throw diskError(error, this.path);
    }
  }

  discard(): void {
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
    rmSync(this.temporaryPath, { force: true });
  }
}
