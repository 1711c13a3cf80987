// Finding values in answers: JSONPath, XPath and regular expressions. The paths are the script's, the
// answers come from outside: their size and depth are bounded, and nothing in them is ever evaluated.

import { clip, errorText } from "../base/errors.ts";
import { isShallow } from "../base/json.ts";
import type { Json } from "./values.ts";
import { looksLikeHtml, type MarkupTree, markupTree } from "./xml-tree.ts";

/** A text, or an answer that has one. */
export type TextSource = string | { text(): string };

/** Options of `xPath`. */
export interface XPathOptions {
  /** True: HTML, which need not be well-formed; false: XML. Otherwise the text decides. */
  readonly html?: boolean;
  /** Names of namespaces by the prefixes that the path uses. */
  readonly namespaces?: Readonly<Record<string, string>>;
}

/** Bounds of what is searched and found. */
export const MATCH_LIMIT = {
  chars: 16 * 1024 * 1024,
  depth: 400,
  matches: 10_000,
  pathChars: 4_096,
} as const;

/**
 * All values at a JSONPath, in order; none where there are none. Takes a value, a text of JSON, or an
 * answer.
 *
 * @example const [token] = jsonPath(answer, "$.session.token");
 * @example const dear = jsonPath(answer, "$.items[?(@.price > 100)].id");
 */
export function jsonPath(source: unknown, path: string): Json[] {
  checkPath("jsonPath", path);
  const json = jsonOf(source);
  if (typeof json !== "object" || json === null) return path.trim() === "$" ? [json] : [];
  if (!isShallow(json, MATCH_LIMIT.depth)) {
    throw new RangeError(`jsonPath: JSON deeper than ${MATCH_LIMIT.depth}`);
  }
  try {
    // Loaded by whoever uses it: a thread that does not starts sooner.
    const { JSONPath } = require("jsonpath-plus") as typeof import("jsonpath-plus");
    const found: unknown = JSONPath({ path, json, wrap: true, eval: "safe" });
    return Array.isArray(found) ? found.slice(0, MATCH_LIMIT.matches) : [];
  } catch (thrown) {
    throw new SyntaxError(`jsonPath ${clip(path, 200)}: ${errorText(thrown)}`);
  }
}

/**
 * The texts of all nodes at an XPath, in the order of the document, or the one value of an expression.
 * HTML is taken as it comes; names in it are compared without regard to case.
 *
 * @example const [csrf] = xPath(page, "//input[@name='csrf']/@value");
 */
export function xPath(source: TextSource, path: string, options: XPathOptions = {}): string[] {
  checkPath("xPath", path);
  const text = textOf("xPath", source);
  const { html = looksLikeHtml(text), namespaces = {} } = options;
  const tree = treeOf(text, html);
  try {
    const found = expressionOf(path).evaluate({
      node: tree.document as unknown as globalThis.Node,
      namespaces: { ...namespaces },
      isHtml: tree.isHtml,
    });
    return valuesOf(found, tree);
  } catch (thrown) {
    throw new SyntaxError(`xPath ${clip(path, 200)}: ${errorText(thrown)}`);
  }
}

/**
 * What a regular expression finds, everywhere in the text: its first group, or the whole of a match
 * without groups.
 *
 * @example const [id] = regexp(page, /data-id="(\d+)"/);
 */
export function regexp(source: TextSource, pattern: RegExp | string): string[] {
  const text = textOf("regexp", source);
  const flags = typeof pattern === "string" ? "g" : `${pattern.flags.replace(/[gy]/g, "")}g`;
  const everywhere = new RegExp(pattern, flags);
  const found: string[] = [];
  for (const match of text.matchAll(everywhere)) {
    if (found.length >= MATCH_LIMIT.matches) break;
    found.push((match.length > 1 ? match[1] : match[0]) ?? "");
  }
  return found;
}

function checkPath(what: string, path: unknown): void {
  if (typeof path === "string" && path !== "" && path.length <= MATCH_LIMIT.pathChars) return;
  throw new TypeError(`${what} takes a path of 1 to ${MATCH_LIMIT.pathChars} characters`);
}

function textOf(what: string, source: TextSource): string {
  const text = typeof source === "string" ? source : source?.text?.();
  if (typeof text !== "string") throw new TypeError(`${what} takes a text, or an answer`);
  if (text.length <= MATCH_LIMIT.chars) return text;
  throw new RangeError(`${what}: a text of more than ${MATCH_LIMIT.chars} characters`);
}

function jsonOf(source: unknown): unknown {
  const isAnswer = typeof (source as { text?: unknown } | null)?.text === "function";
  if (typeof source !== "string" && !isAnswer) return source;
  const text = textOf("jsonPath", source as TextSource);
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new SyntaxError(`jsonPath: not JSON: ${errorText(thrown)}`);
  }
}

// Several paths are usually looked for in the same answer, and the same paths in all answers.
let last: { readonly text: string; readonly html: boolean; readonly tree: MarkupTree } | undefined;
const EXPRESSIONS_MAX = 200;
const expressions = new Map<string, XPathEvaluable>();

interface XPathEvaluable {
  evaluate(options: {
    readonly node: globalThis.Node;
    readonly namespaces: Readonly<Record<string, string>>;
    readonly isHtml: boolean;
  }): unknown;
}

function treeOf(text: string, html: boolean): MarkupTree {
  if (last?.text === text && last.html === html) return last.tree;
  const tree = markupTree(text, html);
  last = { text, html, tree };
  return tree;
}

function expressionOf(path: string): XPathEvaluable {
  const known = expressions.get(path);
  if (known !== undefined) return known;
  // The package's types leave this function out.
  const { parse } = require("xpath") as { parse(path: string): XPathEvaluable };
  const expression = parse(path);
  if (expressions.size >= EXPRESSIONS_MAX) expressions.clear();
  expressions.set(path, expression);
  return expression;
}

type TreeNode = Parameters<MarkupTree["sorted"]>[0][number];

function valuesOf(found: unknown, tree: MarkupTree): string[] {
  const { nodes } = found as { nodes?: readonly TreeNode[] };
  if (!Array.isArray(nodes)) return [String(found)];
  return tree
    .sorted(nodes.slice(0, MATCH_LIMIT.matches))
    .map((node: TreeNode) => node.textContent ?? node.nodeValue ?? "");
}
