// The executable as a file: the same bytes from another folder, and at home in hostile places.

import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { BINARY, freePorts, startOct } from "../support/binary.ts";
import { tempFolder } from "../support/temp.ts";

const root = path.resolve(import.meta.dir, "../..");

describe("build.ts", () => {
  test("gives the same bytes from another folder", async () => {
    using folder = tempFolder();
    const copy = folder.file("deep", "down");
    mkdirSync(copy, { recursive: true });
    for (const part of ["src", "assets", "build.ts", "package.json", "tsconfig.json"]) {
      cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
    }
    const { packages } = await Bun.file(path.join(root, "package-lock.json")).json();
    for (const [inside, facts] of Object.entries<{ dev?: boolean }>(packages)) {
      if (inside === "" || facts.dev === true || inside.includes("/node_modules/")) continue;
      cpSync(path.join(root, inside), path.join(copy, inside), { recursive: true });
    }
    const outfile = folder.file("other-name");
    const built = Bun.spawnSync(
      [process.execPath, path.join(copy, "build.ts"), "--outfile", outfile],
      { cwd: folder.path },
    );
    expect(built.stderr.toString()).toBe("");
    expect(hashOf(outfile)).toBe(hashOf(BINARY));
  }, 60_000);

  test("refuses a target that it does not know", () => {
    const built = Bun.spawnSync([process.execPath, path.join(root, "build.ts"), "--target", "vax"]);
    expect(built.stderr.toString()).toContain("unknown target vax: linux-x64");
    expect(built.exitCode).toBe(1);
  });

  test("stays within its size and holds no path of this machine", () => {
    const bytes = readFileSync(BINARY);
    expect(bytes.length).toBeLessThan(130_000_000);
    expect(bytes.includes(root)).toBe(false);
  });
});

describe("oct turret", () => {
  // /proc takes no files at all: it stands for a temp folder that is read-only and noexec.
  test("opens libzmq where no folder can be written", async () => {
    using folder = tempFolder();
    const [port] = freePorts(1);
    await using turret = startOct(["turret", "--hq", `127.0.0.1:${port}`], {
      cwd: folder.path,
      env: { TMPDIR: "/proc", BUN_TMPDIR: "/proc", HOME: "/proc", XDG_CACHE_HOME: "/proc" },
    });
    await turret.sees("waiting for the HQ");
    turret.signal("SIGINT");
    await turret.finished();
    expect(turret.stderr()).toBe("");
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

function hashOf(file: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex");
}
