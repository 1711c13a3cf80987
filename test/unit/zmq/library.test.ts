import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { OctError } from "../../../src/base/errors.ts";
import { cachedFile, explainLoadError, loadZmq } from "../../../src/zmq/library.ts";
import { libraryFile } from "../../../src/zmq/library-file.ts";
import { tempFolder } from "../../support/temp.ts";

const LIBRARY = new TextEncoder().encode("the bytes of a library");

describe("loadZmq", () => {
  test("opens the library once and gives its functions", () => {
    expect(loadZmq()).toBe(loadZmq());
    expect(typeof loadZmq().zmq_errno()).toBe("number");
  });
});

describe("libraryFile", () => {
  test.each(["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"])(
    "%s has a library in the package",
    (target) => {
      expect(existsSync(libraryFile(target))).toBe(true);
    },
  );

  test("a platform without one has none", () => {
    expect(libraryFile("plan9-mips")).toBe("");
  });
});

describe("explainLoadError", () => {
  test.each([
    [
      "libstdc++.so.6: cannot open shared object file: No such file or directory",
      "this machine lacks libstdc++.so.6",
      "libstdc++6",
    ],
    [
      "libgcc_s.so.1: cannot open shared object file: No such file or directory",
      "this machine lacks libgcc_s.so.1",
      "libgcc-s1",
    ],
    [
      "Error loading shared library libstdc++.so.6: No such file or directory (needed by x)",
      "this machine lacks libstdc++.so.6",
      "libstdc++ (Fedora, RHEL, Alpine)",
    ],
    [
      "/lib64/libc.so.6: version `GLIBC_2.25' not found (required by /proc/self/fd/12)",
      "libzmq cannot start on this machine",
      "older than GLIBC_2.25",
    ],
    [
      "/proc/self/fd/12: failed to map segment from shared object",
      "libzmq cannot start on this machine",
      "oct run --local",
    ],
  ])("%s", (said, message, hint) => {
    const error = explainLoadError(new Error(`Failed to open library "x": ${said}`));
    expect(error).toBeInstanceOf(OctError);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });
});

describe("cachedFile", () => {
  test("writes once into a private folder, under a name of the content", () => {
    using folder = tempFolder();
    const cache = folder.file("cache", "oct");
    const file = cachedFile(LIBRARY, [cache]);
    const written = statSync(file).mtimeMs;
    expect(cachedFile(LIBRARY, [cache])).toBe(file);
    expect(statSync(file).mtimeMs).toBe(written);
    expect(readFileSync(file)).toEqual(Buffer.from(LIBRARY));
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    expect(cachedFile(new Uint8Array([1]), [cache])).not.toBe(file);
    expect(readdirSync(cache).length).toBe(2);
  });

  test("replaces what was spoiled and closes what was open to others", () => {
    using folder = tempFolder();
    const cache = folder.file("oct");
    const file = cachedFile(LIBRARY, [cache]);
    writeFileSync(file, "something else");
    chmodSync(cache, 0o777);
    expect(readFileSync(cachedFile(LIBRARY, [cache]))).toEqual(Buffer.from(LIBRARY));
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  test("passes over a folder that is a link or cannot be made", () => {
    using folder = tempFolder();
    mkdirSync(folder.file("elsewhere"));
    symlinkSync(folder.file("elsewhere"), folder.file("link"));
    writeFileSync(folder.file("plain"), "");
    const good = folder.file("good");
    const file = cachedFile(LIBRARY, [folder.file("link"), folder.file("plain", "oct"), good]);
    expect(file.startsWith(good)).toBe(true);
    expect(readdirSync(folder.file("elsewhere"))).toEqual([]);
  });

  test("says where it tried when no folder takes it", () => {
    using folder = tempFolder();
    writeFileSync(folder.file("plain"), "");
    const inside = folder.file("plain", "oct");
    expect(() => cachedFile(LIBRARY, [inside])).toThrow(OctError);
  });
});
