// Where libzmq is when oct runs from its sources: inside the zeromq package. In the binary build.ts
// puts the target's library in place of this module, as an embedded file.

import path from "node:path";

/** Folder of the prebuilt libraries of the zeromq package, by `platform-arch`. */
const FOLDERS: Readonly<Record<string, string>> = {
  "linux-x64": "linux/x64/node/glibc-127-Release",
  "linux-arm64": "linux/arm64/node/glibc-127-Release",
  "darwin-x64": "darwin/x64/node/libc-115-Release",
  "darwin-arm64": "darwin/arm64/node/libc-115-Release",
};

/** Path of the library for `target`, "" when there is none. */
export function libraryFile(target: string): string {
  const folder = FOLDERS[target];
  const root = path.resolve(import.meta.dir, "../../node_modules/zeromq/build");
  return folder === undefined ? "" : path.join(root, folder, "addon.node");
}
