// Shapes: what is learned, what is recognised, and what is refused to be learned.

import { describe, expect, test } from "bun:test";
import { READ_MARGIN_BYTES, ResultShapes, SHAPES_LIMIT } from "../../../src/hq/result-shapes.ts";
import { findNumbers, RESULT_FIELD } from "../../../src/hq/result-spans.ts";

const encoder = new TextEncoder();

function stock(scriptrun: string, home = "0.459", error = ""): string {
  return (
    `{"elapsed": 0.6588621139526367, "epoch": 1795233489.0, "scriptrun_time": ${scriptrun}, ` +
    `"error": "${error}", "custom_timers": {"home": ${home}, "login": 0.25}}`
  );
}

const NAMES = ["home", "login"];

class Reader {
  readonly shapes = new ResultShapes<string>();
  readonly #bytes = new Uint8Array(64 * 1024).fill(0x31);
  readonly #view = new DataView(this.#bytes.buffer);

  learn(text: string, facts = "facts", names: readonly string[] = NAMES): void {
    this.shapes.learn(encoder.encode(text), names, facts);
  }

  read(text: string): string | undefined {
    const { written } = encoder.encodeInto(text, this.#bytes);
    return this.shapes.read(this.#view, written);
  }
}

describe("ResultShapes", () => {
  test("nothing is recognised before it was learned", () => {
    expect(new Reader().read(stock("1"))).toBeUndefined();
  });

  test("a learned shape reads messages with other numbers", () => {
    const reader = new Reader();
    reader.learn(stock("0.5"));
    expect(reader.read(stock("0.6574220657348633", "12"))).toBe("facts");
    const { elapsedS, epochS, scriptrunS, timerCount, timerS } = reader.shapes;
    expect([elapsedS, epochS, scriptrunS]).toEqual([
      0.6588621139526367, 1795233489, 0.6574220657348633,
    ]);
    expect([...timerS.subarray(0, timerCount)]).toEqual([12, 0.25]);
  });

  test.each([
    ["another error", stock("1", "1", "boom")],
    ["another timer", stock("1").replace("login", "logon")],
    ["other blanks", stock("1").replaceAll(": ", ":")],
    ["less at the end", stock("1").slice(0, -1)],
    ["more at the end", `${stock("1")} `],
    ["a number with a sign", stock("-1")],
    ["no number", stock("NaN")],
    ["a number past the limits", stock("1e10")],
    ["a text instead of a number", stock('"1"')],
  ])("%s is another shape", (_, text) => {
    const reader = new Reader();
    reader.learn(stock("0.5"));
    expect(reader.read(text)).toBeUndefined();
  });

  test("many shapes live side by side", () => {
    const reader = new Reader();
    const errors = ["", "one", "two", "three"];
    for (const error of errors) reader.learn(stock("1", "1", error), error);
    for (let i = 0; i < 3; i++) {
      for (const error of errors) expect(reader.read(stock("2", "3", error))).toBe(error);
    }
    expect(reader.shapes.segmentCount).toBeLessThan(errors.length * 6);
  });

  test("learning ends at its limits", () => {
    const reader = new Reader();
    for (let i = 0; i < 2_000; i++) {
      reader.learn(stock("1", "1", `error ${i}`));
      const other = stock("1").replace("elapsed", "elapsed").replace("home", `home ${i}`);
      reader.learn(other, "facts", [`home ${i}`, "login"]);
    }
    expect(reader.shapes.segmentCount).toBeLessThanOrEqual(SHAPES_LIMIT.segments);
    expect(reader.read(stock("1", "1", "error 1999"))).toBeUndefined();
    expect(reader.read(stock("1", "1", "error 0"))).toBe("facts");
    expect(READ_MARGIN_BYTES).toBeGreaterThan(SHAPES_LIMIT.segmentBytes);
  });
});

describe("findNumbers", () => {
  test("finds the numbers in the order of the message, whatever the order of keys", () => {
    const text = '{"custom_timers":{"a":1,"b":2.5},"epoch":3,"scriptrun_time":4,"elapsed":5e-1}';
    const spans = findNumbers(encoder.encode(text), ["a", "b"]) ?? [];
    expect(spans.map(({ field }) => field)).toEqual([
      RESULT_FIELD.timer,
      RESULT_FIELD.timer,
      RESULT_FIELD.epoch,
      RESULT_FIELD.scriptrun,
      RESULT_FIELD.elapsed,
    ]);
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual([
      "1",
      "2.5",
      "3",
      "4",
      "5e-1",
    ]);
  });

  const times = '"elapsed": 1, "epoch": 2, "scriptrun_time": 3';
  test.each([
    ["a key twice", `{${times}, "elapsed": 4}`],
    ["an unknown key", `{${times}, "more": 4}`],
    ["a number for an error", `{${times}, "error": 4}`],
    ["an escape", `{${times}, "error": "\\u0041"}`],
    ["what is not ASCII", `{${times}, "error": "\u00e9"}`],
    ["a list", `[{${times}}]`],
    ["an object too deep", `{${times}, "custom_timers": {"a": {"b": 1}}}`],
    ["an object elsewhere", `{${times}, "error": {"a": 1}}`],
    ["other timers", `{${times}, "custom_timers": {"b": 1}}`],
    ["a timer twice", `{${times}, "custom_timers": {"a": 1, "a": 2}}`],
    ["a sign", `{${times}, "custom_timers": {"a": -1}}`],
    ["a channel word", `words {${times}}`],
  ])("%s is not plain", (_, text) => {
    expect(findNumbers(encoder.encode(text), ["a"])).toBeUndefined();
  });
});
