// A script with everything it imports as one file, so that a turret needs no packages. "oct" stays
// outside: the turret provides it. Stack traces keep the user's files and lines: the source map travels
// inside the bundle, with paths relative to the project. The bundle is the same bytes wherever the
// project lies and whoever packs it: no path, no variable of this machine gets into it.

import { realpathSync } from "node:fs";
import path from "node:path";
import { OctError } from "../base/errors.ts";
import { findPackage, LoosePackages, packageName } from "./packages.ts";
import type { InstalledPackages } from "./requirements.ts";

const BUNDLED = /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs)$/;

/** Read where the script runs, not where it is packed; the bundler would write its own values. */
const AT_RUN_TIME = {
  "process.env.NODE_ENV": "process.env.NODE_ENV",
  __dirname: "__octFolder",
  __filename: "__octFile",
};
const BANNER = "const __octFolder = import.meta.dir, __octFile = import.meta.path;";

/** True for scripts that are bundled; others travel as they are. */
export function isBundled(script: string): boolean {
  return BUNDLED.test(script);
}

export interface BundleRequest {
  readonly directory: string;
  /** Relative to the directory. */
  readonly script: string;
  readonly packages: InstalledPackages | undefined;
  /** Takes the packages that cannot be bundled. */
  readonly loose?: LoosePackages;
}

/** The bundle's text; an OctError tells each mistake with file and line. */
export async function bundleScript(request: BundleRequest): Promise<string> {
  const { script, packages, loose = new LoosePackages() } = request;
  const directory = realpathSync(request.directory);
  const build = await Bun.build({
    entrypoints: [path.join(directory, script)],
    target: "bun",
    format: "esm",
    external: ["oct"],
    sourcemap: "external",
    env: "disable",
    define: AT_RUN_TIME,
    banner: BANNER,
    metafile: true,
    throw: false,
    plugins: [packagesPlugin(packages, loose)],
  });
  if (!build.success) throw bundleError(script, build.logs);
  const [entry] = build.outputs.filter((output) => output.kind === "entry-point");
  const [map] = build.outputs.filter((output) => output.kind === "sourcemap");
  if (entry === undefined) throw new OctError("the script cannot be bundled", { where: script });
  const places = new Places(directory, packages);
  const inputs = Object.keys(build.metafile?.inputs ?? {});
  const code = plainCode(await entry.text(), new Set(inputs), places);
  return map === undefined ? code : code + inlineMap(await map.text(), script, places);
}

/** Paths of this machine as paths of the project; installed packages are in its node_modules. */
class Places {
  readonly #directory: string;
  readonly #installed: string | undefined;

  constructor(directory: string, packages: InstalledPackages | undefined) {
    this.#directory = directory;
    this.#installed = packages === undefined ? undefined : realpathSync(packages.directory);
  }

  inProject(file: string): string {
    const full = path.resolve(file);
    const isInstalled = this.#installed !== undefined && full.startsWith(this.#installed);
    const from = isInstalled ? (this.#installed as string) : this.#directory;
    return path.relative(from, full).replaceAll("\\", "/");
  }
}

// The bundler writes a comment before each file, with its path seen from the current folder, and an
// identity that depends on it.
function plainCode(code: string, inputs: ReadonlySet<string>, places: Places): string {
  return code
    .replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n")
    .replace(/\n\/\/# debugId=[0-9A-F]+\n/, "\n")
    .replace(/^\/\/ (.+)$/gm, (line, file: string) =>
      inputs.has(file) ? `// ${places.inProject(file)}` : line,
    );
}

// The runtime reads paths in the map as relative to the bundle, which lies where the script lay; so
// they are written relative to the script's folder and mean the same on every machine.
function inlineMap(text: string, script: string, places: Places): string {
  const map = JSON.parse(text) as { sources: string[]; debugId?: string };
  const folder = path.posix.dirname(script);
  map.sources = map.sources.map((file) => path.posix.relative(folder, places.inProject(file)));
  delete map.debugId;
  const base64 = Buffer.from(JSON.stringify(map)).toString("base64");
  return `\n//# sourceMappingURL=data:application/json;base64,${base64}\n`;
}

function packagesPlugin(
  packages: InstalledPackages | undefined,
  loose: LoosePackages,
): Bun.BunPlugin {
  return {
    name: "packages",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path: specifier, importer }) => {
        const name = packageName(specifier);
        if (name === undefined || importer === "") return undefined;
        const isInstalled = packages?.names.includes(name) === true;
        const from = isInstalled ? packages.directory : path.dirname(importer);
        const folder = findPackage(name, from);
        if (folder === undefined) return undefined;
        if (loose.takes(name, folder)) return { path: specifier, external: true };
        return isInstalled ? { path: Bun.resolveSync(specifier, packages.directory) } : undefined;
      });
    },
  };
}

function bundleError(script: string, logs: readonly (BuildMessage | ResolveMessage)[]): OctError {
  const errors = logs.filter((log) => log.level === "error");
  const told = (errors.length > 0 ? errors : logs).slice(0, 10).map((log) => {
    const at = log.position;
    const where = at === null ? script : `${path.basename(at.file)}:${at.line}:${at.column}`;
    return `${where}: ${log.message}`;
  });
  const isPackage = told.some((text) => /Could not resolve: "[^./]/.test(text));
  return new OctError(`the script cannot be bundled: ${told.join("\n")}`, {
    where: script,
    hint: isPackage
      ? "install the package in the project, or name it in turrets_requirements"
      : "mend the script and run again",
  });
}
