// Runs eta over a text, and tells a mistake in it with line and caret.

import { Eta } from "eta/core";
import { OctError } from "../base/errors.ts";

const eta = new Eta({ debug: true, cache: false });

/** The text that `template` makes of `it`; throws what eta throws. */
export function renderTemplate(template: string, it: object): string {
  return eta.renderString(template, it);
}

/** A mistake in a project's template as an error for the operator. */
export function templateError(
  thrown: unknown,
  template: string,
  templatePath = "the template",
): OctError {
  const place = placeOf(thrown, template);
  const message = place?.message ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const where = place === undefined ? "" : `:${place.line}:${place.column}`;
  const caret = place === undefined ? "" : `\n\n${caretText(template, place)}\n`;
  return new OctError(`error in the report's template: ${message}${caret}`, {
    where: `${templatePath}${where}`,
    hint: "templates/report.eta is an eta template: correct it, or remove it to use oct's own",
    cause: thrown,
  });
}

interface Place {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

function placeOf(thrown: unknown, template: string): Place | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const parsed = /^(.*) at line (\d+) col (\d+)/.exec(thrown.message);
  if (parsed !== null) {
    const [, message, line, column] = parsed;
    return { message: message as string, line: Number(line), column: Number(column) };
  }
  if (/^Bad template syntax/.test(thrown.message)) return syntaxPlace(template);
  const ran = /^line (\d+)\n/.exec(thrown.message);
  if (ran === null) return undefined;
  const line = Number(ran[1]);
  const text = template.split("\n")[line - 1] ?? "";
  const message = thrown.message.split("\n\n").slice(1).join("\n\n");
  return { line, column: Math.max(0, text.indexOf("<%")) + 1, message };
}

// eta's own message for wrong JavaScript is the whole compiled template. The compiled text sets
// `__eta.line` before each tag, so the place that a parser finds in it leads back to the template.
function syntaxPlace(template: string): Place | undefined {
  const source = `function report(it, options) {${eta.compileToString(template)}}`;
  try {
    new Bun.Transpiler({ loader: "js" }).transformSync(source);
    return undefined;
  } catch (thrown) {
    const found = (thrown instanceof AggregateError ? thrown.errors[0] : thrown) as {
      message?: string;
      position?: { line: number; column: number } | null;
    };
    const position = found.position;
    if (position === undefined || position === null) return undefined;
    const lines = source.split("\n");
    const before = lines.slice(0, position.line).join("\n");
    const line = Number([...before.matchAll(/__eta\.line=(\d+)/g)].at(-1)?.[1] ?? 1);
    const code = (lines[position.line - 1] ?? "").replace(/^__eta\.res\+=(?:__eta\.e\()?/, "");
    const cut = (lines[position.line - 1] ?? "").length - code.length;
    const text = template.split("\n")[line - 1] ?? "";
    const start = text.indexOf(code.replace(/\);?$/, "").trim());
    const column = start < 0 ? Math.max(0, text.indexOf("<%")) + 1 : start + position.column - cut;
    return { line, column: Math.max(1, column), message: found.message ?? "wrong syntax" };
  }
}

const SHOWN = 96;

function caretText(template: string, place: Place): string {
  const full = (template.split("\n")[place.line - 1] ?? "").replace(/[\t\r]/g, " ");
  const from = Math.max(0, place.column - 1 - SHOWN / 2);
  const number = String(place.line);
  const text = full.slice(from, from + SHOWN);
  return `  ${number} | ${text}\n  ${" ".repeat(number.length)} | ${" ".repeat(place.column - 1 - from)}^`;
}
