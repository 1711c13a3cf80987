// One socket and at most one request in flight on it. The handlers are the same objects for all
// sockets, and the request in flight is fields of the connection: nothing is made per request but its
// answer.
//
//   connecting --dialled--> idle <--answer whole-- busy
//        |                    |   --send---------->  |
//        +------- any failure, timeout, abort, close +--> closed
//
// `write` may take less than all: the rest goes when the socket drains.
//
// A server may close a connection at the moment that it is used again. A request that may be repeated
// and got no byte of an answer goes out once more then, on a new connection, and its time runs on.

import { systemCode } from "../base/errors.ts";
import { Dial, type DialSettings, type DialTarget, needsTunnel } from "./dial.ts";
import { HttpError, type HttpErrorKind } from "./errors.ts";
import { HeaderList } from "./headers.ts";
import { MalformedAnswer, type ResponseParser } from "./parser.ts";
import { giveBackParser, takeParser } from "./parsers.ts";
import { type ProxyChoice, type ProxyServer, proxiedBytes } from "./proxy.ts";
import type { Origin, PreparedRequest } from "./request.ts";
import { mayResend } from "./resend.ts";
import { type ConnectTimes, type FlightTimes, HttpResponse } from "./response.ts";
import type { SendOptions } from "./send-options.ts";
import { socketError } from "./socket-error.ts";
import type { Waiter } from "./timeouts.ts";
import type { Wire, WireHandlers } from "./wire.ts";

/** Who waits for an answer: one of the two is called, once, after the pool's observer. */
export interface AnswerHandler {
  onResponse(response: HttpResponse): void;
  onError(error: HttpError): void;
}

/** The pool that a request belongs to. */
export interface ConnectionUser {
  readonly responseTimeoutUs: number;
  readonly discardBody: boolean;
  readonly bodyLimitBytes: number;
  /** True: requests that a stale connection swallowed go out once more. */
  readonly resendsStale: boolean;
  /** A request is about to go out once more; its answer or failure is told later. */
  onResend(request: PreparedRequest): void;
  /** The answer is whole; called before whoever waits for it. */
  onAnswer(request: PreparedRequest, response: HttpResponse): void;
  /** `durationUs` is how long it was waited for in vain. */
  onFailure(request: PreparedRequest, error: HttpError, durationUs: number): void;
}

/** Where the connection lives while nobody uses it. */
export interface ConnectionHome extends DialSettings {
  readonly connectTimeoutUs: number;
  readonly idleTimeoutUs: number;
  readonly proxyFor: ProxyChoice;
  /** A connection that carried nothing yet. */
  open(origin: Origin): Connection;
  /** The connection may carry another request. */
  onIdle(connection: Connection): void;
  onClosed(connection: Connection): void;
}

const CONNECTING = 0;
const IDLE = 1;
const BUSY = 2;
const CLOSED = 3;

const NEVER = Number.POSITIVE_INFINITY;

