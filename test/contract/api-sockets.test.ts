// A script's TCP, TLS and UDP sockets against real servers.

import { describe, expect, test } from "bun:test";
import net from "node:net";
import { SocketError } from "../../src/api/index.ts";
import { SOCKET_LIMIT } from "../../src/api/socket-wait.ts";
import { COUNTER } from "../../src/stats/cell.ts";
import { apiBench } from "../support/api-host.ts";
import { closedPort, rawServer, TEST_TLS } from "../support/http-servers.ts";
import { until } from "../support/wait.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const LOCAL = "127.0.0.1";

async function errorOf(promise: Promise<unknown>): Promise<SocketError> {
  const thrown: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(SocketError);
  return thrown as SocketError;
}

/** Says what it is told, one byte at a time where asked. */
function talker() {
  return rawServer((socket, said) => {
    if (said.startsWith("bytewise ")) for (const one of said.slice(9)) socket.write(one, "latin1");
    else if (said.startsWith("end ")) socket.end(said.slice(4));
    else if (said === "reset") socket.resetAndDestroy();
    else if (said !== "silence") socket.write(said);
  });
}

describe("TcpConnection", () => {
  test("reads by number, by delimiter, by line and what is there", async () => {
    using server = await talker();
    using bench = apiBench();
    using socket = await bench.transaction.tcp({ host: LOCAL, port: server.port });
    await socket.write("bytewise abcdeHEAD\r\n\r\nline é\r\nlast\nrest");
    expect(text(await socket.read(3))).toBe("abc");
    expect(await socket.read(0)).toEqual(new Uint8Array(0));
    expect(text(await socket.readUntil("\r\n\r\n"))).toBe("deHEAD");
    expect(await socket.readLine()).toBe("line é");
    expect(text(await socket.readUntil(Uint8Array.of(10)))).toBe("last");
    let rest = "";
    while (rest.length < 4) rest += text(await socket.read());
    expect(rest).toBe("rest");
  });

  test("counts and measures", async () => {
    using server = await talker();
    using bench = apiBench();
    const { measured, transaction } = bench;
    const socket = await transaction.tcp({ host: "localhost", port: server.port, name: "mail" });
    await socket.write(Uint8Array.of(104, 105));
    expect(text(await socket.read(2))).toBe("hi");
    socket.close();
    socket.close();
    expect(measured.counts).toEqual(
      new Map([
        [COUNTER.tcpOpened, 1],
        [COUNTER.bytesOut, 2],
        [COUNTER.bytesIn, 2],
        [COUNTER.tcpClosed, 1],
      ]),
    );
    expect(measured.timers).toMatchObject([{ name: "mail connect", isError: false }]);
    expect(await until(() => server.counts.open === 0, { what: "the close" })).toBe(true);
  });

  test("reads all until the peer closes, and what came before it closed", async () => {
    using server = await talker();
    using bench = apiBench();
    const { transaction } = bench;
    const socket = await transaction.tcp({ host: LOCAL, port: server.port });
    await socket.write("end first\nand all the rest");
    expect(await socket.readLine()).toBe("first");
    expect(text(await socket.readAll())).toBe("and all the rest");
    expect(await socket.readAll()).toEqual(new Uint8Array(0));
    expect(await socket.read()).toEqual(new Uint8Array(0));
    expect(socket.isOpen).toBe(false);
    expect((await errorOf(socket.read(1))).message).toContain("closed, after 0 of 1 bytes");
    expect((await errorOf(socket.readLine())).message).toContain("before the delimiter came");
    expect((await errorOf(socket.write("more"))).kind).toBe("closed");
  });

  test("says nothing more and still reads", async () => {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => {
      let said = "";
      socket.on("data", (bytes) => {
        said += bytes.toString();
      });
      socket.on("end", () => socket.end(`heard ${said}`));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, LOCAL, () => resolve());
    });
    using bench = apiBench();
    const { port } = server.address() as net.AddressInfo;
    const socket = await bench.transaction.tcp({ host: LOCAL, port });
    await socket.write("all of it");
    socket.end();
    expect(text(await socket.readAll())).toBe("heard all of it");
    server.close();
  });

  test("hands a reset to whoever reads", async () => {
    using server = await talker();
    using bench = apiBench();
    const socket = await bench.transaction.tcp({ host: LOCAL, port: server.port });
    await socket.write("reset");
    const error = await errorOf(socket.read());
    expect(error.message).toContain("ECONNRESET");
    expect([error.kind, error.peer]).toEqual(["failed", `${LOCAL}:${server.port}`]);
    expect(bench.measured.counts.get(COUNTER.tcpClosed)).toBe(1);
  });

  test("waits no longer than told", async () => {
    using server = await talker();
    using bench = apiBench();
    const socket = await bench.transaction.tcp({ host: LOCAL, port: server.port });
    await socket.write("silence");
    expect((await errorOf(socket.readLine({ timeout: 0.01 }))).kind).toBe("timeout");
    expect((await errorOf(socket.read(1, { timeout: 0.01 }))).message).toContain("in time");
    await expect(socket.read(-1)).rejects.toThrow("read takes a number");
    await expect(socket.readUntil("")).rejects.toThrow("empty delimiter");
    await expect(socket.readLine({ timeout: -1 })).rejects.toThrow("more than 0 seconds");
    expect(socket.isOpen).toBe(true);
  });

  test("makes a fast peer wait, and loses nothing", async () => {
    const total = SOCKET_LIMIT.queuedBytes * 2;
    const piece = Buffer.alloc(1 << 20, "x");
    using server = await rawServer((socket) => {
      for (let sent = 0; sent < total; sent += piece.length) socket.write(piece);
    });
    using bench = apiBench();
    const socket = await bench.transaction.tcp({ host: LOCAL, port: server.port });
    await socket.write("go");
    const full = () => socket.waiting >= SOCKET_LIMIT.queuedBytes;
    await until(full, { what: "a full buffer" });
    expect(socket.waiting).toBeLessThan(SOCKET_LIMIT.queuedBytes + (4 << 20));
    expect((await errorOf(socket.readUntil("never"))).kind).toBe("overflow");
    expect((await errorOf(socket.readAll())).kind).toBe("overflow");
    expect((await errorOf(socket.read(SOCKET_LIMIT.queuedBytes + 1))).kind).toBe("overflow");
    let read = 0;
    while (read < total) read += (await socket.read()).length;
    expect(read).toBe(total);
  });

  test("writes more than the system takes at once", async () => {
    let heard = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    const total = 8 << 20;
    using server = await rawServer((_, said) => {
      heard += said.length;
      if (heard === total) resolve();
    });
    using bench = apiBench();
    const socket = await bench.transaction.tcp({ host: LOCAL, port: server.port });
    const large = new Uint8Array(total);
    await socket.write(large);
    await promise;
    expect(heard).toBe(total);
    const tooMuch = new Uint8Array(SOCKET_LIMIT.unsentBytes + 1);
    expect((await errorOf(socket.write(tooMuch))).kind).toBe("overflow");
  });

  test("speaks TLS, and checks certificates unless told otherwise", async () => {
    using server = Bun.listen({
      hostname: LOCAL,
      port: 0,
      tls: TEST_TLS,
      socket: { data: (socket, bytes) => void socket.write(bytes) },
    }) as Bun.TCPSocketListener & Disposable;
    using bench = apiBench();
    const { transaction, measured } = bench;
    const { port } = server;
    const refused = await errorOf(transaction.tcp({ host: LOCAL, port, tls: true }));
    expect(refused.kind).toBe("connect");
    for (const tls of [{ insecure: true }, { ca: TEST_TLS.cert, serverName: "localhost" }]) {
      using socket = await transaction.tcp({ host: LOCAL, port, tls });
      await socket.write("over TLS\n");
      expect(await socket.readLine()).toBe("over TLS");
    }
    expect(measured.counts.get(COUNTER.tcpOpened)).toBe(2);
    expect(measured.timers.map(({ name, isError }) => [name, isError])).toEqual([
      ["TLS connect", true],
      ["TLS connect", false],
      ["TLS connect", false],
    ]);
  });

  test.each([
    ["refused", async () => ({ host: LOCAL, port: await closedPort() }), "ECONNREFUSED"],
    [
      "no name",
      async () => ({ host: "no-such-host.invalid", port: 80 }),
      "no-such-host.invalid:80",
    ],
  ])("says why there is no connection: %s", async (_, options, message) => {
    using bench = apiBench();
    const error = await errorOf(bench.transaction.tcp(await options()));
    expect(error.kind).toBe("connect");
    expect(error.message).toContain(message);
    expect(bench.measured.timers).toMatchObject([{ name: "TCP connect", isError: true }]);
    expect(bench.measured.counts.size).toBe(0);
  });

  test.each([
    [{ host: "", port: 1 }, "needs a host"],
    [{ host: LOCAL, port: 0 }, "needs a port"],
    [{ host: LOCAL, port: 70_000 }, "needs a port"],
    [{ host: LOCAL, port: 1.5 }, "needs a port"],
  ])("refuses %p", async (options, message) => {
    using bench = apiBench();
    await expect(bench.transaction.tcp(options)).rejects.toThrow(message);
    await expect(bench.transaction.udp(options)).rejects.toThrow(message);
  });

  test("ends with the cannon, whatever waits", async () => {
    using server = await talker();
    const bench = apiBench();
    const socket = await bench.transaction.tcp({ host: LOCAL, port: server.port });
    const waiting = errorOf(socket.readLine());
    bench.close();
    expect((await waiting).message).toContain("the run ended");
    expect(await until(() => server.counts.open === 0, { what: "the close" })).toBe(true);
  });
});

