// The oct link over the network: the HQ is a ROUTER on one port, every turret a DEALER. A peer of the
// HQ is a routing id that libzmq makes afresh for every connection; HQ and turret see only HqLink
// and TurretLink.

import type { HqLink, TurretLink } from "../protocol/link.ts";
import { LINK_LIMIT } from "../protocol/messages.ts";
import { listen } from "./listen.ts";
import type { SocketMonitor } from "./monitor.ts";
import { bindable, connectable } from "./resolve.ts";
import { DealerSocket, RouterSocket, type SocketOptions, ZmqContext } from "./socket.ts";

/**
 * libzmq itself ends a connection at a frame of this size. One between LINK_LIMIT.frameBytes and this
 * comes in whole and is refused here, so that it can be counted: libzmq tells nobody why it cut.
 */
export const REFUSED_UNREAD_BYTES = 4 * LINK_LIMIT.frameBytes;

/** Dropped peers that are remembered, so that what still comes from them counts as a new peer's. */
const DROPPED_MAX = 10_000;
const LINGER_MS = 1_000;

const LIVELY: SocketOptions = {
  lingerMs: LINGER_MS,
  messageBytesMax: REFUSED_UNREAD_BYTES,
  heartbeatMs: 2_000,
  heartbeatTimeoutMs: 6_000,
  handshakeMs: 10_000,
};
// Batches are large: few may wait in libzmq, the rest stays in the turret's bounded outbox.
const HQ_OPTIONS: SocketOptions = {
  ...LIVELY,
  receiveHighWater: 100,
  sendHighWater: 1_000,
  backlog: 4_096,
};
const TURRET_OPTIONS: SocketOptions = {
  ...LIVELY,
  receiveHighWater: 1_000,
  sendHighWater: 100,
  immediate: true,
  reconnectMs: 100,
  reconnectMsMax: 1_000,
};

/** What happened to connections since the link was opened. */
export interface LinkCounts {
  readonly accepted: number;
  readonly disconnected: number;
  /** Peers that do not speak ZeroMQ, or not ours. */
  readonly refused: number;
  /** Frames over the limit; each cost its peer the connection. */
  readonly oversized: number;
}

export interface NetworkHqLink extends HqLink {
  readonly port: number;
  counts(): LinkCounts;
}

/** Listens for turrets; port 0 takes a free one. Throws OctError where it cannot. */
export function bindHqLink(options: {
  readonly address: string;
  readonly port: number;
}): NetworkHqLink {
  const at = bindable(options.address);
  const context = new ZmqContext();
  try {
    const socket = new RouterSocket(context, { ...HQ_OPTIONS, ipv6: at.ipv6 });
    const port = listen(socket, at, options.port);
    return new HqEnd({ context, socket, counter: new ConnectionCounter(socket.monitor()), port });
  } catch (thrown) {
    context.close();
    throw thrown;
  }
}

interface HqEndParts {
  readonly context: ZmqContext;
  readonly socket: RouterSocket;
  readonly counter: ConnectionCounter;
  readonly port: number;
}

class HqEnd implements NetworkHqLink {
  readonly #parts: HqEndParts;
  readonly #peers = new PeerNames(DROPPED_MAX);
  #oversized = 0;

  constructor(parts: HqEndParts) {
    this.#parts = parts;
  }

  get port(): number {
    return this.#parts.port;
  }

