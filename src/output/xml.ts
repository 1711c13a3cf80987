// Text from outside as a part of XML 1.0: escaped, and what may not be in it at all spelled out.

import { printable } from "../report/figures.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

// printable() shows control characters as others; U+FFFE and U+FFFF are the rest of what XML forbids.
export function xmlText(text: string): string {
  return printable(text)
    .replace(/[\ufffe\uffff]/g, "\ufffd")
    .replace(/[&<>"']/g, (found) => ENTITIES[found] as string);
}

/** An attribute's value: readers make blanks of ends of lines that are not written as references. */
export function xmlAttribute(text: string): string {
  return xmlText(text).replace(/\n/g, "&#10;").replace(/\t/g, "&#9;");
}
