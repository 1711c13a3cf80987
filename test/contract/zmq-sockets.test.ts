// One suite over every transport: what each pattern carries, in which order, and what it refuses.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  DealerSocket,
  PubSocket,
  PullSocket,
  PushSocket,
  RouterSocket,
  SubSocket,
  XpubSocket,
  ZmqContext,
  type ZmqSocket,
} from "../../src/zmq/socket.ts";
import { connectRaw, greeting } from "../support/raw-zmtp.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const texts = (frames: readonly Uint8Array[]) => frames.map((f) => new TextDecoder().decode(f));
const MEGABYTE = 1024 * 1024;

/** Where a socket of each transport listens. */
const TRANSPORTS: readonly [string, (folder: string) => string][] = [
  ["tcp", () => "tcp://127.0.0.1:*"],
  ["ipc", (folder) => `ipc://${folder}/socket`],
  ["inproc", () => `inproc://${crypto.randomUUID()}`],
];

describe.each(TRANSPORTS)("sockets over %s", (transport, endpointIn) => {
  let context: ZmqContext;
  let folder: TempFolder;

  beforeEach(() => {
    context = new ZmqContext();
    folder = tempFolder();
  });
  afterEach(() => {
    context.close();
    folder[Symbol.dispose]();
  });

  function join(bound: ZmqSocket, connected: ZmqSocket): void {
    connected.connect(bound.bind(endpointIn(folder.path)));
  }

  function receive(socket: { receive(): Uint8Array[] | undefined }): Promise<Uint8Array[]> {
    return until(() => socket.receive(), { what: "a message" });
  }

  test("PUSH and PULL carry every message in order", async () => {
    const pull = new PullSocket(context);
    const push = new PushSocket(context);
    join(pull, push);
    const sent = Array.from({ length: 500 }, (_, i) => `message ${i}`);
    for (const text of sent) expect(push.send(bytes(text))).toBe(true);
    const received: string[] = [];
    for (const _ of sent) received.push(...texts(await receive(pull)));
    expect(received).toEqual(sent);
    expect(pull.receive()).toBeUndefined();
  });

  test("frames stay apart, empty ones too", async () => {
    const pull = new PullSocket(context);
    const push = new PushSocket(context);
    join(pull, push);
    push.send(bytes("a"), bytes(""), bytes("b"));
    push.send(bytes(""));
    expect(texts(await receive(pull))).toEqual(["a", "", "b"]);
    expect(texts(await receive(pull))).toEqual([""]);
  });

  test("PULL's drain hands on each frame, small ones in the buffer, large ones whole", async () => {
    const pull = new PullSocket(context);
    const push = new PushSocket(context);
    join(pull, push);
    push.send(bytes("one"), bytes("two"));
    push.send(bytes("larger than the buffer"));
    push.send(bytes("this is over the limit of this test"));
    push.send(bytes(""));
    const sizes = { buffer: new Uint8Array(8), limitBytes: 25 };
    const seen: string[] = [];
    await until(
      () => {
        pull.drain(
          10,
          sizes,
          (frame, size) => seen.push(new TextDecoder().decode(frame.subarray(0, size))),
          (size) => seen.push(`oversize ${size}`),
        );
        return seen.some((text) => text.startsWith("oversize"));
      },
      { what: "all frames" },
    );
    expect(seen.slice(0, 4)).toEqual(["one", "two", "larger than the buffer", "oversize 35"]);
  });

  test("PULL's drain takes no more than its limit", async () => {
    const pull = new PullSocket(context);
    const push = new PushSocket(context);
    join(pull, push);
    for (let i = 0; i < 5; i++) push.send(bytes(String(i)));
    const sizes = { buffer: new Uint8Array(8), limitBytes: 8 };
    const counts: number[] = [];
    let total = 0;
    await until(
      () => {
        const count = pull.drain(
          2,
          sizes,
          () => total++,
          () => {},
        );
        if (count > 0) counts.push(count);
        return total === 5;
      },
      { what: "five frames" },
    );
    expect(Math.max(...counts)).toBeLessThanOrEqual(2);
  });

  test("64 MiB come whole", async () => {
    const pull = new PullSocket(context);
    const push = new PushSocket(context);
    join(pull, push);
    const large = new Uint8Array(64 * MEGABYTE);
    large.fill(7);
    large[0] = 1;
    large[large.length - 1] = 2;
    expect(push.send(large)).toBe(true);
    const [received] = await receive(pull);
    expect(received?.length).toBe(large.length);
    expect(Bun.hash(received as Uint8Array)).toBe(Bun.hash(large));
  });

  test("SUB gets what starts with a prefix it asked for, until it no longer does", async () => {
    const xpub = new XpubSocket(context);
    const sub = new SubSocket(context);
    sub.subscribe(" ");
    sub.subscribe("uuid-1");
    join(xpub, sub);
    const changes: string[] = [];
    const change = async () => {
      const seen = await until(() => xpub.receiveSubscription(), { what: "a subscription" });
      changes.push(`${seen.isSubscribed ? "+" : "-"}${seen.prefix}`);
    };
    await change();
    await change();
    expect(changes.sort()).toEqual(["+ ", "+uuid-1"]);
    xpub.send(bytes('nobody {"command":"kill"}'));
    xpub.send(bytes(' {"command":"start","msg":"open fire"}'));
    xpub.send(bytes("uuid-1 order"));
    expect(texts(await receive(sub))).toEqual([' {"command":"start","msg":"open fire"}']);
    expect(texts(await receive(sub))).toEqual(["uuid-1 order"]);
    sub.unsubscribe("uuid-1");
    await change();
    expect(changes[2]).toBe("-uuid-1");
  });

  test("PUB reaches every subscriber and none that asked for something else", async () => {
    const pub = new PubSocket(context);
    const endpoint = pub.bind(endpointIn(folder.path));
    const all = new SubSocket(context);
    const other = new SubSocket(context);
    all.subscribe("");
    other.subscribe("other");
    all.connect(endpoint);
    other.connect(endpoint);
    const first = await until(
      () => {
        pub.send(bytes(" order"));
        return all.receive();
      },
      { what: "the order" },
    );
    expect(texts(first)).toEqual([" order"]);
    expect(other.receive()).toBeUndefined();
  });

  test("DEALER and ROUTER talk both ways; an unknown peer is refused", async () => {
    const router = new RouterSocket(context);
    const dealer = new DealerSocket(context);
    join(router, dealer);
    dealer.send(bytes("hello"));
    const routed = await until(() => router.receiveOne(100), { what: "a message" });
    expect(texts([routed.frame as Uint8Array])).toEqual(["hello"]);
    expect(router.send(routed.routingId, bytes("welcome"))).toBe(true);
    expect(texts(await receive(dealer))).toEqual(["welcome"]);
    expect(router.send(bytes("nobody"), bytes("lost"))).toBe(false);
    expect(router.receiveOne(100)).toBeUndefined();
  });

  test("ROUTER tells a message of several frames, or of too large a one, by its size alone", async () => {
    const router = new RouterSocket(context);
    const dealer = new DealerSocket(context);
    join(router, dealer);
    dealer.send(bytes("two"), bytes("frames"));
    dealer.send(bytes("eleven bytes"));
    const several = await until(() => router.receiveOne(10), { what: "a message" });
    expect([several.frame, several.sizeBytes]).toEqual([undefined, 9]);
    const large = await until(() => router.receiveOne(10), { what: "a message" });
    expect([large.frame, large.sizeBytes]).toEqual([undefined, 12]);
  });

  test("a full queue refuses, and takes again when it was read", async () => {
    const pull = new PullSocket(context, { receiveHighWater: 10 });
    const push = new PushSocket(context, { sendHighWater: 10 });
    join(pull, push);
    const large = new Uint8Array(MEGABYTE);
    let accepted = 0;
    while (accepted < 1000 && push.send(large)) accepted++;
    expect(accepted).toBeGreaterThanOrEqual(10);
    expect(accepted).toBeLessThan(1000);
    let received = 0;
    await until(
      () => {
        while (pull.receive() !== undefined) received++;
        return received === accepted;
      },
      { what: "what was accepted" },
    );
    expect(push.send(large)).toBe(true);
  });

  test("closing twice and closing the context first are harmless", () => {
    const push = new PushSocket(context);
    push.connect(
      transport === "inproc"
        ? "inproc://nobody"
        : new PullSocket(context).bind(endpointIn(folder.path)),
    );
    push.send(bytes("unsent"));
    context.close();
    push.close();
    context.close();
    expect(push.isClosed).toBe(true);
  });
});

