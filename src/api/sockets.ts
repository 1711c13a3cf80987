// A TCP or TLS connection of a cannon. What arrives waits in a bounded buffer until the script reads
// it; when the buffer is full the peer is made to wait.

import { errorText, systemCode } from "../base/errors.ts";
import { COUNTER } from "../stats/cell.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { CannonHost } from "./context.ts";
import { isSecure, type SocketWaitOptions, type TcpOptions, tlsOf } from "./socket-options.ts";
import { Gate, holdSocket, peerOf, SOCKET_LIMIT, SocketError, timeoutUsOf } from "./socket-wait.ts";

type State = "connecting" | "open" | "ended" | "closed";
type Socket = Bun.Socket<TcpConnection>;

const EMPTY = new Uint8Array(0);

/**
 * An open TCP connection. `using` closes it at the end of its block.
 *
 * @example
 * using socket = await this.tcp({ host: "localhost", port: 6379 });
 * await socket.write("PING\r\n");
 * const pong = await socket.readLine({ timeout: 2 });
 */
export class TcpConnection implements Disposable {
  readonly #host: CannonHost;
  readonly #gate: Gate;
  readonly #peer: string;
  readonly #release: () => void;
  readonly #incoming = new ByteQueue();
  #state: State = "connecting";
  #socket: Socket | undefined;
  #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  #isPaused = false;
  #failure: SocketError | undefined;

  /** Scripts call `this.tcp`. */
  constructor(host: CannonHost, peer: string) {
    this.#host = host;
    this.#peer = peer;
    this.#gate = new Gate(host.thread);
    this.#release = holdSocket(host, () => this.#close("the run ended"));
  }

  /** False as soon as either side has closed; what arrived before can still be read. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Bytes that wait to be read. */
  get waiting(): number {
    return this.#incoming.length;
  }

