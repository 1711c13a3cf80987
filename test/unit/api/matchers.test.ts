// Unit tests of finding values in answers, and of refusing answers that are made to be slow.

import { describe, expect, test } from "bun:test";
import { tidyHtml } from "../../../src/api/html-tree.ts";
import { jsonPath, regexp, xPath } from "../../../src/api/index.ts";
import { MARKUP_LIMIT } from "../../../src/api/xml-tree.ts";

const PAGE = `<!DOCTYPE html><!-- a comment -->
<html><head><title>Caf&eacute; &amp; shop</title>
<body><p>one<p>two<br>x<input name=csrf value='a"b&amp;c' disabled>
<ul><LI>a<li>b</ul>&nbsp;<script id=data>if (a<b) '<p>'</script>
<table><tr><td>1<td>2<tr><th>3</table>
<svg viewBox="0 0 1 1"/><my-el @click=x :key=y>t</i></body></html>after`;

const ANSWER = { a: { b: [{ n: 1 }, { n: 20 }, { n: 300 }] }, "odd key": null };
const answer = { text: () => JSON.stringify(ANSWER) };

describe("jsonPath", () => {
  test.each<[string, unknown[]]>([
    ["$.a.b[0].n", [1]],
    ["$.a.b[*].n", [1, 20, 300]],
    ["$..n", [1, 20, 300]],
    ["$.a.b[-1:].n", [300]],
    ["$.a.b[?(@.n > 10)].n", [20, 300]],
    ["$['odd key']", [null]],
    ["a.b[1].n", [20]],
    ["$.nothing.here", []],
  ])("%s", (path, found) => {
    expect(jsonPath(ANSWER, path)).toEqual(found);
    expect(jsonPath(answer, path)).toEqual(found);
    expect(jsonPath(answer.text(), path)).toEqual(found);
  });

  test.each([
    ["$", "3", [3]],
    ["$.a", "3", []],
    ["$.a", "null", []],
  ])("%s of %s, which is no object", (path, text, found) => {
    expect(jsonPath(text, path)).toEqual(found);
  });

  test.each([
    ["no JSON", "<html>", "$.a", "jsonPath: not JSON"],
    ["a broken path", '{"a":[1]}', "$.a[?(", "jsonPath $.a[?("],
    ["an empty path", "{}", "", "takes a path"],
    ["a long path", "{}", `$.${"a".repeat(5_000)}`, "takes a path"],
    ["what is too deep", "[".repeat(2_000) + "]".repeat(2_000), "$..a", "deeper than"],
  ])("refuses %s", (_, text, path, message) => {
    expect(() => jsonPath(text, path)).toThrow(message);
  });

  test.each([
    "$[?(@.constructor.constructor('return process')())]",
    "$[?(process.exit(3))]",
    "$[?(globalThis.leak = 1)]",
    "$[(this.constructor.constructor('globalThis.leak = 1')())]",
  ])("evaluates nothing in %s", (path) => {
    try {
      jsonPath([{ a: 1 }], path);
    } catch (thrown) {
      expect(String(thrown)).toContain("jsonPath");
    }
    expect("leak" in globalThis).toBe(false);
  });

  test("finds no more than its limit", () => {
    expect(jsonPath(new Array(20_000).fill(1), "$[*]").length).toBe(10_000);
  });
});

describe("xPath in HTML", () => {
  test.each<[string, string[]]>([
    ["//input[@name='csrf']/@value", ['a"b&c']],
    ["//title", ["Café & shop"]],
    ["//li", ["a", "b"]],
    ["//LI[2]", ["b"]],
    ["//p[1]/text()", ["one"]],
    ["count(//p)", ["2"]],
    ["//script[@id='data']", ["if (a<b) '<p>'"]],
    ["//tr[1]/td", ["1", "2"]],
    ["//tr/th", ["3"]],
    ["//td[2] | //li[1] | //title", ["Café & shop", "a", "2"]],
    ["string(//li)", ["a"]],
    ["boolean(//video)", ["false"]],
    ["//video", []],
  ])("%s", (path, found) => {
    expect(xPath(PAGE, path)).toEqual(found);
    expect(xPath({ text: () => PAGE }, path)).toEqual(found);
  });

  test("takes pieces of a page where told that they are HTML", () => {
    expect(xPath("<li>a<li>b & c", "//li", { html: true })).toEqual(["a", "b & c"]);
    expect(xPath("no markup", "//b", { html: true })).toEqual([]);
    expect(xPath("", "//b", { html: true })).toEqual([]);
  });
});

