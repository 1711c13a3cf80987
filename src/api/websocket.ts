// A measured WebSocket of a cannon. What is received waits in a bounded queue until the script reads
// it; round trips end when the message arrives, not when the script gets to see it.

import { COUNTER } from "../stats/cell.ts";
import type { CannonHost } from "./context.ts";
import { Gate, holdSocket, SOCKET_LIMIT, SocketError, timeoutUsOf } from "./socket-wait.ts";
import { suspended } from "./waiting.ts";

/** A message: a text, or bytes. */
export type WebSocketMessage = string | Uint8Array;

/** Options of a connect. */
export interface WebSocketOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  /** Seconds until the connect fails (default 60). */
  readonly timeout?: number;
  /** True: the server's certificate is not checked. */
  readonly insecure?: boolean;
  /** Begins the names of its timers (default "WS": "WS connect", "WS round trip"). */
  readonly name?: string;
}

/** Options of a request. */
export interface WebSocketRequestOptions {
  /** The first message that comes afterwards and matches is the answer; others wait to be read. */
  readonly match?: (message: WebSocketMessage) => boolean;
  /** Timer of this round trip. */
  readonly name?: string;
  /** Seconds until the request fails (default 60). */
  readonly timeout?: number;
}

interface Queued {
  readonly number: number;
  readonly message: WebSocketMessage;
  readonly sizeBytes: number;
}

const CLOSE_TIMEOUT_S = 5;
const NORMAL_CLOSE = 1000;

type State = "connecting" | "open" | "closed";

/**
 * An open WebSocket. `using` and `await using` close it at the end of their block.
 *
 * @example
 * const ws = await this.webSocket("ws://localhost:8080/");
 * ws.send("hello");
 * const answer = await ws.receive({ timeout: 5 });
 */
export class WebSocketConnection implements Disposable, AsyncDisposable {
  readonly #host: CannonHost;
  readonly #gate: Gate;
  readonly #peer: string;
  readonly #timerPrefix: string;
  readonly #socket: WebSocket;
  readonly #release: () => void;
  #state: State = "connecting";
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #received = 0;
  #failure = "";
  #closeCode = 0;
  #closeReason = "";