  /**
   * Sends a text (UTF-8) or bytes; resolves when the system has taken all of it.
   *
   * @example await socket.write("EHLO localhost\r\n");
   */
  write(data: string | Uint8Array, options: SocketWaitOptions = {}): Promise<void> {
    try {
      const bytes = typeof data === "string" ? Buffer.from(data) : Uint8Array.from(data);
      this.#send(bytes);
      const take = () => {
        if (this.#outgoingBytes === 0) return true;
        if (this.#state === "open") return undefined;
        throw this.#closedError();
      };
      return this.#until(take, { ...options, what: "takes no more" }).then(() => {});
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /**
   * Exactly so many bytes; without a number what is there next, empty when the peer has closed.
   *
   * @example const header = await socket.read(4);
   */
  read(sizeBytes?: number, options: SocketWaitOptions = {}): Promise<Uint8Array> {
    if (sizeBytes === undefined) {
      return this.#until(() => {
        if (this.#incoming.length > 0) return this.#taken(this.#incoming.length);
        if (this.#isDone) return this.#endOrThrow();
        return undefined;
      }, options);
    }
    if (!(Number.isInteger(sizeBytes) && sizeBytes >= 0)) {
      return Promise.reject(new RangeError(`read takes a number of bytes, not ${sizeBytes}`));
    }
    if (sizeBytes > SOCKET_LIMIT.queuedBytes) return Promise.reject(this.#tooLarge());
    return this.#until(() => {
      if (this.#incoming.length >= sizeBytes) return this.#taken(sizeBytes);
      if (this.#isDone)
        throw this.#closedError(`after ${this.#incoming.length} of ${sizeBytes} bytes`);
      return undefined;
    }, options);
  }

  /**
   * The bytes before `delimiter`, which is read too and left out.
   *
   * @example const head = await socket.readUntil("\r\n\r\n");
   */
  readUntil(delimiter: string | Uint8Array, options: SocketWaitOptions = {}): Promise<Uint8Array> {
    const wanted = typeof delimiter === "string" ? Buffer.from(delimiter) : delimiter;
    if (wanted.length === 0) return Promise.reject(new RangeError("an empty delimiter"));
    const queue = this.#incoming;
    let lookedTo = queue.position;
    return this.#until(() => {
      const at = queue.find(wanted, lookedTo);
      if (at >= 0) return this.#taken(at, wanted.length);
      lookedTo = Math.max(lookedTo, queue.position + queue.length - wanted.length + 1);
      if (queue.length >= SOCKET_LIMIT.queuedBytes) throw this.#tooLarge();
      if (this.#isDone) throw this.#closedError("before the delimiter came");
      return undefined;
    }, options);
  }

  /**
   * One line without its end, as a text.
   *
   * @example const greeting = await socket.readLine();
   */
  async readLine(options: SocketWaitOptions = {}): Promise<string> {
    const bytes = await this.readUntil("\n", options);
    const end = bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length;
    return new TextDecoder().decode(bytes.subarray(0, end));
  }

  /**
   * Everything until the peer closes.
   *
   * @example const page = new TextDecoder().decode(await socket.readAll());
   */
  readAll(options: SocketWaitOptions = {}): Promise<Uint8Array> {
    return this.#until(() => {
      if (this.#incoming.length >= SOCKET_LIMIT.queuedBytes) throw this.#tooLarge();
      if (!this.#isDone) return undefined;
      return this.#incoming.length > 0 ? this.#taken(this.#incoming.length) : this.#endOrThrow();
    }, options);
  }

  /**
   * Tells the peer that nothing more will be sent; what it sends can still be read.
   *
   * @example socket.end();
   */
  end(): void {
    if (this.#state === "open") this.#socket?.shutdown();
  }

  /**
   * Closes the connection.
   *
   * @example socket.close();
   */
  close(): void {
    this.#close();
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  /** Connects; for `openTcp`. */
  async opened(options: TcpOptions): Promise<void> {
    const { clock } = this.#host.thread;
    const startUs = clock.nowUs();
    const name = `${options.name ?? (isSecure(options) ? "TLS" : "TCP")} connect`;
    const end = (isError: boolean) =>
      this.#host.recordTimer(name, clock.nowUs() - startUs, isError);
    try {
      const timeoutUs = timeoutUsOf(options.timeout);
      this.#connect(options);
      await this.#gate.until({
        take: () => {
          if (this.#state === "connecting") return undefined;
          if (this.#failure !== undefined) throw this.#failure;
          end(false);
          return true;
        },
        timeoutUs,
        late: () => this.#connectError("not in time"),
      });
    } catch (thrown) {
      end(true);
      this.#close("not connected");
      throw thrown;
    }
  }

  // The runtime's events follow; they may come late, after the connection was closed.

  onOpen(socket: Socket, isHandshakeNext: boolean): void {
    if (this.#state === "closed") {
      socket.terminate();
      return;
    }
    this.#socket = socket;
    socket.setNoDelay(true);
    if (!isHandshakeNext) this.#begin();
  }

  onHandshake(isTrusted: boolean, thrown: Error | null): void {
    if (this.#state !== "connecting") return;
    if (isTrusted) this.#begin();
    else this.onFailure(thrown ?? new Error("the handshake failed"));
  }

  onData(bytes: Uint8Array): void {
    if (this.#state === "closed") return;
    this.#host.count(COUNTER.bytesIn, bytes.length);
    this.#incoming.push(bytes);
    this.#gate.wake();
    if (this.#incoming.length < SOCKET_LIMIT.queuedBytes || this.#isPaused) return;
    this.#isPaused = true;
    this.#socket?.pause();
  }

  onDrain(): void {
    this.#flush();
  }

  onEnd(): void {
    if (this.#state === "open") this.#state = "ended";
    this.#gate.wake();
  }

  onFailure(thrown: unknown): void {
    if (this.#state === "closed") return;
    const isConnect = this.#state === "connecting";
    this.#failure = isConnect
      ? this.#connectError(reasonOf(thrown))
      : new SocketError("failed", this.#peer, `${this.#peer}: ${reasonOf(thrown)}`);
    this.#close();
  }

  onClose(thrown: unknown): void {
    if (this.#state === "connecting" || systemCode(thrown) !== undefined) {
      this.onFailure(thrown ?? new Error("closed by the peer"));
    }
    this.#close();
  }

  get #isDone(): boolean {
    return this.#state === "ended" || this.#state === "closed";
  }

  #connect(options: TcpOptions): void {
    const { host, port, tls } = options;
    Bun.connect<TcpConnection>({
      hostname: host,
      port,
      tls: tls === undefined || tls === false ? false : tlsOf(host, tls === true ? {} : tls),
      data: this,
      socket: isSecure(options) ? SECURE_HANDLERS : HANDLERS,
    }).catch((thrown: unknown) => this.onFailure(thrown));
  }

  #begin(): void {
    this.#state = "open";
    this.#host.count(COUNTER.tcpOpened, 1);
    this.#gate.wake();
  }

  #send(bytes: Uint8Array): void {
    if (this.#state !== "open") throw this.#closedError();
    if (this.#outgoingBytes + bytes.length > SOCKET_LIMIT.unsentBytes) {
      throw new SocketError("overflow", this.#peer, `${this.#peer} takes bytes slower than sent`);
    }
    this.#host.count(COUNTER.bytesOut, bytes.length);
    if (bytes.length === 0) return;
    this.#outgoing.push(bytes);
    this.#outgoingBytes += bytes.length;
    this.#flush();
  }

  #flush(): void {
    while (this.#outgoing.length > 0 && this.#state !== "closed") {
      const [first = EMPTY] = this.#outgoing;
      const written = Math.max(0, this.#socket?.write(first) ?? 0);
      this.#outgoingBytes -= written;
      if (written < first.length) {
        this.#outgoing[0] = first.subarray(written);
        return;
      }
      this.#outgoing.shift();
    }
    this.#gate.wake();
  }

  #taken(count: number, skipped = 0): Uint8Array {
    const taken = this.#incoming.take(count, skipped);
    if (this.#isPaused && this.#incoming.length < SOCKET_LIMIT.queuedBytes / 2) {
      this.#isPaused = false;
      this.#socket?.resume();
    }
    return taken;
  }

  #until<T>(
    take: () => T | undefined,
    options: SocketWaitOptions & { readonly what?: string },
  ): Promise<T> {
    try {
      const { timeout, what = "sends nothing" } = options;
      const late = () => new SocketError("timeout", this.#peer, `${this.#peer} ${what} in time`);
      return this.#gate.until({ take, timeoutUs: timeoutUsOf(timeout), late });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  #close(reason = ""): void {
    if (this.#state === "closed") return;
    if (this.#state !== "connecting") this.#host.count(COUNTER.tcpClosed, 1);
    if (reason !== "" && this.#failure === undefined) {
      this.#failure = new SocketError("closed", this.#peer, `${this.#peer}: ${reason}`);
    }
    this.#state = "closed";
    this.#outgoing = [];
    this.#socket?.end();
    this.#release();
    this.#gate.wake();
  }

  #endOrThrow(): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure;
    return EMPTY;
  }

  #closedError(when = ""): SocketError {
    if (this.#failure !== undefined) return this.#failure;
    const text = `the connection to ${this.#peer} is closed${when === "" ? "" : `, ${when}`}`;
    return new SocketError("closed", this.#peer, text);
  }

  #tooLarge(): SocketError {
    const text = `more than ${SOCKET_LIMIT.queuedBytes} bytes of ${this.#peer} at once`;
    return new SocketError("overflow", this.#peer, text);
  }

  #connectError(why: string): SocketError {
    return new SocketError("connect", this.#peer, `no connection to ${this.#peer}: ${why}`);
  }
}

/** Connects; rejects with a SocketError where there is no connection. */
export async function openTcp(host: CannonHost, options: TcpOptions): Promise<TcpConnection> {
  const connection = new TcpConnection(host, peerOf(options));
  await connection.opened(options);
  return connection;
}

function reasonOf(thrown: unknown): string {
  return systemCode(thrown) ?? errorText(thrown);
}

function handlersOf(isHandshakeNext: boolean): Bun.SocketHandler<TcpConnection> {
  return {
    open: (socket) => socket.data.onOpen(socket, isHandshakeNext),
    handshake: (socket, isTrusted, thrown) => socket.data.onHandshake(isTrusted, thrown),
    data: (socket, bytes) => socket.data.onData(bytes),
    drain: (socket) => socket.data.onDrain(),
    end: (socket) => socket.data.onEnd(),
    close: (socket, thrown) => socket.data.onClose(thrown),
    error: (socket, thrown) => socket.data.onFailure(thrown),
    connectError: (socket, thrown) => socket.data.onFailure(thrown),
  };
}

const HANDLERS = handlersOf(false);
const SECURE_HANDLERS = handlersOf(true);
