// Ways through proxies, each against a real one: SOCKS, proxies under TLS, tunnels of HTTP/2.

import { describe, expect, test } from "bun:test";
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { testProxy } from "../support/http-proxy.ts";
import { answeringServer, closedPort, rawServer, TEST_TLS } from "../support/http-servers.ts";
import { kindOf, testSession } from "../support/http-session.ts";
import { socksProxy } from "../support/socks-proxy.ts";
import { until } from "../support/wait.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const HOME = { at: "127.0.0.1" };

async function http2Server(isSecure: boolean) {
  const server = isSecure ? createSecureServer({ ...TEST_TLS }) : createServer();
  (server as Http2Server).on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.end("two");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => void server.close() };
}

describe("a SOCKS proxy", () => {
  test.each([
    ["socks5", "5 127.0.0.1"],
    ["socks5h", "5 localhost"],
    ["socks4", "4 127.0.0.1"],
    ["socks4a", "4 localhost"],
  ])("of %s passes plain requests on, named as %s", async (scheme, asked) => {
    using server = await answeringServer(OK);
    using proxy = await socksProxy(HOME);
    using one = testSession({ proxy: `${scheme}://127.0.0.1:${proxy.port}` });
    for (let i = 0; i < 3; i++) {
      const answer = await one.http.get(`http://localhost:${server.port}/a?b`);
      expect([answer.text(), answer.request.isReused]).toEqual(["ok", i > 0]);
      expect(answer.timings.tlsUs).toBe(0);
    }
    expect(proxy.asked).toEqual([`${asked}:${server.port}`]);
    expect(server.received[0]).toStartWith("GET /a?b HTTP/1.1\r\n");
    one.pool.close();
    await until(() => server.counts.open === 0, { what: "the end of the way" });
  });

  test.each(["socks5h", "socks4a"])("of %s passes secure requests on", async (scheme) => {
    using server = Bun.serve({ port: 0, tls: TEST_TLS, fetch: () => new Response("secret") });
    using proxy = await socksProxy({ ...HOME, isSlow: true });
    using one = testSession({
      proxy: `${scheme}://127.0.0.1:${proxy.port}`,
      ca: TEST_TLS.cert,
    });
    for (let i = 0; i < 2; i++) {
      const answer = await one.http.get(`https://localhost:${server.port}/`);
      expect(answer.text()).toBe("secret");
      expect(answer.timings.tlsUs > 0).toBe(i === 0);
    }
    expect(proxy.asked.length).toBe(1);
  });

  test("is told user and password, and IPv6 addresses", async () => {
    using server = Bun.serve({ port: 0, hostname: "::1", fetch: () => new Response("six") });
    using proxy = await socksProxy({ password: "pä:ss", isSlow: true });
    const way = `socks5://ann:p%C3%A4%3Ass@127.0.0.1:${proxy.port}`;
    using one = testSession({ proxy: way });
    expect((await one.http.get(`http://[::1]:${server.port}/`)).text()).toBe("six");
    expect(proxy.asked).toEqual([`5 0000:0000:0000:0000:0000:0000:0000:0001:${server.port} ann`]);
  });

  test("takes a large body whole, and gives one", async () => {
    const size = 3_000_000;
    using server = Bun.serve({
      port: 0,
      fetch: async (request) => new Response(await request.bytes()),
    });
    using proxy = await socksProxy(HOME);
    using one = testSession({ proxy: `socks5h://127.0.0.1:${proxy.port}` });
    const url = `http://localhost:${server.port}/`;
    const answer = await one.http.post(url, { body: "x".repeat(size) });
    expect(answer.bodyBytes).toBe(size);
  });

  test.each([
    ["wants a password", { password: "p" }, "", "it wants a password"],
    ["wants another", { password: "p" }, "ann:q@", "it refuses user and password"],
    ["reaches nobody", { reply: Buffer.from([5, 4, 0, 1]) }, "", "host unreachable"],
    ["has a rule", { reply: Buffer.from([5, 2, 0, 1]) }, "", "not allowed by its rules"],
    ["knows more", { reply: Buffer.from([5, 99]) }, "", "it answered 99"],
    ["is another", { reply: Buffer.from("HTTP/1.1 400") }, "", "its answer is no SOCKS 5"],
    ["closes", { reply: Buffer.alloc(0) }, "", "it closed the connection"],
    [
      "says too much",
      { reply: Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7]) },
      "",
      "it said more than was asked",
    ],
  ] as const)("that %s is told from the server", async (_, options, user, detail) => {
    using proxy = await socksProxy(options);
    using one = testSession({ proxy: `socks5h://${user}127.0.0.1:${proxy.port}` });
    const promise = one.http.get("http://shop.test:81/");
    expect(await kindOf(promise)).toBe("proxy");
    expect(promise).rejects.toThrow(`the proxy makes no connection to shop.test:81: ${detail}`);
    expect(one.pool.openCount).toBe(0);
  });

  test("of SOCKS 4 says no, and has no place for what it does not know", async () => {
    using proxy = await socksProxy({ reply: Buffer.from([0, 91, 0, 0, 0, 0, 0, 0]) });
    using one = testSession({ proxy: `socks4a://127.0.0.1:${proxy.port}` });
    expect(one.http.get("http://shop.test/")).rejects.toThrow("it answered 91");
    expect(one.http.get("http://[::1]/")).rejects.toThrow("SOCKS 4 knows IPv4 addresses alone");
  });

  test("whose names are looked up here fails with the name", async () => {
    using proxy = await socksProxy();
    using one = testSession({ proxy: `socks5://127.0.0.1:${proxy.port}` });
    const promise = one.http.get("http://no-such-host.invalid/");
    expect(await kindOf(promise)).toBe("dns");
    expect(promise).rejects.toThrow("the name of no-such-host.invalid:80 was not found");
    expect(proxy.asked).toEqual([]);
  });

  test("that is not there, or never answers, is named", async () => {
    const port = await closedPort();
    using one = testSession({ proxy: `socks5h://127.0.0.1:${port}` });
    const promise = one.http.get("http://shop.test/");
    expect(await kindOf(promise)).toBe("refused");
    expect(promise).rejects.toThrow(`connection refused by 127.0.0.1:${port}`);
    using silent = await rawServer(() => {});
    using two = testSession({
      proxy: `socks5h://127.0.0.1:${silent.port}`,
      connectTimeout: 0.001,
    });
    expect(await kindOf(two.http.get("http://shop.test/"))).toBe("connect-timeout");
  });
});

