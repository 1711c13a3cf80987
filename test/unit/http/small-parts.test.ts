// Unit tests of forms with files, cookies, proxies and requests with a header more.

import { describe, expect, test } from "bun:test";
import { COOKIE_LIMIT, CookieStore } from "../../../src/http/cookies.ts";
import { encodeMultipart } from "../../../src/http/multipart.ts";
import { parseProxy, proxiedBytes, proxyChoice } from "../../../src/http/proxy.ts";
import { prepareRequest, withHeader } from "../../../src/http/request.ts";

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

describe("encodeMultipart", () => {
  test("writes fields, lists and files", () => {
    const { bytes, type } = encodeMultipart({
      a: "1",
      b: [2, true],
      f: { filename: 'x"\r\ny.txt', content: "hi", type: "text/plain\r\nX: 1" },
    });
    expect(type).toBe("multipart/form-data; boundary=----octFormBoundary");
    expect(textOf(bytes)).toBe(
      [
        '------octFormBoundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n',
        '------octFormBoundary\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n',
        '------octFormBoundary\r\nContent-Disposition: form-data; name="b"\r\n\r\ntrue\r\n',
        '------octFormBoundary\r\nContent-Disposition: form-data; name="f"; ',
        'filename="x%22%0D%0Ay.txt"\r\nContent-Type: text/plainX: 1\r\n\r\nhi\r\n',
        "------octFormBoundary--\r\n",
      ].join(""),
    );
  });

  test("takes a boundary that is in no part", () => {
    const { bytes, type } = encodeMultipart({
      a: "----octFormBoundary",
      b: "----octFormBoundary19",
    });
    const boundary = type.split("boundary=")[1] as string;
    expect(textOf(bytes).split(`--${boundary}`).length).toBe(4);
  });

  test("of nothing is an end", () => {
    expect(textOf(encodeMultipart({}).bytes)).toBe("------octFormBoundary--\r\n");
  });
});

describe("CookieStore", () => {
  test("sends a cookie where it belongs, and nowhere else", () => {
    const store = new CookieStore(() => 0);
    store.take("https://www.shop.test/a/b", [
      "host=1",
      "all=2; Domain=shop.test; Path=/",
      "safe=3; Secure; Path=/",
      "evil=4; Domain=test",
      "other=5; Domain=else.test",
    ]);
    expect(store.headerFor("https://www.shop.test/a/x")).toBe("host=1; all=2; safe=3");
    expect(store.headerFor("http://www.shop.test/")).toBe("all=2");
    expect(store.headerFor("https://api.shop.test/")).toBe("all=2");
    expect(store.headerFor("https://shop.else.test/")).toBe("");
    expect(store.headerFor("no url")).toBe("");
    expect(store.refusedCount).toBe(2);
  });

  test("remembers a header until a cookie changes or runs out", () => {
    let nowUs = 0;
    const store = new CookieStore(() => nowUs);
    store.take("http://h/", ["a=1; Max-Age=100", "b=2"]);
    expect(store.headerFor("http://h/")).toBe("a=1; b=2");
    store.take("http://h/", ["a=3; Max-Age=100"]);
    expect(store.headerFor("http://h/")).toBe("a=3; b=2");
    // Past the remembered header's time the rules are asked again, by the time of day.
    nowUs = 101_000_000;
    expect(store.headerFor("http://h/")).toBe("a=3; b=2");
    store.take("http://h/", ["a=; Max-Age=0"]);
    expect(store.headerFor("http://h/")).toBe("b=2");
  });

  test("is bounded, and survives what is no cookie", () => {
    const store = new CookieStore(() => 0);
    store.take("http://h/", ["", ";", "=", "\0", "a".repeat(COOKIE_LIMIT.lineBytes + 1)]);
    const some = store.refusedCount;
    expect(some).toBeGreaterThan(1);
    const lines = Array.from({ length: COOKIE_LIMIT.cookies + 10 }, (_, i) => `c${i}=1`);
    store.take("http://h/", lines);
    expect(store.all("http://h/").length).toBeLessThanOrEqual(COOKIE_LIMIT.cookies);
    expect(store.refusedCount).toBeGreaterThanOrEqual(some + 10);
    store.clear();
    expect(store.headerFor("http://h/")).toBe("");
  });
});

