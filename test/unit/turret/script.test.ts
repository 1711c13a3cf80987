// Unit tests of finding the transaction, and of finding places in sources.

import { describe, expect, test } from "bun:test";
import { Transaction } from "../../../src/api/index.ts";
import { scriptOf } from "../../../src/turret/script.ts";
import { scriptLoadError } from "../../../src/turret/script-errors.ts";
import {
  lineOfMethod,
  placeOfError,
  positionOf,
  shownPath,
} from "../../../src/turret/script-places.ts";
import { readFromThread, readToThread } from "../../../src/turret/thread-messages.ts";
import { tempFolder } from "../../support/temp.ts";

class A extends Transaction {
  run() {}
}
class B extends A {
  override setup() {}
  override tear_down() {}
}
class Field extends Transaction {
  override run = () => 1;
  override tearDown = () => 1;
}
class Alone {
  run() {}
}
class Bare {}

const SOURCE = `import { Transaction } from "oct";
// class A is explained here
export class A extends Transaction {
  async run() {
    await helper.run();
  }
}

export class B extends A {
  override setup(): void {}

  protected async *other<T>() {}
  tear_down = async () => {};
}
`;

describe("scriptOf", () => {
  test.each([
    ["the only class", { A }, "A"],
    ["the class called Transaction", { A, Transaction: B }, "Transaction"],
    ["a class exported twice", { A, default: A }, "A"],
    ["the default among several", { A, B, default: B }, "B"],
    ["what oct exports is none", { Transaction, A }, "A"],
    ["a class that stands on its own", { default: Alone }, "Alone"],
    ["a class with fields", { Field }, "Field"],
    ["a function", { default: (): number => 1 }, "function"],
    [
      "an async function beside helpers",
      { default: async (): Promise<number> => 1, helper: () => 1 },
      "function",
    ],
  ])("finds %s", (_, exported) => {
    expect(scriptOf(exported, "v.ts", SOURCE).places.script).toBe("v.ts");
  });

  test.each([
    ["nothing", {}, "no transaction found"],
    ["only helpers", { helper: () => 1, Bare }, "no transaction found"],
    ["several classes", { A, B }, "2 transactions are exported: A, B"],
    ["no run", { Transaction: Bare }, "class Bare has no method run"],
  ])("refuses %s", (_, exported, message) => {
    expect(() => scriptOf(exported, "v.ts", "")).toThrow(`v.ts: ${message}`);
  });

  test("knows which hooks there are, in every spelling", () => {
    const plain = scriptOf({ A }, "v.ts", SOURCE);
    expect([plain.setup, plain.tearDown]).toEqual([undefined, undefined]);
    const both = scriptOf({ B }, "v.ts", SOURCE);
    expect([typeof both.setup, typeof both.tearDown]).toEqual(["function", "function"]);
    const fields = scriptOf({ Field }, "v.ts", SOURCE);
    expect([fields.setup, typeof fields.tearDown]).toEqual([undefined, "function"]);
  });

  test("tells the lines of what a thread may hang in", () => {
    expect(scriptOf({ A }, "v.ts", SOURCE).places).toEqual({
      script: "v.ts",
      construct: "v.ts:3",
      setup: "v.ts:3",
      run: "v.ts:4",
      tearDown: "v.ts:3",
    });
  });
});