export class Connection implements Waiter, FlightTimes, DialTarget<Connection> {
  readonly origin: Origin;
  /** Among the open connections of its home. */
  place = 0;
  deadlineUs = NEVER;
  beganUs = 0;
  readyUs = 0;
  sentUs = 0;
  firstByteUs = 0;
  doneUs = 0;
  connectTimes: ConnectTimes | undefined;
  readonly #home: ConnectionHome;
  /** From the first byte of an answer to its last. */
  #parser: ResponseParser | undefined;
  #state = CONNECTING;
  #dial: Dial<Connection> | undefined;
  #socket: Wire<Connection> | undefined;
  /** The HTTP proxy that is given plain requests. */
  #forwarder: ProxyServer | undefined;
  #user: ConnectionUser | undefined;
  #request: PreparedRequest | undefined;
  #handler: AnswerHandler | undefined;
  #options: SendOptions | undefined;
  #bytes: Uint8Array | undefined;
  #sentBytes = 0;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(origin: Origin, home: ConnectionHome) {
    this.origin = origin;
    this.#home = home;
  }

  get isIdle(): boolean {
    return this.#state === IDLE;
  }

  /** Whose request is in flight. */
  get user(): ConnectionUser | undefined {
    return this.#user;
  }

  get socketData(): Connection {
    return this;
  }

  get handlers(): WireHandlers<Connection> {
    return HANDLERS;
  }

  /** Sends a request, after connecting when the connection is new; not while one is in flight. */
  send(
    user: ConnectionUser,
    request: PreparedRequest,
    handler: AnswerHandler,
    options: SendOptions,
  ): void {
    this.#user = user;
    this.#request = request;
    this.#handler = handler;
    this.#options = options;
    this.beganUs = this.#home.timeouts.nowUs();
    if (options.signal !== undefined) this.#listen(options.signal);
    if (this.#state === IDLE) {
      this.connectTimes = undefined;
      this.#begin(this.beganUs);
    } else this.#open();
  }

  /** Ends the connection; a request in flight fails as `kind`. */
  close(kind: HttpErrorKind): void {
    this.#fail(new HttpError(kind, this.origin.peer));
  }

  onDeadline(): void {
    this.close(this.#state === CONNECTING ? "connect-timeout" : "response-timeout");
  }

  onReady(socket: Wire<Connection>, times: ConnectTimes): void {
    if (this.#state !== CONNECTING) {
      socket.terminate();
      return;
    }
    this.#dial = undefined;
    this.#socket = socket;
    this.connectTimes = times;
    this.#begin(this.#home.timeouts.nowUs());
  }

  onDialFailed(error: HttpError): void {
    this.#fail(error);
  }

  // The runtime's events follow; they may come late, after the connection was closed.

  onOpen(socket: Wire<Connection>): void {
    if (this.#dial === undefined) socket.terminate();
    else this.#dial.onOpen(socket);
  }

  onHandshake(socket: Wire<Connection>, isTrusted: boolean, thrown: Error | null): void {
    this.#dial?.onHandshake(socket, isTrusted, thrown);
  }

  onData(bytes: Buffer): void {
    if (this.#state !== BUSY) {
      // Nobody asked: whatever it is, the next answer could not be told from it.
      this.#fail(new HttpError("malformed-status", this.origin.peer));
      return;
    }
    const nowUs = this.#home.timeouts.nowUs();
    const parser = this.#parser ?? this.#beginAnswer(nowUs);
    try {
      if (parser.feed(bytes) < bytes.length) parser.isKeptAlive = false;
    } catch (thrown) {
      this.#failReading(thrown);
      return;
    }
    // Who is told of the answer's pieces may have given it up.
    if (parser.isDone && this.#parser === parser) this.#finish(parser, nowUs);
  }

  #beginAnswer(nowUs: number): ResponseParser {
    const options = this.#options as SendOptions;
    const user = this.#user as ConnectionUser;
    const { onChunk } = options;
    const parser = takeParser((this.#request as PreparedRequest).method);
    parser.onChunk = onChunk;
    parser.keepBody = !(options.discardBody ?? (onChunk !== undefined || user.discardBody));
    parser.onHead = options.onHead === undefined ? undefined : () => this.#tellHead(parser);
    parser.bodyLimitBytes = options.bodyLimitBytes ?? user.bodyLimitBytes;
    this.#parser = parser;
    this.firstByteUs = nowUs;
    return parser;
  }

  onDrain(): void {
    if (this.#state !== BUSY) return;
    this.#write();
    if (this.#sentBytes === this.#bytes?.length) this.sentUs = this.#home.timeouts.nowUs();
  }

  /** The peer has sent all it will, or the socket is gone. */
  onEnd(thrown: unknown): void {
    if (this.#state === CONNECTING) this.#dial?.onEnd(thrown);
    else if (this.#state !== BUSY) this.#fail(new HttpError("closed", this.origin.peer));
    else if (systemCode(thrown) !== undefined) {
      this.#fail(socketError(thrown, this.origin.peer, "reset"));
    } else this.#finishByClose();
  }

  #finishByClose(): void {
    const parser = this.#parser;
    if (parser === undefined) {
      this.#fail(new HttpError("closed", this.origin.peer));
      return;
    }
    try {
      parser.finish();
    } catch (malformed) {
      this.#failReading(malformed);
      return;
    }
    parser.isKeptAlive = false;
    this.#finish(parser, this.#home.timeouts.nowUs());
  }

  #open(): void {
    const { timeouts, connectTimeoutUs } = this.#home;
    timeouts.add(this);
    this.deadlineUs = timeouts.deadline(connectTimeoutUs);
    try {
      const proxy = this.#home.proxyFor(this.origin);
      if (proxy !== undefined && !needsTunnel(this.origin, proxy)) this.#forwarder = proxy;
      this.#dial = new Dial(this, this.#home, proxy);
    } catch (thrown) {
      // A proxy of the environment that is none.
      this.#fail(thrown as HttpError);
      return;
    }
    this.#dial.start();
  }

  #begin(nowUs: number): void {
    const request = this.#request as PreparedRequest;
    const timeoutUs = this.#options?.timeoutUs ?? (this.#user as ConnectionUser).responseTimeoutUs;
    const forwarder = this.#forwarder;
    this.#state = BUSY;
    this.#sentBytes = 0;
    this.#bytes = forwarder === undefined ? request.bytes : proxiedBytes(request, forwarder);
    this.deadlineUs = this.#home.timeouts.deadline(timeoutUs);
    this.readyUs = nowUs;
    this.sentUs = nowUs;
    this.#write();
  }

  #listen(signal: AbortSignal): void {
    this.#signal = signal;
    this.#onAbort ??= () => this.#giveUp();
    signal.addEventListener("abort", this.#onAbort);
  }

  #giveUp(): void {
    const parser = this.#parser;
    if (this.#options?.isStream !== true || parser === undefined || parser.headEnd === 0) {
      this.close("given-up");
      return;
    }
    parser.isKeptAlive = false;
    this.#finish(parser, this.#home.timeouts.nowUs());
  }

  #tellHead(parser: ResponseParser): void {
    const { status, headBytes, headStart, headEnd } = parser;
    const headers = new HeaderList(headBytes.subarray(headStart, headEnd));
    this.#options?.onHead?.(status, headers);
  }

  #write(): void {
    const bytes = this.#bytes;
    const socket = this.#socket;
    if (bytes === undefined || socket === undefined || this.#sentBytes === bytes.length) return;
    const taken = socket.write(this.#sentBytes === 0 ? bytes : bytes.subarray(this.#sentBytes));
    // A negative answer means that the socket is closed: its event tells why.
    if (taken > 0) this.#sentBytes += taken;
  }

  #finish(parser: ResponseParser, nowUs: number): void {
    const request = this.#request as PreparedRequest;
    const handler = this.#handler as AnswerHandler;
    const user = this.#user as ConnectionUser;
    this.doneUs = nowUs;
    const response = new HttpResponse(request, parser, this);
    const isWhole = this.#sentBytes === this.#bytes?.length;
    this.#forget();
    // An answer before the request was sent whole leaves the rest of it in the way.
    if (parser.isKeptAlive && isWhole) {
      this.#state = IDLE;
      const { idleTimeoutUs, timeouts } = this.#home;
      this.deadlineUs = idleTimeoutUs === NEVER ? NEVER : timeouts.deadline(idleTimeoutUs);
      this.#home.onIdle(this);
    } else this.#end();
    user.onAnswer(request, response);
    handler.onResponse(response);
  }

  #failReading(thrown: unknown): void {
    const { peer } = this.origin;
    if (thrown instanceof MalformedAnswer) {
      this.#fail(new HttpError(thrown.kind, peer, thrown.message));
    } else {
      // What was given each piece of the body threw.
      this.#fail(new HttpError("given-up", peer, String(thrown)));
    }
  }

  #fail(error: HttpError): void {
    const request = this.#request;
    const handler = this.#handler;
    const user = this.#user;
    const options = this.#options;
    const isStale = this.#isStale(error.kind);
    this.#forget();
    this.#end();
    if (request === undefined) return;
    if (isStale) {
      user?.onResend(request);
      const renewed = this.#home.open(this.origin);
      renewed.send(user as ConnectionUser, request, handler as AnswerHandler, options ?? {});
      renewed.beganUs = this.beganUs;
      return;
    }
    user?.onFailure(request, error, this.#home.timeouts.nowUs() - this.beganUs);
    handler?.onError(error);
  }

  // A connection that was made for the request is never stale: so none goes out a third time.
  #isStale(kind: HttpErrorKind): boolean {
    const isReused = this.#state === BUSY && this.connectTimes === undefined;
    const isLost = isReused && this.#parser === undefined && this.#user?.resendsStale === true;
    return isLost && mayResend(kind, this.#request?.method ?? "");
  }

  #forget(): void {
    if (this.#parser !== undefined) giveBackParser(this.#parser);
    this.#parser = undefined;
    if (this.#signal !== undefined && this.#onAbort !== undefined) {
      this.#signal.removeEventListener("abort", this.#onAbort);
      this.#signal = undefined;
    }
    this.#request = undefined;
    this.#handler = undefined;
    this.#user = undefined;
    this.#options = undefined;
    this.#bytes = undefined;
  }

  #end(): void {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.deadlineUs = NEVER;
    this.#home.timeouts.delete(this);
    this.#dial?.cancel();
    this.#dial = undefined;
    this.#socket?.end();
    this.#socket = undefined;
    this.#home.onClosed(this);
  }
}

const HANDLERS: WireHandlers<Connection> = {
  open: (socket) => socket.data.onOpen(socket),
  handshake: (socket, isTrusted, thrown) => socket.data.onHandshake(socket, isTrusted, thrown),
  data: (socket, bytes) => socket.data.onData(bytes),
  drain: (socket) => socket.data.onDrain(),
  end: (socket) => socket.data.onEnd(undefined),
  close: (socket, thrown) => socket.data.onEnd(thrown),
  error: (socket, thrown) => socket.data.onEnd(thrown),
};
