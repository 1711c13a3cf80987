// ZeroMQ sockets: a context, and one small class for each pattern with only what the pattern allows.
// Nothing here blocks: sending says false where it would wait, receiving says undefined. Closing
// gives unsent messages at most `lingerMs`, so neither close nor the end of the process can hang.

import type { Pointer } from "bun:ffi";
import { assert } from "../base/assert.ts";
import { zmqError } from "./errors.ts";
import { FrameReader, receiveMessage, sendMessage } from "./frames.ts";
import { loadZmq, pointerOf, type Zmq } from "./library.ts";
import { SocketMonitor } from "./monitor.ts";
import { ERRNO, OPTION, SOCKET_TYPE } from "./symbols.ts";

export interface SocketOptions {
  /** Milliseconds that unsent messages are kept after close(); default 0. */
  readonly lingerMs?: number;
  /** Messages waiting to go out to one peer; default 1000. */
  readonly sendHighWater?: number;
  /** Messages come in from one peer and not read yet; default 1000. */
  readonly receiveHighWater?: number;
  /** A larger frame costs its sender the connection. */
  readonly messageBytesMax?: number;
  readonly reconnectMs?: number;
  /** The wait before connecting again doubles up to this. */
  readonly reconnectMsMax?: number;
  /** A peer is asked for a sign of life so often. */
  readonly heartbeatMs?: number;
  /** A peer that gives none for so long is disconnected. */
  readonly heartbeatTimeoutMs?: number;
  readonly handshakeMs?: number;
  /** Connections that wait to be accepted. */
  readonly backlog?: number;
  /** Bytes taken from the system in one go. */
  readonly inBatchBytes?: number;
  /** Names and `*` mean IPv6 addresses too. */
  readonly ipv6?: boolean;
  /** Queue only for peers that are connected, so that nothing stale goes out later. */
  readonly immediate?: boolean;
}

/** Milliseconds that the end of a context waits at most, whatever a socket asks for. */
const LINGER_MS_MAX = 10_000;
const INTERRUPTS_MAX = 100;

/** A libzmq context: owns its sockets and an I/O thread. */
export class ZmqContext implements Disposable {
  readonly zmq: Zmq = loadZmq();
  readonly handle: Pointer;
  readonly #sockets = new Set<ZmqSocket>();
  #isClosed = false;

  constructor() {
    const handle = pointerOf(this.zmq.zmq_ctx_new());
    if (handle === null) throw zmqError(this.zmq, "libzmq gives no context");
    this.handle = handle;
  }

