// oct compare: two runs held against each other, and what a build may fail by.

import { EXIT, UsageError } from "../base/errors.ts";
import { compareRuns } from "../compare/compare.ts";
import { comparisonPage } from "../compare/html.ts";
import { comparisonJson } from "../compare/json.ts";
import { renderComparison } from "../compare/text.ts";
import { type Comparison, countWords } from "../compare/types.ts";
import { openResults } from "../store/query.ts";
import type { Results } from "../store/results.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { resolveFrom, showPath, writeFileAtomic } from "./files.ts";
import { findDatabase } from "./find-database.ts";
import { Screen } from "./screen.ts";
import { readPercent } from "./values.ts";

/** What `--fail-on` may name. */
const FAIL_ON = ["slower", "errors", "any"] as const;
type FailOn = (typeof FAIL_ON)[number];

export async function runCompare(input: CommandInput, env: Env): Promise<number> {
  const [basePath = "", nextPath = ""] = input.positionals;
  const failOn = readFailOn(input.texts("fail-on"));
  const comparison = await compareFiles(env, {
    basePath,
    nextPath,
    isForced: input.isOn("force"),
    margin: readPercent(input, "margin"),
    floor: readPercent(input, "floor"),
  });
  const { stdout } = env;
  const look = { columns: stdout.columns(), color: env.useColor(stdout) };
  stdout.write(`${renderComparison(comparison, look)}\n`);
  const outputs = [
    ["json", () => `${JSON.stringify(comparisonJson(comparison), null, 2)}\n`],
    ["html", () => comparisonPage(comparison)],
  ] as const;
  for (const [name, make] of outputs) {
    const given = input.text(name);
    if (given === undefined) continue;
    const file = resolveFrom(env.cwd, given);
    writeFileAtomic(file, make());
    stdout.write(`created: ${showPath(env.cwd, file)}\n`);
  }
  const hit = failOn.find((what) => isHit(comparison, what));
  if (hit === undefined) return EXIT.ok;
  stdout.write(`failed: --fail-on ${hit}\n`);
  return EXIT.thresholdFailed;
}

export interface CompareFiles {
  readonly basePath: string;
  readonly nextPath: string;
  readonly isForced: boolean;
  readonly margin?: number | undefined;
  readonly floor?: number | undefined;
}

/** Compares two databases or results folders, as typed. */
export async function compareFiles(env: Env, files: CompareFiles): Promise<Comparison> {
  const screen = new Screen(env.stderr, env.clock);
  const opened: Results[] = [];
  try {
    for (const given of [files.basePath, files.nextPath]) {
      const file = await findDatabase(resolveFrom(env.cwd, given), screen);
      opened.push(await openResults(file));
    }
    const [base, next] = opened as [Results, Results];
    return compareRuns(
      {
        base,
        next,
        basePath: showPath(env.cwd, base.path),
        nextPath: showPath(env.cwd, next.path),
        isForced: files.isForced,
      },
      {
        ...(files.margin === undefined ? {} : { margin: files.margin }),
        ...(files.floor === undefined ? {} : { floor: files.floor }),
      },
    );
  } finally {
    for (const results of opened) results.close();
  }
}

function readFailOn(given: readonly string[]): FailOn[] {
  return given
    .flatMap((text) => text.split(","))
    .map((text) => {
      const known = FAIL_ON.find((what) => what === text.trim());
      if (known !== undefined) return known;
      throw new UsageError(`--fail-on takes ${FAIL_ON.join(", ")}, not "${text}"`);
    });
}

function isHit(comparison: Comparison, failOn: FailOn): boolean {
  const { slower, faster, more, fewer } = countWords(comparison);
  if (failOn === "slower") return slower > 0;
  if (failOn === "errors") return more > 0;
  return slower + faster + more + fewer > 0;
}
