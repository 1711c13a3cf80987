// Requests on connections that the server closed at the moment they were used again.

import { describe, expect, test } from "bun:test";
import {
  createServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { rawServer } from "../support/http-servers.ts";
import { kindOf, testSession } from "../support/http-session.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Answers once on each connection, then `leave`s it when it is used again. */
function oneAnswerEach(leave: (socket: Socket) => void) {
  const answered = new WeakSet<Socket>();
  return rawServer((socket) => {
    if (answered.has(socket)) leave(socket);
    else {
      answered.add(socket);
      socket.write(OK);
    }
  });
}

const close = (socket: Socket) => socket.end();
const reset = (socket: Socket) => socket.resetAndDestroy();

describe("a request on a connection that is closed under it", () => {
  test.each([
    ["closed", close],
    ["reset", reset],
  ])("goes out once more when it was %s", async (_, leave) => {
    using server = await oneAnswerEach(leave);
    using one = testSession();
    for (const method of ["get", "put", "delete", "options"] as const) {
      const answer = await one.http[method](server.url);
      expect([answer.text(), answer.request.isReused]).toEqual(["ok", false]);
    }
    expect(one.hits).toEqual([
      "GET / 200",
      "PUT / resent",
      "PUT / 200",
      "DELETE / resent",
      "DELETE / 200",
      "OPTIONS / resent",
      "OPTIONS / 200",
    ]);
    expect(server.counts.opened).toBe(4);
  });

  test("carries its body again, and its time runs on", async () => {
    const bodies: string[] = [];
    using server = await rawServer((socket, text, connection) => {
      bodies.push(text.split("\r\n\r\n")[1] as string);
      if (connection === 0 && bodies.length > 1) socket.end();
      else socket.write(OK);
    });
    using one = testSession();
    await one.http.put(server.url, { body: "first" });
    const answer = await one.http.put(server.url, { body: "second" });
    expect(bodies).toEqual(["first", "second", "second"]);
    const { dnsUs, connectUs, tlsUs, sendUs, waitUs, receiveUs } = answer.timings;
    expect(answer.durationUs).toBeGreaterThan(
      dnsUs + connectUs + tlsUs + sendUs + waitUs + receiveUs - 6,
    );
  });

  test.each(["post", "patch"] as const)("does not when it is a %s", async (method) => {
    using server = await oneAnswerEach(close);
    using one = testSession();
    await one.http.get(server.url);
    expect(await kindOf(one.http[method](server.url, { body: "x" }))).toBe("closed");
    expect(server.counts.opened).toBe(1);
    await one.http.get(server.url);
    // The script may say that it does no harm.
    const name = method.toUpperCase();
    expect((await one.http[method](server.url, { body: "x", retries: 1 })).text()).toBe("ok");
    expect(one.hits.slice(-2)).toEqual([`${name} / closed`, `${name} / 200`]);
  });

  test("does not where the script wants to see it", async () => {
    using server = await oneAnswerEach(close);
    using one = testSession({ resend: false });
    await one.http.get(server.url);
    expect(await kindOf(one.http.get(server.url))).toBe("closed");
    expect(one.hits).toEqual(["GET / 200", "GET / closed"]);
  });

  test("does not when a byte of the answer had come", async () => {
    using server = await oneAnswerEach((socket) => socket.end("H"));
    using one = testSession();
    await one.http.get(server.url);
    expect(await kindOf(one.http.get(server.url))).toBe("truncated");
    expect(server.counts.opened).toBe(1);
  });

  test("never goes out a third time, nor on a connection made for it", async () => {
    using server = await rawServer((socket, _, connection) => {
      if (connection === 0 && server.received.length === 1) socket.write(OK);
      else socket.end();
    });
    using one = testSession();
    await one.http.get(server.url);
    expect(await kindOf(one.http.get(server.url))).toBe("closed");
    expect(await kindOf(one.http.get(server.url))).toBe("closed");
    expect(one.hits).toEqual(["GET / 200", "GET / resent", "GET / closed", "GET / closed"]);
    expect(server.received.length).toBe(4);
  });

  test("is given up with its signal, also the second time", async () => {
    const stop = new AbortController();
    using server = await rawServer((socket, _, connection) => {
      if (server.received.length === 1) socket.write(OK);
      else if (connection === 0) socket.end();
      else stop.abort();
    });
    using one = testSession();
    await one.http.get(server.url);
    expect(await kindOf(one.http.get(server.url, { signal: stop.signal }))).toBe("given-up");
    expect(one.pool.openCount).toBe(0);
  });

  test("fails as what the new connection fails with", async () => {
    const server = await oneAnswerEach((socket) => {
      server[Symbol.dispose]();
      socket.end();
    });
    using one = testSession();
    await one.http.get(server.url);
    expect(["refused", "reset", "closed"]).toContain(await kindOf(one.http.get(server.url)));
    expect(one.hits.slice(0, 2)).toEqual(["GET / 200", "GET / resent"]);
  });
});

describe("a request of HTTP/2 whose connection is closed under it", () => {
  async function http2Server(onSecond: (session: ServerHttp2Session) => void) {
    let requests = 0;
    const server: Http2Server = createServer();
    server.on("stream", (stream: ServerHttp2Stream) => {
      if (++requests === 2) onSecond(stream.session as ServerHttp2Session);
      else {
        stream.respond({ ":status": 200 });
        stream.end("ok");
      }
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve());
    });
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/`, [Symbol.dispose]: () => void server.close() };
  }

  test("goes out once more on another, unless it may do harm", async () => {
    using server = await http2Server((session) => session.destroy());
    using one = testSession({ http2: true });
    expect((await one.http.get(server.url)).text()).toBe("ok");
    const second = await one.http.get(server.url);
    expect([second.text(), second.request.isReused]).toEqual(["ok", false]);
    expect(one.hits).toEqual(["GET / 200", "GET / resent", "GET / 200"]);
  });

  test("fails when it may do harm", async () => {
    using server = await http2Server((session) => session.destroy());
    using one = testSession({ http2: true });
    await one.http.get(server.url);
    expect(["closed", "reset"]).toContain(await kindOf(one.http.post(server.url, { body: "x" })));
    expect(one.hits.length).toBe(2);
  });
});
