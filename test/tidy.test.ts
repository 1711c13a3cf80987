// House rules as tests: who may import whom, no cycles, no dead files, lengths, banned words.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dir, "..");

/** What each folder of src may import, besides itself. `entries` are main.ts and worker.ts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  stats: ["base"],
  pace: ["base"],
  http: ["base"],
  config: ["base", "pace", "stats"],
  protocol: ["base", "stats", "pace", "config"],
  zmq: ["base", "protocol"],
  api: ["base", "http", "stats"],
  store: ["base", "stats"],
  page: [],
  pack: ["base", "config"],
  project: ["base", "config", "pack"],
  turret: ["base", "stats", "pace", "config", "protocol", "api", "http", "pack"],
  hq: ["base", "stats", "pace", "config", "protocol", "store", "pack"],
  report: ["base", "stats", "pace", "store", "page"],
  compare: ["base", "stats", "store", "report"],
  live: ["base", "stats", "pace", "config", "store", "hq"],
  dashboard: ["base", "live", "hq", "page"],
  output: ["base", "stats", "store", "hq", "live", "report"],
  cli: [
    "base",
    "stats",
    "pace",
    "http",
    "config",
    "protocol",
    "zmq",
    "api",
    "store",
    "pack",
    "project",
    "turret",
    "hq",
    "report",
    "compare",
    "live",
    "dashboard",
    "output",
  ],
  entries: ["base", "cli", "turret"],
};

/** Packages and modules that only one folder may import. */
const ONLY_IN: Readonly<Record<string, string>> = {
  "bun:ffi": "zmq",
  "sql.js": "store",
  eta: "report",
  uplot: "page",
  cac: "cli",
  "tough-cookie": "http",
  "jsonpath-plus": "api",
  xpath: "api",
  papaparse: "api",
};

