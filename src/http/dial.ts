// Making a connection: name to addresses, a socket to one of them (the next when nobody answers
// there), a tunnel through a proxy, the handshake. Measured by phase.
//
//   start --addresses--> connecting --open--> [tunnelling] --> [securing] --> target.onReady
//
// With TLS the runtime opens the socket before the handshake and drops what is written then, so that
// ready is what the handshake says. In a tunnel the raw socket keeps its own handlers: it goes on to
// tell of the bytes of TLS, and nobody listens.

import { closeSync, openSync } from "node:fs";
import { systemCode } from "../base/errors.ts";
import type { DnsCache } from "./dns.ts";
import { HttpError, type HttpErrorKind, kindOfCode } from "./errors.ts";
import { ResponseParser } from "./parser.ts";
import { connectBytes, type HttpProxy } from "./proxy.ts";
import type { Origin } from "./request.ts";
import type { ConnectTimes } from "./response.ts";
import type { Timeouts } from "./timeouts.ts";
import { bunTlsOf, type TlsOptions } from "./tls.ts";

/** How connections are made; the same object for all of a pool. */
export interface DialSettings {
  readonly timeouts: Timeouts;
  readonly dns: DnsCache;
  readonly tls: TlsOptions;
  readonly proxy: HttpProxy | undefined;
}

/** Who wants the connection. Either is called once, unless the dial is cancelled. */
export interface DialTarget<Data> {
  readonly origin: Origin;
  /** What the socket's handlers find at `socket.data`. */
  readonly socketData: Data;
  readonly handlers: Bun.SocketHandler<Data>;
  onReady(socket: Bun.Socket<Data>, times: ConnectTimes): void;
  onDialFailed(error: HttpError): void;
}

/** Kinds of failure after which another address may do. */
const TRY_NEXT: ReadonlySet<HttpErrorKind> = new Set(["refused", "unreachable", "connect-timeout"]);

export class Dial<Data> {
  readonly #target: DialTarget<Data>;
  readonly #settings: DialSettings;
  readonly #beganUs: number;
  #foundUs = 0;
  #connectedUs = 0;
  #addresses: readonly string[] = [];
  #next = 0;
  #isOver = false;
  #tunnel: ResponseParser | undefined;
  #raw: Bun.Socket<Dial<Data>> | undefined;

  constructor(target: DialTarget<Data>, settings: DialSettings) {
    this.#target = target;
    this.#settings = settings;
    this.#beganUs = settings.timeouts.nowUs();
  }

