// A UDP socket of a cannon towards one peer. Datagrams wait in a bounded queue until the script reads
// them.

import { errorText, systemCode } from "../base/errors.ts";
import { isIp } from "../base/ip.ts";
import { COUNTER } from "../stats/cell.ts";
import type { CannonHost } from "./context.ts";
import { Gate, holdSocket, peerOf, SOCKET_LIMIT, SocketError, timeoutUsOf } from "./socket-wait.ts";
import { suspended } from "./waiting.ts";

/** The peer of a UDP socket. */
export interface UdpOptions {
  readonly host: string;
  readonly port: number;
}

type Socket = Bun.udp.ConnectedSocket<"uint8array">;

/**
 * A UDP socket. `using` closes it at the end of its block.
 *
 * @example
 * using socket = await this.udp({ host: "127.0.0.1", port: 9999 });
 * socket.send("ping");
 * const answer = await socket.receive({ timeout: 1 });
 */
export class UdpSocket implements Disposable {
  readonly #host: CannonHost;
  readonly #gate: Gate;
  readonly #peer: string;
  readonly #release: () => void;
  readonly #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #socket: Socket | undefined;
  #failure: SocketError | undefined;
  #isClosed = false;

  /** Scripts call `this.udp`. */
  constructor(host: CannonHost, peer: string) {
    this.#host = host;
    this.#peer = peer;
    this.#gate = new Gate(host.thread);
    this.#release = holdSocket(host, () => this.close());
  }

  /** Datagrams that wait to be read. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Sends one datagram; false where the system has no room for it now.
   *
   * @example socket.send(new Uint8Array([1, 2, 3]));
   */
  send(data: string | Uint8Array): boolean {
    if (this.#isClosed || this.#socket === undefined) throw this.#closedError();
    const isSent = this.#socket.send(data);
    if (isSent) {
      this.#host.count(COUNTER.udpSent, 1);
      const sizeBytes = typeof data === "string" ? Buffer.byteLength(data) : data.length;
      this.#host.count(COUNTER.bytesOut, sizeBytes);
    }
    return isSent;
  }

  /**
   * The next datagram; waits for it (60 seconds where nothing is said).
   *
   * @example const answer = await socket.receive({ timeout: 0.5 });
   */
  receive(options: { readonly timeout?: number } = {}): Promise<Uint8Array> {
    try {
      const timeoutUs = timeoutUsOf(options.timeout);
      const late = () =>
        new SocketError("timeout", this.#peer, `no datagram from ${this.#peer} in time`);
      return this.#gate.until({ take: () => this.#take(), timeoutUs, late });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /**
   * Closes the socket.
   *
   * @example socket.close();
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket?.close();
    this.#release();
    this.#gate.wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Opens it; for `openUdp`. */
  async opened(options: UdpOptions): Promise<void> {
    try {
      const hostname = await addressOf(options.host);
      const socket = await Bun.udpSocket<"uint8array">({
        binaryType: "uint8array",
        connect: { hostname, port: options.port },
        socket: {
          data: (_, bytes) => this.#onData(bytes),
          // The runtime gives the error alone, whatever its types say.
          error: (...given: unknown[]) => this.#onError(given.at(-1)),
        },
      });
      this.#socket = socket;
      if (!this.#isClosed) return;
      socket.close();
      throw this.#closedError();
    } catch (thrown) {
      this.close();
      if (thrown instanceof SocketError) throw thrown;
      const why = systemCode(thrown) ?? errorText(thrown);
      throw new SocketError("connect", this.#peer, `no UDP socket to ${this.#peer}: ${why}`);
    }
  }

  #onData(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    this.#host.count(COUNTER.udpReceived, 1);
    this.#host.count(COUNTER.bytesIn, bytes.length);
    this.#queue.push(Uint8Array.from(bytes));
    this.#queuedBytes += bytes.length;
    this.#gate.wake();
    while (
      this.#queue.length > SOCKET_LIMIT.queuedMessages ||
      this.#queuedBytes > SOCKET_LIMIT.queuedBytes
    ) {
      this.#queuedBytes -= this.#queue.shift()?.length ?? 0;
      this.#host.count(COUNTER.udpDropped, 1);
    }
  }

  // The peer's machine said that nobody listens: whoever waits learns it, once.
  #onError(thrown: unknown): void {
    const why = systemCode(thrown) ?? errorText(thrown);
    this.#failure = new SocketError("failed", this.#peer, `${this.#peer}: ${why}`);
    this.#gate.wake();
  }

  #take(): Uint8Array | undefined {
    const found = this.#queue.shift();
    if (found !== undefined) {
      this.#queuedBytes -= found.length;
      return found;
    }
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    if (this.#isClosed) throw this.#closedError();
    return undefined;
  }

  #closedError(): SocketError {
    return new SocketError("closed", this.#peer, `the UDP socket to ${this.#peer} is closed`);
  }
}

/** Opens a socket; rejects with a SocketError where the system does not let it. */
export async function openUdp(host: CannonHost, options: UdpOptions): Promise<UdpSocket> {
  const socket = new UdpSocket(host, peerOf(options));
  await suspended(host.thread, socket.opened(options));
  return socket;
}

// The runtime's UDP takes addresses only.
async function addressOf(host: string): Promise<string> {
  if (isIp(host) !== 0) return host;
  const [found] = await Bun.dns.lookup(host);
  if (found === undefined) throw new Error("the name was not found");
  return found.address;
}
