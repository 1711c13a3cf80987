// --out and --notify as typed, checked as far as they can be before anything is fired.

import path from "node:path";
import { UsageError } from "../base/errors.ts";
import { secretsOfHook, secretsOfUrl } from "../output/safe-url.ts";
import {
  OUTPUT_LIMIT,
  OUTPUTS,
  type OutputKind,
  type OutputRequest,
  parseOutput,
  readHttpUrl,
} from "../output/targets.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { isDirectory, isFile, pathExists, resolveFrom } from "./files.ts";

/** An output with its file as an absolute path, where that is known already. */
export interface AskedOutput extends OutputRequest {
  readonly file: string | undefined;
}

export interface AskedOutputs {
  readonly outputs: readonly AskedOutput[];
  readonly hooks: readonly URL[];
  /** What of them must not be kept or printed. */
  readonly secrets: readonly string[];
}

/** Throws UsageError for whatever cannot work. */
export function readOutputs(input: CommandInput, env: Env): AskedOutputs {
  const texts = input.texts("out");
  if (texts.length > OUTPUT_LIMIT.outputs) {
    throw new UsageError(`--out may be given ${OUTPUT_LIMIT.outputs} times, not ${texts.length}`);
  }
  const outputs = texts.map((text) => askedOutput(parseOutput(text), env));
  const twice = outputs.find((output, i) => outputs.some((one, k) => k < i && isSame(one, output)));
  if (twice !== undefined) {
    throw new UsageError(`--out ${twice.kind} is there twice with the same target`, {
      hint: "leave one out, or give it another target",
    });
  }
  const hooks = input.texts("notify").map((typed) => ({ typed, url: readHook(typed) }));
  return {
    outputs,
    hooks: hooks.map(({ url }) => url),
    secrets: [
      ...outputs.flatMap(({ target }) => (target.form === "url" ? secretsOfUrl(target.url) : [])),
      ...hooks.flatMap(({ typed, url }) => [...secretsOfHook(typed), ...secretsOfUrl(url)]),
    ],
  };
}

/** True where an output is made of single transactions, which are kept only where they are wanted. */
export function wantsRows(asked: AskedOutputs): boolean {
  return asked.outputs.some(({ kind }) => kind === "csv" || kind === "jsonl");
}

/** The file of an output: as asked, or under its own name in `folder`. */
export function fileOf(output: AskedOutput, folder: string): string {
  return output.file ?? path.join(folder, OUTPUTS[output.kind].fileName);
}

/** The summary that every results folder has, where one is without: a killed run could not write it. */
export function missingSummary(folder: string): AskedOutput[] {
  const file = path.join(folder, OUTPUTS.json.fileName);
  if (pathExists(file)) return [];
  return [{ kind: "json", target: { form: "file", path: undefined }, file }];
}

function askedOutput(request: OutputRequest, env: Env): AskedOutput {
  const { kind, target } = request;
  if (kind === "github") return { ...request, file: stepSummary(env) };
  if (target.form !== "file" || target.path === undefined) return { ...request, file: undefined };
  const file = resolveFrom(env.cwd, target.path);
  checkFile(kind, file);
  return { ...request, file };
}

function checkFile(kind: OutputKind, file: string): void {
  const folder = path.dirname(file);
  if (!isDirectory(folder)) {
    throw new UsageError(`--out ${kind}: there is no folder ${folder}`, {
      where: file,
      hint: "make it first, or name another file",
    });
  }
  if (!pathExists(file) || isFile(file)) return;
  throw new UsageError(`--out ${kind} writes a plain file, and this is none`, {
    where: file,
    hint: `e.g. --out ${OUTPUTS[kind].example}`,
  });
}

function stepSummary(env: Env): string {
  const file = env.variables["GITHUB_STEP_SUMMARY"] ?? "";
  if (file !== "") return resolveFrom(env.cwd, file);
  throw new UsageError("--out github: GITHUB_STEP_SUMMARY is not set", {
    hint: "it is in a step of GitHub Actions; elsewhere use --out markdown=FILE",
  });
}

function isSame(a: AskedOutput, b: AskedOutput): boolean {
  if (a.kind === b.kind) return JSON.stringify(a.target) === JSON.stringify(b.target);
  return a.file !== undefined && a.file === b.file;
}

function readHook(typed: string): URL {
  const url = readHttpUrl(typed.trim());
  if (url !== undefined) return url;
  throw new UsageError("--notify takes an http:// or https:// URL", {
    hint: "e.g. --notify https://chat.example.org/hooks/load-tests",
  });
}
