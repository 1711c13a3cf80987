// Makes the executable: runtime, program, libzmq, SQLite, guides and report in one file.
//
//   bun build.ts [--target NAME[,NAME...]|all] [--outfile FILE]
//
// The same sources give the same bytes, from any folder: no path and no time of this machine goes
// in. Bun embeds the name of the file that it writes, and its names of chunks are hashes of paths seen
// from the current folder: so it builds from the project's folder into a file `oct` in a folder of its
// own, and the finished file is moved to where it is wanted.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

interface Target {
  readonly bun: Bun.Build.CompileTarget;
  /** Folder of the prebuilt library inside the zeromq package. */
  readonly libzmq: string;
}

const TARGETS: Readonly<Record<string, Target>> = {
  "linux-x64": { bun: "bun-linux-x64", libzmq: "linux/x64/node/glibc-127-Release" },
  "linux-arm64": { bun: "bun-linux-arm64", libzmq: "linux/arm64/node/glibc-127-Release" },
  "linux-x64-musl": { bun: "bun-linux-x64-musl", libzmq: "linux/x64/node/musl-127-Release" },
  "linux-arm64-musl": { bun: "bun-linux-arm64-musl", libzmq: "linux/arm64/node/musl-127-Release" },
  "darwin-x64": { bun: "bun-darwin-x64", libzmq: "darwin/x64/node/libc-115-Release" },
  "darwin-arm64": { bun: "bun-darwin-arm64", libzmq: "darwin/arm64/node/libc-115-Release" },
};

const root = import.meta.dir;

/** The target of the machine that builds. */
function ownTarget(): string {
  const [musl, glibc] =
    process.arch === "arm64"
      ? ["/lib/ld-musl-aarch64.so.1", "/lib/ld-linux-aarch64.so.1"]
      : ["/lib/ld-musl-x86_64.so.1", "/lib64/ld-linux-x86-64.so.2"];
  const isMusl = process.platform === "linux" && existsSync(musl) && !existsSync(glibc);
  return `${process.platform}-${process.arch}${isMusl ? "-musl" : ""}`;
}

/**
 * Puts the target's libzmq into the binary: src/zmq/library-file.ts, which knows where the zeromq
 * package keeps the libraries, becomes a module that embeds one of them as a file.
 */
function embedLibzmq(target: Target): Bun.BunPlugin {
  const file = path.join(root, "node_modules/zeromq/build", target.libzmq, "addon.node");
  return {
    name: "libzmq",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/]zmq[\\/]library-file\.ts$/ }, () => ({
        contents:
          'import file from "#libzmq" with { type: "file" };\n' +
          "export function libraryFile() { return file; }\n",
        loader: "js",
      }));
      build.onResolve({ filter: /^#libzmq$/ }, () => ({
        path: "libzmq.bin",
        namespace: "libzmq",
      }));
      build.onLoad({ filter: /.*/, namespace: "libzmq" }, async () => ({
        contents: await Bun.file(file).bytes(),
        loader: "file",
      }));
    },
  };
}

/** Builds for one target and returns the size of the file in bytes. */
async function buildTarget(target: Target, outfile: string): Promise<number> {
  mkdirSync(path.dirname(outfile), { recursive: true });
  const folder = mkdtempSync(path.join(path.dirname(outfile), ".build-"));
  try {
    const built = path.join(folder, "oct");
    const result = await Bun.build({
      entrypoints: [path.join(root, "src/main.ts"), path.join(root, "src/worker.ts")],
      root: path.join(root, "src"),
      target: "bun",
      format: "esm",
      bytecode: true,
      minify: true,
      splitting: true,
      env: "disable",
      // Packages made for Node ask for their own folder; the binary must not hold this machine's.
      define: { "process.env.NODE_ENV": '"production"', __dirname: '"/"', __filename: '"/"' },
      plugins: [embedLibzmq(target)],
      compile: {
        target: target.bun,
        outfile: built,
        autoloadDotenv: false,
        autoloadBunfig: false,
      },
      throw: false,
    });
    for (const log of result.logs) console.error(String(log));
    if (!result.success) throw new Error(`${path.basename(outfile)} could not be built`);
    renameSync(built, outfile);
    return statSync(outfile).size;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wantedTargets(text: string | undefined): string[] {
  if (text === undefined) return [ownTarget()];
  const names = text === "all" ? Object.keys(TARGETS) : text.split(",");
  const unknown = names.find((name) => TARGETS[name] === undefined);
  if (unknown === undefined) return names;
  throw new Error(`unknown target ${unknown}: ${Object.keys(TARGETS).join(", ")} or all`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { target: { type: "string" }, outfile: { type: "string" } },
  });
  const names = wantedTargets(values.target);
  const startFolder = process.cwd();
  process.chdir(root);
  for (const name of names) {
    const target = TARGETS[name];
    if (target === undefined) throw new Error(`oct is not built on ${name}: name a --target`);
    const isOwn = name === ownTarget() && values.target !== "all";
    const usual = path.join(root, "dist", isOwn ? "oct" : `oct-${name}`);
    const given = values.outfile === undefined ? usual : path.resolve(startFolder, values.outfile);
    const outfile = names.length > 1 && values.outfile !== undefined ? `${given}-${name}` : given;
    const sizeBytes = await buildTarget(target, outfile);
    console.log(`${path.relative(startFolder, outfile)}  ${(sizeBytes / 1e6).toFixed(1)} MB`);
  }
}

try {
  await main();
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exit(1);
}
