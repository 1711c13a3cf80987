// Noise at every port: whatever a peer sends, the sockets live and good peers are served.

import { expect, test } from "bun:test";
import { Random } from "../../src/base/random.ts";
import { bindHqLink, connectTurretLink } from "../../src/zmq/link.ts";
import { bindProtocol1 } from "../../src/zmq/protocol1.ts";
import { connectRaw, connectZmtp, greeting, type RawPeer } from "../support/raw-zmtp.ts";
import { until } from "../support/wait.ts";

const SEED = 20_261_121;
const COMMANDS = [
  "PING",
  "PONG",
  "SUBSCRIBE",
  "CANCEL",
  "READY",
  "ERROR",
  "JOIN",
  "LEAVE",
  "HELLO",
];

function noise(random: Random, sizeBytes: number): Buffer {
  return Buffer.from(Array.from({ length: sizeBytes }, () => random.integer(0, 255)));
}

function frame(flags: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([flags, body.length]), body]);
}

/** What a peer may do wrong, from before the handshake to well-formed frames of rubbish. */
const MISDEEDS: readonly [
  string,
  (port: number, type: string, random: Random) => Promise<RawPeer>,
][] = [
  [
    "bytes instead of a greeting",
    async (port, _, random) => {
      const peer = await connectRaw(port);
      peer.write(noise(random, 200));
      return peer;
    },
  ],
  [
    "bytes behind a greeting",
    async (port, _, random) => {
      const peer = await connectRaw(port);
      peer.write(Buffer.concat([greeting("NULL"), noise(random, 200)]));
      return peer;
    },
  ],
  [
    "bytes behind a handshake",
    async (port, type, random) => {
      const peer = await connectZmtp(port, type);
      peer.write(noise(random, random.integer(1, 200)));
      return peer;
    },
  ],
  [
    "commands with rubbish inside",
    async (port, type, random) => {
      const peer = await connectZmtp(port, type);
      for (let i = 0; i < 10; i++) {
        const name = random.pick(COMMANDS);
        const head = Buffer.concat([Buffer.from([name.length]), Buffer.from(name)]);
        peer.write(frame(4, Buffer.concat([head, noise(random, random.integer(0, 20))])));
      }
      return peer;
    },
  ],
  [
    "frames of rubbish",
    async (port, type, random) => {
      const peer = await connectZmtp(port, type);
      for (let i = 0; i < 20; i++) {
        peer.write(frame(random.integer(0, 1), noise(random, random.integer(0, 40))));
      }
      return peer;
    },
  ],
];

test.each(MISDEEDS)("%s cost nobody else anything", async (_, misbehave) => {
  const random = new Random(SEED);
  const link = bindHqLink({ address: "127.0.0.1", port: 0 });
  const protocol1 = bindProtocol1({ address: "127.0.0.1", publishPort: 0, rcPort: 0 });
  const turret = connectTurretLink({ host: "127.0.0.1", port: link.port });
  const ports = [
    [link.port, "DEALER"],
    [protocol1.rcPort, "PUSH"],
    [protocol1.publishPort, "SUB"],
  ] as const;
  const turn = () => {
    protocol1.publish(" order");
    protocol1.drain(
      1_000,
      () => {},
      () => {},
    );
    const next = link.receive();
    if (next !== undefined) link.send(next.peer, next.message);
  };
  try {
    for (let i = 0; i < 10; i++) {
      for (const [port, type] of ports) {
        using _peer = await misbehave(port, type, random);
        turn();
      }
    }
    turret.send(new TextEncoder().encode("hello"));
    const echo = await until(
      () => {
        turn();
        return turret.receive();
      },
      { what: "the good turret's answer" },
    );
    expect(new TextDecoder().decode(echo)).toBe("hello");
  } finally {
    turret.close();
    link.close();
    protocol1.close();
  }
});