describe("tidyHtml", () => {
  test.each([
    ["<b>x</i><i>y", "<html><b>x<i>y</i></b></html>"],
    ["<html><body>a</body></html>b", "<html><body>ab</body></html>"],
    ["<p>a<div>b</div>", "<html><p>a</p><div>b</div></html>"],
    ["<o:p x:y=1 x:y=2>", '<html><o-p x-y="1"></o-p></html>'],
    ["a<b", "<html>a</html>"],
    ["<select><option>a<option>b</select>", /<option>a<\/option><option>b<\/option>/],
    ["<ul><li>a<ul><li>b</ul><li>c</ul>", /a<ul><li>b<\/li><\/ul><\/li><li>c<\/li>/],
  ])("%s", (html, tidy) => {
    if (typeof tidy === "string") expect(tidyHtml(html)).toBe(tidy);
    else expect(tidyHtml(html)).toMatch(tidy);
  });
});

describe("xPath in XML", () => {
  const SOAP = '<s:E xmlns:s="urn:s"><s:b at="1">x<![CDATA[<y>]]></s:b></s:E>';

  test("knows namespaces by the prefixes that it is told", () => {
    expect(xPath(SOAP, "//q:b/@at", { namespaces: { q: "urn:s" } })).toEqual(["1"]);
    expect(xPath(SOAP, "//*[local-name()='b']")).toEqual(["x<y>"]);
    expect(xPath(SOAP, "//b")).toEqual([]);
  });

  test("sorts nodes as they are in the document, many of them in good time", () => {
    const rows = Array.from({ length: 8_000 }, (_, i) => `<r><n>${i}</n></r>`).join("");
    const found = xPath(`<all>${rows}</all>`, "//n");
    expect(found.slice(0, 3)).toEqual(["0", "1", "2"]);
    expect([found.length, found.at(-1)]).toEqual([8_000, "7999"]);
    expect(xPath(`<all>${rows}</all>`, "string(//n)")).toEqual(["0"]);
  });

  test("does not follow entities of the document", () => {
    const bomb = '<!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;">]><a>&y;</a>';
    expect(xPath(bomb, "string(/a)")).toEqual(["&y;"]);
    const file = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>';
    expect(xPath(file, "string(/a)")).toEqual(["&x;"]);
  });

  test.each([
    ["no markup", "garbage", "//a", "not XML"],
    ["nothing", "", "//a", "not XML"],
    ["what is not closed", "<a><b></a>", "//a", "not XML"],
    ["a broken path", "<a/>", "//[", "xPath //["],
    ["a prefix that is not known", "<a/>", "//q:a", "xPath //q:a"],
    ["what is too deep", `${"<a>".repeat(2_000)}${"</a>".repeat(2_000)}`, "//a", "deeper than"],
    ["too many tags", `<a>${"<b/>".repeat(MARKUP_LIMIT.tags)}</a>`, "//a", "tags"],
    [
      "too many attributes",
      `<a ${Array.from({ length: 5_000 }, (_, i) => `x${i}=">"`).join(" ")}/>`,
      "//a",
      "attributes in one tag",
    ],
    ["what is too large", `<a>${"x".repeat(MARKUP_LIMIT.chars)}</a>`, "//a", "characters"],
  ])("refuses %s", (_, text, path, message) => {
    expect(() => xPath(text, path)).toThrow(message);
  });

  test.each([
    ["unclosed and deep", "<div>".repeat(15_000)],
    ["attributes without end", `<p ${"a=1 ".repeat(50_000)}>x`],
    ["broken tags", "<p".repeat(10_000)],
    ["stray ends", "</p>".repeat(10_000)],
  ])("survives HTML: %s", (_, html) => {
    expect(xPath(html, "count(/html)", { html: true })).toEqual(["1"]);
  });

  test("refuses HTML of too many elements", () => {
    expect(() => xPath("<b></b>".repeat(25_000), "//b", { html: true })).toThrow("elements");
  });
});

describe("regexp", () => {
  test.each<[RegExp | string, string[]]>([
    [/id=(\d+)/, ["1", "22"]],
    [/id=\d/y, ["id=1", "id=2"]],
    ["ID=(\\d)", []],
    [/ID=(\d)/i, ["1", "2"]],
    [/(x)?id/, ["", ""]],
    [/nothing/, []],
  ])("%p", (pattern, found) => {
    expect(regexp("id=1 id=22", pattern)).toEqual(found);
    expect(regexp({ text: () => "id=1 id=22" }, pattern)).toEqual(found);
  });

  test("finds no more than its limit, and refuses what is no text", () => {
    expect(regexp("a".repeat(20_000), /a/).length).toBe(10_000);
    expect(() => regexp(3 as unknown as string, /a/)).toThrow("takes a text");
    expect(() => regexp(null as unknown as string, /a/)).toThrow("takes a text");
  });
});
