// One socket and at most one request in flight on it. The handlers are the same objects for all
// sockets: nothing is made per connection but the connection itself.
//
//   connecting --open (TLS: handshake)--> idle <--answer whole-- busy
//        |                                 |   --send---------->  |
//        +------------- any failure, timeout, abort, close -------+--> closed
//
// With TLS the runtime opens the socket before the handshake and drops what is written then, so the
// first write waits for the handshake. `write` may take less than all: the rest goes when it drains.

import { closeSync, openSync } from "node:fs";
import { systemCode } from "../base/errors.ts";
import { HttpError, type HttpErrorKind, kindOfCode } from "./errors.ts";
import { MalformedAnswer, ResponseParser } from "./parser.ts";
import type { Origin, PreparedRequest } from "./request.ts";
import { HttpResponse } from "./response.ts";
import type { Timeouts, Waiter } from "./timeouts.ts";

export interface ConnectionOwner {
  readonly timeouts: Timeouts;
  readonly connectTimeoutUs: number;
  /** The answer is whole; called before the request's promise resolves. */
  onAnswer(request: PreparedRequest, response: HttpResponse): void;
  onFailure(request: PreparedRequest, error: HttpError): void;
  /** The connection may carry another request. */
  onIdle(connection: Connection): void;
  onClosed(connection: Connection): void;
}

type State = "connecting" | "idle" | "busy" | "closed";

interface Flight {
  readonly request: PreparedRequest;
  readonly timeoutUs: number;
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (error: HttpError) => void;
}

type Socket = Bun.Socket<Connection>;

export class Connection implements Waiter {
  readonly origin: Origin;
  deadlineUs = Number.POSITIVE_INFINITY;
  readonly #owner: ConnectionOwner;
  readonly #parser = new ResponseParser();
  #state: State = "connecting";
  #socket: Socket | undefined;
  #flight: Flight | undefined;
  #sentBytes = 0;

  constructor(origin: Origin, owner: ConnectionOwner) {
    this.origin = origin;
    this.#owner = owner;
  }

  get isIdle(): boolean {
    return this.#state === "idle";
  }

  /** Connects and sends the first request. */
  open(flight: Flight): void {
    this.#flight = flight;
    this.deadlineUs = Number.POSITIVE_INFINITY;
    this.#owner.timeouts.add(this);
    this.deadlineUs = this.#owner.timeouts.deadline(this.#owner.connectTimeoutUs);
    const { host, port, isSecure, isInsecure } = this.origin;
    const tls = isSecure ? { serverName: host, rejectUnauthorized: !isInsecure } : false;
    Bun.connect<Connection>({ hostname: host, port, tls, data: this, socket: HANDLERS }).catch(
      (thrown: unknown) => this.onConnectError(thrown),
    );
  }

  /** Sends a request; only while idle. */
  send(flight: Flight): void {
    this.#flight = flight;
    this.#begin();
  }

  /** Ends the connection; a request in flight fails as `kind`. */
  close(kind: HttpErrorKind): void {
    this.#fail(new HttpError(kind, this.origin.peer));
  }

