// Temp folders that remove themselves.

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export interface TempFolder extends Disposable {
  readonly path: string;
  file(...parts: string[]): string;
}

export function tempFolder(): TempFolder {
  const folder = mkdtempSync(path.join(os.tmpdir(), "oct-test-"));
  return {
    path: folder,
    file: (...parts) => path.join(folder, ...parts),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
