// Making a connection: name to addresses, a socket to one of them (the next when nobody answers
// there), a tunnel through a proxy, the handshake. Measured by phase.
//
//   start --addresses--> connecting --open--> [tunnelling] --> [securing] --> target.onReady
//
// With TLS the runtime opens the socket before the handshake and drops what is written then, so that
// ready is what the handshake says. A tunnel's raw socket is handed over when the proxy passes bytes
// on: as it is, or under TLS, where it goes on to tell of the bytes of TLS and nobody listens. The
// runtime has no TLS within TLS: secure requests through a secure proxy go by streams of node:tls.

import { systemCode } from "../base/errors.ts";
import { isIpv4 } from "../base/ip.ts";
import type { DnsCache } from "./dns.ts";
import { HttpError, type HttpErrorKind } from "./errors.ts";
import type { ProxyServer } from "./proxy.ts";
import type { Origin } from "./request.ts";
import type { ConnectTimes } from "./response.ts";
import { socketError } from "./socket-error.ts";
import type { Timeouts } from "./timeouts.ts";
import { bunTlsOf, proxyTlsOf, type TlsOptions } from "./tls.ts";
import { SAID_MORE, type Tunnel, tunnelTo } from "./tunnel.ts";
import { StreamWire, type Wire, type WireHandlers } from "./wire.ts";

/** How connections are made; the same object for all of a pool. */
export interface DialSettings {
  readonly timeouts: Timeouts;
  readonly dns: DnsCache;
  readonly tls: TlsOptions;
}

/** Who wants the connection. Either is called once, unless the dial is cancelled. */
export interface DialTarget<Data> {
  readonly origin: Origin;
  /** What the wire's handlers find at its `data`. */
  readonly socketData: Data;
  readonly handlers: WireHandlers<Data>;
  onReady(wire: Wire<Data>, times: ConnectTimes): void;
  onDialFailed(error: HttpError): void;
}

/** Kinds of failure after which another address may do. */
const TRY_NEXT: ReadonlySet<HttpErrorKind> = new Set(["refused", "unreachable", "connect-timeout"]);

export class Dial<Data> {
  readonly #target: DialTarget<Data>;
  readonly #settings: DialSettings;
  readonly #proxy: ProxyServer | undefined;
  readonly #beganUs: number;
  #foundUs = 0;
  #connectedUs = 0;
  #addresses: readonly string[] = [];
  #next = 0;
  /** The origin's, for a proxy that is told no names. */
  #originAddress: string | undefined;
  #isOver = false;
  #tunnel: Tunnel | undefined;
  #raw: { terminate(): unknown } | undefined;

  constructor(target: DialTarget<Data>, settings: DialSettings, proxy: ProxyServer | undefined) {
    this.#target = target;
    this.#settings = settings;
    this.#proxy = proxy;
    this.#beganUs = settings.timeouts.nowUs();
  }

