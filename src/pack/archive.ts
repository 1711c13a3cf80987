// Tar archives as lists of members: written the same bytes every time (no times, no owners), read with
// limits and with names that cannot leave the folder they are opened in.

import { lstatSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { gzipSync } from "fflate";
import { packTar, unpackTar } from "modern-tar";
import { OctError } from "../base/errors.ts";

export const ARCHIVE_LIMIT = {
  packedBytes: 1024 * 1024 * 1024,
  unpackedBytes: 2 * 1024 * 1024 * 1024,
  members: 100_000,
  nameBytes: 1024,
} as const;

/** One file or folder; names use slashes, folders end without one. */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array | undefined;
  readonly isExecutable?: boolean;
}

const EPOCH = new Date(0);

/** The tar of `members` in their order. Deterministic. */
export async function writeTar(members: readonly Member[]): Promise<Uint8Array> {
  return await packTar(
    members.map(({ name, bytes, isExecutable }) => ({
      header: {
        name: bytes === undefined ? `${name}/` : name,
        size: bytes?.length ?? 0,
        mtime: EPOCH,
        mode: bytes === undefined || isExecutable ? 0o755 : 0o644,
        type: bytes === undefined ? ("directory" as const) : ("file" as const),
        uid: 0,
        gid: 0,
        uname: "",
        gname: "",
      },
      body: bytes ?? null,
    })),
  );
}

/** The same, gzipped, still deterministic. */
export async function writeTarGz(members: readonly Member[]): Promise<Uint8Array> {
  return gzipSync(await writeTar(members), { mtime: 0, level: 6 });
}

/** The members of a tar or tar.gz (told by content); an OctError names what is wrong with it. */
export async function readTar(bytes: Uint8Array, shown: string): Promise<readonly Member[]> {
  const refuse = (why: string, cause?: unknown) =>
    new OctError(`this archive cannot be used: ${why}`, { where: shown, cause });
  if (bytes.length > ARCHIVE_LIMIT.packedBytes) throw refuse("it is larger than 1 GiB");
  let entries: Awaited<ReturnType<typeof unpackTar>>;
  try {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const tar = isGzip
      ? gunzipSync(bytes, { maxOutputLength: ARCHIVE_LIMIT.unpackedBytes })
      : bytes;
    entries = await unpackTar(tar, { strict: true });
  } catch (thrown) {
    throw refuse("it is not a whole tar or tar.gz", thrown);
  }
  if (entries.length > ARCHIVE_LIMIT.members) throw refuse("it has too many members");
  return entries.flatMap(({ header, data }): Member[] => {
    const name = cleanName(header.name);
    if (name === undefined)
      throw refuse(`its member ${JSON.stringify(header.name)} leaves the folder`);
    if (name === "") return [];
    if (header.type === "directory") return [{ name, bytes: undefined }];
    if (header.type !== "file" && header.type !== undefined) {
      throw refuse(`its member ${name} is a ${header.type}; only files and folders are taken`);
    }
    const isExecutable = ((header.mode ?? 0) & 0o100) !== 0;
    return [{ name, bytes: data ?? new Uint8Array(0), isExecutable }];
  });
}

/** `name` without `./` and doubled slashes, or undefined when it would leave the folder. */
export function cleanName(name: string): string | undefined {
  if (name.length > ARCHIVE_LIMIT.nameBytes || /[\0\\]/.test(name)) return undefined;
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) return undefined;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.includes("..") ? undefined : parts.join("/");
}

/** Writes members below `directory`, which must exist; never through a link, never outside. */
export function extractMembers(members: readonly Member[], directory: string): void {
  for (const { name, bytes, isExecutable } of members) {
    const full = path.join(directory, name);
    const folder = bytes === undefined ? full : path.dirname(full);
    mkdirSync(folder, { recursive: true });
    if (bytes === undefined) continue;
    const known = lstatSync(full, { throwIfNoEntry: false });
    if (known !== undefined && !known.isFile()) {
      throw new OctError(
        `this archive cannot be used: ${name} is there twice, as different things`,
      );
    }
    writeFileSync(full, bytes, { mode: isExecutable ? 0o755 : 0o644 });
  }
}
