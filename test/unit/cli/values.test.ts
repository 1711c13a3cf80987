import { describe, expect, test } from "bun:test";
import type { CommandInput } from "../../../src/cli/command.ts";
import { readValues } from "../../../src/cli/values.ts";
import { octErrorOf } from "../../support/config-file.ts";
import { memoryEnv } from "../../support/memory-env.ts";

interface Given {
  readonly env?: readonly string[];
  readonly set?: readonly string[];
  readonly secret?: readonly string[];
}

function values(given: Given, variables: Readonly<Record<string, string>> = {}) {
  const input = { texts: (name: string) => given[name as keyof Given] ?? [] };
  return readValues(input as unknown as CommandInput, memoryEnv([], { variables }));
}

describe("readValues", () => {
  test.each<[readonly string[], Readonly<Record<string, string>>]>([
    [[], {}],
    [["TARGET=http://host/"], { TARGET: "http://host/" }],
    [["A=1", "B=two=2"], { A: "1", B: "two=2" }],
    [["A=1", "A=2"], { A: "2" }],
    [["EMPTY="], { EMPTY: "" }],
    [["HOME_OF"], { HOME_OF: "from the environment" }],
    [["SPACED= a b "], { SPACED: " a b " }],
  ])("-e %p", (env, expected) => {
    expect(values({ env }, { HOME_OF: "from the environment" }).scriptEnv).toEqual(expected);
  });

  test.each([
    ["=1", '-e takes NAME=VALUE, not "=1"'],
    ["1A=1", '-e takes NAME=VALUE, not "1A=1"'],
    ["A B=1", '-e takes NAME=VALUE, not "A B=1"'],
    ["", '-e takes NAME=VALUE, not ""'],
    ["NOWHERE", "-e NOWHERE: there is no such environment variable"],
  ])("-e %s is refused", async (given, message) => {
    const error = await octErrorOf(() => values({ env: [given] }));
    expect(error.message).toBe(message);
    expect(error.exitCode).toBe(2);
    expect(error.hint).toBeDefined();
  });

  test("gives --set as it is, in order", () => {
    const set = ["run_time=60", "turrets.0.cannons=20"];
    expect(values({ set }).overrides).toEqual(set);
  });

  test.each<[string, Given, string, string]>([
    ["-e with a name that says so", { env: ["API_KEY=hunter22"] }, "x hunter22", "x ***"],
    ["-e marked by --secret", { env: ["A=hunter22"], secret: ["A"] }, "x hunter22", "x ***"],
    ["-e that is no secret", { env: ["A=hunter22"] }, "x hunter22", "x hunter22"],
    ["--set with a name that says so", { set: ["a.password=hunter22"] }, "hunter22", "***"],
    ["--set marked by --secret", { set: ["a.b=hunter22"], secret: ["b"] }, "hunter22", "***"],
    ["--set in JSON quotes", { set: ['a.password="hunter22"'] }, "x hunter22", "x ***"],
    ["--set that is no secret", { set: ["a.b=hunter22"] }, "hunter22", "hunter22"],
    ["--set that is a number", { set: ["a.pin_token=12345678"] }, "12345678", "***"],
    ["--set that is a flag", { set: ["a.use_token=true"] }, "true", "true"],
    ["--set without a value", { set: ["password"] }, "password", "password"],
  ])("hides the value of %s", (_, given, text, expected) => {
    expect(values(given).redactor.text(text)).toBe(expected);
  });

  test("hides secrets inside of an object given by --set", () => {
    const { redactor } = values({ set: ['extra_turret_config={"db":{"password":"hunter22"}}'] });
    expect(redactor.text("failed with hunter22")).toBe("failed with ***");
  });

  test("hides the values of names given by --secret in a config", () => {
    const { redactor } = values({ secret: ["pin"] });
    expect(redactor.object({ pin: "1234", other: "5678" })).toEqual({ pin: "***", other: "5678" });
  });
});
