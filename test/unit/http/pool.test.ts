// The HTTP engine against real sockets: what is kept alive, and every way to get no answer.

import { afterEach, describe, expect, test } from "bun:test";
import { type Clock, ManualClock, systemClock } from "../../../src/base/clock.ts";
import { HTTP_ERROR_KINDS, HttpError, kindOfCode } from "../../../src/http/errors.ts";
import { Pool } from "../../../src/http/pool.ts";
import { prepareRequest, type RequestParts } from "../../../src/http/request.ts";
import type { HttpResponse } from "../../../src/http/response.ts";
import { Timeouts } from "../../../src/http/timeouts.ts";
import { answeringServer, closedPort, rawServer, TEST_TLS } from "../../support/http-servers.ts";
import { until } from "../../support/wait.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const pools: Pool[] = [];

afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

function poolOf(clock: Clock = systemClock()): Pool {
  const observer = { onAnswer: () => {}, onFailure: () => {} };
  const pool = new Pool({ timeouts: new Timeouts(clock), observer });
  pools.push(pool);
  return pool;
}

function get(pool: Pool, url: string, parts: Partial<RequestParts> = {}): Promise<HttpResponse> {
  return pool.send(prepareRequest({ method: "GET", url, ...parts }));
}

async function kindOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof HttpError ? thrown.kind : `not an HttpError: ${String(thrown)}`;
}

describe("Pool", () => {
  test("reads status, headers and body", async () => {
    using server = await answeringServer(
      'HTTP/1.1 418 Tea\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Empty:\r\nContent-Length: 10\r\n\r\n{"a":"\xc3\xa9"}',
    );
    const response = await get(poolOf(), server.url);
    expect([response.status, response.ok, response.text()]).toEqual([418, false, '{"a":"é"}']);
    expect(response.json()).toEqual({ a: "é" });
    expect(response.headers.getAll("SET-COOKIE")).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-empty")).toBe("");
    expect(response.headers.get("none")).toBeNull();
    expect(response.wireBytes).toBeGreaterThan(80);
  });

  test("sends one request after the other on one connection", async () => {
    using server = await answeringServer(OK);
    const pool = poolOf();
    for (let i = 0; i < 20; i++) expect((await get(pool, server.url)).text()).toBe("ok");
    expect(server.counts.opened).toBe(1);
    expect(pool.openCount).toBe(1);
  });

  test("opens as many connections as requests are in flight, and keeps them", async () => {
    using server = await answeringServer(OK);
    const pool = poolOf();
    for (let round = 0; round < 3; round++) {
      await Promise.all(Array.from({ length: 5 }, () => get(pool, server.url)));
    }
    expect(server.counts.opened).toBe(5);
  });

  test("never shares connections between two pools", async () => {
    using server = await answeringServer(OK);
    await get(poolOf(), server.url);
    await get(poolOf(), server.url);
    expect(server.counts.opened).toBe(2);
  });

  test("obeys connection: close, and opens anew", async () => {
    using server = await answeringServer(
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    );
    const pool = poolOf();
    for (let i = 0; i < 3; i++) await get(pool, server.url);
    expect(server.counts.opened).toBe(3);
    expect(pool.openCount).toBe(0);
  });

  test("reads a body until the peer closes", async () => {
    using server = await rawServer((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
    expect((await get(poolOf(), server.url)).text()).toBe("all of it");
  });

  test("drops a connection that the peer closed while it was idle", async () => {
    using server = await rawServer((socket) => socket.end(OK));
    const pool = poolOf();
    await get(pool, server.url);
    await until(() => pool.openCount === 0, { what: "the close to be noticed" });
    expect((await get(pool, server.url)).status).toBe(200);
  });

  test("does not use a connection again that said more than was asked", async () => {
    using server = await answeringServer(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    const pool = poolOf();
    for (let i = 0; i < 3; i++) expect((await get(pool, server.url)).text()).toBe("ok");
    expect(server.counts.opened).toBe(3);
  });

  test("sends a body larger than any socket buffer whole", async () => {
    let size = 0;
    using server = Bun.serve({
      port: 0,
      maxRequestBodySize: 64 * 1024 * 1024,
      fetch: async (request) => {
        size = (await request.arrayBuffer()).byteLength;
        return new Response("ok");
      },
    });
    const body = new Uint8Array(20 * 1024 * 1024).fill(65);
    const url = `http://127.0.0.1:${server.port}/`;
    const response = await get(poolOf(), url, { method: "POST", body });
    expect([response.status, size]).toEqual([200, body.length]);
  });

  test("does not use a connection again whose request was answered before it was sent", async () => {
    using server = await rawServer((socket, _, connection) => {
      if (connection === 0) socket.pause();
      socket.write(OK);
    });
    const pool = poolOf();
    const body = new Uint8Array(30 * 1024 * 1024);
    expect((await get(pool, server.url, { method: "POST", body })).status).toBe(200);
    expect((await get(pool, server.url)).status).toBe(200);
    expect(server.counts.opened).toBe(2);
  });

  test("reads large chunked answers from a real server", async () => {
    using server = Bun.serve({
      port: 0,
      fetch: () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              for (let i = 0; i < 50; i++) controller.enqueue(new Uint8Array(10_000).fill(i));
              controller.close();
            },
          }),
        ),
    });
    const response = await get(poolOf(), `http://127.0.0.1:${server.port}/`);
    expect(response.bytes().length).toBe(500_000);
    expect(response.bytes().at(-1)).toBe(49);
  });
});

