// The engine against Bun's and node's servers, proxies, several addresses of a name.

import { describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ManualClock, systemClock } from "../../src/base/clock.ts";
import { DnsCache } from "../../src/http/dns.ts";
import { prepareRequest } from "../../src/http/request.ts";
import type { HttpResponse } from "../../src/http/response.ts";
import { Timeouts } from "../../src/http/timeouts.ts";
import { testProxy } from "../support/http-proxy.ts";
import { answeringServer, closedPort, rawServer, TEST_TLS } from "../support/http-servers.ts";
import { kindOf, poolOf, testPool, testSession } from "../support/http-session.ts";
import { until } from "../support/wait.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("Bun.serve", () => {
  test("gets every method, header and body as they were meant", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: async (request) =>
        Response.json({
          method: request.method,
          url: new URL(request.url).search,
          own: request.headers.get("x-own"),
          body: await request.text(),
        }),
    });
    using one = testSession({ baseUrl: `http://127.0.0.1:${server.port}` });
    for (const method of ["get", "post", "put", "patch", "delete", "options"] as const) {
      const hasBody = method !== "get" && method !== "options";
      const answer = await one.http[method]("/a", {
        headers: { "X-Own": "é".normalize() },
        query: { q: "a b", list: [1, 2], none: undefined },
        ...(hasBody ? { body: "ünï" } : {}),
      });
      expect(answer.json()).toEqual({
        method: method.toUpperCase(),
        url: "?q=a+b&list=1&list=2",
        own: "é",
        body: hasBody ? "ünï" : "",
      });
    }
  });

  test("gets forms with files", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: async (request) => {
        const form = await request.formData();
        const file = form.get("file") as File;
        const names = form.getAll("name");
        return Response.json([names, file.name, file.type, [...(await file.bytes())]]);
      },
    });
    using one = testSession({ baseUrl: `http://127.0.0.1:${server.port}` });
    const content = Uint8Array.of(0, 13, 10, 255);
    const file = { filename: "a b.png", content, type: "image/png" };
    const sent = await one.http.post("/", { multipart: { name: ["ann", 7], file } });
    expect(sent.json()).toEqual([["ann", "7"], "a b.png", "image/png", [0, 13, 10, 255]]);
    const form = new FormData();
    form.append("name", "bob");
    form.append("file", new Blob(["hi"], { type: "text/x" }), "c.txt");
    const read = await one.http.post("/", { body: form });
    expect(read.json()).toEqual([["bob"], "c.txt", expect.stringContaining("text/"), [104, 105]]);
  });
});

