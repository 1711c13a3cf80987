// JSON with comments and trailing commas, with the place of every value. Bounded in size and depth.

import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { UsageError } from "../base/errors.ts";
import { isJsonObject, JSON_DEPTH_LIMIT, type JsonObject, type JsonValue } from "../base/json.ts";
import { type Issue, issuesError } from "./issue.ts";

export const CONFIG_BYTES_MAX = 4 * 1024 * 1024;

export interface JsoncDocument {
  readonly file: string;
  readonly text: string;
  readonly value: JsonObject;
  /** Offset of the value at `path`, or of the nearest one around it. */
  offsetOf(path: readonly (string | number)[]): number;
  /** Offset of the key that ends `path`, or of its value where it has none. */
  keyOffsetOf(path: readonly (string | number)[]): number;
}

/** Parses `text`; throws a UsageError that names every mistake with its line and column. */
export function readJsonc(text: string, file: string): JsoncDocument {
  if (text.length > CONFIG_BYTES_MAX) {
    throw new UsageError("the configuration is larger than 4 MiB", { where: file });
  }
  const bare = text.startsWith("\uFEFF") ? text.slice(1) : text;
  checkDepth(bare, file);
  const errors: ParseError[] = [];
  const root = parseTree(bare, errors, { allowTrailingComma: true, disallowComments: false });
  const source = { file, text: bare };
  if (errors.length > 0 || root === undefined) {
    const issues = errors.map(
      (error): Issue => ({
        path: "",
        text: `Configuration setting failed with error: ${sayError(error, bare)}`,
        offset: error.offset,
      }),
    );
    if (issues.length === 0) issues.push({ path: "", text: "the file is empty", offset: 0 });
    throw issuesError(issues, source);
  }
  const value = toValue(root);
  if (!isJsonObject(value)) {
    throw issuesError(
      [{ path: "", text: "the configuration is not an object", offset: root.offset }],
      source,
    );
  }
  const nearest = (path: readonly (string | number)[]): Node => {
    for (let length = path.length; length > 0; length--) {
      const found = findNodeAtLocation(root, [...path.slice(0, length)]);
      if (found !== undefined) return found;
    }
    return root;
  };
  return {
    file,
    text: bare,
    value,
    offsetOf: (path) => nearest(path).offset,
    keyOffsetOf(path) {
      const node = nearest(path);
      return node.parent?.type === "property" ? node.parent.offset : node.offset;
    },
  };
}

/** The object in `text`, for files whose places do not matter afterwards. */
export function parseJsonc(text: string, file: string): JsonObject {
  return readJsonc(text, file).value;
}

// Own property by own property: a key `__proto__` is a key like any other.
function toValue(node: Node): JsonValue {
  if (node.type === "array") return (node.children ?? []).map(toValue);
  if (node.type !== "object") return node.value as JsonValue;
  const entries = (node.children ?? []).map((property): [string, JsonValue] => {
    const [key, value] = property.children ?? [];
    return [String(key?.value), value === undefined ? null : toValue(value)];
  });
  return Object.fromEntries(entries);
}

// The parser recurses; the depth is counted first, outside of texts and comments.
function checkDepth(text: string, file: string): void {
  let depth = 0;
  for (const [token] of text.matchAll(
    /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[[\]{}]/g,
  )) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    if (depth > JSON_DEPTH_LIMIT) {
      throw new UsageError("the configuration nests too deep", { where: file });
    }
  }
}

const WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is not a value",
  InvalidNumberFormat: "this is not a number",
  PropertyNameExpected: "a key in double quotes is expected here",
  ValueExpected: "a value is expected here",
  ColonExpected: "a colon is expected here",
  CommaExpected: "a comma is expected here",
  CloseBraceExpected: "a closing } is expected here",
  CloseBracketExpected: "a closing ] is expected here",
  EndOfFileExpected: "nothing more is expected here",
  UnexpectedEndOfComment: "the comment does not end",
  UnexpectedEndOfString: "the text does not end on this line",
  InvalidUnicode: "this is not a unicode escape",
  InvalidEscapeCharacter: "this escape is not known",
  InvalidCharacter: "this character must be escaped",
};

function sayError(error: ParseError, text: string): string {
  const code = printParseErrorCode(error.error);
  const found = text.slice(error.offset, error.offset + Math.min(30, error.length));
  return `${WORDS[code] ?? code}${found.trim() === "" ? "" : `, not ${found}`}`;
}