  start(): void {
    const { dns } = this.#settings;
    const host = this.#proxy?.host ?? this.#target.origin.host;
    const asked = originAddress(this.#target.origin, this.#proxy, dns);
    const found = dns.addresses(host);
    if (!(found instanceof Promise) && !(asked instanceof Promise)) {
      this.#onAddresses(found, asked);
      return;
    }
    Promise.all([found, asked]).then(
      ([addresses, address]) => this.#onAddresses(addresses, address),
      (thrown: unknown) => this.#fail(this.#errorOf(thrown, "dns")),
    );
  }

  /** Gives up; nothing is called any more. */
  cancel(): void {
    this.#isOver = true;
    this.#raw?.terminate();
  }

  // The events of the target's wire, until it is ready.

  onOpen(wire: Wire<Data>): void {
    if (this.#isOver) {
      wire.terminate();
      return;
    }
    this.#connectedUs = this.#settings.timeouts.nowUs();
    wire.setNoDelay?.(true);
    if (!this.#isSecure) this.#succeed(wire, this.#connectedUs);
  }

  onHandshake(wire: Wire<Data>, isTrusted: boolean, thrown: Error | null): void {
    if (this.#isOver) return;
    const chosen: unknown = (wire as { alpnProtocol?: unknown }).alpnProtocol;
    const refused = this.#refusedBy(isTrusted, thrown);
    if (refused !== undefined) this.#failAs("tls", refused);
    else if (chosen === "h2") this.#failAs("tls", "the server chose HTTP/2");
    else this.#succeed(wire, this.#settings.timeouts.nowUs());
  }

  /** The socket ended before it was ready. */
  onEnd(thrown: unknown): void {
    this.#fail(this.#errorOf(thrown, this.#isSecure ? "tls" : "connect"));
  }

  #onAddresses(addresses: readonly string[], address: string | undefined): void {
    if (this.#isOver) return;
    this.#foundUs = this.#settings.timeouts.nowUs();
    this.#addresses = addresses;
    this.#originAddress = address;
    this.#connect();
  }

  #connect(): void {
    const { origin, socketData, handlers } = this.#target;
    const { tls } = this.#settings;
    const hostname = this.#addresses[this.#next++] as string;
    const proxy = this.#proxy;
    if (proxy !== undefined && this.#hasTunnel) {
      if (proxy.isSecure) this.#openStream(proxy, hostname);
      else this.#openTunnel(proxy, hostname);
      return;
    }
    const secured = proxy === undefined ? bunTlsOf(origin, tls) : proxyTlsOf(proxy, origin, tls);
    Bun.connect<Data>({
      hostname,
      port: proxy?.port ?? origin.port,
      data: socketData,
      socket: handlers,
      ...(this.#isSecure ? { tls: secured } : {}),
    }).catch((thrown: unknown) => this.#onRefused(thrown));
  }

  /** What the wire that is handed over speaks, with the origin or with a proxy of plain requests. */
  get #isSecure(): boolean {
    return this.#target.origin.isSecure || (this.#proxy?.isSecure === true && !this.#hasTunnel);
  }

  get #hasTunnel(): boolean {
    return this.#proxy !== undefined && needsTunnel(this.#target.origin, this.#proxy);
  }

  // The runtime minds a wrong name even where nothing was to be checked.
  #refusedBy(isTrusted: boolean, thrown: Error | null): string | undefined {
    const isNameOnly = systemCode(thrown) === "ERR_TLS_CERT_ALTNAME_INVALID";
    const isInsecure = this.#settings.tls.isInsecure === true || this.#target.origin.isInsecure;
    if (isTrusted || (isInsecure && isNameOnly)) return undefined;
    return thrown?.message ?? "handshake failed";
  }

  #onRefused(thrown: unknown): void {
    if (this.#isOver) return;
    const error = this.#errorOf(thrown, "connect");
    if (TRY_NEXT.has(error.kind) && this.#next < this.#addresses.length) this.#connect();
    else this.#fail(error);
  }

  #openTunnel(proxy: ProxyServer, hostname: string): void {
    Bun.connect<Dial<Data>>({
      hostname,
      port: proxy.port,
      data: this,
      socket: TUNNEL_HANDLERS as Bun.SocketHandler<Dial<Data>>,
    }).catch((thrown: unknown) => this.#onRefused(thrown));
  }

  // The raw socket of a tunnel.

  onTunnelOpen(raw: Bun.Socket<Dial<Data>>): void {
    if (this.#isOver) {
      raw.terminate();
      return;
    }
    this.#raw = raw;
    raw.setNoDelay(true);
    this.#say(raw, () => {
      this.#tunnel = tunnelTo(this.#target.origin, this.#proxy as ProxyServer, this.#originAddress);
      return this.#tunnel.begin();
    });
  }

