// Files that are made of a finished run: by oct run and oct fire at their end, and by oct report.

import { appendFileSync, existsSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { OctError } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import { renderFinished, type TextKind } from "../output/after.ts";
import type { FinishedFigures } from "../output/finished.ts";
import { renderHdrLog } from "../output/hdr-log.ts";
import { storedSampleLines } from "../output/json-lines.ts";
import { writeCsv } from "../store/csv.ts";
import { AtomicFile } from "../store/files.ts";
import { openResults } from "../store/query.ts";
import type { Results, RunFacts } from "../store/results.ts";
import { fileError, showPath, writeFileAtomic } from "./files.ts";
import type { RunFigures } from "./make-report.ts";
import { type AskedOutput, fileOf } from "./out-requests.ts";

const CSV_DELIMITER = ";";
const CHUNK_CHARACTERS = 256 * 1024;

export interface FinishedOutputs extends RunFigures {
  readonly outputs: readonly AskedOutput[];
  readonly databasePath: string;
  /** Where outputs without a name of their own go. */
  readonly folder: string;
  /** Of the results; undefined where nothing is kept. */
  readonly results: string | undefined;
  readonly exitCode: number | undefined;
  readonly cwd: string;
}

/** What documents say of the run and its files. */
export function finishedFigures(made: FinishedOutputs): FinishedFigures {
  const { model, facts, totals, exitCode, results, cwd } = made;
  const shown = (file: string) => showPath(cwd, file);
  const files: Record<string, string> = {};
  if (results !== undefined) {
    files["database"] = shown(made.databasePath);
    const report = path.join(results, "results.html");
    if (existsSync(report)) files["report"] = shown(report);
  }
  for (const output of made.outputs) {
    if (output.target.form === "file") files[output.kind] = shown(fileOf(output, made.folder));
  }
  return { model, facts, totals, exitCode, files };
}

/** Writes one output; returns lines for people. Throws OctError where it cannot. */
export async function writeFinished(
  output: AskedOutput,
  made: FinishedOutputs,
): Promise<readonly string[]> {
  const file = fileOf(output, made.folder);
  const { kind } = output;
  switch (kind) {
    case "csv":
      return await writeRows(file, made);
    case "hdr":
      return await writeHdr(file, made);
    case "jsonl":
      return await writeSamples(file, made);
    case "github":
      appendText(file, renderFinished(kind, finishedFigures(made)));
      return ["added to GitHub's step summary"];
    default:
      writeFileAtomic(file, renderFinished(kind as TextKind, finishedFigures(made)));
      return [created(file, made)];
  }
}

function created(file: string, { cwd }: FinishedOutputs): string {
  return `created: ${showPath(cwd, file)}`;
}

function appendText(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (thrown) {
    throw fileError("can not write", file, thrown);
  }
}

async function writeRows(file: string, made: FinishedOutputs): Promise<string[]> {
  const { databasePath } = made;
  await writeCsv({ resultsPath: databasePath, outputPath: file, delimiter: CSV_DELIMITER });
  return [created(file, made), ...missingRows(file, made)];
}

async function writeSamples(file: string, made: FinishedOutputs): Promise<string[]> {
  const results = await openResults(made.databasePath);
  try {
    const target = new AtomicFile(file);
    try {
      writeLines(storedSampleLines(results), target, file.endsWith(".gz"));
      target.commit();
    } finally {
      target.discard();
    }
  } finally {
    results.close();
  }
  return [created(file, made), ...missingRows(file, made)];
}

function writeLines(lines: Iterable<string>, target: AtomicFile, isPacked: boolean): void {
  const encoder = new TextEncoder();
  let text = "";
  const flush = () => {
    const bytes = encoder.encode(text);
    if (bytes.length > 0) target.write(isPacked ? gzipSync(bytes) : bytes);
    text = "";
  };
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length >= CHUNK_CHARACTERS) flush();
  }
  flush();
}

/** Rows are kept up to a limit; figures cover everything. */
function missingRows(file: string, { facts, cwd }: FinishedOutputs): string[] {
  if (facts.rowsKept >= facts.transactions) return [];
  return [`${showPath(cwd, file)}: ${rowsText(facts)}; counts and figures elsewhere cover all`];
}

function rowsText({ rowsKept, rowsMax, transactions }: RunFacts): string {
  const limit = rowsMax === undefined ? "" : `, results_max_rows is ${formatCount(rowsMax)}`;
  return `${formatCount(rowsKept)} of ${formatCount(transactions)} transactions have a row${limit}`;
}

async function writeHdr(file: string, made: FinishedOutputs): Promise<string[]> {
  const results: Results = await openResults(made.databasePath);
  let text: string | undefined;
  try {
    text = renderHdrLog(results);
  } finally {
    results.close();
  }
  if (text === undefined) {
    throw new OctError("a database of the old OCT has no histograms to write", {
      where: made.databasePath,
    });
  }
  writeFileAtomic(file, text);
  return [created(file, made)];
}