describe("a proxy under TLS", () => {
  test("gets plain requests with the whole URL, and the password", async () => {
    using server = await answeringServer(OK);
    using proxy = await testProxy({ isSecure: true });
    const way = proxy.url.replace("//", "//ann:pass@");
    using one = testSession({ proxy: way, ca: TEST_TLS.cert });
    for (let i = 0; i < 2; i++) {
      const answer = await one.http.get(`${server.url}a`);
      expect(answer.text()).toBe("ok");
      expect(answer.timings.tlsUs > 0).toBe(i === 0);
    }
    expect(proxy.asked).toEqual([
      `GET ${server.url}a HTTP/1.1 Basic ${Buffer.from("ann:pass").toString("base64")}`,
    ]);
  });

  test("opens tunnels for secure requests: TLS within TLS", async () => {
    const size = 2_000_000;
    using server = Bun.serve({
      port: 0,
      tls: TEST_TLS,
      fetch: async (request) => new Response((await request.text()) || "secret"),
    });
    using proxy = await testProxy({ isSecure: true });
    using one = testSession({ proxy: proxy.url, ca: TEST_TLS.cert });
    const url = `https://localhost:${server.port}/`;
    for (let i = 0; i < 3; i++) {
      const answer = await one.http.get(url);
      expect([answer.text(), answer.request.isReused]).toEqual(["secret", i > 0]);
      expect(answer.timings.tlsUs > 0).toBe(i === 0);
    }
    const large = await one.http.put(url, { body: "x".repeat(size) });
    expect(large.text().length).toBe(size);
    expect(proxy.asked).toEqual([`CONNECT localhost:${server.port} HTTP/1.1`]);
    one.pool.close();
    await until(() => one.pool.openCount === 0, { what: "the tunnel's end" });
  });

  test("is trusted no more than a server is", async () => {
    using server = Bun.serve({ port: 0, tls: TEST_TLS, fetch: () => new Response("secret") });
    using proxy = await testProxy({ isSecure: true });
    using one = testSession({ proxy: proxy.url });
    expect(await kindOf(one.http.get("http://shop.test/"))).toBe("tls");
    expect(await kindOf(one.http.get(`https://localhost:${server.port}/`))).toBe("tls");
    expect(proxy.asked).toEqual([]);
    one.http.configure({ insecure: true });
    expect((await one.http.get(`https://localhost:${server.port}/`)).text()).toBe("secret");
  });

  test("that refuses is told from the server", async () => {
    using proxy = await testProxy({ isSecure: true, refusal: "HTTP/1.1 403 No\r\n\r\n" });
    using one = testSession({ proxy: proxy.url, ca: TEST_TLS.cert });
    const promise = one.http.get("https://shop.test/");
    expect(await kindOf(promise)).toBe("proxy");
    expect(promise).rejects.toThrow(
      "the proxy makes no connection to shop.test:443: it answered 403",
    );
    expect(one.pool.openCount).toBe(0);
  });
});

