// A script's WebSocket against real servers: what is counted, what is measured, every way to end.

import { describe, expect, test } from "bun:test";
import { SocketError } from "../../src/api/index.ts";
import { SOCKET_LIMIT } from "../../src/api/socket-wait.ts";
import type { WebSocketConnection } from "../../src/api/websocket.ts";
import { COUNTER } from "../../src/stats/cell.ts";
import { apiBench } from "../support/api-host.ts";
import { closedPort, rawServer, TEST_TLS } from "../support/http-servers.ts";
import { until } from "../support/wait.ts";

interface Asked {
  readonly headers: Headers;
}

function chatServer(tls?: { key: string; cert: string }) {
  const asked: Asked[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    ...(tls === undefined ? {} : { tls }),
    fetch(request, own) {
      asked.push({ headers: request.headers });
      if (new URL(request.url).pathname === "/closed") return new Response("no", { status: 403 });
      return own.upgrade(request, { data: undefined }) ? undefined : new Response("plain");
    },
    websocket: {
      message(ws, message) {
        if (message === "bye") ws.close(4001, "because");
        else if (message === "kill") ws.terminate();
        else if (message === "twice") {
          ws.send("noise");
          ws.send("answer");
        } else if (message === "flood") {
          for (let i = 0; i < SOCKET_LIMIT.queuedMessages + 10; i++) ws.send(`flood ${i}`);
          ws.send("flooded");
        } else if (message !== "silence") ws.send(message);
      },
    },
  });
  return {
    url: `${tls === undefined ? "ws" : "wss"}://127.0.0.1:${server.port}/`,
    peer: `127.0.0.1:${server.port}`,
    asked,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

async function errorOf(promise: Promise<unknown>): Promise<SocketError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(SocketError);
  return thrown as SocketError;
}

describe("WebSocketConnection", () => {
  test("sends and receives texts and bytes, and counts both ways", async () => {
    using server = chatServer();
    using bench = apiBench();
    const { measured, transaction } = bench;
    const ws = await transaction.webSocket(server.url);
    ws.send("héllo");
    ws.send(Uint8Array.of(1, 2, 3));
    expect(await ws.receive()).toBe("héllo");
    expect(await ws.receive({ timeout: 5 })).toEqual(Uint8Array.of(1, 2, 3));
    ws.send("");
    expect(await ws.receive()).toBe("");
    await ws.close();
    expect(ws.isOpen).toBe(false);
    expect(measured.counts).toEqual(
      new Map([
        [COUNTER.wsOpened, 1],
        [COUNTER.wsSent, 3],
        [COUNTER.wsBytesOut, 9],
        [COUNTER.bytesOut, 9],
        [COUNTER.wsReceived, 3],
        [COUNTER.wsBytesIn, 9],
        [COUNTER.bytesIn, 9],
        [COUNTER.wsClosed, 1],
      ]),
    );
    expect(measured.timers.map(({ name, isError }) => [name, isError])).toEqual([
      ["WS connect", false],
    ]);
  });

  test("sends headers and protocols", async () => {
    using server = chatServer();
    using bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url, {
      headers: { "X-Who": "cannon 1" },
      protocols: ["chat.v1", "chat.v2"],
    });
    expect(ws.protocol).toBe("chat.v1");
    expect(server.asked[0]?.headers.get("x-who")).toBe("cannon 1");
    expect(server.asked[0]?.headers.get("sec-websocket-protocol")).toMatch(/chat\.v1,\s*chat\.v2/);
  });

  test("measures a round trip up to the answer that matches", async () => {
    using server = chatServer();
    using bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url, { name: "chat" });
    ws.send("old news");
    await until(() => ws.waiting === 1, { what: "old news" });
    const answer = await ws.request("twice", { match: (text) => text === "answer" });
    expect(answer).toBe("answer");
    expect(await ws.request("echo", { name: "echoed" })).toBe("echo");
    expect([await ws.receive(), await ws.receive()]).toEqual(["old news", "noise"]);
    const { timers } = bench.measured;
    expect(timers.map(({ name, isError }) => [name, isError])).toEqual([
      ["chat connect", false],
      ["chat round trip", false],
      ["echoed", false],
    ]);
    expect(timers.every(({ durationUs }) => durationUs > 0)).toBe(true);
  });

  test("yields all messages until the server closes", async () => {
    using server = chatServer();
    using bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url);
    for (const text of ["a", "b", "bye"]) ws.send(text);
    const seen: unknown[] = [];
    for await (const message of ws) seen.push(message);
    expect(seen).toEqual(["a", "b"]);
    expect([ws.closeCode, ws.closeReason, ws.isOpen]).toEqual([4001, "because", false]);
    expect(bench.measured.counts.get(COUNTER.wsClosed)).toBe(1);
  });

  test.each([
    ["bye", 4001],
    ["kill", 1006],
  ])("fails a request when the server ends it: %s", async (message, code) => {
    using server = chatServer();
    using bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url);
    const error = await errorOf(ws.request(message));
    expect(error.kind).toBe("closed");
    expect(error.message).toBe(`the WebSocket to ${server.peer} is closed (${code})`);
    expect(() => ws.send("more")).toThrow("is closed");
    expect((await errorOf(ws.request("more"))).kind).toBe("closed");
    expect(bench.measured.timers.at(-1)).toMatchObject({ name: "WS round trip", isError: true });
    await ws.close();
    expect(bench.measured.counts.get(COUNTER.wsClosed)).toBe(1);
  });

  test("fails what is answered too late", async () => {
    using server = chatServer();
    using bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url);
    const error = await errorOf(ws.request("silence", { timeout: 0.01 }));
    expect(error.message).toBe(`no message from ${server.peer} in time`);
    expect(bench.measured.timers.at(-1)).toMatchObject({ name: "WS round trip", isError: true });
    expect((await errorOf(ws.receive({ timeout: 0.01 }))).kind).toBe("timeout");
    expect(ws.isOpen).toBe(true);
    await expect(ws.receive({ timeout: 0 })).rejects.toThrow("more than 0 seconds");
  });

  test("lets an error of the match through", async () => {
    using server = chatServer();
    using bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url);
    const match = () => {
      throw new Error("no JSON");
    };
    await expect(ws.request("x", { match })).rejects.toThrow("no JSON");
    expect(await ws.receive()).toBe("x");
  });

  test("drops the oldest messages that nobody reads, and counts them", async () => {
    using server = chatServer();
    using bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url);
    await ws.request("flood", { match: (text) => text === "flooded" });
    expect(ws.waiting).toBe(SOCKET_LIMIT.queuedMessages);
    expect(await ws.receive()).toBe("flood 10");
    expect(bench.measured.counts.get(COUNTER.wsDropped)).toBe(10);
  });

  test("speaks TLS, and checks certificates unless told otherwise", async () => {
    using server = chatServer(TEST_TLS);
    using bench = apiBench();
    const { transaction, measured } = bench;
    expect((await errorOf(transaction.webSocket(server.url))).kind).toBe("connect");
    const ws = await transaction.webSocket(server.url, { insecure: true });
    expect(await ws.request("over TLS")).toBe("over TLS");
    expect(measured.counts.get(COUNTER.wsOpened)).toBe(1);
  });
});

