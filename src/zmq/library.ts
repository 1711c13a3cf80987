// Finds and opens libzmq, when a socket is first wanted and not before.
//
// In the binary the library is an embedded file that the system's loader cannot see. On Linux its
// bytes go into a memory file (memfd_create) that is opened by its /proc/self/fd path: nothing touches
// a disk, so a read-only or noexec temp folder does not matter. The descriptor stays open for good:
// once it were closed its number, and so its path, could mean another library. Elsewhere, or where
// that fails, the bytes go to a private cache folder under a name made of their hash.

import { dlopen, type Library, type Pointer } from "bun:ffi";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { errorText, OctError } from "../base/errors.ts";
import { libraryFile } from "./library-file.ts";
import { SYMBOLS } from "./symbols.ts";

export type Zmq = Library<typeof SYMBOLS>["symbols"];

/** Where embedded files are in a compiled binary; the system's loader cannot read there. */
const EMBEDDED = /^(\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/i;
const MUSL_ARCH = os.arch() === "arm64" ? "aarch64" : "x86_64";
const C_LIBRARIES = ["libc.so.6", `libc.musl-${MUSL_ARCH}.so.1`];
const MFD_CLOEXEC = 1;

/** A pointer that C gave, null for none. Addresses of user space fit a number on all our targets. */
export function pointerOf(given: unknown): Pointer | null {
  return given === null || given === 0 ? null : (Number(given) as Pointer);
}

let opened: Zmq | undefined;

/** libzmq's functions; opens the library at the first call. Throws OctError where it cannot. */
export function loadZmq(): Zmq {
  opened ??= openLibrary(libraryFile(`${os.platform()}-${os.arch()}`));
  return opened;
}

function openLibrary(file: string): Zmq {
  if (file === "" || (!EMBEDDED.test(file) && !existsSync(file))) {
    throw new OctError("there is no libzmq for this machine", {
      where: `${os.platform()}-${os.arch()}`,
      hint: "oct fire, oct run --local and oct report work without it",
    });
  }
  if (!EMBEDDED.test(file)) return open(file);
  const bytes = readFileSync(file);
  const inMemory = memoryFile(bytes);
  if (inMemory === undefined) return open(cachedFile(bytes, cacheFolders()));
  try {
    return open(inMemory);
  } catch (thrown) {
    // Some systems forbid running code from memory files; what lacks a library lacks it from disk too.
    if (thrown instanceof OctError && thrown.where === undefined) throw thrown;
    return open(cachedFile(bytes, cacheFolders()));
  }
}

function open(file: string): Zmq {
  let symbols: Zmq;
  try {
    symbols = dlopen(file, SYMBOLS).symbols;
  } catch (thrown) {
    throw explainLoadError(thrown);
  }
  // The first call of a function goes through system calls of its own, which would overwrite errno.
  symbols.zmq_errno();
  return symbols;
}

const PACKAGES: Readonly<Record<string, string>> = {
  "libstdc++": "libstdc++6 (Debian, Ubuntu) or libstdc++ (Fedora, RHEL, Alpine)",
  libgcc_s: "libgcc-s1 (Debian, Ubuntu) or libgcc (Fedora, RHEL, Alpine)",
};

/** What the loader said, as an error that names what to install. */
export function explainLoadError(thrown: unknown): OctError {
  const text = errorText(thrown);
  const missing = /(lib[\w+.-]+\.so[.\d]*): cannot open shared object file/.exec(text)?.[1];
  const musl = /Error loading shared library (lib[\w+.-]+\.so[.\d]*)/.exec(text)?.[1];
  const name = missing ?? musl;
  const found = Object.keys(PACKAGES).find((key) => name?.startsWith(key));
  if (found !== undefined) {
    return new OctError(`libzmq cannot start: this machine lacks ${name}`, {
      hint: `install the package ${PACKAGES[found]}`,
      cause: thrown,
    });
  }
  const old = /version [`'"]?((?:GLIBC|GLIBCXX|CXXABI)_[\d.]+)[`'"]? not found/.exec(text)?.[1];
  return new OctError("libzmq cannot start on this machine", {
    where: text,
    hint:
      old === undefined
        ? "oct fire, oct run --local and oct report work without it"
        : `its C library is older than ${old}: use a newer system, or the musl build of oct`,
    cause: thrown,
  });
}

/** Path of an anonymous file in memory that holds `bytes`; undefined where the system has none. */
function memoryFile(bytes: Uint8Array): string | undefined {
  if (os.platform() !== "linux") return undefined;
  for (const library of C_LIBRARIES) {
    try {
      const { symbols } = dlopen(library, {
        memfd_create: { args: ["ptr", "u32"], returns: "i32" },
      });
      const descriptor = symbols.memfd_create(Buffer.from("oct-libzmq\0"), MFD_CLOEXEC);
      if (descriptor < 0) return undefined;
      writeAll(descriptor, bytes);
      return `/proc/self/fd/${descriptor}`;
    } catch {
      // Another C library, or one without memory files: the cache folder serves.
    }
  }
  return undefined;
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}

function cacheFolders(): string[] {
  return [
    path.join(os.homedir(), ".cache", "oct"),
    path.join(os.tmpdir(), `oct-${os.userInfo().uid}`),
  ];
}

/**
 * Writes `bytes` into the first of `folders` that takes them and returns the path. A file that is
 * there already is used only if it is whole and nobody else could have written it.
 */
export function cachedFile(bytes: Uint8Array, folders: readonly string[]): string {
  const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 32);
  let cause: unknown;
  for (const folder of folders) {
    try {
      makePrivate(folder);
      const file = path.join(folder, `libzmq-${hash}`);
      if (!holds(file, bytes)) replaceFile(file, bytes);
      return file;
    } catch (thrown) {
      cause = thrown;
    }
  }
  throw new OctError("libzmq cannot be unpacked: no folder takes it", {
    where: folders.join(", "),
    hint: "set HOME or TMPDIR to a folder you may write to",
    cause,
  });
}

function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = lstatSync(folder);
  if (!facts.isDirectory() || facts.uid !== os.userInfo().uid) {
    throw new Error(`${folder} is not a folder of this user's own`);
  }
  chmodSync(folder, 0o700);
}

function holds(file: string, bytes: Uint8Array): boolean {
  return existsSync(file) && readFileSync(file).equals(bytes);
}

function replaceFile(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.${crypto.randomUUID()}`;
  try {
    writeFileSync(temporary, bytes, { mode: 0o700, flag: "wx" });
    renameSync(temporary, file);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  }
}
