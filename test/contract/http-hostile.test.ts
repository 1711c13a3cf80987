// The engine against servers that break off, babble, stall and lie, over HTTP/1.1 and HTTP/2.

import { describe, expect, test } from "bun:test";
import type net from "node:net";
import { ManualClock } from "../../src/base/clock.ts";
import { prepareRequest } from "../../src/http/request.ts";
import { rawServer, TEST_TLS } from "../support/http-servers.ts";
import { kindOf, testPool, testSession } from "../support/http-session.ts";
import { FRAMES, hostileHttp2 } from "../support/http2-hostile.ts";
import { until } from "../support/wait.ts";

const HEAD = "HTTP/1.1 200 OK\r\n";

describe("a server that", () => {
  test.each([
    ["breaks off in its chunks", `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nab`, "truncated"],
    [
      "lies about compression",
      `${HEAD}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope`,
      "",
    ],
    ["says HTTP/2 out of turn", "PRI * HTTP/2.0\r\n\r\n", "malformed-status"],
    ["sends a head without end", `${HEAD}A: ${"b".repeat(300_000)}`, "head-too-large"],
    ["sends headers without end", `${HEAD}${"A: b\r\n".repeat(60_000)}`, "head-too-large"],
    [
      "announces more than is allowed",
      `${HEAD}Content-Length: 999999999999\r\n\r\n`,
      "body-too-large",
    ],
    [
      "has a chunk larger than all",
      `${HEAD}Transfer-Encoding: chunked\r\n\r\nffffffff\r\n`,
      "body-too-large",
    ],
    ["folds a header", `${HEAD}A: b\r\n c\r\n\r\n`, "malformed-header"],
    [
      "has two lengths",
      `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
      "malformed-length",
    ],
  ])("%s is told as what it is", async (_, text, kind) => {
    using server = await rawServer((socket) => socket.end(text));
    using one = testSession();
    const promise = one.http.get(server.url);
    expect(await kindOf(promise)).toBe(kind === "" ? "an answer" : kind);
    if (kind !== "") expect(one.hits).toEqual([`GET / ${kind}`]);
    else {
      const answer = await promise;
      expect(() => answer.text()).toThrow("can not be decoded");
      expect(Buffer.from(answer.rawBytes()).toString()).toBe("nope");
    }
  });

  test("speaks before it is asked loses the connection", async () => {
    using server = await rawServer((socket, _, connection) => {
      socket.write(`${HEAD}Content-Length: 2\r\n\r\nok`);
      if (connection === 0)
        setImmediate(() => socket.write(`${HEAD}Content-Length: 4\r\n\r\nevil`));
    });
    using one = testSession();
    expect((await one.http.get(server.url)).text()).toBe("ok");
    await until(() => one.pool.openCount === 0, { what: "the connection's end" });
    expect((await one.http.get(server.url)).text()).toBe("ok");
  });

  test("gives its body byte by byte is still waited for no longer than allowed", async () => {
    const clock = new ManualClock();
    using server = await rawServer((socket) => socket.write(`${HEAD}Content-Length: 9\r\n\r\na`));
    using one = testPool({ responseTimeoutUs: 3_000_000 }, clock);
    const chunks: number[] = [];
    const request = prepareRequest({ method: "GET", url: server.url });
    const kind = kindOf(one.pool.send(request, { onChunk: (bytes) => chunks.push(bytes.length) }));
    await until(() => chunks.length === 1, { what: "the first byte" });
    clock.advance(3_200_000);
    expect(await kind).toBe("response-timeout");
  });

  test("resets the connection under the request", async () => {
    using server = await rawServer((socket) => {
      socket.write(`${HEAD}Content-Length: 9\r\n\r\na`);
      socket.resetAndDestroy();
    });
    using one = testSession();
    expect(["reset", "truncated"]).toContain(await kindOf(one.http.get(server.url)));
  });

  test("breaks off the handshake", async () => {
    using server = await rawServer((socket) => socket.end("\x15\x03\x01\x00\x02\x02\x28"));
    using one = testSession();
    const url = `https://127.0.0.1:${server.port}/`;
    expect(await kindOf(one.http.get(url))).toBe("tls");
    one.http.configure({ http2: true });
    expect(["tls", "reset", "closed"]).toContain(await kindOf(one.http.get(url)));
  });
});

describe("a server of HTTP/2 that", () => {
  const CASES: readonly (readonly [string, (socket: net.Socket) => void, string])[] = [
    ["answers", (s) => s.write(Buffer.concat([FRAMES.head, FRAMES.lastData])), "an answer"],
    ["resets the stream", (s) => s.write(FRAMES.reset), "http2"],
    ["refuses the stream", (s) => s.write(FRAMES.refused), "http2"],
    [
      "resets it later",
      (s) => s.write(Buffer.concat([FRAMES.head, FRAMES.data, FRAMES.reset])),
      "http2",
    ],
    ["breaks off its body", (s) => s.end(Buffer.concat([FRAMES.head, FRAMES.data])), "truncated"],
    [
      "gives less than it says",
      (s) => s.write(Buffer.concat([FRAMES.headOfNine, FRAMES.lastData])),
      "short",
    ],
    ["closes at once", (s) => s.end(), "closed"],
    ["goes away in anger", (s) => s.end(FRAMES.goAway), "http2"],
    ["babbles", (s) => s.write(FRAMES.noise), "http2"],
    ["has headers that are none", (s) => s.write(FRAMES.badHead), "http2"],
    ["speaks HTTP/1.1", (s) => s.end("HTTP/1.1 400 Bad Request\r\n\r\n"), "http2"],
  ];

  test.each(CASES)("%s is told as what it is", async (_, react, kind) => {
    using server = await hostileHttp2(react);
    using one = testSession({ http2: true });
    const found = await kindOf(one.http.get(server.url));
    // Some runtimes tell a length that does not agree themselves.
    expect(kind === "short" ? ["truncated", "http2"] : [kind]).toContain(found);
    expect(one.hits.length).toBe(1);
  });

  test("goes away kindly is asked on another connection", async () => {
    using server = await hostileHttp2((socket) => {
      socket.write(Buffer.concat([FRAMES.head, FRAMES.lastData, FRAMES.goAwayKindly]));
    });
    using one = testSession({ http2: true });
    expect((await one.http.get(server.url)).text()).toBe("abc");
    await until(() => one.pool.openCount === 0, { what: "the connection's end" });
    expect((await one.http.get(server.url)).text()).toBe("abc");
    expect(server.counts.opened).toBe(2);
  });

  test("never answers is waited for no longer than allowed", async () => {
    const clock = new ManualClock();
    using server = await hostileHttp2(() => {});
    using one = testPool({ isHttp2: true, responseTimeoutUs: 3_000_000 }, clock);
    const kind = kindOf(one.pool.send(prepareRequest({ method: "GET", url: server.url })));
    await until(() => server.received.join("").length > 60, { what: "the request" });
    clock.advance(3_200_000);
    expect(await kind).toBe("response-timeout");
    const other = kindOf(one.pool.send(prepareRequest({ method: "GET", url: server.url })));
    one.pool.close();
    expect(await other).toBe("aborted");
    await until(() => server.counts.open === 0, { what: "the connection's end" });
  });

  test("is no server of HTTP/2 after all is asked in HTTP/1.1", async () => {
    using server = Bun.serve({ port: 0, tls: TEST_TLS, fetch: () => new Response("plain") });
    using one = testSession({ http2: true, ca: TEST_TLS.cert });
    for (let i = 0; i < 3; i++) {
      expect((await one.http.get(`https://localhost:${server.port}/`)).text()).toBe("plain");
    }
    expect(one.hits).toEqual(Array(3).fill("GET / 200"));
    expect(one.pool.openCount).toBe(1);
  });
});