describe("WebSocketConnection that can not be", () => {
  test.each([
    ["refused", async () => `ws://127.0.0.1:${await closedPort()}/`, "ECONNREFUSED"],
    ["no name", async () => "ws://no-such-host.invalid/", "no WebSocket to no-such-host.invalid"],
  ])("says why: %s", async (_, url, text) => {
    using bench = apiBench();
    const error = await errorOf(bench.transaction.webSocket(await url()));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(text);
    expect(bench.measured.timers).toMatchObject([{ name: "WS connect", isError: true }]);
    expect(bench.measured.counts.size).toBe(0);
  });

  test("says which status the server answered", async () => {
    using server = chatServer();
    using bench = apiBench();
    const error = await errorOf(bench.transaction.webSocket(`${server.url}closed`));
    expect(error.message).toContain("403");
    expect(error.peer).toBe(server.peer);
    expect(error.message).not.toContain("/closed");
  });

  test("gives up on a server that does not answer", async () => {
    using server = await rawServer(() => {});
    using bench = apiBench();
    const url = `ws://127.0.0.1:${server.port}/`;
    const error = await errorOf(bench.transaction.webSocket(url, { timeout: 0.01 }));
    expect(error.message).toContain("no answer in time");
    expect(await until(() => server.counts.open === 0, { what: "the close" })).toBe(true);
  });

  test.each(["", "nonsense", "ftp://127.0.0.1/", "mailto:x"])("refuses %p", async (url) => {
    using bench = apiBench();
    expect((await errorOf(bench.transaction.webSocket(url))).kind).toBe("failed");
    expect(bench.measured.counts.size).toBe(0);
  });

  test("ends with the cannon, whatever waits", async () => {
    using server = chatServer();
    const bench = apiBench();
    const ws = await bench.transaction.webSocket(server.url);
    const waiting = errorOf(ws.receive());
    const iterating = (async () => {
      for await (const message of ws) expect(message).toBeUndefined();
      return "over";
    })();
    bench.close();
    expect((await waiting).kind).toBe("closed");
    expect(await iterating).toBe("over");
    expect(bench.measured.counts.get(COUNTER.wsClosed)).toBe(1);
  });

  test("while it is still connecting", async () => {
    using server = await rawServer(() => {});
    const bench = apiBench();
    const connecting = errorOf(bench.transaction.webSocket(`ws://127.0.0.1:${server.port}/`));
    bench.close();
    expect((await connecting).message).toContain("the run ended");
    expect(bench.measured.counts.get(COUNTER.wsClosed)).toBeUndefined();
  });

  test("holds no more than a cannon's share open", async () => {
    using server = chatServer();
    using bench = apiBench();
    const one: WebSocketConnection = await bench.transaction.webSocket(server.url);
    const rest = SOCKET_LIMIT.openPerCannon - 1;
    const all = await Promise.all(
      Array.from({ length: rest }, () => bench.transaction.webSocket(server.url)),
    );
    await expect(bench.transaction.webSocket(server.url)).rejects.toThrow("no more than 1000");
    await one.close();
    const again = await bench.transaction.webSocket(server.url);
    expect([all.length, again.isOpen]).toEqual([rest, true]);
  });
});
