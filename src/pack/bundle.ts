// A script with everything it imports as one file, so that a turret needs no packages. "oct" stays
// outside: the turret provides it. Stack traces keep the user's files and lines: the source map travels
// inside the bundle, with paths relative to the project.

import path from "node:path";
import { OctError } from "../base/errors.ts";
import type { InstalledPackages } from "./requirements.ts";

const BUNDLED = /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs)$/;

/** True for scripts that are bundled; others travel as they are. */
export function isBundled(script: string): boolean {
  return BUNDLED.test(script);
}

export interface BundleRequest {
  readonly directory: string;
  /** Relative to the directory. */
  readonly script: string;
  readonly packages: InstalledPackages | undefined;
}

/** The bundle's text; an OctError tells each mistake with file and line. */
export async function bundleScript(request: BundleRequest): Promise<string> {
  const { directory, script, packages } = request;
  const native = packages?.native ?? [];
  const build = await Bun.build({
    entrypoints: [path.join(directory, script)],
    target: "bun",
    format: "esm",
    external: ["oct", ...native],
    sourcemap: "external",
    throw: false,
    plugins: packages === undefined ? [] : [installedFirst(packages)],
  });
  if (!build.success) throw bundleError(script, build.logs);
  const [entry] = build.outputs.filter((output) => output.kind === "entry-point");
  const [map] = build.outputs.filter((output) => output.kind === "sourcemap");
  if (entry === undefined) throw new OctError("the script cannot be bundled", { where: script });
  const code = (await entry.text()).replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n");
  return map === undefined
    ? code
    : code + inlineMap(await map.text(), path.dirname(path.join(directory, script)));
}

// The runtime reads paths in the map as relative to the bundle, which lies where the script lay; so
// they are written relative to the script's folder and mean the same on every machine.
function inlineMap(text: string, scriptFolder: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  map.sources = map.sources.map((source) => path.relative(scriptFolder, path.resolve(source)));
  const base64 = Buffer.from(JSON.stringify(map)).toString("base64");
  return `\n//# sourceMappingURL=data:application/json;base64,${base64}\n`;
}

function installedFirst(packages: InstalledPackages): Bun.BunPlugin {
  return {
    name: "turrets_requirements",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path: specifier }) => {
        const name = packageName(specifier);
        if (!packages.names.includes(name) || packages.native.includes(name)) return undefined;
        return { path: Bun.resolveSync(specifier, packages.directory) };
      });
    },
  };
}

function packageName(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] as string);
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
