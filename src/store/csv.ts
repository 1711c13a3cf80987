// The rows of a results database as OCT wrote them: elapsed time, epoch, turret name, transaction time,
// error, then one column per timer in the order of first appearance; CRLF; quotes only where needed;
// numbers in full precision and as floats ("2.0"), in the notation of the old tool. Two faults of it are
// left out: a timer named like one of the first five columns has a column of its own and overwrites
// nothing, and a row without timers is a row.

import { OctError } from "../base/errors.ts";
import { AtomicFile } from "./files.ts";
import { openResults } from "./query.ts";
import type { ResultRow, Results } from "./results.ts";

const BASE_COLUMNS = [
  "elapsed time",
  "epoch (in seconds)",
  "turret name",
  "transaction time",
  "error",
] as const;

const CHUNK_CHARACTERS = 256 * 1024;
const PROGRESS_ROWS = 10_000;

export const CSV_LIMIT = {
  /** Columns of timers; more is a file that nothing opens. */
  timers: 16_000,
} as const;

export interface CsvOptions {
  readonly resultsPath: string;
  readonly outputPath: string;
  readonly delimiter: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Writes the file whole or not at all, row by row; resolves with the number of rows. */
export async function writeCsv(options: CsvOptions): Promise<{ rows: number }> {
  const results = await openResults(options.resultsPath);
  try {
    const file = new AtomicFile(options.outputPath);
    try {
      const rows = writeRows(results, { file, ...options });
      file.commit();
      return { rows };
    } finally {
      file.discard();
    }
  } finally {
    results.close();
  }
}

function writeRows(results: Results, options: CsvOptions & { readonly file: AtomicFile }): number {
  const { file, delimiter, onProgress } = options;
  const encoder = new TextEncoder();
  const needsQuotes = quoteTest(delimiter);
  const quote = (text: string) => (needsQuotes(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const timers = timerColumns(results);
  let text = `${[...BASE_COLUMNS, ...timers.keys()].map(quote).join(delimiter)}\r\n`;
  let rows = 0;
  for (const row of results.rows()) {
    text += rowCells(row, { timers, quote }).join(delimiter);
    text += "\r\n";
    rows++;
    if (text.length >= CHUNK_CHARACTERS) {
      file.write(encoder.encode(text));
      text = "";
    }
    if (rows % PROGRESS_ROWS === 0) onProgress?.(rows, results.facts.rowsKept);
  }
  file.write(encoder.encode(text));
  onProgress?.(rows, results.facts.rowsKept);
  return rows;
}

function rowCells(
  row: ResultRow,
  how: { readonly timers: ReadonlyMap<string, number>; readonly quote: (text: string) => string },
): string[] {
  const cells = new Array<string>(BASE_COLUMNS.length + how.timers.size).fill("");
  cells[0] = floatText(row.elapsedS);
  cells[1] = floatText(row.epochS);
  cells[2] = how.quote(row.turretName);
  cells[3] = floatText(row.scriptrunS);
  cells[4] = how.quote(row.error);
  for (const [name, seconds] of row.timers) {
    cells[BASE_COLUMNS.length + (how.timers.get(name) as number)] = floatText(seconds);
  }
  return cells;
}

/** Every timer with its place, in the order of first appearance. */
function timerColumns(results: Results): Map<string, number> {
  const columns = new Map<string, number>();
  for (const row of results.rows()) {
    for (const [name] of row.timers) {
      if (!columns.has(name)) columns.set(name, columns.size);
    }
    if (columns.size > CSV_LIMIT.timers) {
      throw new OctError(`more than ${CSV_LIMIT.timers} timers, too many for columns`, {
        where: results.path,
        hint: "Give timers names that do not change from one transaction to the next.",
      });
    }
  }
  return columns;
}

function quoteTest(delimiter: string): (text: string) => boolean {
  return (text) => text.includes(delimiter) || /["\r\n]/.test(text);
}

/** A float as Python prints it: `1.0`, `1795233489.0`, `1e-05`, `1e+16`. */
export function floatText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  const magnitude = Math.abs(value);
  if (value !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) return exponentText(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function exponentText(value: number): string {
  const [digits = "", exponent = ""] = value.toExponential().split("e");
  const sign = exponent.startsWith("-") ? "-" : "+";
  return `${digits}e${sign}${exponent.slice(1).padStart(2, "0")}`;
}
