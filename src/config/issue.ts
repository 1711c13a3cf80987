// Mistakes in a configuration as data, and their text: file, line and column, the line itself with a
// caret under the place, and what to do. All of a file's mistakes are reported at once.

import { UsageError } from "../base/errors.ts";
import { oneLine } from "./one-line.ts";

export interface Issue {
  /** Where in the configuration, e.g. `turrets.0.cannons`; "" for the file itself. */
  readonly path: string;
  readonly text: string;
  readonly hint?: string | undefined;
  /** Offset in the file, or undefined when the value is not in it (a default, or --set). */
  readonly offset?: number | undefined;
  /** Where the value came from when not from the file, e.g. `--set run_time=x`. */
  readonly origin?: string | undefined;
  /** The file, where it is not the project's own: a turret's. */
  readonly source?: IssueSource | undefined;
}

export interface IssueSource {
  readonly file: string;
  readonly text: string;
}

/** All mistakes of a configuration, each told in the message. */
export class ConfigurationError extends UsageError {
  readonly issues: readonly Issue[];
  readonly source: IssueSource;

  constructor(issues: readonly Issue[], source: IssueSource) {
    super(formatIssues(issues, source));
    this.issues = issues;
    this.source = source;
  }
}

const LINE_SHOWN = 100;
const TEXT_SHOWN = 300;
const ISSUES_SHOWN = 50;

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

/** One issue in a few lines. */
export function formatIssue(issue: Issue, projectSource: IssueSource): string {
  const source = issue.source ?? projectSource;
  const hint = issue.hint === undefined ? [] : [`    ${oneLine(issue.hint, TEXT_SHOWN)}`];
  const text = oneLine(issue.text, TEXT_SHOWN);
  if (issue.offset === undefined) {
    const where = oneLine(issue.origin ?? source.file, TEXT_SHOWN);
    return [`${where}: ${text}`, ...hint].join("\n");
  }
  const { line, column } = placeOf(source.text, issue.offset);
  const lineStart = issue.offset - (column - 1);
  const lineEnd = source.text.indexOf("\n", lineStart);
  const full = source.text
    .slice(lineStart, lineEnd === -1 ? undefined : lineEnd)
    .replace(/\r$/, "")
    .replaceAll("\t", " ");
  // A long line is shown around the place.
  const start = full.length <= LINE_SHOWN ? 0 : Math.max(0, column - 1 - LINE_SHOWN / 2);
  return [
    `${source.file}:${line}:${column}: ${text}`,
    `    ${oneLine(full.slice(start), LINE_SHOWN)}`,
    `    ${" ".repeat(column - 1 - start)}^`,
    ...hint,
  ].join("\n");
}

function formatIssues(issues: readonly Issue[], source: IssueSource): string {
  const shown = issues.slice(0, ISSUES_SHOWN).map((issue) => formatIssue(issue, source));
  if (issues.length > ISSUES_SHOWN) shown.push(`and ${issues.length - ISSUES_SHOWN} more`);
  const count = issues.length === 1 ? "a mistake" : `${issues.length} mistakes`;
  return `${count} in the configuration\n\n${shown.join("\n\n")}\n`;
}
