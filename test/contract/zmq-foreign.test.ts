// Our sockets against another implementation of ZeroMQ: Debian's python3-zmq in its own process.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { LINK_LIMIT } from "../../src/protocol/messages.ts";
import { bindProtocol1, connectProtocol1 } from "../../src/zmq/protocol1.ts";
import {
  DealerSocket,
  PullSocket,
  PushSocket,
  RouterSocket,
  SubSocket,
  XpubSocket,
  ZmqContext,
} from "../../src/zmq/socket.ts";
import { PythonPeer } from "../support/python-peer.ts";
import { connectZmtp, longFrameHead } from "../support/raw-zmtp.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (frames: readonly Uint8Array[] = []) =>
  frames.map((frame) => new TextDecoder().decode(frame));
const START = ' {"command":"start","msg":"open fire"}';

const TRANSPORTS: readonly [string, (folder: string) => string][] = [
  ["tcp", () => "tcp://127.0.0.1:*"],
  ["ipc", (folder) => `ipc://${folder}/socket`],
];

let python: PythonPeer;
let context: ZmqContext;
let folder: TempFolder;

beforeEach(() => {
  python = new PythonPeer();
  context = new ZmqContext();
  folder = tempFolder();
});
afterEach(async () => {
  await python[Symbol.asyncDispose]();
  context.close();
  folder[Symbol.dispose]();
});

describe.each(TRANSPORTS)("python3-zmq over %s", (_, endpointIn) => {
  test("its PUSH reaches our PULL in order, ours its PULL", async () => {
    const pull = new PullSocket(context);
    const endpoint = pull.bind(endpointIn(folder.path));
    const theirs = await python.open("PUSH");
    await theirs.connect(endpoint);
    await theirs.sendMany(2000);
    const received: string[] = [];
    await until(
      () => {
        for (let message = pull.receive(); message; message = pull.receive()) {
          received.push(...texts(message));
        }
        return received.length === 2000;
      },
      { what: "2000 messages" },
    );
    expect(received).toEqual(Array.from({ length: 2000 }, (__, i) => String(i)));
    const back = await python.open("PULL");
    const backEndpoint = await back.bind(
      endpointIn(`${folder.path}/..`).replace("socket", "oct-back"),
    );
    const push = new PushSocket(context);
    push.connect(backEndpoint);
    push.send(bytes("a"), bytes(""), bytes("c"));
    expect(texts(await back.receive())).toEqual(["a", "", "c"]);
  });

  test("its SUB gets our orders with their leading space; our XPUB sees what it asks for", async () => {
    const xpub = new XpubSocket(context);
    const endpoint = xpub.bind(endpointIn(folder.path));
    const sub = await python.open("SUB");
    await sub.set("SUBSCRIBE", "");
    await sub.set("SUBSCRIBE", "uuid-1");
    await sub.connect(endpoint);
    const prefixes: string[] = [];
    for (const __ of ["", "uuid-1"]) {
      const change = await until(() => xpub.receiveSubscription(), { what: "a subscription" });
      expect(change.isSubscribed).toBe(true);
      prefixes.push(change.prefix);
    }
    expect(prefixes.sort()).toEqual(["", "uuid-1"]);
    xpub.send(bytes(START));
    expect(texts(await sub.receive())).toEqual([START]);
    await sub.close();
    const gone = await until(() => xpub.receiveSubscription(), { what: "the end of one" });
    expect(gone.isSubscribed).toBe(false);
  });

  test("our SUB gets its PUB's orders", async () => {
    const pub = await python.open("XPUB");
    const sub = new SubSocket(context);
    sub.subscribe("");
    sub.connect(await pub.bind(endpointIn(folder.path)));
    expect(await pub.receive()).toEqual([Buffer.from([1])]);
    await pub.send(START);
    const order = await until(() => sub.receive(), { what: "the order" });
    expect(texts(order)).toEqual([START]);
  });

  test("its DEALER talks with our ROUTER, our DEALER with its ROUTER", async () => {
    const router = new RouterSocket(context);
    const dealer = await python.open("DEALER");
    await dealer.connect(router.bind(endpointIn(folder.path)));
    await dealer.send("hello");
    const routed = await until(() => router.receiveOne(100), { what: "hello" });
    expect(texts([routed.frame as Uint8Array])).toEqual(["hello"]);
    expect(router.send(routed.routingId, bytes("welcome"))).toBe(true);
    expect(texts(await dealer.receive())).toEqual(["welcome"]);

    const theirs = await python.open("ROUTER");
    const ours = new DealerSocket(context);
    ours.connect(await theirs.bind(endpointIn(folder.path).replace("/socket", "/other")));
    ours.send(bytes("hello"));
    const [id, hello] = (await theirs.receive()) as [Buffer, Buffer];
    expect(hello.toString()).toBe("hello");
    await theirs.send(id, "welcome");
    expect(texts(await until(() => ours.receive(), { what: "welcome" }))).toEqual(["welcome"]);
  });

  test("64 MiB come whole in both directions", async () => {
    const sizeBytes = LINK_LIMIT.frameBytes;
    const router = new RouterSocket(context);
    const dealer = await python.open("DEALER");
    await dealer.connect(router.bind(endpointIn(folder.path)));
    await dealer.sendSized(sizeBytes);
    const routed = await until(() => router.receiveOne(sizeBytes), { what: "64 MiB" });
    expect(routed.frame?.length).toBe(sizeBytes);
    expect(router.send(routed.routingId, routed.frame as Uint8Array)).toBe(true);
    expect(await dealer.receiveSize()).toBe(sizeBytes);
  });
});