describe("node:http", () => {
  test("is read with its chunks, trailers, interim answers and compression", async () => {
    const server = createServer((request, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      response.writeHead(200, { Trailer: "X-Sum", "Set-Cookie": ["a=1", "b=2; Path=/x"] });
      response.write("first ");
      request.resume().on("end", () => {
        response.addTrailers({ "X-Sum": "1" });
        response.end("last");
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve());
    });
    try {
      using one = testSession({
        baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      });
      for (let i = 0; i < 3; i++) {
        expect((await one.http.post("/", { body: "x".repeat(100_000) })).text()).toBe("first last");
      }
      expect(one.pool.openCount).toBe(1);
      expect(one.http.cookies.get(`${one.http.baseUrl}/y`, "a")).toBe("1");
      expect(one.http.cookies.get(`${one.http.baseUrl}/y`, "b")).toBeUndefined();
      expect(one.http.cookies.get(`${one.http.baseUrl}/x/z`, "b")).toBe("2");
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});

describe("a proxy", () => {
  test("gets plain requests with the whole URL, and the password", async () => {
    using server = await answeringServer(OK);
    using proxy = await testProxy();
    const url = proxy.url.replace("//", "//ann:p%40ss@");
    using one = testSession({ proxy: url });
    expect((await one.http.get(`${server.url}a?b=c`)).text()).toBe("ok");
    expect(proxy.asked).toEqual([
      `GET ${server.url}a?b=c HTTP/1.1 Basic ${Buffer.from("ann:p@ss").toString("base64")}`,
    ]);
    expect(server.received[0]).toContain(`Host: 127.0.0.1:${server.port}`);
  });

  test("opens tunnels for secure ones, and sees nothing of them", async () => {
    using server = Bun.serve({ port: 0, tls: TEST_TLS, fetch: () => new Response("secret") });
    using proxy = await testProxy();
    using one = testSession({ proxy: proxy.url, ca: TEST_TLS.cert });
    for (let i = 0; i < 3; i++) {
      const answer = await one.http.get(`https://localhost:${server.port}/`);
      expect(answer.text()).toBe("secret");
      expect(answer.timings.tlsUs > 0).toBe(i === 0);
    }
    expect(proxy.asked).toEqual([`CONNECT localhost:${server.port} HTTP/1.1`]);
    one.pool.close();
    await until(() => one.pool.openCount === 0, { what: "the tunnel's end" });
  });

  test.each([
    ["refuses", "HTTP/1.1 407 Password\r\nContent-Length: 0\r\n\r\n", "it answered 407"],
    ["closes", "", "it closed the connection"],
    ["babbles", "220 ftp\r\n", "its answer is no HTTP"],
    ["says too much", "HTTP/1.1 200 OK\r\n\r\nmore", "it said more than was asked"],
  ])("that %s is told from the server", async (_, refusal, detail) => {
    using proxy = await testProxy({ refusal });
    using one = testSession({ proxy: proxy.url });
    const promise = one.http.get("https://shop.test:8443/");
    expect(await kindOf(promise)).toBe("proxy");
    expect(promise).rejects.toThrow(`the proxy makes no connection to shop.test:8443: ${detail}`);
    expect(one.pool.openCount).toBe(0);
  });

  test("that is not there is named", async () => {
    const port = await closedPort();
    using one = testSession({ proxy: `http://127.0.0.1:${port}` });
    const promise = one.http.get("http://shop.test/");
    expect(promise).rejects.toThrow(`connection refused by 127.0.0.1:${port}`);
    expect(await kindOf(promise)).toBe("refused");
    expect(() => one.http.configure({ proxy: "socks://x" })).toThrow("a proxy is given as");
  });
});

describe("names of hosts", () => {
  test("are tried address by address until one answers", async () => {
    using server = await answeringServer(OK);
    const timeouts = new Timeouts(systemClock());
    const addresses = ["127.0.0.99", "127.0.0.1"].map((address) => ({ address, family: 4 }));
    const dns = new DnsCache(timeouts, { policy: "once", resolve: async () => addresses });
    using one = poolOf({ dns }, timeouts);
    const request = prepareRequest({ method: "GET", url: `http://shop.test:${server.port}/` });
    expect((await one.pool.send(request)).text()).toBe("ok");
    const nowhere = prepareRequest({ method: "GET", url: `http://a.test:${await closedPort()}/` });
    expect(await kindOf(one.pool.send(nowhere))).toBe("refused");
    expect(dns.lookupCount).toBe(2);
  });

  test("are looked up once for all cannons of a thread, and again when nobody knew them", async () => {
    using server = await answeringServer(OK);
    const timeouts = new Timeouts(systemClock());
    let answer = Promise.reject<never>(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
    const dns = new DnsCache(timeouts, {
      resolve: (): Promise<{ address: string; family: number }[]> => answer,
    });
    const [a, b] = [poolOf({ dns }, timeouts), poolOf({ dns }, timeouts)];
    const request = prepareRequest({ method: "GET", url: `http://shop.test:${server.port}/` });
    expect(await kindOf(a.pool.send(request))).toBe("dns");
    answer = Promise.resolve([{ address: "127.0.0.1", family: 4 }]) as Promise<never>;
    const all = await Promise.all([a, b].map((one) => one.pool.send(request)));
    expect(all.map((one) => one.status)).toEqual([200, 200]);
    expect(dns.lookupCount).toBe(2);
    for (const one of [a, b]) one[Symbol.dispose]();
  });
});

describe("connections", () => {
  test("are closed when nobody used them for the time that was given", async () => {
    using server = await answeringServer(OK);
    const clock = new ManualClock();
    using one = testPool({ idleTimeoutUs: 5_000_000 }, clock);
    const request = prepareRequest({ method: "GET", url: server.url });
    await one.pool.send(request);
    clock.advance(4_900_000);
    expect((await one.pool.send(request)).request.isReused).toBe(true);
    clock.advance(5_200_000);
    expect(one.pool.openCount).toBe(0);
    await until(() => server.counts.open === 0, { what: "the connection's end" });
    expect(one.hits).toEqual(["GET / 200", "GET / 200"]);
  });

  test("are shared by those who ask for it, and closed for one only where it uses them", async () => {
    using server = await rawServer((socket, text) => {
      if (!text.startsWith("GET /slow")) socket.write(OK);
    });
    const timeouts = new Timeouts(systemClock());
    const [a, b] = [poolOf({ isShared: true }, timeouts), poolOf({ isShared: true }, timeouts)];
    const request = prepareRequest({ method: "GET", url: server.url });
    await a.pool.send(request);
    expect((await b.pool.send(request)).request.isReused).toBe(true);
    expect(server.counts.opened).toBe(1);
    const slow = kindOf(a.pool.send(prepareRequest({ method: "GET", url: `${server.url}slow` })));
    await until(() => server.received.length === 3, { what: "the slow request" });
    a.pool.close();
    expect(await slow).toBe("aborted");
    expect((await b.pool.send(request)).text()).toBe("ok");
    expect([a.hits, b.hits]).toEqual([
      ["GET / 200", "GET /slow aborted"],
      ["GET / 200", "GET / 200"],
    ]);
    for (const connection of [b]) connection[Symbol.dispose]();
  });

  test("that were made otherwise end when they are idle", async () => {
    using server = await answeringServer(OK);
    using one = testSession();
    await one.http.get(server.url);
    one.http.configure({ connectTimeout: 3 });
    await one.http.get(server.url);
    expect(server.counts.opened).toBe(2);
    await until(() => server.counts.open === 1, { what: "the first connection's end" });
  });

  test("carry requests without promises, by one handler", async () => {
    using server = await answeringServer(OK);
    using one = testPool();
    const request = prepareRequest({ method: "GET", url: server.url });
    let count = 0;
    const kinds: string[] = [];
    await new Promise<void>((resolve) => {
      const handler = {
        onResponse(response: HttpResponse) {
          count += response.ok ? 1 : 0;
          if (count === 50) one.pool.close();
          one.pool.fire(request, handler);
        },
        onError(error: { kind: string }) {
          kinds.push(error.kind);
          resolve();
        },
      };
      one.pool.fire(request, handler);
    });
    expect([count, kinds, server.counts.opened]).toEqual([50, ["aborted"], 1]);
  });
});
