// The oct link over the network: what HqLink and TurretLink promise, and what a hostile peer costs.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { OctError } from "../../src/base/errors.ts";
import type { TurretLink } from "../../src/protocol/link.ts";
import { LINK_LIMIT } from "../../src/protocol/messages.ts";
import { bindHqLink, connectTurretLink, type NetworkHqLink } from "../../src/zmq/link.ts";
import { bindProtocol1 } from "../../src/zmq/protocol1.ts";
import { connectRaw, connectZmtp, greeting, longFrameHead } from "../support/raw-zmtp.ts";
import { until } from "../support/wait.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (message: Uint8Array) => new TextDecoder().decode(message);

let hq: NetworkHqLink;
const opened: { close(): void }[] = [];

beforeEach(() => {
  hq = bindHqLink({ address: "127.0.0.1", port: 0 });
  opened.push(hq);
});
afterEach(() => {
  for (const link of opened.splice(0)) link.close();
});

function join(port = hq.port): TurretLink {
  const link = connectTurretLink({ host: "127.0.0.1", port });
  opened.push(link);
  return link;
}

/** What the HQ hears next; turrets are turned meanwhile, as their owner would. */
function heard(at: NetworkHqLink, ...turrets: readonly TurretLink[]) {
  return until(
    () => {
      for (const turret of turrets) turret.receive();
      return at.receive();
    },
    { what: "a message at the HQ" },
  );
}

function answered(turret: TurretLink) {
  return until(() => turret.receive(), { what: "a message at the turret" });
}

describe("bindHqLink and connectTurretLink", () => {
  test("carry messages both ways, in order, to the peer meant", async () => {
    const [one, two] = [join(), join()];
    one.send(bytes("one"));
    two.send(bytes("two"));
    const peers = new Map<string, string>();
    for (const _ of "12") {
      const { peer, message } = await heard(hq, one, two);
      peers.set(text(message), peer);
    }
    expect([...peers.keys()].sort()).toEqual(["one", "two"]);
    for (let i = 0; i < 100; i++) {
      expect(hq.send(peers.get("two") as string, bytes(`for two ${i}`))).toBe(true);
    }
    hq.send(peers.get("one") as string, bytes("for one"));
    for (let i = 0; i < 100; i++) expect(text(await answered(two))).toBe(`for two ${i}`);
    expect(text(await answered(one))).toBe("for one");
    expect([one.receive(), two.receive(), hq.receive()]).toEqual([undefined, undefined, undefined]);
  });

  test.each(["", "nonsense", "00aabbccdd.0", "zz.0", "00.x"])(
    "send to the unknown peer %p says false",
    (peer) => {
      expect(hq.send(peer, bytes("lost"))).toBe(false);
    },
  );

  test("a dropped peer that speaks again is a new one", async () => {
    const turret = join();
    turret.send(bytes("hello"));
    const first = await heard(hq, turret);
    hq.drop(first.peer);
    expect(hq.send(first.peer, bytes("lost"))).toBe(false);
    turret.send(bytes("again"));
    const second = await heard(hq, turret);
    expect(second.peer).not.toBe(first.peer);
    expect(hq.send(second.peer, bytes("welcome"))).toBe(true);
    expect(text(await answered(turret))).toBe("welcome");
  });

  test("reset starts a new connection and forgets the old one's messages", async () => {
    const turret = join();
    turret.send(bytes("hello"));
    const first = await heard(hq, turret);
    hq.send(first.peer, bytes("stale"));
    turret.reset();
    turret.send(bytes("hello again"));
    const second = await heard(hq, turret);
    expect(text(second.message)).toBe("hello again");
    expect(second.peer).not.toBe(first.peer);
    hq.send(second.peer, bytes("fresh"));
    expect(text(await answered(turret))).toBe("fresh");
    await until(() => !hq.send(first.peer, bytes("lost")), { what: "the old peer to be gone" });
  });

  test("while there is no HQ one message waits and more are refused", async () => {
    const { port } = hq;
    hq.close();
    const turret = join(port);
    expect(turret.send(bytes("hello"))).toBe(true);
    expect(turret.send(bytes("hello 2"))).toBe(false);
    const back = bindHqLink({ address: "127.0.0.1", port });
    opened.push(back);
    expect(text((await heard(back, turret)).message)).toBe("hello");
    expect(turret.send(bytes("next"))).toBe(true);
    expect(text((await heard(back, turret)).message)).toBe("next");
  });

  test("a turret finds its HQ again after the HQ's death", async () => {
    const turret = join();
    turret.send(bytes("hello"));
    await heard(hq, turret);
    const { port } = hq;
    hq.close();
    const back = bindHqLink({ address: "127.0.0.1", port });
    opened.push(back);
    let count = 0;
    const again = await until(
      () => {
        turret.send(bytes(`still here ${count++}`));
        turret.receive();
        return back.receive();
      },
      { what: "the turret" },
    );
    expect(text(again.message)).toStartWith("still here");
    expect(back.send(again.peer, bytes("welcome back"))).toBe(true);
    expect(text(await answered(turret))).toBe("welcome back");
  });

  test("a turret that stops reading makes send say false, not the HQ grow", async () => {
    const turret = join();
    turret.send(bytes("hello"));
    const { peer } = await heard(hq, turret);
    const chunk = new Uint8Array(LINK_LIMIT.packChunkBytes);
    let accepted = 0;
    while (accepted < 100_000 && hq.send(peer, chunk)) accepted++;
    expect(accepted).toBeLessThan(10_000);
    let received = 0;
    await until(
      () => {
        while (turret.receive() !== undefined) received++;
        return received === accepted;
      },
      { what: "all chunks accepted" },
    );
    expect(hq.send(peer, chunk)).toBe(true);
  });

  test("the largest frame comes whole, a larger one costs its sender the connection", async () => {
    const [good, bad] = [join(), join()];
    good.send(new Uint8Array(LINK_LIMIT.frameBytes).fill(1));
    const largest = await heard(hq, good);
    expect(largest.message.length).toBe(LINK_LIMIT.frameBytes);
    bad.send(new Uint8Array(LINK_LIMIT.frameBytes + 1));
    await until(
      () => {
        bad.receive();
        expect(hq.receive()).toBeUndefined();
        return hq.counts().disconnected > 0;
      },
      { what: "the end of a connection" },
    );
    expect(hq.counts()).toEqual({ accepted: 2, disconnected: 1, refused: 0, oversized: 1 });
    expect(hq.send(largest.peer, bytes("still welcome"))).toBe(true);
    expect(text(await answered(good))).toBe("still welcome");
  });
});

