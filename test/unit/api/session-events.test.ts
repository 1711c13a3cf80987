// Unit tests of server-sent events: the format, and streams over real connections.

import { describe, expect, test } from "bun:test";
import type net from "node:net";
import fc from "fast-check";
import {
  EVENT_LIMIT,
  EventStreamParser,
  EventTooLarge,
  type ServerEvent,
} from "../../../src/http/event-stream.ts";
import { rawServer } from "../../support/http-servers.ts";
import { kindOf, testSession } from "../../support/http-session.ts";
import { frame, hostileHttp2 } from "../../support/http2-hostile.ts";
import { until } from "../../support/wait.ts";

function eventsOf(pieces: readonly Uint8Array[]): ServerEvent[] {
  const events: ServerEvent[] = [];
  const parser = new EventStreamParser((event) => events.push(event));
  for (const piece of pieces) parser.feed(piece);
  return events;
}

const STREAM = [
  "\ufeff: a comment\n",
  "data: one\n\n",
  "event: price\r\ndata:  two\r\ndata\r\ndata:drei ü\r\nid: 4\r\n\r\n",
  "event: nothing\n\n",
  "retry: 1500\rdata: five\r\r",
  "id: \0bad\nunknown: x\ndata: 6\n\n",
  "data: never ended\n",
].join("");

const EVENTS: readonly ServerEvent[] = [
  { type: "message", data: "one", id: "" },
  { type: "price", data: " two\n\ndrei ü", id: "4" },
  { type: "message", data: "five", id: "4" },
  { type: "message", data: "6", id: "4" },
];

describe("EventStreamParser", () => {
  test("reads events with any line end, and drops what is none", () => {
    expect(eventsOf([Buffer.from(STREAM)])).toEqual([...EVENTS]);
  });

  test("reads them the same however they are cut", () => {
    const bytes = Buffer.from(STREAM);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const places = [...cuts, bytes.length].sort((a, b) => a - b);
        const pieces = places.map((end, i) => bytes.subarray(places[i - 1] ?? 0, end));
        expect(eventsOf(pieces)).toEqual([...EVENTS]);
      }),
      { numRuns: 300 },
    );
    expect(eventsOf([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual([...EVENTS]);
  });

  test("survives noise, and refuses lines and events without end", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(eventsOf([noise]).every((event) => typeof event.data === "string")).toBe(true);
      }),
    );
    const line = Buffer.from("data: ".padEnd(EVENT_LIMIT.chars + 10, "x"));
    expect(() => eventsOf([line])).toThrow(EventTooLarge);
    const data = Buffer.from(`data: ${"x".repeat(1_000_000)}\n`);
    expect(() => eventsOf(Array(6).fill(data))).toThrow(EventTooLarge);
  });
});

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";

describe("HttpSession.events", () => {
  test("gives events as they come, until the server ends the stream", async () => {
    const sockets: net.Socket[] = [];
    using server = await rawServer((socket) => {
      sockets.push(socket);
      socket.write(`${HEAD}data: 1\n\n`);
    });
    using one = testSession();
    const counts: string[] = [];
    one.http.counter = { count: (name, amount) => counts.push(`${name} ${amount}`) };
    const seen: string[] = [];
    for await (const event of one.http.events(server.url, { headers: { "X-A": "1" } })) {
      seen.push(event.data);
      if (seen.length === 1) sockets[0]?.write("data: 2\n\n");
      else sockets[0]?.end("data: 3\n\ndata: lost");
    }
    expect(one.hits).toEqual(["GET / 200"]);
    expect(seen).toEqual(["1", "2", "3"]);
    expect(server.received[0]).toContain("Accept: text/event-stream");
    expect(server.received[0]).toContain("X-A: 1");
    expect(counts).toEqual([
      "oct.sse_opened 1",
      "oct.sse_received 1",
      "oct.sse_received 1",
      "oct.sse_received 1",
      "oct.sse_closed 1",
    ]);
  });

  test("ends the connection when the loop is left", async () => {
    using server = await rawServer((socket) => socket.write(`${HEAD}data: 1\n\ndata: 2\n\n`));
    using one = testSession();
    for await (const event of one.http.events(server.url)) {
      expect(event.data).toBe("1");
      break;
    }
    await until(() => server.counts.open === 0, { what: "the connection's end" });
    expect(one.hits).toEqual(["GET / 200"]);
  });

  test("reads streams over HTTP/2, and leaves them", async () => {
    const events = Buffer.from("data: a\n\ndata: b\n\n");
    const type = Buffer.from("text/event-stream");
    const head = Buffer.concat([Uint8Array.of(0x88, 0x0f, 0x10, type.length), type]);
    using server = await hostileHttp2((socket) => {
      socket.write(frame(1, 4, 1, head));
      socket.write(frame(0, 0, 1, events));
    });
    using one = testSession({ http2: true });
    for await (const event of one.http.events(server.url)) {
      expect(event.data).toBe("a");
      break;
    }
    expect(one.hits).toEqual(["GET / 200"]);
  });

  test.each([
    ["HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno", "malformed-content"],
    [
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno",
      "malformed-content",
    ],
    [
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 20\r\n\r\nda",
      "truncated",
    ],
    ["nothing", "malformed-status"],
  ])("throws when there is no stream: %j", async (answer, kind) => {
    using server = await rawServer((socket) => socket.end(answer));
    using one = testSession();
    expect(await kindOf(one.http.events(server.url).next())).toBe(kind);
  });
});

describe("a signal", () => {
  test("gives a request up, at once or before it was sent", async () => {
    using server = await rawServer(() => {});
    using one = testSession();
    const stop = new AbortController();
    const kind = kindOf(one.http.get(server.url, { signal: stop.signal, retries: 3 }));
    await until(() => server.received.length === 1, { what: "the request" });
    stop.abort();
    expect(await kind).toBe("given-up");
    expect(await kindOf(one.http.get(server.url, { signal: stop.signal }))).toBe("given-up");
    expect([one.hits, one.pool.openCount]).toEqual([["GET / given-up", "GET / given-up"], 0]);
    await until(() => server.counts.open === 0, { what: "the connection's end" });
  });
});
