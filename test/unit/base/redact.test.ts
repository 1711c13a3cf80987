import { describe, expect, test } from "bun:test";
import { Redactor } from "../../../src/base/redact.ts";

describe("Redactor", () => {
  const redactor = new Redactor(["hunter22", "a"], ["session_id"]);

  test.each([
    ["login with hunter22 failed", "login with *** failed"],
    ["get http://joe:pw@host/path", "get http://***@host/path"],
    ["Authorization: Bearer abcdef123", "Authorization: ***"],
    ["sent bearer abcdefgh.ijk", "sent bearer ***"],
    ["a plain sentence", "a plain sentence"],
    ["mail me@example.org", "mail me@example.org"],
  ])("hides secrets in %p", (full, expected) => {
    expect(redactor.text(full)).toBe(expected);
  });

  test("hides values by the name of their key, at any depth", () => {
    const config = {
      target: "https://u:p@host/",
      session_id: "42",
      nested: [{ api_key: "k", apiKey: "k", password: "", token: null, tokens_wanted: true }],
      text: "uses hunter22",
    };
    expect(redactor.object(config)).toEqual({
      target: "https://***@host/",
      session_id: "***",
      nested: [{ api_key: "***", apiKey: "***", password: "", token: null, tokens_wanted: true }],
      text: "uses ***",
    });
  });
});