describe("SocketMonitor", () => {
  test("tells connections, handshakes and their end", async () => {
    using context = new ZmqContext();
    const pull = new PullSocket(context);
    const endpoint = pull.bind("tcp://127.0.0.1:*");
    const seen: string[] = [];
    const monitor = pull.monitor();
    const sees = (name: string) =>
      until(
        () => {
          for (let event = monitor.next(); event; event = monitor.next()) seen.push(event.event);
          return seen.includes(name);
        },
        { what: `${name} among ${seen}` },
      );
    const push = new PushSocket(context);
    const outgoing = push.monitor();
    push.connect(endpoint);
    await sees("accepted");
    await sees("handshake succeeded");
    const connected = await until(() => outgoing.next(), { what: "an event" });
    expect(connected.event).toBe("connected");
    expect(connected.endpoint).toBe(endpoint);
    push.close();
    await sees("disconnected");
    expect(outgoing.next()).toBeUndefined();
  });

  test("tells a peer that wants another mechanism", async () => {
    using context = new ZmqContext();
    const pull = new PullSocket(context);
    using peer = await connectRaw(portOf(pull.bind("tcp://127.0.0.1:*")));
    const monitor = pull.monitor();
    peer.write(greeting("PLAIN"));
    const seen: string[] = [];
    await until(
      () => {
        for (let event = monitor.next(); event; event = monitor.next()) seen.push(event.event);
        return seen.includes("handshake refused");
      },
      { what: "a refused handshake" },
    );
    expect(seen).not.toContain("handshake succeeded");
    await until(() => peer.isClosed(), { what: "the end of the connection" });
  });
});

function portOf(endpoint: string): number {
  return Number(/:(\d+)$/.exec(endpoint)?.[1]);
}