  onTunnelData(raw: Bun.Socket<Dial<Data>>, bytes: Buffer): void {
    const tunnel = this.#tunnel;
    if (this.#isOver || tunnel === undefined) return;
    this.#say(raw, () => tunnel.take(bytes));
    if (this.#isOver || !tunnel.isOpen) return;
    this.#tunnel = undefined;
    // Of HTTP/1.1 and TLS the origin says nothing before it is asked.
    if (tunnel.rest.length === 0) this.#handOver(raw);
    else this.#failAs("proxy", SAID_MORE);
  }

  onTunnelEnd(thrown: unknown): void {
    if (this.#tunnel === undefined) return;
    this.#failAs("proxy", systemCode(thrown) ?? "it closed the connection");
  }

  #say(raw: Bun.Socket<Dial<Data>>, next: () => Uint8Array | undefined): void {
    try {
      const bytes = next();
      if (bytes !== undefined) raw.write(bytes);
    } catch (thrown) {
      this.#fail(this.#errorOf(thrown, "proxy"));
    }
  }

  #handOver(raw: Bun.Socket<Dial<Data>>): void {
    const { origin, socketData, handlers } = this.#target;
    if (origin.isSecure) {
      const tls = bunTlsOf(origin, this.#settings.tls);
      raw.upgradeTLS<Data>({ data: socketData, tls, socket: handlers });
      return;
    }
    const socket = raw as unknown as Bun.Socket<Data>;
    socket.reload({ socket: handlers });
    socket.data = socketData;
    this.onOpen(socket);
  }

  // TLS within TLS. What node's sockets need is loaded by who uses it.
  #openStream(proxy: ProxyServer, address: string): void {
    const streams = require("./proxy-stream.ts") as typeof import("./proxy-stream.ts");
    const { origin, socketData, handlers } = this.#target;
    const { tls } = this.#settings;
    const parts = { origin, proxy, address, originAddress: this.#originAddress, tls };
    const fail = (thrown: unknown) => this.#onRefused(thrown);
    const raw = streams.openProxyStream(parts, {
      onFailed: fail,
      onOpen: (outer) => {
        this.#connectedUs = this.#settings.timeouts.nowUs();
        const inner = streams.secureStream(outer, origin, tls, () => {
          if (this.#isOver) return;
          const wire = new StreamWire(inner, socketData, handlers);
          this.#succeed(wire, this.#settings.timeouts.nowUs());
        });
        inner.once("error", (thrown: Error) => {
          if (!this.#isOver) this.#failAs("tls", thrown.message);
        });
        inner.once("close", () => this.onEnd(undefined));
      },
    });
    this.#raw = { terminate: () => raw.destroy() };
  }

  #succeed(wire: Wire<Data>, readyUs: number): void {
    this.#isOver = true;
    const connectedUs = this.#connectedUs;
    this.#target.onReady(wire, {
      dnsUs: Math.round(this.#foundUs - this.#beganUs),
      connectUs: Math.round(connectedUs - this.#foundUs),
      tlsUs: this.#isSecure ? Math.round(readyUs - connectedUs) : 0,
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
    if (thrown instanceof HttpError) return thrown;
    return socketError(thrown, this.#proxy?.peer ?? this.#target.origin.peer, otherwise);
  }
}

/** True where a proxy must pass bytes on; otherwise it is given plain requests. */
export function needsTunnel(origin: Origin, proxy: ProxyServer): boolean {
  return origin.isSecure || proxy.kind !== "http";
}

/** The origin's address for a proxy that is told no names; rejects with HttpError `dns`. */
export function originAddress(
  origin: Origin,
  proxy: ProxyServer | undefined,
  dns: DnsCache,
): string | undefined | Promise<string | undefined> {
  if (proxy === undefined || proxy.resolvesNames) return undefined;
  const found = dns.addresses(origin.host);
  // SOCKS 4 has no place for others.
  const chosen = (all: readonly string[]) =>
    (proxy.kind === "socks4" ? all.find((one) => isIpv4(one)) : undefined) ?? all[0];
  if (!(found instanceof Promise)) return chosen(found);
  return found.then(chosen, (thrown: unknown) => {
    throw socketError(thrown, origin.peer, "dns");
  });
}

const TUNNEL_HANDLERS: Bun.SocketHandler<Dial<unknown>> = {
  open: (socket) => socket.data.onTunnelOpen(socket),
  data: (socket, bytes) => socket.data.onTunnelData(socket, bytes),
  end: (socket) => socket.data.onTunnelEnd(undefined),
  close: (socket, thrown) => socket.data.onTunnelEnd(thrown),
  error: (socket, thrown) => socket.data.onTunnelEnd(thrown),
};