describe("HTTP/2 through a proxy", () => {
  test.each([
    ["http", true],
    ["http", false],
    ["https", true],
  ])("of %s, with the server's TLS %p", async (scheme, isSecure) => {
    using server = await http2Server(isSecure);
    using proxy = await testProxy({ isSecure: scheme === "https" });
    using one = testSession({ proxy: proxy.url, http2: true, ca: TEST_TLS.cert });
    const url = `http${isSecure ? "s" : ""}://localhost:${server.port}/`;
    expect((await one.http.get(url)).text()).toBe("two");
    const answers = await Promise.all([one.http.get(url), one.http.get(url)]);
    expect(answers.map((answer) => answer.text())).toEqual(["two", "two"]);
    expect(proxy.asked).toEqual([`CONNECT localhost:${server.port} HTTP/1.1`]);
    expect(one.pool.openCount).toBe(1);
  });

  test("of SOCKS, and a server that speaks HTTP/1.1 after all", async () => {
    using server = await http2Server(true);
    using proxy = await socksProxy(HOME);
    const way = { proxy: `socks5h://127.0.0.1:${proxy.port}`, http2: true, ca: TEST_TLS.cert };
    using one = testSession(way);
    expect((await one.http.get(`https://localhost:${server.port}/`)).text()).toBe("two");
    using old = Bun.serve({ port: 0, tls: TEST_TLS, fetch: () => new Response("one") });
    expect((await one.http.get(`https://localhost:${old.port}/`)).text()).toBe("one");
    expect(proxy.asked).toEqual([
      `5 localhost:${server.port}`,
      `5 localhost:${old.port}`,
      `5 localhost:${old.port}`,
    ]);
  });

  test("under TLS is refused where the server has none", async () => {
    using proxy = await testProxy({ isSecure: true });
    using one = testSession({ proxy: proxy.url, http2: true, ca: TEST_TLS.cert });
    const promise = one.http.get("http://shop.test/");
    expect(await kindOf(promise)).toBe("http2");
    expect(promise).rejects.toThrow("it is plain behind a proxy under TLS");
  });

  test("that refuses, or is not there, fails as that", async () => {
    using proxy = await testProxy({ refusal: "HTTP/1.1 407 Password\r\n\r\n" });
    using one = testSession({ proxy: proxy.url, http2: true });
    const promise = one.http.get("https://shop.test/");
    expect(await kindOf(promise)).toBe("proxy");
    expect(promise).rejects.toThrow("it answered 407");
    const port = await closedPort();
    one.http.configure({ proxy: `http://127.0.0.1:${port}` });
    expect(await kindOf(one.http.get("https://shop.test/"))).toBe("refused");
    expect(one.pool.openCount).toBe(0);
  });
});
