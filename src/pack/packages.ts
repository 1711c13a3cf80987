// npm packages of a script, found where the runtime would find them. Most are bundled. Those with
// compiled parts, or that look for files and modules while they run, travel as their node_modules.

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { type Member, PACKAGES_FOLDER } from "./archive.ts";

const SCANNED_BYTES_MAX = 4 * 1024 * 1024;
const SCRIPT = /\.[cm]?js$/;
/** A compiled part, or the recipe of one. */
const COMPILED = /\.node$|^binding\.gyp$/;
/** What a bundle would lose: modules named while running, files beside the module. */
const DYNAMIC =
  /\b(?:require|import)\s*\(\s*[^\s"'`)]|\brequire\.resolve\b|\bcreateRequire\b|\b__(?:dir|file)name\b|\bimport\.meta\.(?:url|dir|file|path)/;

export interface PackageKind {
  /** Runs on the platform it was installed on only. */
  readonly isNative: boolean;
  /** Cannot be bundled. */
  readonly isLoose: boolean;
}

/** The package of an import: `a` of `a/b`, `@a/b` of `@a/b/c`; undefined for what is no package. */
export function packageName(specifier: string): string | undefined {
  if (/^[./]|^[a-z]+:/.test(specifier)) return undefined;
  const parts = specifier.split("/");
  const name = specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] as string);
  if (name === "" || name === "oct" || name === "bun" || builtinModules.includes(name)) {
    return undefined;
  }
  return name;
}

/** The folder of package `name` as seen from `folder`: the nearest node_modules upwards. */
export function findPackage(name: string, folder: string): string | undefined {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    const found = path.join(at, "node_modules", name);
    if (existsSync(path.join(found, "package.json"))) return realpathSync(found);
    if (at === path.dirname(at)) return undefined;
  }
}

/** Looks into every file of the package. */
export function kindOfPackage(folder: string): PackageKind {
  const manifest = readManifest(folder);
  const isBound = manifest.os !== undefined || manifest.cpu !== undefined;
  const files = filesBelow(folder);
  const isNative = isBound || files.some((file) => COMPILED.test(path.basename(file)));
  const isLoose = isNative || files.some((file) => isDynamic(path.join(folder, file)));
  return { isNative, isLoose };
}

function isDynamic(file: string): boolean {
  if (file.endsWith(".wasm")) return true;
  if (!SCRIPT.test(file)) return false;
  return statSync(file).size > SCANNED_BYTES_MAX || DYNAMIC.test(readFileSync(file, "utf8"));
}

/** Packages that travel as they are, with all that they need. */
export class LoosePackages {
  readonly #kinds = new Map<string, PackageKind>();
  readonly #folders = new Map<string, string>();
  readonly #native = new Set<string>();

  /** True when the package at `folder` cannot be bundled; then it travels. */
  takes(name: string, folder: string): boolean {
    if (!this.#kindOf(folder).isLoose) return false;
    this.#travel(name, folder);
    return true;
  }

  /** Names of travelling packages that run on one platform only. */
  get native(): readonly string[] {
    return [...this.#native].sort();
  }

  get isEmpty(): boolean {
    return this.#folders.size === 0;
  }

  /** Their files as members of an archive. */
  members(): Member[] {
    return [...this.#folders]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, folder]) =>
        filesBelow(folder).map((file) => {
          const full = path.join(folder, file);
          return {
            name: `${PACKAGES_FOLDER}/${name}/${file.replaceAll("\\", "/")}`,
            bytes: readFileSync(full),
            isExecutable: (statSync(full).mode & 0o100) !== 0,
          };
        }),
      );
  }

  #kindOf(folder: string): PackageKind {
    const known = this.#kinds.get(folder);
    if (known !== undefined) return known;
    const kind = kindOfPackage(folder);
    this.#kinds.set(folder, kind);
    return kind;
  }

  #travel(name: string, folder: string): void {
    if (this.#folders.has(name)) return;
    this.#folders.set(name, folder);
    if (this.#kindOf(folder).isNative) this.#native.add(name);
    const { dependencies, optionalDependencies, peerDependencies } = readManifest(folder);
    const needed = { ...peerDependencies, ...optionalDependencies, ...dependencies };
    for (const need of Object.keys(needed).sort()) {
      const found = findPackage(need, folder);
      // Nested ones are among the files of the package already.
      if (found !== undefined && !found.startsWith(folder + path.sep)) this.#travel(need, found);
    }
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly os?: unknown;
  readonly cpu?: unknown;
}

function readManifest(folder: string): Manifest {
  try {
    const value: unknown = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
    return typeof value === "object" && value !== null ? (value as Manifest) : {};
  } catch {
    return {};
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}
