// npm packages named in turrets_requirements: installed when packing, into a temp folder, by this very
// binary (it carries the package manager).

import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { clip, OctError } from "../base/errors.ts";

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
  remove(): void;
}

const SAID_MAX = 2000;
/** Where a project says which registry it uses. */
const REGISTRY_FILE = ".npmrc";

/** Installs `requirements`; an OctError with what the installer said when it cannot. */
export async function installRequirements(
  requirements: readonly string[],
  projectDirectory: string,
  tools: PackTools,
): Promise<InstalledPackages> {
  checkRequirements(requirements);
  const directory = mkdtempSync(path.join(tools.tempDirectory, "oct-requirements-"));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    writeFileSync(path.join(directory, "package.json"), "{}\n");
    const registry = path.join(projectDirectory, REGISTRY_FILE);
    if (existsSync(registry)) copyFileSync(registry, path.join(directory, REGISTRY_FILE));
    await runInstaller(requirements, directory, tools);
    return { directory, names: installedNames(directory), remove };
  } catch (thrown) {
    remove();
    throw thrown;
  }
}

// What begins with a dash would be an option of the installer.
function checkRequirements(requirements: readonly string[]): void {
  const wrong = requirements.find((each) => each.trim() === "" || /^\s*-|[\0\r\n]/.test(each));
  if (wrong === undefined) return;
  throw new OctError(`turrets_requirements holds ${JSON.stringify(wrong)}, which is no package`, {
    hint: 'name packages, such as "uuid" or "uuid@9"',
  });
}

async function runInstaller(
  requirements: readonly string[],
  directory: string,
  tools: PackTools,
): Promise<void> {
  const options = ["--exact", "--ignore-scripts", "--linker", "hoisted"];
  const child = Bun.spawn([tools.executable, "add", ...options, ...requirements], {
    cwd: directory,
    env: { ...tools.variables, BUN_BE_BUN: "1" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  if (code === 0) return;
  throw new OctError(`turrets_requirements cannot be installed: ${clip(said.trim(), SAID_MAX)}`, {
    where: requirements.join(", "),
    hint: "check the names and the way to the package registry",
  });
}

function installedNames(directory: string): string[] {
  const text = readFileSync(path.join(directory, "package.json"), "utf8");
  const { dependencies } = JSON.parse(text) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies ?? {});
}
