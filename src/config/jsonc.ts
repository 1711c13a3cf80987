// JSON with comments and trailing commas, with the place of every value. Bounded in size and depth.

import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { UsageError } from "../base/errors.ts";
import { isJsonObject, JSON_DEPTH_LIMIT, type JsonObject, type JsonValue } from "../base/json.ts";
import { nestsDeeper } from "./depth.ts";
import { ConfigurationError, type Issue } from "./issue.ts";
import { CONFIG_BYTES_MAX, decodeConfig } from "./read-file.ts";

export type JsonPath = readonly (string | number)[];

export interface JsoncDocument {
  readonly file: string;
  readonly text: string;
  readonly value: JsonObject;
  /** Keys that an object has twice; the last one counts. */
  readonly repeated: readonly Issue[];
  /** Offset of the value at `path`, or of the nearest one around it. */
  offsetOf(path: JsonPath): number;
}

const ERRORS_MAX = 1000;

/** Parses `text`; throws a UsageError that names every mistake with its line and column. */
export function readJsonc(text: string, file: string): JsoncDocument {
  if (text.length > CONFIG_BYTES_MAX) {
    throw new UsageError("the configuration is larger than 4 MiB", { where: file });
  }
  const bare = text.startsWith("\uFEFF") ? text.slice(1) : text;
  if (nestsDeeper(bare, JSON_DEPTH_LIMIT)) {
    throw new UsageError("the configuration nests too deep", {
      where: file,
      hint: `at most ${JSON_DEPTH_LIMIT} levels`,
    });
  }
  const source = { file, text: bare };
  const errors = new BoundedErrors();
  const root = parseBounded(bare, errors);
  const isEmpty = errors.found.every(({ error }) => printParseErrorCode(error) === "ValueExpected");
  if (root === undefined && isEmpty) {
    throw new ConfigurationError([{ path: "", text: "the file is empty", offset: 0 }], source);
  }
  const issues = errors.found.map(
    (error): Issue => ({
      path: "",
      text: `Configuration setting failed with error: ${sayError(error, bare)}`,
      offset: error.offset,
    }),
  );
  if (issues.length > 0 || root === undefined) throw new ConfigurationError(issues, source);
  const reading: Reading = { issues, repeated: [] };
  const value = toValue(root, [], reading);
  if (!isJsonObject(value)) {
    issues.push({ path: "", text: "the configuration is not an object", offset: root.offset });
  }
  if (issues.length > 0 || !isJsonObject(value)) throw new ConfigurationError(issues, source);
  return {
    file,
    text: bare,
    value,
    repeated: reading.repeated,
    offsetOf: (path) => nearestNode(root, path).offset,
  };
}

/** The object in `text`, for files whose places do not matter afterwards. */
export function parseJsonc(text: string, file: string): JsonObject {
  return readJsonc(text, file).value;
}

/** The same for bytes, which may be anything. */
export function parseJsoncBytes(bytes: Uint8Array, file: string): JsonObject {
  return parseJsonc(decodeConfig(bytes, file), file);
}

class EnoughErrors extends Error {}

// The parser reports to an array. A megabyte of noise would be a million errors: it is stopped early.
class BoundedErrors extends Array<ParseError> {
  readonly found: ParseError[] = [];

  override push(...errors: ParseError[]): number {
    this.found.push(...errors);
    if (this.found.length >= ERRORS_MAX) throw new EnoughErrors();
    return this.found.length;
  }
}

function parseBounded(text: string, errors: BoundedErrors): Node | undefined {
  try {
    return parseTree(text, errors, { allowTrailingComma: true, disallowComments: false });
  } catch (thrown) {
    if (thrown instanceof EnoughErrors) return undefined;
    throw thrown;
  }
}

interface Reading {
  readonly issues: Issue[];
  readonly repeated: Issue[];
}

// Own property by own property: a key `__proto__` is a key like any other.
function toValue(node: Node, path: JsonPath, reading: Reading): JsonValue {
  if (node.type === "array") {
    return (node.children ?? []).map((child, index) => toValue(child, [...path, index], reading));
  }
  if (node.type === "number" && !Number.isFinite(node.value)) {
    reading.issues.push({
      path: path.join("."),
      text: "this number is too large",
      offset: node.offset,
    });
    return 0;
  }
  if (node.type !== "object") return node.value as JsonValue;
  const entries = new Map<string, JsonValue>();
  for (const property of node.children ?? []) {
    const [keyNode, valueNode] = property.children ?? [];
    const key = String(keyNode?.value);
    const inner = [...path, key];
    if (entries.has(key) && reading.repeated.length < ERRORS_MAX) {
      const dotted = inner.join(".");
      reading.repeated.push({ path: dotted, text: "is there twice", offset: property.offset });
    }
    entries.set(key, valueNode === undefined ? null : toValue(valueNode, inner, reading));
  }
  return Object.fromEntries(entries);
}

// As the value itself: of a key that is there twice, the last one.
function nearestNode(root: Node, path: JsonPath): Node {
  let node = root;
  for (const part of path) {
    const child =
      node.type === "array"
        ? node.children?.[Number(part)]
        : node.children?.findLast((property) => property.children?.[0]?.value === part)
            ?.children?.[1];
    if (child === undefined) return node;
    node = child;
  }
  return node;
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
  UnexpectedEndOfNumber: "the number does not end",
  InvalidUnicode: "this is not a unicode escape",
  InvalidEscapeCharacter: "this escape is not known",
  InvalidCharacter: "this character must be escaped",
  InvalidCommentToken: "a comment cannot be here",
};

function sayError(error: ParseError, text: string): string {
  const code = printParseErrorCode(error.error);
  const found = text.slice(error.offset, error.offset + Math.min(30, error.length));
  return `${WORDS[code] ?? code}${found.trim() === "" ? "" : `, not ${found}`}`;
}