  /** Called by a socket as it opens and closes. */
  adopt(socket: ZmqSocket): void {
    assert(!this.#isClosed, "no socket opens in a closed context");
    this.#sockets.add(socket);
  }

  release(socket: ZmqSocket): void {
    this.#sockets.delete(socket);
  }

  /** Closes all sockets and waits for their unsent messages, as long as their lingerMs says. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of [...this.#sockets]) socket.close();
    for (let i = 0; i < INTERRUPTS_MAX; i++) {
      if (this.zmq.zmq_ctx_term(this.handle) === 0) return;
      if (this.zmq.zmq_errno() !== ERRNO.interrupted) return;
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What all patterns share. */
export abstract class ZmqSocket implements Disposable {
  readonly zmq: Zmq;
  protected readonly handle: Pointer;
  readonly #context: ZmqContext;
  #monitor: SocketMonitor | undefined;
  #isClosed = false;

  protected constructor(context: ZmqContext, type: number, options: SocketOptions) {
    this.#context = context;
    this.zmq = context.zmq;
    const handle = pointerOf(this.zmq.zmq_socket(context.handle, type));
    if (handle === null) throw zmqError(this.zmq, "libzmq gives no socket");
    this.handle = handle;
    context.adopt(this);
    this.#apply({ lingerMs: 0, ...options });
  }

  /**
   * Listens at an endpoint and returns it as it came out: port 0 or `*` become a real port. Done
   * before monitor() is called: a watched socket's failure overwrites its own errno.
   */
  bind(endpoint: string): string {
    assert(this.#monitor === undefined, "a socket listens before it is watched");
    if (this.zmq.zmq_bind(this.handle, cString(endpoint)) === 0) return this.lastEndpoint();
    throw new BindFailed(endpoint, this.zmq.zmq_errno());
  }

  /** Connects now, and again whenever the connection is lost. */
  connect(endpoint: string): void {
    if (this.zmq.zmq_connect(this.handle, cString(endpoint)) === 0) return;
    throw zmqError(this.zmq, "cannot connect", { where: endpoint });
  }

  /** Events of this socket's connections from now on. */
  monitor(): SocketMonitor {
    this.#monitor ??= new SocketMonitor(this.zmq, this.#context.handle, this.handle);
    return this.#monitor;
  }

  /** Closes at once and forgets what was not sent. */
  abandon(): void {
    if (!this.#isClosed) this.setInteger(OPTION.linger, 0);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#monitor?.close();
    this.beforeClose();
    this.#context.release(this);
    this.zmq.zmq_close(this.handle);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Frees what a pattern holds beside its socket. */
  protected beforeClose(): void {}

  protected setInteger(option: number, value: number): void {
    this.#set(option, new Int32Array([value]));
  }

  protected setBytes(option: number, value: Uint8Array): void {
    this.#set(option, value);
  }

  protected lastEndpoint(): string {
    const text = new Uint8Array(1024);
    const size = new BigUint64Array([BigInt(text.length)]);
    if (this.zmq.zmq_getsockopt(this.handle, OPTION.lastEndpoint, text, size) !== 0) {
      throw zmqError(this.zmq, "libzmq does not tell where it listens");
    }
    return new TextDecoder().decode(text.subarray(0, Number(size[0]) - 1));
  }

  #set(option: number, value: Int32Array | BigInt64Array | Uint8Array): void {
    const { zmq, handle } = this;
    if (zmq.zmq_setsockopt(handle, option, value, value.byteLength) === 0) return;
    throw zmqError(zmq, `libzmq refuses option ${option}`);
  }

  #apply(options: SocketOptions): void {
    const { lingerMs = 0, ipv6, immediate, messageBytesMax, ...numbers } = options;
    assert(lingerMs >= 0 && lingerMs <= LINGER_MS_MAX, "linger is bounded");
    this.setInteger(OPTION.linger, lingerMs);
    if (ipv6 !== undefined) this.setInteger(OPTION.ipv6, Number(ipv6));
    if (immediate !== undefined) this.setInteger(OPTION.immediate, Number(immediate));
    if (messageBytesMax !== undefined) {
      this.#set(OPTION.messageBytesMax, new BigInt64Array([BigInt(messageBytesMax)]));
    }
    for (const [name, value] of Object.entries(numbers)) {
      this.setInteger(OPTION[name as keyof typeof numbers], value);
    }
  }
}

/** libzmq could not listen; the caller says why in the operator's words. */
export class BindFailed extends Error {
  override readonly name = "BindFailed";
  readonly errno: number;
  constructor(endpoint: string, errno: number) {
    super(`cannot listen at ${endpoint} (errno ${errno})`);
    this.errno = errno;
  }
}

/** The patterns that only send. */
abstract class SendingSocket extends ZmqSocket {
  /** Queues one message of one or more frames; false, and nothing sent, when it would wait. */
  send(...frames: readonly Uint8Array[]): boolean {
    return sendMessage(this.zmq, this.handle, frames);
  }
}

/** The patterns that only receive. */
abstract class ReceivingSocket extends ZmqSocket {
  protected readonly reader = new FrameReader(this.zmq, this.handle);

  /** The next message, all its frames, or undefined when there is none now. */
  receive(): Uint8Array[] | undefined {
    return receiveMessage(this.reader);
  }

  protected override beforeClose(): void {
    this.reader.close();
  }
}

/** PUB: every message to every subscriber; a subscriber that is too slow loses some. */
export class PubSocket extends SendingSocket {
  constructor(context: ZmqContext, options: SocketOptions = {}) {
    super(context, SOCKET_TYPE.pub, options);
  }
}

/** SUB: the messages whose first frame starts with a text subscribed to. */
export class SubSocket extends ReceivingSocket {
  constructor(context: ZmqContext, options: SocketOptions = {}) {
    super(context, SOCKET_TYPE.sub, options);
  }

  subscribe(prefix: string): void {
    this.setBytes(OPTION.subscribe, new TextEncoder().encode(prefix));
  }

  unsubscribe(prefix: string): void {
    this.setBytes(OPTION.unsubscribe, new TextEncoder().encode(prefix));
  }
}

/** PUSH: every message to one of its peers. */
export class PushSocket extends SendingSocket {
  constructor(context: ZmqContext, options: SocketOptions = {}) {
    super(context, SOCKET_TYPE.push, options);
  }
}

/** PULL: messages of all its peers in turn. */
export class PullSocket extends ReceivingSocket {
  constructor(context: ZmqContext, options: SocketOptions = {}) {
    super(context, SOCKET_TYPE.pull, options);
  }

  /**
   * Hands up to `limit` frames to `onFrame`, each as a message of its own, and returns how many there
   * were. Frames that fit come in `buffer`, larger ones in bytes of their own. One of more than
   * `limitBytes` is dropped, its sender disconnected and `onOversize` told.
   */
  drain(
    limit: number,
    sizes: { readonly buffer: Uint8Array; readonly limitBytes: number },
    onFrame: (bytes: Uint8Array, sizeBytes: number) => void,
    onOversize: (sizeBytes: number) => void,
  ): number {
    const { reader } = this;
    const { buffer, limitBytes } = sizes;
    const roomBytes = buffer.length;
    let count = 0;
    while (count < limit) {
      const sizeBytes = reader.next();
      if (sizeBytes < 0) break;
      count++;
      if (sizeBytes <= roomBytes) {
        reader.copyInto(buffer, sizeBytes);
        onFrame(buffer, sizeBytes);
      } else if (sizeBytes <= limitBytes) {
        onFrame(reader.copy(sizeBytes), sizeBytes);
      } else {
        reader.cutSource();
        reader.close();
        onOversize(sizeBytes);
      }
    }
    return count;
  }
}

/** DEALER: messages to and from its peers, without order of question and answer. */
export class DealerSocket extends ReceivingSocket {
  constructor(context: ZmqContext, options: SocketOptions = {}) {
    super(context, SOCKET_TYPE.dealer, options);
  }

  send(...frames: readonly Uint8Array[]): boolean {
    return sendMessage(this.zmq, this.handle, frames);
  }
}

/** ROUTER: messages from its peers and to one of them, told apart by routing id. */
export class RouterSocket extends ReceivingSocket {
  constructor(context: ZmqContext, options: SocketOptions = {}) {
    super(context, SOCKET_TYPE.router, options);
    this.setInteger(OPTION.routerMandatory, 1);
  }

  /** False, and nothing sent, when the peer is unknown or its queue full. */
  send(routingId: Uint8Array, ...frames: readonly Uint8Array[]): boolean {
    return sendMessage(this.zmq, this.handle, [routingId, ...frames]);
  }

  /**
   * The next frame behind its routing id; undefined when there is none now. A message that does not
   * have exactly one frame of at most `limitBytes` is told by `sizeBytes` alone, and one with a larger
   * frame costs its sender the connection.
   */
  receiveOne(limitBytes: number): RoutedFrame | undefined {
    const { reader } = this;
    const idBytes = reader.next();
    if (idBytes < 0) return undefined;
    const routingId = reader.copy(idBytes);
    let frame: Uint8Array | undefined;
    let sizeBytes = 0;
    let count = 0;
    while (reader.hasMore) {
      const frameBytes = reader.next();
      if (frameBytes < 0) break;
      count++;
      sizeBytes += frameBytes;
      if (frameBytes > limitBytes) reader.cutSource();
      else if (count === 1) frame = reader.copy(frameBytes);
    }
    reader.close();
    return { routingId, frame: count === 1 ? frame : undefined, sizeBytes };
  }
}

export interface RoutedFrame {
  readonly routingId: Uint8Array;
  readonly frame: Uint8Array | undefined;
  readonly sizeBytes: number;
}

/** XPUB: a PUB that sees who subscribes to what. */
export class XpubSocket extends SendingSocket {
  readonly #reader = new FrameReader(this.zmq, this.handle);

  constructor(context: ZmqContext, options: SocketOptions = {}) {
    super(context, SOCKET_TYPE.xpub, options);
    this.setInteger(OPTION.xpubVerbose, 1);
  }

  /** The next change of a subscription, or undefined when there is none now. */
  receiveSubscription(): { readonly isSubscribed: boolean; readonly prefix: string } | undefined {
    const frame = receiveMessage(this.#reader)?.[0];
    if (frame === undefined) return undefined;
    const prefix = new TextDecoder().decode(frame.subarray(1));
    return { isSubscribed: frame[0] === 1, prefix };
  }

  protected override beforeClose(): void {
    this.#reader.close();
  }
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
