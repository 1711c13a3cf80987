// Files that are read whole, such as archives and their members: plain files of a bounded size.

import { readFileSync, statSync } from "node:fs";
import { OctError, systemCode } from "../base/errors.ts";
import { ARCHIVE_LIMIT } from "./archive.ts";

export interface WholeFile {
  readonly bytes: Uint8Array;
  readonly mode: number;
}

/** A file's bytes; an OctError that calls it `what` when it cannot be read. */
export function readWhole(file: string, what: string): WholeFile {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new OctError(`the ${what} is not a file`, { where: file });
    if (stats.size > ARCHIVE_LIMIT.packedBytes) {
      throw new OctError(`the ${what} is larger than 1 GiB`, { where: file });
    }
    return { bytes: readFileSync(file), mode: stats.mode };
  } catch (thrown) {
    if (thrown instanceof OctError) throw thrown;
    const code = systemCode(thrown);
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    throw new OctError(
      `the ${what} ${isMissing ? "does not exist" : `cannot be read: ${code ?? thrown}`}`,
      { where: file, hint: isMissing ? "check the path" : undefined, cause: thrown },
    );
  }
}
