// XML and HTML as trees for XPath, within bounds: markup from outside may be made to be slow. Nodes get
// their document order as numbers once, because comparing two nodes by their places is linear in the
// number of their siblings.

import type { Document, Node } from "@xmldom/xmldom";
import { errorText } from "../base/errors.ts";
import { tidyHtml } from "./html-tree.ts";

/** Bounds of a document; what is over them is refused. */
export const MARKUP_LIMIT = {
  chars: 8 * 1024 * 1024,
  tags: 50_000,
  attributesPerTag: 256,
  depth: 400,
} as const;

export interface MarkupTree {
  readonly document: Document;
  readonly isHtml: boolean;
  /** Nodes in the order of the document. */
  sorted(nodes: readonly Node[]): Node[];
}

/** True where a text looks like an HTML page and not like XML. */
export function looksLikeHtml(text: string): boolean {
  return /^\uFEFF?\s*(?:<!--[\s\S]{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i.test(
    text.slice(0, 4_000),
  );
}

/** The tree of `text`; throws where it is no markup, or too much of it. */
export function markupTree(text: string, isHtml: boolean): MarkupTree {
  if (text.length > MARKUP_LIMIT.chars) {
    throw new RangeError(`markup of more than ${MARKUP_LIMIT.chars} characters`);
  }
  if (!isHtml) checkTags(text);
  const document = parse(isHtml ? tidyHtml(text) : text, isHtml);
  const order = numbered(document);
  const orderOf = (node: Node) => order.get(node) ?? 0;
  return {
    document,
    isHtml,
    sorted: (nodes) => [...nodes].sort((a, b) => orderOf(a) - orderOf(b)),
  };
}

function parse(text: string, isHtml: boolean): Document {
  let mistake = "";
  const { DOMParser } = require("@xmldom/xmldom") as typeof import("@xmldom/xmldom");
  const parser = new DOMParser({
    onError: (level, message) => {
      if (level === "fatalError") mistake ||= message;
    },
  });
  try {
    return parser.parseFromString(text, isHtml ? "text/html" : "text/xml");
  } catch (thrown) {
    throw new Error(`not ${isHtml ? "HTML" : "XML"}: ${mistake || errorText(thrown)}`);
  }
}

// Counted before the parser sees them: its time grows with the square of attributes in a tag.
function checkTags(text: string): void {
  let tags = 0;
  let attributes = 0;
  let quote = "";
  let isInTag = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (!isInTag) {
      if (char !== "<") continue;
      isInTag = true;
      attributes = 0;
      quote = "";
      if (++tags > MARKUP_LIMIT.tags) throw new RangeError(`more than ${MARKUP_LIMIT.tags} tags`);
    } else if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === '"' || char === "'") quote = char;
    else if (char === ">") isInTag = false;
    else if (char === "=" && ++attributes > MARKUP_LIMIT.attributesPerTag) {
      throw new RangeError(`more than ${MARKUP_LIMIT.attributesPerTag} attributes in one tag`);
    }
  }
}

const FOLLOWING = 4;
const PRECEDING = 2;

function numbered(document: Document): WeakMap<Node, number> {
  const order = new WeakMap<Node, number>();
  let next = 0;
  const compare = function (this: Node, other: Node): number {
    const difference = (order.get(this) ?? 0) - (order.get(other) ?? 0);
    if (difference === 0) return 0;
    return difference < 0 ? FOLLOWING : PRECEDING;
  };
  const number = (node: Node) => {
    order.set(node, next++);
    node.compareDocumentPosition = compare;
  };
  let depth = 0;
  for (let node: Node | null = document; node !== null; ) {
    number(node);
    const { attributes } = node as { attributes?: ArrayLike<Node> | null };
    for (let i = 0; i < (attributes?.length ?? 0); i++) number(attributes?.[i] as Node);
    if (node.firstChild !== null) {
      if (++depth > MARKUP_LIMIT.depth) throw new RangeError(`deeper than ${MARKUP_LIMIT.depth}`);
      node = node.firstChild;
      continue;
    }
    while (node !== null && node.nextSibling === null) {
      node = node.parentNode;
      depth--;
    }
    node = node?.nextSibling ?? null;
  }
  return order;
}
