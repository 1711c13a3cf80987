// extra_files of a turret: files and folders that travel along, at the archive's root under their own
// names, as in OCT. Links are followed. Files that hold secrets by custom travel only when they are
// named themselves.

import { readdirSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { OctError, systemCode } from "../base/errors.ts";
import { oneLine } from "../config/one-line.ts";
import type { Member } from "./archive.ts";
import { readWhole } from "./read-whole.ts";

const USUALLY_SECRET = /^\.(env(\..*)?|npmrc|netrc|git|ssh|aws)$/;

export interface ExtraFilesRequest {
  readonly directory: string;
  readonly extraFiles: readonly string[];
  readonly turretName: string;
  /** Names at the root that are taken. */
  readonly reserved: readonly string[];
  onLine(text: string): void;
}

/** The members, in the order of the list and sorted below each folder. */
export function extraMembers(request: ExtraFilesRequest): Member[] {
  const { directory, extraFiles, turretName, reserved, onLine } = request;
  const taken = new Map<string, string>(reserved.map((name) => [name, name]));
  return extraFiles.flatMap((extra) => {
    const full = path.resolve(directory, extra);
    const name = path.basename(full);
    if (taken.get(name) === full) return [];
    if (name === "" || taken.has(name)) {
      throw new OctError(
        `extra_files of turret ${turretName}: ${extra} would be ${name || "nameless"} in the archive, which is taken`,
        { where: full, hint: "rename it, or put it into a folder and name that" },
      );
    }
    taken.set(name, full);
    try {
      return membersOf(full, name, { above: [], onLine });
    } catch (thrown) {
      if (thrown instanceof OctError) throw thrown;
      throw new OctError(`extra_files of turret ${turretName}: ${extra} cannot be read`, {
        where: full,
        hint: `the system says ${systemCode(thrown) ?? String(thrown)}`,
        cause: thrown,
      });
    }
  });
}

interface Walk {
  /** Real paths of the folders above, which a link may not lead back to. */
  readonly above: readonly string[];
  onLine(text: string): void;
}

function membersOf(full: string, name: string, walk: Walk): Member[] {
  const found = statSync(full, { throwIfNoEntry: false });
  if (found?.isDirectory()) return folderMembers(full, name, walk);
  const { bytes, mode } = readWhole(full, `extra file ${oneLine(name)}`);
  return [{ name, bytes, isExecutable: (mode & 0o100) !== 0 }];
}

function folderMembers(folder: string, name: string, walk: Walk): Member[] {
  const real = realpathSync(folder);
  if (walk.above.includes(real)) {
    throw new OctError("a link in extra_files leads back to its own folder", { where: folder });
  }
  const inner = { ...walk, above: [...walk.above, real] };
  const below = readdirSync(folder)
    .sort()
    .flatMap((entry) => {
      if (!USUALLY_SECRET.test(entry)) {
        return membersOf(path.join(folder, entry), `${name}/${entry}`, inner);
      }
      walk.onLine(`WARNING: ${name}/${entry} stays here; name it in extra_files to send it`);
      return [];
    });
  return [{ name, bytes: undefined }, ...below];
}
