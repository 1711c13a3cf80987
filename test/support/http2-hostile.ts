// A server of HTTP/2 that writes the frames it is told to, whatever they are.

import type net from "node:net";
import { type RawServer, rawServer } from "./http-servers.ts";

/** A frame of HTTP/2 of any type. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const END_STREAM = 1;
const END_HEADERS = 4;
const BODY = Buffer.from("abc");

/** Frames on the first stream of a connection. `:status: 200` is one byte, 0x88. */
export const FRAMES = {
  settings: frame(4, 0, 0, new Uint8Array(0)),
  head: frame(1, END_HEADERS, 1, Uint8Array.of(0x88)),
  /** With `content-length: 9`. */
  headOfNine: frame(1, END_HEADERS, 1, Uint8Array.of(0x88, 0x0f, 0x0d, 0x01, 0x39)),
  badHead: frame(1, END_HEADERS, 1, new Uint8Array(6).fill(255)),
  data: frame(0, 0, 1, BODY),
  lastData: frame(0, END_STREAM, 1, BODY),
  reset: frame(3, 0, 1, number(2)),
  refused: frame(3, 0, 1, number(7)),
  goAway: frame(7, 0, 0, Buffer.concat([number(0), number(11)])),
  goAwayKindly: frame(7, 0, 0, Buffer.concat([number(1), number(0)])),
  noise: Buffer.alloc(100, 255),
} as const;

/** Says its settings to each connection, and lets `react` say the rest once. */
export function hostileHttp2(react: (socket: net.Socket) => void): Promise<RawServer> {
  const greeted = new Set<net.Socket>();
  return rawServer((socket) => {
    if (greeted.has(socket)) return;
    greeted.add(socket);
    socket.write(FRAMES.settings);
    react(socket);
  });
}
