// --dashboard on the command line: where it listens, and what is taken as its value.

import { describe, expect, test } from "bun:test";
import { readInput } from "../../../src/cli/command.ts";
import { findCommand } from "../../../src/cli/commands.ts";
import { readAddress } from "../../../src/cli/dashboard.ts";

describe("readAddress", () => {
  test.each([
    ["", "127.0.0.1", undefined],
    ["5010", "127.0.0.1", 5010],
    [":5010", "127.0.0.1", 5010],
    ["0", "127.0.0.1", 0],
    ["localhost", "localhost", undefined],
    ["10.0.0.7", "10.0.0.7", undefined],
    ["10.0.0.7:5010", "10.0.0.7", 5010],
    ["hq.example:80", "hq.example", 80],
    ["[::1]", "[::1]", undefined],
    ["[::1]:5010", "[::1]", 5010],
    ["*:5010", "*", 5010],
  ])("%p is %p and %p", (text, host, port) => {
    expect(readAddress(text)).toEqual({ host, port });
  });

  test.each([
    "a:b",
    "host:70000",
    "http://host:5004",
    "host:",
    "::1",
    "a b",
    "h/x:1",
    "host:5004:1",
  ])("%p is none", (text) => {
    expect(() => readAddress(text)).toThrow("--dashboard takes HOST:PORT");
  });
});

describe("a switch that may have a value", () => {
  const read = (...args: string[]) => {
    const command = findCommand("fire");
    if (command === undefined) throw new Error("there is no oct fire");
    const input = readInput(command, args);
    return {
      target: input.positionals,
      isOn: input.isOn("dashboard"),
      value: input.text("dashboard"),
    };
  };

  const rows: readonly (readonly [readonly string[], string | undefined, string?])[] = [
    [["--dashboard", "http://a/"], undefined],
    [["http://a/", "--dashboard"], undefined],
    [["--dashboard", "shop.ts:Shop.test_a"], undefined, "shop.ts:Shop.test_a"],
    [["--dashboard", "5010", "http://a/"], "5010"],
    [["--dashboard", "10.0.0.7:5010", "http://a/"], "10.0.0.7:5010"],
    [["--dashboard", "[::1]:5010", "http://a/"], "[::1]:5010"],
    [["--dashboard=localhost", "http://a/"], "localhost"],
    [["--dashboard=*:5010", "http://a/"], "*:5010"],
  ];
  for (const [args, value, target = "http://a/"] of rows) {
    test(`${args.join(" ")} has the value ${value}`, () => {
      expect(read(...args)).toEqual({ target: [target], isOn: true, value });
    });
  }

  test("is off where it is not given", () => {
    expect(read("http://a/")).toEqual({ target: ["http://a/"], isOn: false, value: undefined });
  });
});
