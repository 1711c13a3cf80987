// Files of a configuration, read with a limit and as strict UTF-8: what is too large, not text or not
// readable is told before anything is parsed.

import { closeSync, openSync, readSync } from "node:fs";
import { systemCode, UsageError } from "../base/errors.ts";

export const CONFIG_BYTES_MAX = 4 * 1024 * 1024;

const CHUNK_BYTES = 64 * 1024;

export interface ReadWords {
  /** What is said when there is no such file. */
  readonly missing: string;
  readonly missingHint: string;
}

const WORDS: ReadWords = {
  missing: "there is no configuration file",
  missingHint: "a project has a config.json; --config-file names another",
};

/** The text of `file`; a UsageError where it cannot be a configuration. */
export function readConfigFile(file: string, words: ReadWords = WORDS): string {
  let bytes: Uint8Array;
  try {
    bytes = readBounded(file);
  } catch (thrown) {
    const code = systemCode(thrown);
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    throw new UsageError(
      isMissing ? words.missing : `the configuration cannot be read: ${code ?? thrown}`,
      { where: file, hint: isMissing ? words.missingHint : undefined, cause: thrown },
    );
  }
  return decodeConfig(bytes, file);
}

/** The text of a configuration's bytes; a UsageError where they are none. */
export function decodeConfig(bytes: Uint8Array, file: string): string {
  if (bytes.length > CONFIG_BYTES_MAX) {
    throw new UsageError("the configuration is larger than 4 MiB", {
      where: file,
      hint: "keep data in files of its own and name them in extra_files",
    });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new UsageError(`the configuration is not UTF-8 text, from line ${badLine(bytes)} on`, {
      where: file,
      hint: "save the file as UTF-8",
      cause: thrown,
    });
  }
}

// One byte more than allowed is enough to know; the size that the system tells of a device or a pipe
// is not to be trusted.
function readBounded(file: string): Uint8Array {
  const descriptor = openSync(file, "r");
  try {
    const chunks: Uint8Array[] = [];
    let total = 0;
    while (total <= CONFIG_BYTES_MAX) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const count = readSync(descriptor, chunk, 0, CHUNK_BYTES, null);
      if (count === 0) break;
      chunks.push(chunk.subarray(0, count));
      total += count;
    }
    return Buffer.concat(chunks);
  } finally {
    closeSync(descriptor);
  }
}

// The first line that does not decode alone: a line feed is never part of a longer character.
function badLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    try {
      decoder.decode(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    start = end + 1;
  }
}