describe("a hostile peer of the link", () => {
  test("that announces a huge frame is disconnected before it sends it", async () => {
    using peer = await connectZmtp(hq.port, "DEALER");
    peer.write(longFrameHead(2 ** 60));
    await until(() => peer.isClosed(), { what: "the end of the connection" });
    await until(() => hq.counts().disconnected === 1, { what: "its count" });
    expect(hq.receive()).toBeUndefined();
  });

  test("that speaks another mechanism is refused and counted", async () => {
    using peer = await connectRaw(hq.port);
    peer.write(greeting("PLAIN"));
    await until(() => hq.counts().refused === 1, { what: "its count" });
    expect(hq.receive()).toBeUndefined();
  });

  test("that sends several frames gets one empty message through, which no codec takes", async () => {
    using peer = await connectZmtp(hq.port, "DEALER");
    peer.write(Buffer.from([1, 1, 65, 0, 1, 66]));
    expect((await heard(hq)).message).toEqual(new Uint8Array(0));
  });

  test("that sends noise leaves the others alone", async () => {
    using noise = await connectRaw(hq.port);
    noise.write(Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(50)));
    const turret = join();
    turret.send(bytes("hello"));
    const received: string[] = [];
    await until(
      () => {
        turret.receive();
        const next = hq.receive();
        if (next !== undefined) received.push(text(next.message));
        return received.includes("hello");
      },
      { what: "the turret" },
    );
    expect(received).toContain("hello");
  });
});

describe("listening", () => {
  test.each([
    ["the link", (port: number) => bindHqLink({ address: "127.0.0.1", port })],
    [
      "protocol 1",
      (port: number) => bindProtocol1({ address: "127.0.0.1", publishPort: 0, rcPort: port }),
    ],
  ])("%s on a port in use names the port and its holder", (_, bind) => {
    const thrown = thrownBy(() => bind(hq.port));
    expect(thrown.message).toContain("the port is in use by");
    expect(thrown.message).toContain(`process ${process.pid}`);
    expect(thrown.where).toBe(`tcp://127.0.0.1:${hq.port}`);
    expect(thrown.hint).toContain("another port");
  });

  test.each(["192.0.2.1", "no-such-host.invalid"])("at %s is refused with advice", (address) => {
    const thrown = thrownBy(() => bindHqLink({ address, port: 0 }));
    expect(thrown.message).toBe("this machine has no such address to listen on");
    expect(thrown.hint).toContain("--listen");
  });

  test.each([
    ["*", "127.0.0.1"],
    ["*", "[::1]"],
    ["localhost", "localhost"],
    ["::1", "::1"],
    ["lo", "127.0.0.1"],
  ])("at %s is found at %s", async (address, host) => {
    const link = bindHqLink({ address, port: 0 });
    const turret = connectTurretLink({ host, port: link.port });
    opened.push(link, turret);
    turret.send(bytes("hello"));
    expect(text((await heard(link, turret)).message)).toBe("hello");
  });

  test("after close nothing is sent or received", () => {
    const turret = join();
    turret.close();
    hq.close();
    turret.reset();
    expect([turret.send(bytes("x")), turret.receive()]).toEqual([false, undefined]);
    expect([hq.send("00.0", bytes("x")), hq.receive()]).toEqual([false, undefined]);
  });
});

function thrownBy(run: () => unknown): OctError {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(OctError);
    return thrown as OctError;
  }
  throw new Error("nothing was thrown");
}