  /** Scripts call `this.webSocket`. */
  constructor(host: CannonHost, url: string, options: WebSocketOptions) {
    this.#host = host;
    this.#gate = new Gate(host.thread);
    this.#peer = wsPeerOf(url);
    this.#timerPrefix = options.name ?? "WS";
    const { headers = {}, protocols = [], insecure = false } = options;
    this.#release = holdSocket(host, () => this.#end("the run ended"));
    try {
      this.#socket = new WebSocket(url, {
        headers: { ...headers },
        protocols: [...protocols],
        tls: { rejectUnauthorized: !insecure },
      } as Bun.WebSocketOptions as unknown as string[]);
    } catch (thrown) {
      this.#release();
      throw thrown;
    }
    this.#listen();
  }

  /** The protocol that the server chose, or "". */
  get protocol(): string {
    return this.#socket.protocol;
  }

  /** False as soon as either side has closed. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Why it was closed: the code of the protocol (1006: without a word), 0 while it is open. */
  get closeCode(): number {
    return this.#closeCode;
  }

  /** What the server said when it closed, or "". */
  get closeReason(): string {
    return this.#closeReason;
  }

  /** Messages that wait to be read. */
  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Sends a text or bytes; throws when the socket is closed.
   *
   * @example ws.send(JSON.stringify({ join: "room 1" }));
   */
  send(message: WebSocketMessage | ArrayBuffer): void {
    if (this.#state !== "open") throw this.#closedError();
    const sizeBytes = sizeOf(message);
    if (this.#socket.bufferedAmount + sizeBytes > SOCKET_LIMIT.unsentBytes) {
      throw new SocketError(
        "overflow",
        this.#peer,
        `${this.#peer} takes messages slower than they are sent`,
      );
    }
    this.#socket.send(message as string);
    this.#host.count(COUNTER.wsSent, 1);
    this.#host.count(COUNTER.wsBytesOut, sizeBytes);
    this.#host.count(COUNTER.bytesOut, sizeBytes);
  }

  /**
   * The next message, in the order of arrival; waits for it (60 seconds where nothing is said).
   *
   * @example const news = await ws.receive({ timeout: 2 });
   */
  receive(options: { readonly timeout?: number } = {}): Promise<WebSocketMessage> {
    return this.#next(options.timeout, () => this.#take(0));
  }

  /**
   * Sends a message and waits for its answer: the first one that comes afterwards, or the first of
   * those that matches. Measured under "WS round trip" or a name of your own.
   *
   * @example const pong = await ws.request("ping", { match: (text) => text === "pong" });
   */
  request(
    message: WebSocketMessage | ArrayBuffer,
    options: WebSocketRequestOptions = {},
  ): Promise<WebSocketMessage> {
    const { clock } = this.#host.thread;
    const name = options.name ?? `${this.#timerPrefix} round trip`;
    const after = this.#received;
    const startUs = clock.nowUs();
    const end = (isError: boolean) =>
      this.#host.recordTimer(name, clock.nowUs() - startUs, isError);
    try {
      this.send(message);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    const answer = this.#next(options.timeout, () => {
      const found = this.#take(after, options.match);
      if (found !== undefined) end(false);
      return found;
    });
    return answer.catch((thrown: unknown) => {
      end(true);
      throw thrown;
    });
  }

  /**
   * All messages until the socket is closed.
   *
   * @example for await (const message of ws) if (message === "done") break;
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<WebSocketMessage, void> {
    while (this.#state !== "closed" || this.#queue.length > 0) {
      let message: WebSocketMessage;
      try {
        message = await this.#nextEver();
      } catch (thrown) {
        if (thrown instanceof SocketError && thrown.kind === "closed") return;
        throw thrown;
      }
      yield message;
    }
  }

  /**
   * Closes the socket and waits for the server to agree, five seconds at most.
   *
   * @example await ws.close();
   */
  async close(code = NORMAL_CLOSE, reason = ""): Promise<void> {
    if (this.#state === "closed") return;
    this.#socket.close(code, reason);
    const timeoutUs = timeoutUsOf(CLOSE_TIMEOUT_S);
    const take = () => (this.#state === "closed" ? true : undefined);
    const late = () => new SocketError("timeout", this.#peer, `${this.#peer} does not close`);
    await this.#gate.until({ take, timeoutUs, late }).catch(() => this.#end("closed"));
  }

  [Symbol.dispose](): void {
    if (this.#state !== "closed") this.#socket.close(NORMAL_CLOSE);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits until the socket is open; for `openWebSocket`. */
  async opened(timeout: number | undefined): Promise<void> {
    const { clock } = this.#host.thread;
    const startUs = clock.nowUs();
    const end = (isError: boolean) =>
      this.#host.recordTimer(`${this.#timerPrefix} connect`, clock.nowUs() - startUs, isError);
    try {
      const take = () => {
        if (this.#state === "connecting") return undefined;
        if (this.#state === "closed") throw this.#connectError();
        end(false);
        return true;
      };
      await this.#gate.until({
        take,
        timeoutUs: timeoutUsOf(timeout),
        late: () => this.#connectError("no answer in time"),
      });
    } catch (thrown) {
      end(true);
      this.#end("not connected");
      throw thrown;
    }
  }

  #listen(): void {
    const socket = this.#socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      if (this.#state !== "connecting") return;
      this.#state = "open";
      this.#host.count(COUNTER.wsOpened, 1);
      this.#gate.wake();
    };
    socket.onmessage = (event) => this.#onMessage(event.data);
    socket.onerror = (event) => {
      this.#failure = failureOf(event);
    };
    socket.onclose = (event) => {
      this.#closeCode = event.code;
      this.#closeReason = event.reason;
      this.#closed();
    };
  }

  #onMessage(data: unknown): void {
    if (this.#state === "closed") return;
    const message = typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer);
    const sizeBytes = sizeOf(message);
    this.#host.count(COUNTER.wsReceived, 1);
    this.#host.count(COUNTER.wsBytesIn, sizeBytes);
    this.#host.count(COUNTER.bytesIn, sizeBytes);
    this.#queue.push({ number: ++this.#received, message, sizeBytes });
    this.#queuedBytes += sizeBytes;
    this.#gate.wake();
    while (
      this.#queue.length > SOCKET_LIMIT.queuedMessages ||
      (this.#queuedBytes > SOCKET_LIMIT.queuedBytes && this.#queue.length > 1)
    ) {
      this.#queuedBytes -= this.#queue.shift()?.sizeBytes ?? 0;
      this.#host.count(COUNTER.wsDropped, 1);
    }
  }

  #next(
    timeout: number | undefined,
    take: () => WebSocketMessage | undefined,
  ): Promise<WebSocketMessage> {
    try {
      return this.#gate.until({
        take,
        timeoutUs: timeoutUsOf(timeout),
        late: () => new SocketError("timeout", this.#peer, `no message from ${this.#peer} in time`),
      });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  #nextEver(): Promise<WebSocketMessage> {
    const timeoutUs = Number.POSITIVE_INFINITY;
    const late = () => this.#closedError();
    return this.#gate.until({ take: () => this.#take(0), timeoutUs, late });
  }

  // The oldest message after number `after` that matches. An empty text is a message too.
  #take(
    after: number,
    match?: (message: WebSocketMessage) => boolean,
  ): WebSocketMessage | undefined {
    const at = this.#queue.findIndex(
      ({ number, message }) => number > after && (match === undefined || match(message)),
    );
    if (at < 0) {
      if (this.#state === "closed") throw this.#closedError();
      return undefined;
    }
    const [found] = this.#queue.splice(at, 1);
    this.#queuedBytes -= found?.sizeBytes ?? 0;
    return found?.message;
  }

  // Without a word to the server.
  #end(reason: string): void {
    if (this.#state === "closed") return;
    this.#closeReason ||= reason;
    const { terminate } = this.#socket as { terminate?: () => void };
    terminate?.call(this.#socket);
    this.#closed();
  }

  #closed(): void {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#host.count(COUNTER.wsClosed, 1);
    this.#state = "closed";
    this.#release();
    this.#gate.wake();
  }

  #closedError(): SocketError {
    const code = this.#closeCode > 0 ? ` (${this.#closeCode})` : "";
    const text = `the WebSocket to ${this.#peer} is closed${code}`;
    return new SocketError("closed", this.#peer, text);
  }

  #connectError(why = this.#failure || this.#closeReason): SocketError {
    const text = `no WebSocket to ${this.#peer}${why === "" ? "" : `: ${why}`}`;
    return new SocketError("connect", this.#peer, text);
  }
}

/** Connects; rejects with a SocketError where there is no connection. */
export async function openWebSocket(
  host: CannonHost,
  url: string,
  options: WebSocketOptions = {},
): Promise<WebSocketConnection> {
  const connection = new WebSocketConnection(host, url, options);
  await suspended(host.thread, connection.opened(options.timeout));
  return connection;
}

// The text names the peer and not the path, so that errors of a run group into few lines.
function wsPeerOf(url: string): string {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new SocketError("failed", "", `not a URL: ${String(url).slice(0, 200)}`);
  }
  if (["ws:", "wss:", "http:", "https:"].includes(parsed.protocol)) return parsed.host;
  throw new SocketError("failed", parsed.host, `no URL of a WebSocket: ${parsed.protocol}`);
}

function failureOf(event: Event): string {
  const { message, error } = event as { message?: unknown; error?: { code?: unknown } };
  const text = typeof message === "string" ? message.replace(/^.*? failed: /s, "") : "";
  const code = error?.code;
  return typeof code === "string" ? `${text} (${code})` : text;
}

function sizeOf(message: WebSocketMessage | ArrayBuffer): number {
  return typeof message === "string" ? Buffer.byteLength(message) : message.byteLength;
}