describe("a proxy", () => {
  test.each([
    ["http://p", { kind: "http", isSecure: false, host: "p", port: 80, user: "" }],
    ["HTTP://u:p%20w@[::1]:3128/", { host: "::1", port: 3128, user: "u", password: "p w" }],
    ["https://p", { kind: "http", isSecure: true, port: 443, resolvesNames: true }],
    ["https://p:80", { isSecure: true, port: 80 }],
    ["socks4://p", { kind: "socks4", port: 1080, resolvesNames: false }],
    ["socks4a://p", { kind: "socks4", port: 1080, resolvesNames: true }],
    ["socks5://p", { kind: "socks5", port: 1080, resolvesNames: false }],
    ["socks5h://u:%C3%A9%25@p:9", { kind: "socks5", port: 9, resolvesNames: true, password: "é%" }],
  ])("is read from %s", (text, wanted) => {
    expect(parseProxy(text)).toMatchObject(wanted);
  });

  test.each([
    ["p:80"],
    ["ftp://p"],
    ["socks://p"],
    ["socks6://p"],
    ["http://"],
    [""],
    ["socks5://p:99999"],
    ["http://p\r\nX: 1"],
  ])("is not %j", (text) => {
    expect(() => parseProxy(text)).toThrow("a proxy is given as http://, https://, socks5://");
  });

  test("of SOCKS takes no password that has no place in its messages", () => {
    expect(() => parseProxy(`socks5://u:${"é".repeat(128)}@p`)).toThrow("255 bytes");
  });

  test.each([
    ["http://h/", { HTTP_PROXY: "http://a:1", HTTPS_PROXY: "b:2" }, "a:1"],
    ["https://h/", { HTTP_PROXY: "http://a:1", HTTPS_PROXY: "b:2" }, "b:2"],
    ["https://h/", { HTTPS_PROXY: "b:2", https_proxy: "c:3" }, "c:3"],
    ["https://h/", { HTTPS_PROXY: "", ALL_PROXY: "socks5h://d" }, "d:1080"],
    ["http://h/", { HTTPS_PROXY: "b:2" }, undefined],
    ["http://h/", { ALL_PROXY: "a:1", NO_PROXY: "*" }, undefined],
    ["http://h/", { ALL_PROXY: "a:1", NO_PROXY: "x, H" }, undefined],
    ["http://api.shop.test/", { ALL_PROXY: "a:1", NO_PROXY: ".shop.test" }, undefined],
    ["http://api.shop.test/", { ALL_PROXY: "a:1", no_proxy: "shop.test" }, undefined],
    ["http://workshop.test/", { ALL_PROXY: "a:1", no_proxy: "shop.test" }, "a:1"],
    ["http://h:81/", { ALL_PROXY: "a:1", NO_PROXY: "h:80" }, "a:1"],
    ["http://h:81/", { ALL_PROXY: "a:1", NO_PROXY: "h:81" }, undefined],
    ["http://[::1]:81/", { ALL_PROXY: "a:1", NO_PROXY: "::1" }, undefined],
    ["http://[::1]:81/", { ALL_PROXY: "a:1", NO_PROXY: "[::1]:82" }, "a:1"],
    ["http://h/", { ALL_PROXY: "a:1", NO_PROXY: " , ." }, "a:1"],
  ])("of the environment for %s and %j is %s", (url, env, peer) => {
    const { origin } = prepareRequest({ method: "GET", url });
    expect(proxyChoice("env", env)(origin)?.peer).toBe(peer as string);
    expect(proxyChoice("", env)(origin)).toBeUndefined();
  });

  test("of the environment that is none is told to who wants it, and no other", () => {
    const choice = proxyChoice("env", { HTTP_PROXY: "gopher://a" });
    expect(() => choice(prepareRequest({ method: "GET", url: "http://h/" }).origin)).toThrow();
    expect(choice(prepareRequest({ method: "GET", url: "https://h/" }).origin)).toBeUndefined();
  });

  test("gets the first line and its authorization, the rest as it was", () => {
    const request = prepareRequest({
      method: "POST",
      url: "http://h:81/a?b",
      headers: { "X-A": "1" },
      body: "body",
    });
    const proxy = parseProxy("http://u:p@x");
    const bytes = textOf(proxiedBytes(request, proxy));
    expect(bytes).toStartWith(
      "POST http://h:81/a?b HTTP/1.1\r\nProxy-Authorization: Basic dTpw\r\n",
    );
    expect(bytes).toEndWith(textOf(request.bytes).split("HTTP/1.1\r\n")[1] as string);
    expect(proxiedBytes(request, proxy)).toBe(proxiedBytes(request, proxy));
  });
});

describe("withHeader", () => {
  test("adds to the head and leaves the body", () => {
    const request = prepareRequest({
      method: "POST",
      url: "http://u:p@h/a#x",
      body: "\r\n\r\nbody",
    });
    const more = withHeader(request, "Cookie", "a=1");
    expect(textOf(more.bytes)).toBe(
      textOf(request.bytes).replace("\r\n\r\n", "\r\nCookie: a=1\r\n\r\n"),
    );
    expect(textOf(more.bytes.subarray(more.bodyStart))).toBe("\r\n\r\nbody");
    expect([more.name, more.url, more.urlWithUser]).toEqual([
      "POST /a",
      "http://h/a",
      "http://u:p@h/a#x",
    ]);
    expect(() => withHeader(request, "Cookie", "a\r\nb")).toThrow("value of header");
  });
});
