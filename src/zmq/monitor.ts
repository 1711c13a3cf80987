// Events of a socket's connections. libzmq publishes them on a PAIR inside the process, each as two
// frames: u16 event and u32 value in the machine's order (little-endian on all our targets), then
// the endpoint.

import type { Pointer } from "bun:ffi";
import { zmqError } from "./errors.ts";
import { FrameReader, receiveMessage } from "./frames.ts";
import { pointerOf, type Zmq } from "./library.ts";
import { OPTION, SOCKET_TYPE } from "./symbols.ts";

/** Events by libzmq's bit, under our names. */
const EVENTS = [
  [0x0001, "connected"], // ZMQ_EVENT_CONNECTED
  [0x0008, "listening"], // ZMQ_EVENT_LISTENING
  [0x0010, "bind failed"], // ZMQ_EVENT_BIND_FAILED
  [0x0020, "accepted"], // ZMQ_EVENT_ACCEPTED
  [0x0040, "accept failed"], // ZMQ_EVENT_ACCEPT_FAILED
  [0x0200, "disconnected"], // ZMQ_EVENT_DISCONNECTED
  [0x0800, "handshake failed"], // ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL
  [0x1000, "handshake succeeded"], // ZMQ_EVENT_HANDSHAKE_SUCCEEDED
  [0x2000, "handshake refused"], // ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
  [0x4000, "authentication failed"], // ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
] as const;
export type MonitorEventName = (typeof EVENTS)[number][1];

export interface MonitorEvent {
  readonly event: MonitorEventName;
  /** A descriptor, an errno or a ZAP status, by the event. */
  readonly value: number;
  readonly endpoint: string;
}

const WANTED = EVENTS.reduce((bits, [bit]) => bits | bit, 0);
let monitors = 0;

export class SocketMonitor {
  readonly #zmq: Zmq;
  readonly #watched: Pointer;
  readonly #pair: Pointer;
  readonly #reader: FrameReader;
  #isClosed = false;

  constructor(zmq: Zmq, context: Pointer, watched: Pointer) {
    this.#zmq = zmq;
    this.#watched = watched;
    const endpoint = new TextEncoder().encode(`inproc://oct-monitor-${++monitors}\0`);
    if (zmq.zmq_socket_monitor(watched, endpoint, WANTED) !== 0) {
      throw zmqError(zmq, "libzmq does not watch a socket");
    }
    const pair = pointerOf(zmq.zmq_socket(context, SOCKET_TYPE.pair));
    if (pair === null) throw zmqError(zmq, "libzmq gives no socket");
    this.#pair = pair;
    // A full queue of events would stop libzmq's own thread: the queue has no limit, the owner reads it.
    const none = new Int32Array([0]);
    zmq.zmq_setsockopt(pair, OPTION.linger, none, none.byteLength);
    zmq.zmq_setsockopt(pair, OPTION.receiveHighWater, none, none.byteLength);
    if (zmq.zmq_connect(pair, endpoint) !== 0) throw zmqError(zmq, "libzmq does not tell events");
    this.#reader = new FrameReader(zmq, pair);
  }

  /** The next event, or undefined when there is none now. */
  next(): MonitorEvent | undefined {
    for (;;) {
      const frames = this.#isClosed ? undefined : receiveMessage(this.#reader);
      if (frames === undefined) return undefined;
      const event = decodeEvent(frames);
      if (event !== undefined) return event;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.close();
    this.#zmq.zmq_socket_monitor(this.#watched, null, 0);
    this.#zmq.zmq_close(this.#pair);
  }
}

function decodeEvent(frames: readonly Uint8Array[]): MonitorEvent | undefined {
  const [head, endpoint] = frames;
  if (head === undefined || head.length < 6) return undefined;
  const view = new DataView(head.buffer, head.byteOffset);
  const bit = view.getUint16(0, true);
  const event = EVENTS.find(([known]) => known === bit)?.[1];
  if (event === undefined) return undefined;
  return { event, value: view.getUint32(2, true), endpoint: new TextDecoder().decode(endpoint) };
}