async function echoServer() {
  const socket = await Bun.udpSocket({
    hostname: LOCAL,
    port: 0,
    socket: {
      data(own, bytes, port, address) {
        const said = bytes.toString();
        if (said === "silence") return;
        const count = said === "flood" ? 100 : 1;
        for (let i = 0; i < count; i++) own.send(said, port, address);
      },
    },
  });
  return { port: socket.port, [Symbol.dispose]: () => socket.close() };
}

describe("UdpSocket", () => {
  test("sends and receives datagrams, and counts them", async () => {
    using server = await echoServer();
    using bench = apiBench();
    using socket = await bench.transaction.udp({ host: "localhost", port: server.port });
    expect(socket.send("hi")).toBe(true);
    expect(text(await socket.receive())).toBe("hi");
    expect(socket.send(Uint8Array.of(1, 2, 3))).toBe(true);
    expect(await socket.receive({ timeout: 5 })).toEqual(Uint8Array.of(1, 2, 3));
    expect(bench.measured.counts).toEqual(
      new Map([
        [COUNTER.udpSent, 2],
        [COUNTER.bytesOut, 5],
        [COUNTER.udpReceived, 2],
        [COUNTER.bytesIn, 5],
      ]),
    );
  });

  test("waits no longer than told, and ends with the cannon", async () => {
    using server = await echoServer();
    const bench = apiBench();
    const socket = await bench.transaction.udp({ host: LOCAL, port: server.port });
    socket.send("silence");
    expect((await errorOf(socket.receive({ timeout: 0.01 }))).kind).toBe("timeout");
    const waiting = errorOf(socket.receive());
    bench.close();
    expect((await waiting).kind).toBe("closed");
    expect(() => socket.send("more")).toThrow("is closed");
    expect((await errorOf(socket.receive())).kind).toBe("closed");
  });

  test("keeps a bounded number of datagrams, and counts what it drops", async () => {
    using server = await echoServer();
    using bench = apiBench();
    const socket = await bench.transaction.udp({ host: LOCAL, port: server.port });
    const { counts } = bench.measured;
    const flood = () => {
      socket.send("flood");
      return counts.get(COUNTER.udpDropped);
    };
    await until(flood, { what: "a dropped datagram" });
    const received = counts.get(COUNTER.udpReceived) ?? 0;
    const dropped = counts.get(COUNTER.udpDropped) ?? 0;
    expect(socket.waiting).toBe(received - dropped);
    expect(socket.waiting).toBeLessThanOrEqual(SOCKET_LIMIT.queuedMessages);
  });

  test("says that nobody listens", async () => {
    using bench = apiBench();
    const gone = await echoServer();
    const { port } = gone;
    gone[Symbol.dispose]();
    const socket = await bench.transaction.udp({ host: LOCAL, port });
    socket.send("anybody?");
    expect((await errorOf(socket.receive({ timeout: 5 }))).message).toContain("ECONNREFUSED");
  });

  test("says that there is no such name", async () => {
    using bench = apiBench();
    const opening = bench.transaction.udp({ host: "no-such-host.invalid", port: 9 });
    expect((await errorOf(opening)).kind).toBe("connect");
  });
});