  onDeadline(): void {
    this.close(this.#state === "connecting" ? "connect-timeout" : "response-timeout");
  }

  // The runtime's events follow; they may come late, after the connection was closed.

  onOpen(socket: Socket): void {
    if (this.#state === "closed") {
      socket.terminate();
      return;
    }
    this.#socket = socket;
    socket.setNoDelay(true);
    if (!this.origin.isSecure) this.#begin();
  }

  onHandshake(isTrusted: boolean, thrown: Error | null): void {
    if (this.#state !== "connecting") return;
    if (isTrusted) {
      this.#begin();
      return;
    }
    this.#fail(new HttpError("tls", this.origin.peer, thrown?.message ?? "handshake failed"));
  }

  onData(bytes: Uint8Array): void {
    if (this.#state !== "busy") {
      // Nobody asked: whatever it is, the next answer could not be told from it.
      this.#fail(new HttpError("malformed-status", this.origin.peer));
      return;
    }
    try {
      const taken = this.#parser.feed(bytes);
      if (taken < bytes.length) this.#parser.isKeptAlive = false;
    } catch (thrown) {
      this.#failMalformed(thrown);
      return;
    }
    if (this.#parser.isDone) this.#finish();
  }

  onDrain(): void {
    if (this.#state === "busy") this.#write();
  }

  /** The peer has sent all it will, or the socket is gone. */
  onEnd(thrown: unknown): void {
    if (this.#state !== "busy") {
      if (this.#state === "connecting") this.onConnectError(thrown);
      else this.#fail(new HttpError("closed", this.origin.peer));
      return;
    }
    if (systemCode(thrown) !== undefined) {
      this.#fail(this.#errorOf(thrown, "reset"));
      return;
    }
    try {
      this.#parser.finish();
    } catch (malformed) {
      this.#failMalformed(malformed);
      return;
    }
    this.#parser.isKeptAlive = false;
    this.#finish();
  }

  onConnectError(thrown: unknown): void {
    this.#fail(this.#errorOf(thrown, this.origin.isSecure ? "tls" : "connect"));
  }

  #errorOf(thrown: unknown, otherwise: HttpErrorKind): HttpError {
    const code = systemCode(thrown);
    let kind = kindOfCode(code);
    // The runtime says "refused" when there was no file descriptor for a socket.
    if (kind === "refused" && isOutOfFiles()) kind = "too-many-files";
    const detail = kind === undefined ? (code ?? "") : "";
    return new HttpError(kind ?? otherwise, this.origin.peer, detail);
  }

  #begin(): void {
    const flight = this.#flight;
    if (flight === undefined) return;
    this.#state = "busy";
    this.#sentBytes = 0;
    this.#parser.reset(flight.request.method);
    this.deadlineUs = this.#owner.timeouts.deadline(flight.timeoutUs);
    this.#write();
  }

  #write(): void {
    const bytes = this.#flight?.request.bytes;
    const socket = this.#socket;
    if (bytes === undefined || socket === undefined || this.#sentBytes === bytes.length) return;
    const rest = this.#sentBytes === 0 ? bytes : bytes.subarray(this.#sentBytes);
    const taken = socket.write(rest);
    // A negative answer means that the socket is closed: its event tells why.
    if (taken > 0) this.#sentBytes += taken;
  }

  #finish(): void {
    const flight = this.#flight as Flight;
    const parser = this.#parser;
    const { status, head, pieces, wireBytes } = parser;
    const response = new HttpResponse({ status, head, pieces, wireBytes });
    this.#flight = undefined;
    this.deadlineUs = Number.POSITIVE_INFINITY;
    // An answer before the request was sent whole leaves the rest of it in the way.
    if (parser.isKeptAlive && this.#sentBytes === flight.request.bytes.length) {
      this.#state = "idle";
      this.#owner.onIdle(this);
    } else this.#end();
    this.#owner.onAnswer(flight.request, response);
    flight.resolve(response);
  }

  #failMalformed(thrown: unknown): void {
    if (!(thrown instanceof MalformedAnswer)) throw thrown;
    this.#fail(new HttpError(thrown.kind, this.origin.peer, thrown.message));
  }

  #fail(error: HttpError): void {
    const flight = this.#flight;
    this.#flight = undefined;
    this.#end();
    if (flight === undefined) return;
    this.#owner.onFailure(flight.request, error);
    flight.reject(error);
  }

  #end(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#owner.timeouts.delete(this);
    this.#socket?.end();
    this.#socket = undefined;
    this.#owner.onClosed(this);
  }
}

const HANDLERS: Bun.SocketHandler<Connection> = {
  open: (socket) => socket.data.onOpen(socket),
  handshake: (socket, isTrusted, thrown) => socket.data.onHandshake(isTrusted, thrown),
  data: (socket, bytes) => socket.data.onData(bytes),
  drain: (socket) => socket.data.onDrain(),
  end: (socket) => socket.data.onEnd(undefined),
  close: (socket, thrown) => socket.data.onEnd(thrown),
  error: (socket, thrown) => socket.data.onEnd(thrown),
  connectError: (socket, thrown) => socket.data.onConnectError(thrown),
};

/** True when this process can open no further file. */
function isOutOfFiles(): boolean {
  try {
    closeSync(openSync("/dev/null", "r"));
    return false;
  } catch (thrown) {
    return kindOfCode(systemCode(thrown)) === "too-many-files";
  }
}
