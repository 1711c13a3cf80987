// Unit tests of requests as bytes.

import { describe, expect, test } from "bun:test";
import { HttpError } from "../../../src/http/errors.ts";
import { prepareRequest, type RequestParts } from "../../../src/http/request.ts";

function textOf(parts: RequestParts): string {
  return Buffer.from(prepareRequest(parts).bytes).toString("latin1");
}

describe("prepareRequest", () => {
  test("writes a GET", () => {
    expect(textOf({ method: "get", url: "http://example.org:8080/a b?c=d#e" })).toBe(
      "GET /a%20b?c=d HTTP/1.1\r\nHost: example.org:8080\r\nUser-Agent: oct\r\nAccept: */*\r\n\r\n",
    );
  });

  test("writes a body with its length in bytes and a type unless one is given", () => {
    const url = "http://h/";
    const typed = { method: "POST", url, body: "é", bodyType: "text/plain" };
    expect(textOf(typed)).toEndWith("Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nÃ©");
    const own = { ...typed, headers: { "content-type": "a/b" } };
    expect(textOf(own)).not.toContain("text/plain");
  });

  test("says a length of 0 where a body is expected", () => {
    expect(textOf({ method: "POST", url: "http://h/" })).toContain("Content-Length: 0\r\n");
    expect(textOf({ method: "DELETE", url: "http://h/" })).not.toContain("Content-Length");
  });

  test("lets given headers replace its own, and repeats lists", () => {
    const headers = { HOST: "other", "user-agent": "me", accept: "x", "X-A": ["1", "2"] };
    const text = textOf({ method: "GET", url: "http://h/", headers });
    expect(text).toBe(
      "GET / HTTP/1.1\r\nHOST: other\r\nuser-agent: me\r\naccept: x\r\nX-A: 1\r\nX-A: 2\r\n\r\n",
    );
  });

  test("never lets a header contradict the length of the body", () => {
    const headers = { "Content-Length": "999", "Transfer-Encoding": "chunked" };
    const text = textOf({ method: "POST", url: "http://h/", headers, body: "ab" });
    expect(text.match(/content-length|transfer-encoding/gi)).toEqual(["Content-Length"]);
    expect(text).toContain("Content-Length: 2");
  });

  test("sends the user part of a URL as authorization, not in the path", () => {
    const text = textOf({ method: "GET", url: "http://us%40er:pa:ss@h/" });
    expect(text).toContain(`Authorization: Basic ${btoa("us@er:pa:ss")}\r\n`);
    expect(text).toStartWith("GET / HTTP/1.1\r\nHost: h\r\n");
  });

  test.each([
    ["http://h/", { host: "h", port: 80, isSecure: false, peer: "h:80" }],
    ["https://h/", { host: "h", port: 443, isSecure: true, peer: "h:443" }],
    ["http://[::1]:8080/", { host: "::1", port: 8080, isSecure: false, peer: "[::1]:8080" }],
  ])("finds the origin of %s", (url, origin) => {
    expect(prepareRequest({ method: "GET", url }).origin).toMatchObject(origin);
  });

  test("tells trusting and checking connections apart, and reuses origins", () => {
    const plain = prepareRequest({ method: "GET", url: "https://h/a" }).origin;
    expect(prepareRequest({ method: "PUT", url: "https://h/b" }).origin).toBe(plain);
    const trusting = prepareRequest({ method: "GET", url: "https://h/", isInsecure: true }).origin;
    expect(trusting.key).not.toBe(plain.key);
  });

  test.each([
    ["a relative URL", { method: "GET", url: "/a" }, "bad-url"],
    ["another scheme", { method: "GET", url: "ftp://h/" }, "bad-url"],
    ["no text", { method: "GET", url: undefined as unknown as string }, "bad-url"],
    ["an endless URL", { method: "GET", url: `http://h/${"x".repeat(70_000)}` }, "bad-url"],
    ["a method with a blank", { method: "GET /x", url: "http://h/" }, "bad-request"],
    [
      "a line break in a value",
      { method: "GET", url: "http://h/", headers: { a: "b\r\nEvil: 1" } },
      "bad-request",
    ],
    [
      "a line break in a name",
      { method: "GET", url: "http://h/", headers: { "a\r\nEvil": "b" } },
      "bad-request",
    ],
    [
      "headers without end",
      { method: "GET", url: "http://h/", headers: { a: "b".repeat(300_000) } },
      "bad-request",
    ],
  ] as const)("refuses %s", (_, parts, kind) => {
    let found: unknown;
    try {
      prepareRequest(parts);
    } catch (thrown) {
      found = thrown;
    }
    expect(found).toBeInstanceOf(HttpError);
    expect((found as HttpError).kind).toBe(kind);
  });

  test("can not be broken out of by a URL", () => {
    const text = textOf({ method: "GET", url: "http://h/a\r\nEvil: 1\r\n/b?\r\nx" });
    expect(text.split("\r\n").slice(0, 2)).toEqual(["GET /aEvil:%201/b?x HTTP/1.1", "Host: h"]);
  });
});