describe("bindProtocol1", () => {
  const hear = (hq: ReturnType<typeof bindProtocol1>, seen: string[]) =>
    hq.drain(
      10_000,
      (frame, size) => seen.push(new TextDecoder().decode(frame.subarray(0, size))),
      (size) => seen.push(`oversize ${size}`),
    );

  test("publishes to a stock subscriber and pulls from a stock pusher", async () => {
    const hq = bindProtocol1({ address: "*", publishPort: 0, rcPort: 0 });
    try {
      const sub = await python.open("SUB");
      await sub.set("SUBSCRIBE", "");
      await sub.connect(`tcp://127.0.0.1:${hq.publishPort}`);
      const push = await python.open("PUSH");
      await push.connect(`tcp://localhost:${hq.rcPort}`);
      await push.send('{"status": "ready"}');
      await push.send("two", "frames");
      const seen: string[] = [];
      await until(() => hear(hq, seen) >= 0 && seen.length >= 3, { what: "status and frames" });
      expect(seen).toEqual(['{"status": "ready"}', "two", "frames"]);
      const order = await until(
        async () => {
          hq.publish(START);
          return await sub.receive(50);
        },
        { what: "the order" },
      );
      expect(texts(order)).toEqual([START]);
    } finally {
      hq.close();
    }
  });

  test("a frame over 64 MiB is told by its size and costs its sender the connection", async () => {
    const hq = bindProtocol1({ address: "127.0.0.1", publishPort: 0, rcPort: 0 });
    try {
      using peer = await connectZmtp(hq.rcPort, "PUSH");
      const sizeBytes = LINK_LIMIT.frameBytes + 1;
      const push = await python.open("PUSH");
      await push.connect(`tcp://127.0.0.1:${hq.rcPort}`);
      await push.sendSized(sizeBytes);
      const seen: string[] = [];
      await until(() => hear(hq, seen) >= 0 && seen.length > 0, { what: "the oversized frame" });
      expect(seen).toEqual([`oversize ${sizeBytes}`]);
      expect(peer.isClosed()).toBe(false);
      // The same peer comes back by itself; what it sent before it knew is lost with the connection.
      await until(
        async () => {
          await push.send("back");
          hear(hq, seen);
          return seen.includes("back");
        },
        { what: "the peer to be back" },
      );
    } finally {
      hq.close();
    }
  });

  test("a frame announced as huge ends the connection before it is read", async () => {
    const hq = bindProtocol1({ address: "127.0.0.1", publishPort: 0, rcPort: 0 });
    try {
      using peer = await connectZmtp(hq.rcPort, "PUSH");
      peer.write(longFrameHead(2 ** 50));
      await until(() => peer.isClosed(), { what: "the end of the connection" });
      const seen: string[] = [];
      hear(hq, seen);
      expect(seen).toEqual([]);
    } finally {
      hq.close();
    }
  });
});

