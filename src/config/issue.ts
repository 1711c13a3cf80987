// Mistakes in a configuration as data, and their text: file, line and column, the line itself with a
// caret under the place, and what to do. All of a file's mistakes are reported at once.

import { clip, UsageError } from "../base/errors.ts";

export interface Issue {
  /** Where in the configuration, e.g. `turrets.0.cannons`; "" for the file itself. */
  readonly path: string;
  readonly text: string;
  readonly hint?: string | undefined;
  /** Offset in the file, or undefined when the value is not in it (a default, or --set). */
  readonly offset?: number | undefined;
  /** Where the value came from when not from the file, e.g. `--set run_time=x`. */
  readonly origin?: string | undefined;
}

export interface IssueSource {
  readonly file: string;
  readonly text: string;
}

const LINE_SHOWN = 100;
const ISSUES_SHOWN = 50;

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

/** One issue in a few lines. */
export function formatIssue(issue: Issue, source: IssueSource): string {
  const hint = issue.hint === undefined ? [] : [`    ${issue.hint}`];
  if (issue.offset === undefined) {
    const where = issue.origin ?? source.file;
    return [`${where}: ${issue.text}`, ...hint].join("\n");
  }
  const { line, column } = placeOf(source.text, issue.offset);
  const full = (source.text.split("\n")[line - 1] ?? "").replace(/\r$/, "").replaceAll("\t", " ");
  // A long line is shown around the place.
  const start = Math.max(0, column - 1 - LINE_SHOWN / 2);
  const shown = clip(full.slice(start), LINE_SHOWN);
  const caret = `${" ".repeat(column - 1 - start)}^`;
  return [
    `${source.file}:${line}:${column}: ${issue.text}`,
    `    ${shown}`,
    `    ${caret}`,
    ...hint,
  ].join("\n");
}

/** An error that tells all issues. */
export function issuesError(issues: readonly Issue[], source: IssueSource): UsageError {
  const shown = issues.slice(0, ISSUES_SHOWN).map((issue) => formatIssue(issue, source));
  if (issues.length > ISSUES_SHOWN) shown.push(`and ${issues.length - ISSUES_SHOWN} more`);
  const count = issues.length === 1 ? "a mistake" : `${issues.length} mistakes`;
  return new UsageError(`${count} in the configuration\n\n${shown.join("\n\n")}\n`);
}