describe("Pool without an answer", () => {
  test.each([
    ["a peer that closes at once", "", "closed"],
    ["half a head", "HTTP/1.1 20", "truncated"],
    ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", "truncated"],
    ["no HTTP", "220 ftp ready\r\n", "malformed-status"],
    ["a broken header", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "malformed-header"],
    ["a broken length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "malformed-length"],
    [
      "a broken chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "malformed-chunk",
    ],
  ])("says of %s what it is", async (_, answer, kind) => {
    using server = await rawServer((socket) => socket.end(answer));
    const pool = poolOf();
    expect(await kindOf(get(pool, server.url))).toBe(kind);
    expect(pool.openCount).toBe(0);
  });

  test("says that a connection was refused, and by whom", async () => {
    const port = await closedPort();
    const promise = get(poolOf(), `http://127.0.0.1:${port}/a/path`);
    expect(await kindOf(promise)).toBe("refused");
    expect(promise).rejects.toThrow(`connection refused by 127.0.0.1:${port}`);
  });

  test("says that a connection was reset", async () => {
    using server = await rawServer((socket) => socket.resetAndDestroy());
    expect(await kindOf(get(poolOf(), server.url))).toBe("reset");
  });

  test("says that a name does not exist", async () => {
    expect(await kindOf(get(poolOf(), "http://no-such-host.invalid/"))).toBe("dns");
  });

  test("gives up waiting for an answer, and the connection with it", async () => {
    const clock = new ManualClock();
    using server = await rawServer(() => {});
    const pool = poolOf(clock);
    const kind = kindOf(
      pool.send(prepareRequest({ method: "GET", url: server.url }), {
        timeoutUs: 2_000_000,
      }),
    );
    await until(() => server.received.length === 1, { what: "the request" });
    clock.advance(1_900_000);
    expect(pool.openCount).toBe(1);
    clock.advance(300_000);
    expect(await kind).toBe("response-timeout");
    expect(pool.openCount).toBe(0);
    await until(() => server.counts.open === 0, { what: "the connection's end" });
  });

  test("gives up connecting", async () => {
    const clock = new ManualClock();
    const pool = poolOf(clock);
    // A socket that listens and never accepts TLS: the connection stands, the handshake never ends.
    using server = await rawServer(() => {});
    const kind = kindOf(get(pool, `https://127.0.0.1:${server.port}/`));
    await until(() => server.received.length === 1, { what: "the handshake's first bytes" });
    clock.advance(11_000_000);
    expect(await kind).toBe("connect-timeout");
    expect(pool.openCount).toBe(0);
  });

  test("fails what is in flight when it is closed, and everything after", async () => {
    using server = await rawServer(() => {});
    const pool = poolOf();
    const kind = kindOf(get(pool, server.url));
    await until(() => server.received.length === 1, { what: "the request" });
    pool.close();
    expect(await kind).toBe("aborted");
    expect(await kindOf(get(pool, server.url))).toBe("aborted");
    await until(() => server.counts.open === 0, { what: "the connection's end" });
  });

  test("tells the limit of open files from a refusal", async () => {
    const script = new URL("../../support/http-servers-out-of-files.ts", import.meta.url).pathname;
    const child = Bun.spawn(["sh", "-c", `ulimit -n 60; exec "${process.execPath}" "${script}"`], {
      stdout: "pipe",
    });
    expect((await new Response(child.stdout).text()).trim()).toBe("too-many-files");
  });

  test("knows the system's codes", () => {
    expect(kindOfCode("EADDRNOTAVAIL")).toBe("no-free-ports");
    expect(kindOfCode("EAI_WHATEVER")).toBe("dns");
    expect(kindOfCode("EHOSTUNREACH")).toBe("unreachable");
    expect(kindOfCode("ENOSUCHCODE")).toBeUndefined();
    expect(kindOfCode(undefined)).toBeUndefined();
  });

  test("has a sentence for every kind, without placeholders", () => {
    for (const kind of HTTP_ERROR_KINDS) {
      const { message } = new HttpError(kind, "host:80");
      expect(message).not.toContain("PEER");
      expect(message.length).toBeGreaterThan(15);
    }
  });
});

describe("Pool over TLS", () => {
  function secureServer() {
    return Bun.serve({ port: 0, tls: TEST_TLS, fetch: () => new Response("secret") });
  }

  test("refuses a certificate that nobody vouches for, and says why", async () => {
    using server = secureServer();
    const promise = get(poolOf(), `https://127.0.0.1:${server.port}/`);
    expect(await kindOf(promise)).toBe("tls");
    expect(promise).rejects.toThrow(/no secure connection to 127.0.0.1:\d+: self[- ]signed/);
  });

  test("takes it when told so, and keeps the connection", async () => {
    using server = secureServer();
    const pool = poolOf();
    const url = `https://localhost:${server.port}/`;
    for (let i = 0; i < 5; i++) {
      expect((await get(pool, url, { isInsecure: true })).text()).toBe("secret");
    }
    expect(pool.openCount).toBe(1);
  });

  test("sends a large body whole", async () => {
    let size = 0;
    using server = Bun.serve({
      port: 0,
      tls: TEST_TLS,
      fetch: async (request) => {
        size = (await request.arrayBuffer()).byteLength;
        return new Response("ok");
      },
    });
    const body = new Uint8Array(5 * 1024 * 1024);
    const parts = { method: "POST", body, isInsecure: true };
    expect((await get(poolOf(), `https://127.0.0.1:${server.port}/`, parts)).status).toBe(200);
    expect(size).toBe(body.length);
  });

  test("says of a peer without TLS that there is no secure connection", async () => {
    using server = await rawServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    expect(await kindOf(get(poolOf(), `https://127.0.0.1:${server.port}/`))).toBe("tls");
  });
});