  counts(): LinkCounts {
    this.#parts.counter.read();
    return { ...this.#parts.counter.counts(), oversized: this.#oversized };
  }

  receive(): { readonly peer: string; readonly message: Uint8Array } | undefined {
    const { socket, counter } = this.#parts;
    for (;;) {
      const routed = socket.isClosed ? undefined : socket.receiveOne(LINK_LIMIT.frameBytes);
      if (routed === undefined) {
        counter.read();
        return undefined;
      }
      if (routed.frame === undefined && routed.sizeBytes > LINK_LIMIT.frameBytes) {
        this.#oversized++;
        continue;
      }
      // A message of several frames is none of ours: empty, so that the codec refuses and counts it.
      const message = routed.frame ?? new Uint8Array(0);
      return { peer: this.#peers.nameOf(routed.routingId), message };
    }
  }

  send(peer: string, message: Uint8Array): boolean {
    const routingId = this.#peers.routingIdOf(peer);
    const { socket } = this.#parts;
    return routingId !== undefined && !socket.isClosed && socket.send(routingId, message);
  }

  drop(peer: string): void {
    this.#peers.drop(peer);
  }

  close(): void {
    this.#parts.context.close();
  }
}

/**
 * Names of peers: the routing id in hexadecimal, and behind a dot how often it was dropped, so that a
 * dropped peer that speaks again is a new one. Remembers the last `limit` dropped ids.
 */
export class PeerNames {
  readonly #limit: number;
  readonly #dropped = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  nameOf(routingId: Uint8Array): string {
    const id = Buffer.from(routingId).toString("hex");
    return `${id}.${this.#dropped.get(id) ?? 0}`;
  }

  /** Undefined for a name that is none, or no longer. */
  routingIdOf(name: string): Uint8Array | undefined {
    const parts = splitName(name);
    if (parts === undefined || parts.times !== (this.#dropped.get(parts.id) ?? 0)) return undefined;
    return Buffer.from(parts.id, "hex");
  }

  drop(name: string): void {
    const parts = splitName(name);
    if (parts === undefined || parts.times !== (this.#dropped.get(parts.id) ?? 0)) return;
    this.#dropped.delete(parts.id);
    this.#dropped.set(parts.id, parts.times + 1);
    if (this.#dropped.size <= this.#limit) return;
    const [oldest] = this.#dropped.keys();
    this.#dropped.delete(oldest as string);
  }
}

function splitName(name: string): { id: string; times: number } | undefined {
  const found = /^((?:[0-9a-f]{2})+)\.(\d+)$/.exec(name);
  return found === null ? undefined : { id: found[1] as string, times: Number(found[2]) };
}

class ConnectionCounter {
  readonly #monitor: SocketMonitor;
  #accepted = 0;
  #disconnected = 0;
  #refused = 0;

  constructor(monitor: SocketMonitor) {
    this.#monitor = monitor;
  }

  /** Takes the events that have come. */
  read(): void {
    for (let event = this.#monitor.next(); event; event = this.#monitor.next()) {
      if (event.event === "accepted") this.#accepted++;
      else if (event.event === "disconnected") this.#disconnected++;
      else if (event.event.startsWith("handshake ") && event.event !== "handshake succeeded") {
        this.#refused++;
      } else if (event.event === "authentication failed") this.#refused++;
    }
  }

  counts(): Omit<LinkCounts, "oversized"> {
    const [accepted, disconnected] = [this.#accepted, this.#disconnected];
    return { accepted, disconnected, refused: this.#refused };
  }
}

/** Connects to an HQ, now or whenever it comes. */
export function connectTurretLink(options: {
  readonly host: string;
  readonly port: number;
}): TurretLink {
  return new TurretEnd(options);
}

/**
 * While there is no connection exactly one message waits: the hello that opens the next one. More
 * would reach the HQ stale, one for every second that it was away.
 */
class TurretEnd implements TurretLink {
  readonly #context = new ZmqContext();
  readonly #endpoint: string;
  readonly #ipv6: boolean;
  #socket: DealerSocket;
  #waiting: Uint8Array | undefined;

  constructor(options: { readonly host: string; readonly port: number }) {
    // Asked once: a resolver that does not answer would hold up the turret at every reset.
    const { host, ipv6 } = connectable(options.host);
    this.#endpoint = `tcp://${host}:${options.port}`;
    this.#ipv6 = ipv6;
    this.#socket = this.#connect();
  }

  receive(): Uint8Array | undefined {
    if (this.#socket.isClosed) return undefined;
    this.#sendWaiting();
    const frames = this.#socket.receive();
    if (frames === undefined) return undefined;
    return frames.length === 1 ? frames[0] : new Uint8Array(0);
  }

  send(message: Uint8Array): boolean {
    if (this.#socket.isClosed || !this.#sendWaiting()) return false;
    if (!this.#socket.send(message)) this.#waiting = message;
    return true;
  }

  reset(): void {
    if (this.#socket.isClosed) return;
    this.#waiting = undefined;
    this.#socket.abandon();
    this.#socket = this.#connect();
  }

  close(): void {
    this.#context.close();
  }

  /** False when a message still waits. */
  #sendWaiting(): boolean {
    if (this.#waiting !== undefined && !this.#socket.send(this.#waiting)) return false;
    this.#waiting = undefined;
    return true;
  }

  #connect(): DealerSocket {
    const socket = new DealerSocket(this.#context, { ...TURRET_OPTIONS, ipv6: this.#ipv6 });
    socket.connect(this.#endpoint);
    return socket;
  }
}
