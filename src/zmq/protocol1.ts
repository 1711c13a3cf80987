// OCT protocol 1 over the network. The HQ publishes orders (PUB, 5000) and pulls statuses and
// results (PULL, 5001); a turret subscribes to all orders and to its uuid's, and pushes.

import type { Protocol1Hq, Protocol1Turret } from "../protocol/link.ts";
import { LINK_LIMIT } from "../protocol/messages.ts";
import { REFUSED_UNREAD_BYTES } from "./link.ts";
import { listen } from "./listen.ts";
import { bindable, connectable } from "./resolve.ts";
import { PubSocket, PullSocket, PushSocket, SubSocket, ZmqContext } from "./socket.ts";

const LINGER_MS = 1_000;
/** Frames up to this size are read through one reused buffer. */
const BUFFER_BYTES = 256 * 1024;
/**
 * Messages of one connection that wait in libzmq: past it TCP holds the sender back. At 700,000 a
 * second and a turn every 5 ms 3,500 come between two turns.
 */
const RECEIVE_HIGH_WATER = 20_000;
/** Statuses and results that wait in a turret for its HQ. */
const SEND_HIGH_WATER = 10_000;
/** Bytes taken from one connection in one system call; libzmq's own 8 KiB costs it many more calls. */
const IN_BATCH_BYTES = 64 * 1024;
/** What a subscriber may say: topics, which are uuids. */
const SUBSCRIPTION_BYTES_MAX = 64 * 1024;
/** Every cannon of a stock turret opens a connection of its own, all at once. */
const BACKLOG = 4_096;

export interface NetworkProtocol1Hq extends Protocol1Hq {
  readonly publishPort: number;
  readonly rcPort: number;
}

/** Listens on both ports; port 0 takes a free one. Throws OctError where it cannot. */
export function bindProtocol1(options: {
  readonly address: string;
  readonly publishPort: number;
  readonly rcPort: number;
}): NetworkProtocol1Hq {
  const at = bindable(options.address);
  const context = new ZmqContext();
  try {
    const pub = new PubSocket(context, {
      ipv6: at.ipv6,
      lingerMs: LINGER_MS,
      messageBytesMax: SUBSCRIPTION_BYTES_MAX,
      backlog: BACKLOG,
    });
    const pull = new PullSocket(context, {
      ipv6: at.ipv6,
      messageBytesMax: REFUSED_UNREAD_BYTES,
      receiveHighWater: RECEIVE_HIGH_WATER,
      inBatchBytes: IN_BATCH_BYTES,
      backlog: BACKLOG,
    });
    const publishPort = listen(pub, at, options.publishPort);
    return new HqEnd({ context, pub, pull, publishPort, rcPort: listen(pull, at, options.rcPort) });
  } catch (thrown) {
    context.close();
    throw thrown;
  }
}

interface HqEndParts {
  readonly context: ZmqContext;
  readonly pub: PubSocket;
  readonly pull: PullSocket;
  readonly publishPort: number;
  readonly rcPort: number;
}

class HqEnd implements NetworkProtocol1Hq {
  readonly #parts: HqEndParts;
  readonly #sizes = {
    buffer: new Uint8Array(BUFFER_BYTES),
    limitBytes: LINK_LIMIT.frameBytes,
  };

  constructor(parts: HqEndParts) {
    this.#parts = parts;
  }

  get publishPort(): number {
    return this.#parts.publishPort;
  }

  get rcPort(): number {
    return this.#parts.rcPort;
  }

  publish(order: string): void {
    if (!this.#parts.pub.isClosed) this.#parts.pub.send(new TextEncoder().encode(order));
  }

  drain(
    limit: number,
    onMessage: (bytes: Uint8Array, sizeBytes: number) => void,
    onOversize: (sizeBytes: number) => void,
  ): number {
    const { pull } = this.#parts;
    return pull.isClosed ? 0 : pull.drain(limit, this.#sizes, onMessage, onOversize);
  }

  close(): void {
    this.#parts.context.close();
  }
}

/** Connects to an HQ, old or ours, now or whenever it comes. */
export function connectProtocol1(options: {
  readonly host: string;
  readonly publishPort: number;
  readonly rcPort: number;
  readonly uuid: string;
}): Protocol1Turret {
  const { host, ipv6 } = connectable(options.host);
  const context = new ZmqContext();
  try {
    const shared = { ipv6, reconnectMs: 100, reconnectMsMax: 1_000, lingerMs: LINGER_MS };
    const sub = new SubSocket(context, { ...shared, messageBytesMax: LINK_LIMIT.frameBytes });
    sub.subscribe("");
    sub.subscribe(options.uuid);
    sub.connect(`tcp://${host}:${options.publishPort}`);
    const push = new PushSocket(context, { ...shared, sendHighWater: SEND_HIGH_WATER });
    push.connect(`tcp://${host}:${options.rcPort}`);
    return new TurretEnd(context, sub, push);
  } catch (thrown) {
    context.close();
    throw thrown;
  }
}

class TurretEnd implements Protocol1Turret {
  readonly #context: ZmqContext;
  readonly #sub: SubSocket;
  readonly #push: PushSocket;

  constructor(context: ZmqContext, sub: SubSocket, push: PushSocket) {
    this.#context = context;
    this.#sub = sub;
    this.#push = push;
  }

  receive(): Uint8Array | undefined {
    return this.#sub.isClosed ? undefined : this.#sub.receive()?.[0];
  }

  send(message: string): boolean {
    return !this.#push.isClosed && this.#push.send(new TextEncoder().encode(message));
  }

  close(): void {
    this.#context.close();
  }
}
