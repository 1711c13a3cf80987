// HTML as people write it, as markup that an XML parser takes: unclosed elements are closed, void ones
// are empty, attributes are quoted. The runtime's HTML reader finds the tags; what is nested in what is
// decided here, by the few rules that matter for finding things.

const VOID: ReadonlySet<string> = new Set(
  "area base br col embed hr img input link meta param source track wbr".split(" "),
);

/** What an opening tag ends: those that are open, up to the nearest of `within`. */
const ENDS: Readonly<Record<string, { readonly open: string[]; readonly within: string[] }>> = {
  li: { open: ["li"], within: ["ul", "ol", "menu"] },
  dt: { open: ["dt", "dd"], within: ["dl"] },
  dd: { open: ["dt", "dd"], within: ["dl"] },
  option: { open: ["option"], within: ["select", "datalist", "optgroup"] },
  tr: { open: ["tr"], within: ["table"] },
  td: { open: ["td", "th"], within: ["tr", "table"] },
  th: { open: ["td", "th"], within: ["tr", "table"] },
  tbody: { open: ["thead", "tbody"], within: ["table"] },
  body: { open: ["head"], within: ["html"] },
};
const P_ENDS = "p div ul ol table form h1 h2 h3 h4 h5 h6 section article header footer pre".split(
  " ",
);

/** Text in these is no markup. */
const RAW: ReadonlySet<string> = new Set(["script", "style"]);

const NAME = /^[a-z_][\w.-]*$/i;

/** Bounds of what is kept: deeper elements are left out, their texts stay. */
export const HTML_LIMIT = { attributes: 64, depth: 400, elements: 20_000 } as const;

/** These end with the document, so that what comes after their end tag is still in them. */
const TO_THE_END: ReadonlySet<string> = new Set(["html", "body"]);

interface OpenElement {
  readonly name: string;
  isOpen: boolean;
}

/** Well-formed markup of `html`, within one `html` element. */
export function tidyHtml(html: string): string {
  const tidy = new Tidy();
  new HTMLRewriter()
    .on("*", {
      element: (element) => tidy.element(element),
    })
    .onDocument({ text: (chunk) => tidy.text(chunk.text) })
    .transform(html);
  return tidy.end();
}

class Tidy {
  readonly #out: string[] = [];
  readonly #stack: OpenElement[] = [];
  #elements = 0;

  element(element: HTMLRewriterTypes.Element): void {
    const name = nameOf(element.tagName);
    if (++this.#elements > HTML_LIMIT.elements) {
      throw new RangeError(`more than ${HTML_LIMIT.elements} elements`);
    }
    if (name === "html" && this.#stack.length > 0) return;
    if (this.#stack.length === 0 && name !== "html") this.#open("html", "");
    this.#endImplied(name);
    if (this.#stack.length >= HTML_LIMIT.depth) return;
    const isVoid = VOID.has(name) || (element.selfClosing && !element.canHaveContent);
    const attributes = attributesOf(element.attributes);
    if (isVoid) {
      this.#out.push(`<${name}${attributes}/>`);
      return;
    }
    const opened = this.#open(name, attributes);
    if (!element.canHaveContent) {
      this.#close(opened);
      return;
    }
    if (!TO_THE_END.has(name)) element.onEndTag(() => this.#close(opened));
  }

  text(text: string): void {
    if (text === "") return;
    const isRaw = RAW.has(this.#stack.at(-1)?.name ?? "");
    if (this.#stack.length === 0) {
      if (text.trim() === "") return;
      this.#open("html", "");
    }
    this.#out.push(isRaw ? text : text.replaceAll("<", "&lt;").replaceAll("]]>", "]]&gt;"));
  }

  end(): string {
    if (this.#out.length === 0) this.#open("html", "");
    const [first] = this.#stack;
    if (first !== undefined) this.#close(first);
    return this.#out.join("");
  }

  #open(name: string, attributes: string): OpenElement {
    const opened = { name, isOpen: true };
    this.#stack.push(opened);
    this.#out.push(`<${name}${attributes}>`);
    return opened;
  }

  // Closes an element and all that is open in it.
  #close(element: OpenElement): void {
    if (!element.isOpen) return;
    for (let top = this.#stack.pop(); top !== undefined; top = this.#stack.pop()) {
      top.isOpen = false;
      this.#out.push(`</${top.name}>`);
      if (top === element) return;
    }
  }

  #endImplied(name: string): void {
    if (P_ENDS.includes(name) && this.#stack.at(-1)?.name === "p") {
      this.#close(this.#stack.at(-1) as OpenElement);
    }
    const ends = ENDS[name];
    if (ends === undefined) return;
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const open = this.#stack[i] as OpenElement;
      if (ends.within.includes(open.name)) return;
      if (!ends.open.includes(open.name)) continue;
      this.#close(open);
      return;
    }
  }
}

function nameOf(tagName: string): string {
  const name = tagName.toLowerCase().replaceAll(":", "-");
  return NAME.test(name) ? name : "unknown";
}

function attributesOf(attributes: Iterable<[string, string]>): string {
  const seen = new Set<string>();
  let text = "";
  for (const [written, value] of attributes) {
    const name = written.toLowerCase().replaceAll(":", "-");
    if (!NAME.test(name) || name.startsWith("xmlns") || seen.has(name)) continue;
    if (seen.size >= HTML_LIMIT.attributes) break;
    seen.add(name);
    text += ` ${name}="${value.replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"`;
  }
  return text;
}
