// A project's own template: templates/report.eta, used when it is not the one we ship.

import { readFileSync } from "node:fs";
import path from "node:path";
import shipped from "../../assets/report/report.eta" with { type: "text" };
import { OctError, systemCode } from "../base/errors.ts";

/** A template is a text that a person wrote. */
const TEMPLATE_BYTES_MAX = 4_000_000;

/** The template that is used when a project has none of its own. */
export const SHIPPED_TEMPLATE: string = shipped;

export interface ProjectTemplate {
  readonly template?: string;
  /** Where it came from, for the errors in it. */
  readonly templatePath?: string;
  /** Something to tell the operator. */
  readonly notice?: string;
}

/** The project's own template, if it has one that differs from ours. */
export function loadProjectTemplate(directory: string): ProjectTemplate {
  const templatePath = path.join(directory, "templates", "report.eta");
  const template = readText(templatePath);
  if (template !== undefined) {
    return isSame(template, SHIPPED_TEMPLATE) ? {} : { template, templatePath };
  }
  const jinjaPath = path.join(directory, "templates", "report.html");
  const jinja = readText(jinjaPath);
  if (jinja === undefined || !/\{\{|\{%/.test(jinja)) return {};
  return {
    notice:
      `${jinjaPath} is a Jinja2 template of the old OCT and is not used: ` +
      "the report is made with oct's own; write templates/report.eta to change it",
  };
}

function readText(file: string): string | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (thrown) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemCode(thrown) ?? "")) return undefined;
    throw new OctError("can not read the template", { where: file, cause: thrown });
  }
  if (bytes.length > TEMPLATE_BYTES_MAX) {
    throw new OctError(`the template is larger than ${TEMPLATE_BYTES_MAX} bytes`, { where: file });
  }
  return new TextDecoder().decode(bytes);
}

function isSame(one: string, other: string): boolean {
  const plain = (text: string) => text.replace(/\r\n/g, "\n").trimEnd();
  return plain(one) === plain(other);
}
