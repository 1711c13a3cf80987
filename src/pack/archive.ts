// Tar archives as lists of members: written the same bytes every time (no times, no owners), read with
// limits and with names that cannot leave the folder they are opened in.

import { lstatSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { gzipSync } from "fflate";
import { packTar, type TarHeader, unpackTar } from "modern-tar";
import { OctError, systemCode } from "../base/errors.ts";
import { oneLine } from "../config/one-line.ts";

export interface ArchiveLimit {
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly members: number;
  readonly nameLength: number;
}

export const ARCHIVE_LIMIT: ArchiveLimit = {
  packedBytes: 1024 * 1024 * 1024,
  unpackedBytes: 2 * 1024 * 1024 * 1024,
  members: 100_000,
  nameLength: 1024,
};

/** Where packages lie in a pack. */
export const PACKAGES_FOLDER = "node_modules";

/** What file systems take as one part of a path. */
const PART_BYTES = 255;

/** One file or folder; names use slashes, folders end without one. */
export interface Member {
  readonly name: string;
  readonly bytes: Uint8Array | undefined;
  readonly isExecutable?: boolean;
}

const EPOCH = new Date(0);

/** The tar of `members` in their order. Deterministic. */
export async function writeTar(members: readonly Member[]): Promise<Uint8Array> {
  const total = members.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0);
  if (total > ARCHIVE_LIMIT.packedBytes || members.length > ARCHIVE_LIMIT.members) {
    throw new OctError("the archive would be larger than 1 GiB or 100,000 files", {
      hint: "leave something out of extra_files",
    });
  }
  const unreadable = members.find(({ name }) => name === "" || cleanName(name) !== name);
  if (unreadable !== undefined) {
    throw new OctError(`no archive can hold the name ${oneLine(JSON.stringify(unreadable.name))}`, {
      hint: "rename the file: no backslashes, and no C: at the start",
    });
  }
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
export async function readTar(
  bytes: Uint8Array,
  shown: string,
  limit: ArchiveLimit = ARCHIVE_LIMIT,
): Promise<readonly Member[]> {
  if (bytes.length > limit.packedBytes) {
    throw refusal(shown, `it is larger than ${limit.packedBytes} bytes`);
  }
  const tar = plainTar(bytes, shown, limit);
  let entries: Awaited<ReturnType<typeof unpackTar>>;
  try {
    entries = await unpackTar(tar, { strict: true });
  } catch (thrown) {
    throw refusal(shown, "it is not a whole tar or tar.gz", thrown);
  }
  if (entries.length > limit.members) throw refusal(shown, "it has too many members");
  // Of members with one name the last one counts, as when tar extracts them.
  const members = new Map<string, Member>();
  for (const { header, data } of entries) {
    const member = memberOf(header, data, shown, limit);
    if (member !== undefined) members.set(member.name, member);
  }
  checkFolders(members, shown);
  return [...members.values()];
}

function refusal(shown: string, why: string, cause?: unknown): OctError {
  return new OctError(`this archive cannot be used: ${why}`, { where: shown, cause });
}

const OTHER_FORMATS: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ["zip", [0x50, 0x4b, 0x03, 0x04]],
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
];

function plainTar(bytes: Uint8Array, shown: string, limit: ArchiveLimit): Uint8Array {
  const starts = (magic: readonly number[]) => magic.every((byte, at) => bytes[at] === byte);
  const other = OTHER_FORMATS.find(([, magic]) => starts(magic));
  if (other !== undefined) {
    throw refusal(shown, `it is ${other[0]}; tar and tar.gz are taken`);
  }
  if (!starts([0x1f, 0x8b])) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: limit.unpackedBytes });
  } catch (thrown) {
    const isHuge = systemCode(thrown) === "ERR_BUFFER_TOO_LARGE";
    const why = isHuge
      ? `it unpacks to more than ${limit.unpackedBytes} bytes`
      : "it is not a whole tar or tar.gz";
    throw refusal(shown, why, thrown);
  }
}

function memberOf(
  header: TarHeader,
  data: Uint8Array | undefined,
  shown: string,
  limit: ArchiveLimit,
): Member | undefined {
  const said = JSON.stringify(oneLine(header.name));
  const name = cleanName(header.name, limit);
  if (name === undefined) throw refusal(shown, `its member ${said} leaves the folder`);
  if (name === "") return undefined;
  if (name.split("/").some((part) => Buffer.byteLength(part) > PART_BYTES)) {
    throw refusal(shown, `the name of its member ${said} is too long`);
  }
  if (header.type === "directory") return { name, bytes: undefined };
  const isSparse = Object.keys(header.pax ?? {}).some((key) => key.startsWith("GNU.sparse."));
  if (isSparse || (header.type !== "file" && header.type !== undefined)) {
    const type = isSparse ? "sparse file" : header.type;
    throw refusal(shown, `its member ${said} is a ${type}; only files and folders are taken`);
  }
  const isExecutable = ((header.mode ?? 0) & 0o100) !== 0;
  return { name, bytes: data ?? new Uint8Array(0), isExecutable };
}

// A file cannot hold files.
function checkFolders(members: ReadonlyMap<string, Member>, shown: string): void {
  for (const name of members.keys()) {
    for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
      const above = name.slice(0, end);
      if (members.get(above)?.bytes === undefined) continue;
      const said = JSON.stringify(oneLine(above));
      throw refusal(shown, `its member ${said} is both a file and a folder`);
    }
  }
}

/** `name` without `./` and doubled slashes, or undefined when it would leave the folder. */
export function cleanName(name: string, limit: ArchiveLimit = ARCHIVE_LIMIT): string | undefined {
  if (name.length > limit.nameLength || /[\0\\]/.test(name)) return undefined;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const isDrive = /^[A-Za-z]:/.test(parts[0] ?? "");
  return name.startsWith("/") || isDrive || parts.includes("..") ? undefined : parts.join("/");
}

/** Writes members below `directory`, which must exist; never through a link, never outside. */
export function extractMembers(members: readonly Member[], directory: string): void {
  for (const member of members) {
    try {
      extractMember(member, directory);
    } catch (thrown) {
      if (thrown instanceof OctError) throw thrown;
      const why = systemCode(thrown) ?? "it cannot be written";
      throw new OctError(`the archive cannot be opened: ${oneLine(member.name)}: ${why}`, {
        where: directory,
        hint: "check the free space of this folder, and that you may write to it",
        cause: thrown,
      });
    }
  }
}

function extractMember({ name, bytes, isExecutable }: Member, directory: string): void {
  const full = path.join(directory, name);
  mkdirSync(bytes === undefined ? full : path.dirname(full), { recursive: true });
  if (bytes === undefined) return;
  const known = lstatSync(full, { throwIfNoEntry: false });
  if (known !== undefined && !known.isFile()) {
    throw refusal(oneLine(name), "it is there twice, as different things");
  }
  writeFileSync(full, bytes, { mode: isExecutable ? 0o755 : 0o644 });
}
