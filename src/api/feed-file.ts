// Data files of scripts: CSV, JSON arrays and JSON lines, read whole within bounds.

import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { errorText, OctError, systemCode } from "../base/errors.ts";
import { formatBytes, formatCount } from "../base/units.ts";
import type { Json } from "./values.ts";

/** Bounds of a data file: every thread of a turret holds all of it. */
export const FEED_LIMIT = {
  fileBytes: 256 * 1024 * 1024,
  rows: 2_000_000,
  columns: 1_000,
} as const;

/** How a CSV file is read. */
export interface CsvOptions {
  /** Between the fields; found out where nothing is said. */
  readonly delimiter?: string;
  /** Names of the columns, for a file whose first line is data already. */
  readonly columns?: readonly string[];
}

/** All rows of a file, looked for in `folders`; throws OctError with file and line. */
export function readRows(
  file: string,
  options: CsvOptions,
  folders: readonly string[],
): readonly Json[] {
  const text = readText(file, placeOf(file, folders));
  const rows = parse(file, text, options);
  if (rows.length === 0) throw new OctError(`${file} has no rows`, { where: file });
  if (rows.length <= FEED_LIMIT.rows) return rows;
  const most = formatCount(FEED_LIMIT.rows);
  throw new OctError(`${file} has more than ${most} rows`, { where: file, hint: "split the file" });
}

// Extra files of a pack lie at its root, whatever folder they came from.
function placeOf(file: string, folders: readonly string[]): string {
  const places = [
    ...folders.map((folder) => path.resolve(folder, file)),
    ...folders.map((folder) => path.resolve(folder, path.basename(file))),
  ];
  return places.find((place) => existsSync(place)) ?? places[0] ?? file;
}

function readText(file: string, absolute: string): string {
  try {
    const { size } = statSync(absolute);
    if (size > FEED_LIMIT.fileBytes) {
      throw new OctError(`${file} is larger than ${formatBytes(FEED_LIMIT.fileBytes)}`, {
        where: file,
        hint: "every thread holds all of its rows: split the file",
      });
    }
    return readFileSync(absolute, "utf8").replace(/^\uFEFF/, "");
  } catch (thrown) {
    if (thrown instanceof OctError) throw thrown;
    const isMissing = systemCode(thrown) === "ENOENT";
    const what = isMissing ? `${file} does not exist` : `${file}: ${errorText(thrown)}`;
    throw new OctError(what, {
      where: file,
      hint: "paths of data are relative to the script; name the file in extra_files to pack it",
    });
  }
}

function parse(file: string, text: string, options: CsvOptions): readonly Json[] {
  if (/\.(jsonl|ndjson)$/i.test(file)) return jsonLines(file, text);
  if (/\.json$/i.test(file)) return jsonRows(file, text);
  return csvRows(file, text, options);
}

function jsonRows(file: string, text: string): readonly Json[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new OctError(`${file}: ${errorText(thrown)}`, { where: file });
  }
  if (Array.isArray(value)) return value;
  throw new OctError(`${file} is not a JSON array`, {
    where: file,
    hint: "a feed of JSON is an array, or a .jsonl file with a value on each line",
  });
}

function jsonLines(file: string, text: string): readonly Json[] {
  const rows: Json[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.trim() === "") continue;
    try {
      rows.push(JSON.parse(line));
    } catch (thrown) {
      const where = `${file}:${number}`;
      throw new OctError(`${where}: ${errorText(thrown)}`, { where });
    }
  }
  return rows;
}

function csvRows(file: string, text: string, options: CsvOptions): readonly Json[] {
  const { delimiter = "", columns } = options;
  const papa = require("papaparse") as typeof import("papaparse");
  const { data, errors } = papa.parse<string[]>(text, {
    delimiter,
    skipEmptyLines: true,
    preview: FEED_LIMIT.rows + 2,
  });
  const broken = errors.find(({ type }) => type === "Quotes");
  if (broken !== undefined) fail(file, (broken.row ?? 0) + 1, broken.message.toLowerCase());
  const names = columns ?? data[0] ?? [];
  checkColumns(file, names);
  const first = columns === undefined ? 1 : 0;
  const rows: Record<string, string>[] = [];
  for (let i = first; i < data.length; i++) {
    const fields = data[i] as string[];
    if (fields.length !== names.length) {
      fail(file, i + 1, `${fields.length} fields where there are ${names.length} columns`);
    }
    const row: Record<string, string> = {};
    for (let j = 0; j < names.length; j++) row[names[j] as string] = fields[j] as string;
    rows.push(row);
  }
  return rows;
}

// Rows and lines are the same but for quoted line breaks, so it is the row that is named.
function fail(file: string, row: number, text: string): never {
  throw new OctError(`${file}, row ${row}: ${text}`, { where: file });
}

function checkColumns(file: string, names: readonly string[]): void {
  if (names.length > FEED_LIMIT.columns) {
    throw new OctError(`${file} has more than ${FEED_LIMIT.columns} columns`, { where: file });
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined && !names.includes("__proto__")) return;
  throw new OctError(`${file}: column ${JSON.stringify(twice ?? "__proto__")} is named twice`, {
    where: file,
    hint: "each column needs a name of its own in the first line, or in the option columns",
  });
}