/** Globals that reach the world, and the files that may. */
const WORLD =
  /(?<![\w.$"'`-])(process|console)\.|(?<![\w.$])(Date\.now|new Date\(\)|performance\.|Math\.random|setInterval|setTimeout)\b/;
const MAY_REACH_WORLD = [
  "src/base/clock.ts",
  "src/base/random.ts",
  "src/http/timeouts.ts",
  "src/cli/env.ts",
  "src/main.ts",
  "src/worker.ts",
  "src/turret/thread.ts",
  "src/turret/script.ts",
];

const BANNED: readonly (readonly [RegExp, string])[] = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, "write an issue instead"],
  [/\bfor now\b|\bnot implemented\b/i, "finish it or leave it out"],
  [/biome-ignore|@ts-ignore|@ts-nocheck|@ts-expect-error/, "mend the cause"],
  [/\b(describe|test|it)\.(only|skip|todo)\(/, "every test runs"],
  [/\bexport default\b/, "named exports only"],
  [/\benum\s+\w+\s*\{/, "a const object and a union"],
  [/:\s*any\b|<any>|\bas any\b/, "unknown and a parser"],
];

const LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;

function filesOf(pattern: string): string[] {
  return [...new Bun.Glob(pattern).scanSync({ cwd: root })]
    .filter((file) => !file.includes("node_modules"))
    .sort();
}

const sources = filesOf("src/**/*.ts").filter((file) => !file.endsWith(".d.ts"));
const texts = new Map(sources.map((file) => [file, readFileSync(path.join(root, file), "utf8")]));

function folderOf(file: string): string {
  const parts = file.split("/");
  return parts.length === 2 ? "entries" : (parts[1] as string);
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s*["']([^"']+)["']|\brequire\(\s*["']([^"']+)["']\s*\)|new URL\(\s*["'](\.[^"']+\.ts)["']/g;

function importsOf(file: string): string[] {
  return [...(texts.get(file) as string).matchAll(IMPORT)].map(
    (m) => (m[1] ?? m[2] ?? m[3] ?? m[4] ?? m[5]) as string,
  );
}

function target(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
}

describe("tidy", () => {
  test("there are sources to look at, and every import of ours exists", () => {
    expect(sources.length).toBeGreaterThan(20);
    const missing = sources.flatMap((file) =>
      importsOf(file)
        .map((specifier) => target(file, specifier))
        .filter((found) => found?.startsWith("src/") && !texts.has(found))
        .map((found) => `${file} -> ${found}`),
    );
    expect(missing).toEqual([]);
  });

  test("folders import only what the table allows", () => {
    const wrong = sources.flatMap((file) => {
      const folder = folderOf(file);
      const allowed = MAY_IMPORT[folder];
      if (allowed === undefined) return [`${file}: folder ${folder} is not in the table`];
      return importsOf(file).flatMap((specifier) => {
        const found = target(file, specifier);
        if (found === undefined || !found.startsWith("src/")) return [];
        const other = folderOf(found);
        return other === folder || allowed.includes(other) ? [] : [`${file} imports ${found}`];
      });
    });
    expect(wrong).toEqual([]);
  });

  test("packages stay in their folder", () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file).flatMap((specifier) => {
        const name = Object.keys(ONLY_IN).find(
          (p) => specifier === p || specifier.startsWith(`${p}/`),
        );
        return name === undefined || ONLY_IN[name] === folderOf(file)
          ? []
          : [`${file} imports ${specifier}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test("there are no import cycles", () => {
    const cycles: string[] = [];
    const state = new Map<string, "open" | "done">();
    const visit = (file: string, trail: readonly string[]): void => {
      if (state.get(file) === "done") return;
      if (state.get(file) === "open") {
        cycles.push([...trail.slice(trail.indexOf(file)), file].join(" -> "));
        return;
      }
      state.set(file, "open");
      for (const specifier of importsOf(file)) {
        const found = target(file, specifier);
        if (found !== undefined && texts.has(found)) visit(found, [...trail, file]);
      }
      state.set(file, "done");
    };
    for (const file of sources) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test("no file is dead: all are reached from the entries", () => {
    const reached = new Set<string>();
    const visit = (file: string): void => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const specifier of importsOf(file)) {
        const found = target(file, specifier);
        if (found !== undefined && texts.has(found)) visit(found);
      }
    };
    for (const entry of ["src/main.ts", "src/worker.ts"]) visit(entry);
    // What a folder lays out for a later issue may be reached by its tests alone.
    const tested = filesOf("test/**/*.ts")
      .map((file) => readFileSync(path.join(root, file), "utf8"))
      .join("\n");
    const dead = sources.filter((file) => !reached.has(file) && !tested.includes(file.slice(4)));
    expect(dead).toEqual([]);
  });

  test("files and functions keep their length", () => {
    const long = sources.flatMap((file) => {
      const lines = (texts.get(file) as string).split("\n");
      const found = lines.length - 1 > LINES_MAX ? [`${file}: ${lines.length - 1} lines`] : [];
      return [...found, ...longFunctions(file, lines)];
    });
    expect(long).toEqual([]);
  });

  test("the world is reached only where it may be", () => {
    const wrong = sources
      .filter((file) => !MAY_REACH_WORLD.includes(file))
      .flatMap((file) => matchingLines(file, WORLD));
    expect(wrong).toEqual([]);
  });

  test("banned words do not occur", () => {
    const files = [...sources, ...filesOf("scripts/**/*.ts"), "build.ts"].filter(
      (file) => file !== "src/base/log.ts",
    );
    const wrong = files.flatMap((file) => {
      const text = texts.get(file) ?? readFileSync(path.join(root, file), "utf8");
      return BANNED.flatMap(([pattern, why]) =>
        linesOf(text)
          .filter(([line]) => pattern.test(line))
          .map(([line, n]) => `${file}:${n} ${line.trim()} (${why})`),
      );
    });
    expect(wrong).toEqual([]);
  });

  test("every source file opens by saying what it is for", () => {
    const silent = sources.filter((file) => !(texts.get(file) as string).startsWith("//"));
    expect(silent).toEqual([]);
  });

  test("every folder of src is named in src/README.md", () => {
    const map = readFileSync(path.join(root, "src/README.md"), "utf8");
    const folders = [...new Set(sources.map(folderOf))].filter((folder) => folder !== "entries");
    expect(folders.filter((folder) => !map.includes(`\`${folder}/\``))).toEqual([]);
  });

  test("every test file expects something and holds no sleep", () => {
    const tests = filesOf("test/**/*.test.ts").filter((file) => file !== "test/tidy.test.ts");
    const wrong = tests.filter((file) => {
      const text = readFileSync(path.join(root, file), "utf8");
      return !/\bexpect\w*\(/.test(text) || /Bun\.sleep\(|setTimeout\(/.test(text);
    });
    expect(wrong).toEqual([]);
  });
});

function linesOf(text: string): [string, number][] {
  return text.split("\n").map((line, i) => [line, i + 1]);
}

function matchingLines(file: string, pattern: RegExp): string[] {
  return linesOf(texts.get(file) as string)
    .map(([line, n]): [string, number] => [
      line.replace(/(^|\s)\/\/.*$|^\s*\*.*$|^\s*\/\*\*.*$/, ""),
      n,
    ])
    .filter(([line]) => pattern.test(line))
    .map(([line, n]) => `${file}:${n} ${line.trim()}`);
}

// A function is a head at some indent that ends in `{` and runs to the `}` at the same indent: exact
// for formatted code.
function longFunctions(file: string, lines: readonly string[]): string[] {
  const heads =
    /^(\s*)(?:export\s+)?(?:async\s+)?(?:function\b|(?:static\s+|override\s+|async\s+|get\s+|set\s+|#|\*)*[\w$#*]+\(.*\).*\{$|constructor\()/;
  return lines.flatMap((line, start) => {
    const head = heads.exec(line);
    if (head === null || /^\s*(if|for|while|switch|catch|return|else)\b/.test(line)) return [];
    const closing = `${head[1]}}`;
    let end = start + 1;
    while (end < lines.length && !(lines[end] as string).startsWith(closing)) end++;
    const length = end - start + 1;
    return length > FUNCTION_LINES_MAX && end < lines.length
      ? [`${file}:${start + 1}: ${length} lines`]
      : [];
  });
}