  start(): void {
    const { dns, proxy } = this.#settings;
    const found = dns.addresses(proxy?.host ?? this.#target.origin.host);
    if (!(found instanceof Promise)) {
      this.#onAddresses(found);
      return;
    }
    found.then(
      (addresses) => this.#onAddresses(addresses),
      (thrown: unknown) => this.#fail(this.#errorOf(thrown, "dns")),
    );
  }

  /** Gives up; nothing is called any more. */
  cancel(): void {
    this.#isOver = true;
    this.#raw?.terminate();
  }

  // The events of the target's socket, until it is ready.

  onOpen(socket: Bun.Socket<Data>): void {
    if (this.#isOver) {
      socket.terminate();
      return;
    }
    this.#connectedUs = this.#settings.timeouts.nowUs();
    socket.setNoDelay(true);
    if (!this.#target.origin.isSecure) this.#succeed(socket, this.#connectedUs);
  }

  onHandshake(socket: Bun.Socket<Data>, isTrusted: boolean, thrown: Error | null): void {
    if (this.#isOver) return;
    const chosen: unknown = (socket as { alpnProtocol?: unknown }).alpnProtocol;
    // The runtime minds a wrong name even where nothing was to be checked.
    const isNameOnly = systemCode(thrown) === "ERR_TLS_CERT_ALTNAME_INVALID";
    const isInsecure = this.#settings.tls.isInsecure === true || this.#target.origin.isInsecure;
    const isTaken = isTrusted || (isInsecure && isNameOnly);
    if (!isTaken) this.#failAs("tls", thrown?.message ?? "handshake failed");
    else if (chosen === "h2") this.#failAs("tls", "the server chose HTTP/2");
    else this.#succeed(socket, this.#settings.timeouts.nowUs());
  }

  /** The socket ended before it was ready. */
  onEnd(thrown: unknown): void {
    this.#fail(this.#errorOf(thrown, this.#target.origin.isSecure ? "tls" : "connect"));
  }

  #onAddresses(addresses: readonly string[]): void {
    if (this.#isOver) return;
    this.#foundUs = this.#settings.timeouts.nowUs();
    this.#addresses = addresses;
    this.#connect();
  }

  #connect(): void {
    const { origin, socketData, handlers } = this.#target;
    const { proxy, tls } = this.#settings;
    const hostname = this.#addresses[this.#next++] as string;
    if (proxy !== undefined && origin.isSecure) {
      Bun.connect<Dial<Data>>({
        hostname,
        port: proxy.port,
        data: this,
        socket: TUNNEL_HANDLERS as Bun.SocketHandler<Dial<Data>>,
      }).catch((thrown: unknown) => this.#onRefused(thrown));
      return;
    }
    Bun.connect<Data>({
      hostname,
      port: proxy?.port ?? origin.port,
      data: socketData,
      socket: handlers,
      ...(origin.isSecure ? { tls: bunTlsOf(origin, tls) } : {}),
    }).catch((thrown: unknown) => this.#onRefused(thrown));
  }

  #onRefused(thrown: unknown): void {
    if (this.#isOver) return;
    const error = this.#errorOf(thrown, "connect");
    if (TRY_NEXT.has(error.kind) && this.#next < this.#addresses.length) this.#connect();
    else this.#fail(error);
  }

  // The raw socket of a tunnel.

  onTunnelOpen(raw: Bun.Socket<Dial<Data>>): void {
    if (this.#isOver) {
      raw.terminate();
      return;
    }
    this.#raw = raw;
    raw.setNoDelay(true);
    this.#tunnel = new ResponseParser();
    this.#tunnel.reset("HEAD");
    raw.write(connectBytes(this.#target.origin, this.#settings.proxy as HttpProxy));
  }

  onTunnelData(raw: Bun.Socket<Dial<Data>>, bytes: Buffer): void {
    const parser = this.#tunnel;
    if (this.#isOver || parser === undefined) return;
    try {
      const taken = parser.feed(bytes);
      if (!parser.isDone) return;
      this.#tunnel = undefined;
      if (parser.status < 200 || parser.status > 299) {
        this.#failAs("proxy", `it answered ${parser.status}`);
      } else if (taken < bytes.length) this.#failAs("proxy", "it said more than was asked");
      else this.#secure(raw);
    } catch {
      this.#failAs("proxy", "its answer is no HTTP");
    }
  }

  onTunnelEnd(thrown: unknown): void {
    if (this.#tunnel === undefined) return;
    this.#failAs("proxy", systemCode(thrown) ?? "it closed the connection");
  }

  #secure(raw: Bun.Socket<Dial<Data>>): void {
    const { origin, socketData, handlers } = this.#target;
    const tls = bunTlsOf(origin, this.#settings.tls);
    raw.upgradeTLS<Data>({ data: socketData, tls, socket: handlers });
  }

  #succeed(socket: Bun.Socket<Data>, readyUs: number): void {
    this.#isOver = true;
    const { isSecure } = this.#target.origin;
    const connectedUs = this.#connectedUs;
    this.#target.onReady(socket, {
      dnsUs: Math.round(this.#foundUs - this.#beganUs),
      connectUs: Math.round(connectedUs - this.#foundUs),
      tlsUs: isSecure ? Math.round(readyUs - connectedUs) : 0,
    });
  }

  #failAs(kind: HttpErrorKind, detail: string): void {
    this.#fail(new HttpError(kind, this.#target.origin.peer, detail));
  }

  #fail(error: HttpError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#raw?.terminate();
    this.#target.onDialFailed(error);
  }

  #errorOf(thrown: unknown, otherwise: HttpErrorKind): HttpError {
    return socketError(thrown, this.#settings.proxy?.peer ?? this.#target.origin.peer, otherwise);
  }
}

/** The error of a socket in our words; `otherwise` is its kind where the system's code says nothing. */
export function socketError(thrown: unknown, peer: string, otherwise: HttpErrorKind): HttpError {
  const code = systemCode(thrown);
  let kind = kindOfCode(code);
  // The runtime says "refused" when there was no file descriptor for a socket.
  if (kind === "refused" && isOutOfFiles()) kind = "too-many-files";
  return new HttpError(kind ?? otherwise, peer, kind === undefined ? (code ?? "") : "");
}

/** True when this process can open no further file. */
function isOutOfFiles(): boolean {
  try {
    closeSync(openSync("/dev/null", "r"));
    return false;
  } catch (thrown) {
    return kindOfCode(systemCode(thrown)) === "too-many-files";
  }
}

const TUNNEL_HANDLERS: Bun.SocketHandler<Dial<unknown>> = {
  open: (socket) => socket.data.onTunnelOpen(socket),
  data: (socket, bytes) => socket.data.onTunnelData(socket, bytes),
  end: (socket) => socket.data.onTunnelEnd(undefined),
  close: (socket, thrown) => socket.data.onTunnelEnd(thrown),
  error: (socket, thrown) => socket.data.onTunnelEnd(thrown),
};