/** An HQ made of the foreign peer's sockets. */
async function startHq(at: { readonly publish: string; readonly rc: string }) {
  const peer = new PythonPeer();
  const pub = await peer.open("XPUB");
  const pull = await peer.open("PULL");
  const publish = await pub.bind(at.publish);
  return { peer, pub, pull, at: { publish, rc: await pull.bind(at.rc) } };
}

describe("connectProtocol1", () => {
  test("finds an HQ again that was killed: orders come, and what waited is delivered", async () => {
    const anywhere = { publish: "tcp://127.0.0.1:*", rc: "tcp://127.0.0.1:*" };
    const first = await startHq(anywhere);
    const turret = connectProtocol1({
      host: "localhost",
      publishPort: portOf(first.at.publish),
      rcPort: portOf(first.at.rc),
      uuid: "uuid-1",
    });
    try {
      expect(turret.send("ready")).toBe(true);
      expect(texts(await first.pull.receive())).toEqual(["ready"]);
      await first.peer.kill();
      // What is on the wire when the HQ dies is lost; what is sent after the loss was seen waits.
      let sent = 0;
      const send = () => expect(turret.send(String(sent++))).toBe(true);
      send();
      const second = await startHq(first.at);
      await using _ = second.peer;
      const firstBack = await until(
        async () => {
          send();
          return await second.pull.receive(20);
        },
        { what: "a result at the second HQ" },
      );
      for (let i = 0; i < 50; i++) send();
      const received = texts(firstBack).map(Number);
      while (received.at(-1) !== sent - 1) {
        received.push(Number(texts(await second.pull.receive())[0]));
      }
      const start = received[0] as number;
      expect(received).toEqual(Array.from({ length: sent - start }, (__, i) => start + i));
      // A turret says again what it subscribes to as soon as it is turned.
      const subscription = await until(
        async () => {
          expect(turret.receive()).toBeUndefined();
          return await second.pub.receive(20);
        },
        { what: "the subscription" },
      );
      expect(subscription[0]?.[0]).toBe(1);
      await second.pub.send(START);
      const order = await until(() => turret.receive(), { what: "the order" });
      expect(texts([order])).toEqual([START]);
    } finally {
      turret.close();
    }
  });

  test("is told that its queue is full, and delivers the whole queue later", async () => {
    const hq = await startHq({ publish: "tcp://127.0.0.1:*", rc: "tcp://127.0.0.1:*" });
    await hq.peer.kill();
    const turret = connectProtocol1({
      host: "127.0.0.1",
      publishPort: portOf(hq.at.publish),
      rcPort: portOf(hq.at.rc),
      uuid: "uuid-1",
    });
    let accepted = 0;
    while (accepted < 1_000_000 && turret.send(String(accepted))) accepted++;
    expect(accepted).toBe(10_000);
    const ours = bindProtocol1({
      address: "127.0.0.1",
      publishPort: portOf(hq.at.publish),
      rcPort: portOf(hq.at.rc),
    });
    try {
      let received = 0;
      await until(
        () => {
          ours.drain(
            100_000,
            () => received++,
            () => {},
          );
          return received === accepted;
        },
        { what: "the whole queue" },
      );
      expect(turret.send("more")).toBe(true);
    } finally {
      turret.close();
      ours.close();
    }
  });
});

function portOf(endpoint: string): number {
  return Number(/:(\d+)$/.exec(endpoint)?.[1]);
}
