// Who may see the live page, and who may change something.

import { describe, expect, test } from "bun:test";
import { isUsableToken, randomToken } from "../../../src/dashboard/access.ts";
import { accessOf, TOKEN } from "../../support/dashboard.ts";

function request(
  headers: Record<string, string> = {},
  url = "http://127.0.0.1:5004/api/v1/status",
): Request {
  return new Request(url, { headers: { host: "127.0.0.1:5004", ...headers } });
}

describe("Access", () => {
  const access = accessOf();

  test.each([
    [request({ authorization: `Bearer ${TOKEN}` }), "bearer"],
    [request({ authorization: `bearer  ${TOKEN}` }), "bearer"],
    [request({}, `http://127.0.0.1:5004/?token=${TOKEN}`), "address"],
    [request({ cookie: `a=b; oct_5004=${TOKEN}; c=d` }), "cookie"],
    [request(), undefined],
    [request({ authorization: `Bearer ${TOKEN}x` }), undefined],
    [request({ authorization: "Bearer " }), undefined],
    [request({ authorization: `Basic ${TOKEN}` }), undefined],
    [request({}, "http://127.0.0.1:5004/?token="), undefined],
    [request({}, `http://127.0.0.1:5004/?token=${TOKEN.slice(1)}`), undefined],
    [request({ cookie: `oct_5005=${TOKEN}` }), undefined],
    [request({ cookie: `xoct_5004=${TOKEN}` }), undefined],
    [request({ cookie: TOKEN }), undefined],
    // A wrong token is wrong, whatever else comes with it.
    [request({ authorization: "Bearer no", cookie: `oct_5004=${TOKEN}` }), undefined],
  ] as const)("request %# shows %s", (given, proof) => {
    expect(access.proofOf(given)).toBe(proof);
  });

  test.each([
    ["127.0.0.1:5004", true],
    ["localhost:5004", true],
    ["LOCALHOST", true],
    ["localhost:8080", true],
    ["[::1]:5004", true],
    ["10.0.0.7:5004", true],
    ["box:5004", true],
    ["hq.example", true],
    ["evil.example:5004", false],
    ["127.0.0.1.evil.example:5004", false],
    ["localhost.evil.example", false],
    ["evil.example:localhost", false],
    ["", false],
  ])("host %p is known: %p", (host, isKnown) => {
    expect(access.knowsHost(request({ host }))).toBe(isKnown);
  });

  test("what changes something comes from the page itself, or carries the token", () => {
    const own = { origin: "http://127.0.0.1:5004" };
    const other = { origin: "http://127.0.0.1:9999" };
    const rows = [
      [access.mayChange(request(own), "cookie"), true],
      [access.mayChange(request(other), "cookie"), false],
      [access.mayChange(request({ origin: "null" }), "cookie"), false],
      [access.mayChange(request(), "cookie"), false],
      [access.mayChange(request(), "address"), false],
      [access.mayChange(request(), "bearer"), true],
      [access.mayChange(request(other), "bearer"), false],
    ];
    for (const [found, wanted] of rows) expect(found).toBe(wanted as boolean);
  });

  test("the cookie is for this page alone and for no script", () => {
    expect(access.cookieHeader()).toBe(`oct_5004=${TOKEN}; HttpOnly; SameSite=Strict; Path=/`);
  });

  test("tokens are 128 random bits, and those given go into an address as they are", () => {
    const tokens = new Set(Array.from({ length: 100 }, randomToken));
    expect(tokens.size).toBe(100);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(isUsableToken(randomToken())).toBe(true);
    expect(isUsableToken("my-token.1~_")).toBe(true);
    for (const text of ["", "short", "with space", "a/b/c/d/e", "x".repeat(201), "a;b;c;d;e"]) {
      expect(isUsableToken(text)).toBe(false);
    }
  });
});
