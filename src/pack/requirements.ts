// npm packages named in turrets_requirements: installed when packing, into a temp folder, by this very
// binary (it carries the package manager). Packages with native parts cannot be bundled: they travel as
// their node_modules, and only to turrets of the same platform.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { clip, OctError } from "../base/errors.ts";
import type { Member } from "./archive.ts";

/** What packing needs of the process it runs in. */
export interface PackTools {
  readonly executable: string;
  /** e.g. linux-x64. */
  readonly platform: string;
  readonly tempDirectory: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface InstalledPackages {
  /** Folder with node_modules. */
  readonly directory: string;
  readonly names: readonly string[];
  /** Those that cannot be bundled. */
  readonly native: readonly string[];
  remove(): void;
}

/** Installs `requirements`; an OctError with what the installer said when it cannot. */
export async function installRequirements(
  requirements: readonly string[],
  tools: PackTools,
): Promise<InstalledPackages> {
  const directory = mkdtempSync(path.join(tools.tempDirectory, "oct-requirements-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    writeFileSync(path.join(directory, "package.json"), "{}\n");
    const child = Bun.spawn([tools.executable, "add", "--exact", ...requirements], {
      cwd: directory,
      env: { ...tools.variables, BUN_BE_BUN: "1" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    if (code !== 0) {
      throw new OctError(`turrets_requirements cannot be installed: ${clip(said.trim(), 2000)}`, {
        where: requirements.join(", "),
        hint: "check the names and the way to the package registry",
      });
    }
    const names = installedNames(directory);
    const native = names.filter((name) => isNative(path.join(directory, "node_modules", name)));
    return { directory, names, native, remove };
  } catch (thrown) {
    remove();
    throw thrown;
  }
}

function installedNames(directory: string): string[] {
  const text = readFileSync(path.join(directory, "package.json"), "utf8");
  const { dependencies } = JSON.parse(text) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies ?? {});
}

/** A package with a compiled part anywhere below it. */
function isNative(folder: string): boolean {
  return readdirSync(folder, { recursive: true }).some((file) =>
    /\.node$|(^|[/\\])binding\.gyp$/.test(String(file)),
  );
}

/** The node_modules of the installation as members of an archive. */
export function nodeModulesMembers(packages: InstalledPackages): Member[] {
  const root = path.join(packages.directory, "node_modules");
  const files = readdirSync(root, { recursive: true, withFileTypes: true });
  return files
    .filter((file) => file.isFile())
    .map((file) => path.join(file.parentPath, file.name))
    .sort()
    .map((file) => ({
      name: `node_modules/${path.relative(root, file).replaceAll("\\", "/")}`,
      bytes: readFileSync(file),
    }));
}
