import { describe, expect, test } from "bun:test";
import { nestsDeeper } from "../../../src/config/depth.ts";
import { parseJsonc, parseJsoncBytes, readJsonc } from "../../../src/config/jsonc.ts";
import { oneLine } from "../../../src/config/one-line.ts";
import { readConfigFile } from "../../../src/config/read-file.ts";
import { octErrorOf } from "../../support/config-file.ts";
import { mkfifo } from "../../support/fifo.ts";
import { tempFolder } from "../../support/temp.ts";

const MIB = 1024 * 1024;

describe("parseJsonc", () => {
  test.each<[string, unknown]>([
    ['{"a": 1}', { a: 1 }],
    ['\uFEFF{"a": 1}', { a: 1 }],
    ['// one\n{"a": /* two */ 1, }', { a: 1 }],
    ['{"a": [1, 2, ], }', { a: [1, 2] }],
    ['{"a": "// not a comment"}', { a: "// not a comment" }],
    ['{"a": "\\u00e9\\n"}', { a: "é\n" }],
    ['{"a": 1, "a": 2}', { a: 2 }],
    ['{"a": -1.5e2}', { a: -150 }],
    ["{}", {}],
  ])("reads %p", (text, expected) => {
    expect(parseJsonc(text, "f")).toEqual(expected as never);
  });

  test.each([
    ["", "f:1:1: the file is empty"],
    ["  // nothing\n", "f:1:1: the file is empty"],
    ["[]", "f:1:1: the configuration is not an object"],
    ["7", "f:1:1: the configuration is not an object"],
    ["null", "f:1:1: the configuration is not an object"],
    ['{"a": NaN}', "f:1:7: Configuration setting failed with error: this is not a value, not NaN"],
    ['{"a": -Infinity}', "this is not a value"],
    ['{"a": 1e999}', "f:1:7: this number is too large"],
    ['{"a": 01}', "is expected here, not 1"],
    ["{'a': 1}", "f:1:2: "],
    ['{"a": 1} x', "f:1:10: "],
    ['{"a": "b\n"}', "the text does not end on this line"],
    ['{"a": 1', "a closing } is expected here"],
    ['{"a": [1', "a closing ] is expected here"],
    ['{"a" 1}', "a colon is expected here"],
    ['{"a": 1 "b": 2}', "a comma is expected here"],
    ['{"a": "\\x"}', "this escape is not known"],
    ['{"a": "\\u12"}', "this is not a unicode escape"],
    ["{/*", "the comment does not end"],
  ])("refuses %p", async (text, expected) => {
    const error = await octErrorOf(() => parseJsonc(text, "f"));
    expect(error.message).toContain(expected);
    expect(error.exitCode).toBe(2);
  });

  test("keeps keys such as __proto__ as plain keys", () => {
    const value = parseJsonc(
      '{"__proto__": {"x": 1}, "constructor": 2, "a": {"__proto__": 3}}',
      "f",
    );
    expect(Object.keys(value)).toEqual(["__proto__", "constructor", "a"]);
    expect(value["x"]).toBeUndefined();
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test("takes 64 levels and refuses more, whatever is in texts and comments", async () => {
    const nested = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    expect(parseJsonc(nested(64), "f")).toHaveProperty("a");
    const error = await octErrorOf(() => parseJsonc(nested(65), "f"));
    expect(error.message).toBe("the configuration nests too deep");
    expect(parseJsonc(`{"a": "${"[".repeat(500)}" /*${"{".repeat(500)}*/}`, "f")).toHaveProperty(
      "a",
    );
  });

  test.each([
    ["noise", "x ".repeat(2 * MIB)],
    ["quotes", '"'.repeat(4 * MIB)],
    ["comments that do not end", "/*a".repeat(MIB)],
    ["slashes", "/".repeat(4 * MIB)],
    ["NUL bytes", "\0".repeat(4 * MIB)],
    ["open brackets", "[".repeat(4 * MIB)],
    ["one digit after the other", `{"a": ${"9".repeat(3 * MIB)}}`],
    ["one byte too much", `{"a": "${"x".repeat(4 * MIB)}"}`],
  ])("refuses megabytes of %s with a short message", async (_, text) => {
    const error = await octErrorOf(() => parseJsonc(text, "f"));
    expect(error.message.length).toBeLessThan(50_000);
  });

  test("finds the place of a value, or of what is around it", () => {
    const text = '{"a": {"b": [1, {"c": 2}]}, "a": {"b": [1, {"c": 3}]}}';
    const document = readJsonc(text, "f");
    const at = (...path: (string | number)[]) => text.slice(document.offsetOf(path)).charAt(0);
    expect(at("a", "b", 1, "c")).toBe("3");
    expect(at("a", "b", 1, "missing")).toBe("{");
    expect(at("a", "b", 9)).toBe("[");
    expect(document.offsetOf(["toString"])).toBe(0);
    expect(document.repeated.map(({ path }) => path)).toEqual(["a"]);
  });
});

describe("parseJsoncBytes", () => {
  test("says from which line on bytes are not UTF-8", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{\n"a": "é",\n"b": "'),
      Buffer.from([0xe9]),
      Buffer.from('"\n}'),
    ]);
    const error = await octErrorOf(() => parseJsoncBytes(bytes, "f"));
    expect(error.message).toBe("the configuration is not UTF-8 text, from line 3 on");
  });

  test("takes a byte order mark and refuses UTF-16", async () => {
    expect(parseJsoncBytes(Buffer.from('\uFEFF{"a":1}'), "f")).toEqual({ a: 1 });
    const error = await octErrorOf(() =>
      parseJsoncBytes(Buffer.from('\uFEFF{"a":1}', "utf16le"), "f"),
    );
    expect(error.hint).toBe("save the file as UTF-8");
  });
});

describe("readConfigFile", () => {
  test("reads no more of an endless file than it may", async () => {
    const error = await octErrorOf(() => readConfigFile("/dev/zero"));
    expect(error.message).toBe("the configuration is larger than 4 MiB");
  });

  test("reads a pipe to its end", async () => {
    using folder = tempFolder();
    const text = `{"a": "${"x".repeat(300_000)}"}`;
    await using pipe = mkfifo(folder.file("pipe"), text);
    expect(readConfigFile(pipe.path)).toBe(text);
  });
});

describe("nestsDeeper", () => {
  test.each<[string, number, boolean]>([
    ["[[]]", 2, false],
    ["[[[]]]", 2, true],
    ["[][][][]", 1, false],
    ['"[[["[', 1, false],
    ['"\\"[[["[', 1, false],
    ['"[\n[[', 1, true],
    ["// [[[\n[", 1, false],
    ["/* [[[ */[", 1, false],
    ["/[[", 1, true],
    ["]]]][[[[", 0, false],
  ])("%p deeper than %p: %p", (text, limit, expected) => {
    expect(nestsDeeper(text, limit)).toBe(expected);
  });
});

describe("oneLine", () => {
  test("keeps columns, shows no control character and is cut", () => {
    expect(oneLine("a\nb\u001b[31m\u202Ec\u0085")).toBe("a·b·[31m·c·");
    expect(oneLine("x".repeat(200), 10)).toBe(`${"x".repeat(9)}…`);
  });
});