describe("places", () => {
  test("are those that people wrote, also in a bundle", () => {
    const map = { version: 3, sources: ["v.ts", "h.ts"], sourcesContent: [SOURCE, "export {};"] };
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
    const head = "class A {}\n//# sourceMappingURL=data:application/json;base64,";
    const bundle = `${head}${encode(map)}\n`;
    expect(scriptOf({ A }, "v.ts", bundle).places.run).toBe("v.ts:4");
    for (const broken of ["e30=", "bm8=", encode(null), encode({ sourcesContent: [null] })]) {
      expect(scriptOf({ A }, "v.ts", head + broken).places.run).toBe("v.ts:1");
    }
  });

  test.each([
    ["A", "run", 4],
    ["B", "setup", 10],
    ["B", "other", 12],
    ["B", "tear_down", 13],
    ["B", "run", 9],
    ["None", "run", 4],
    ["None", "nothing", 0],
  ])("line of %s.%s", (className, method, line) => {
    expect(lineOfMethod(SOURCE, className, method)).toBe(line);
  });

  test("shows paths relative to the project where they are inside", () => {
    expect(shownPath("/p", "/p/a/b.ts")).toBe("a/b.ts");
    expect(shownPath("/p", "/q/b.ts")).toBe("/q/b.ts");
    expect(shownPath("/p", "/pp/b.ts")).toBe("/pp/b.ts");
  });

  test("finds the topmost frame of the project, and not of its packages", () => {
    const stack =
      "Error: at home (/p/fake.ts:9:9)x\n    at f (/other/x.ts:1:2)\n    at g (/p/node_modules/q/i.js:3:4)\n    at run (/p/s/v.ts:12:5)\n    at <anonymous> (/p/s/w.ts:1:1)";
    expect(placeOfError("/p", { stack })).toBe("s/v.ts:12:5");
    expect(placeOfError("/p", { stack: "Error\n    at file:///p/v.ts:7:1" })).toBe("v.ts:7:1");
    for (const none of [undefined, null, "text", {}, { stack: 5 }, { stack: "" }]) {
      expect(placeOfError("/p", none)).toBe("");
    }
  });

  test("finds positions of texts", () => {
    expect(positionOf("ab\ncd", "d")).toBe(":2:2");
    expect(positionOf("ab", "x")).toBe("");
  });
});

describe("scriptLoadError", () => {
  test.each([
    [
      "a syntax error",
      { message: "Unexpected =", position: { file: "DIR/v.ts", line: 2, column: 7 } },
      "v.ts:2:7: Unexpected =",
    ],
    ["an error without a place", { message: "odd" }, 'v.ts: {"message":"odd"}'],
    ["a thrown text", "odd", "v.ts: odd"],
    ["nothing", undefined, "v.ts: undefined"],
    [
      "several errors",
      { errors: [{ message: "first", position: { file: "DIR/v.ts", line: 1, column: 1 } }] },
      "v.ts:1:1: ",
    ],
  ])("says of %s where it is", (_, thrown, message) => {
    using folder = tempFolder();
    const found = JSON.parse((JSON.stringify(thrown) ?? "null").replaceAll("DIR", folder.path));
    const given = thrown === undefined ? undefined : asError(found);
    expect(scriptLoadError(folder.path, "v.ts", given).message).toStartWith(message);
  });
});

// What the runtime throws are errors with fields.
function asError(found: unknown): unknown {
  const position = (found as { position?: unknown }).position;
  if (position === undefined) return found;
  return Object.assign(new Error((found as { message: string }).message), { position });
}

describe("messages of threads", () => {
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a number", 5],
    ["a text", "done"],
    ["an array", []],
    ["no type", {}],
    ["a type of number", { type: 5 }],
    ["a type of every object", { type: "toString" }],
    ["a type of no object", { type: "__proto__" }],
    ["no places", { type: "loaded" }],
    ["no bytes", { type: "batch", bytes: "x", transactions: 1, started: 1 }],
    ["a negative count", { type: "batch", bytes: Uint8Array.of(1), transactions: -1, started: 1 }],
    ["half a count", { type: "batch", bytes: Uint8Array.of(1), transactions: 1.5, started: 1 }],
    ["no text", { type: "event", level: "info" }],
    ["a time in words", { type: "pong", threadUs: "1" }],
  ])("are dropped with %s", (_, data: unknown) => {
    expect(readFromThread(data)).toBeUndefined();
  });

  test("are taken when they are whole", () => {
    expect(readFromThread({ type: "done" })).toEqual({ type: "done" });
    const batch = { type: "batch", bytes: new Uint8Array(1), transactions: 1, started: 2 };
    expect(readFromThread(batch)).toBe(batch as never);
    expect(readToThread({ type: "ping" })).toEqual({ type: "ping" });
    for (const none of [undefined, null, 5, { type: "nothing" }, { type: 1 }]) {
      expect(readToThread(none)).toBeUndefined();
    }
  });
});
