// A hand-made ZMTP 3.1 peer on a plain TCP socket, for frames that no library would send.

import { until } from "./wait.ts";

export interface RawPeer extends Disposable {
  /** True once the other side has closed the connection. */
  isClosed(): boolean;
  received(): Buffer;
  write(bytes: Uint8Array): void;
}

/** Connects to a port of loopback without saying anything. */
export async function connectRaw(port: number): Promise<RawPeer> {
  let isClosed = false;
  let received = Buffer.alloc(0);
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, chunk) {
        received = Buffer.concat([received, chunk]);
      },
      close() {
        isClosed = true;
      },
      error() {
        isClosed = true;
      },
    },
  });
  return {
    isClosed: () => isClosed,
    received: () => received,
    write: (bytes) => void socket.write(bytes),
    [Symbol.dispose]: () => socket.end(),
  };
}

/** The 64 bytes that open a ZMTP 3.1 connection with a mechanism. */
export function greeting(mechanism: string): Buffer {
  const bytes = Buffer.alloc(64);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes[11] = 1;
  bytes.write(mechanism, 12);
  return bytes;
}

/** Connects and shakes hands as a socket of `type` without security. */
export async function connectZmtp(port: number, type: string): Promise<RawPeer> {
  const peer = await connectRaw(port);
  peer.write(greeting("NULL"));
  const property = Buffer.concat([
    Buffer.from("\x0bSocket-Type"),
    Buffer.from([0, 0, 0, type.length]),
    Buffer.from(type),
  ]);
  const ready = Buffer.concat([Buffer.from("\x05READY"), property]);
  peer.write(Buffer.concat([Buffer.from([4, ready.length]), ready]));
  await until(() => peer.received().includes("READY"), { what: "the other side's READY" });
  return peer;
}

/** Head of a frame of `sizeBytes` in the long form. */
export function longFrameHead(sizeBytes: number): Buffer {
  const head = Buffer.alloc(9);
  head[0] = 2;
  head.writeBigUInt64BE(BigInt(sizeBytes), 1);
  return head;
}
