// HTTP/2 through the runtime's client, behind the same calls as HTTP/1.1: one connection per origin
// for all requests of a pool, another when the server takes no more streams on it. Where the server
// chooses HTTP/1.1 in the handshake, the pool goes on with that.
//
// Answers become what HTTP/1.1 answers are: the head as text, the body in pieces. The bytes of the
// wire are counted as those, which leaves out frames and the packing of headers.

import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { type DialSettings, originAddress } from "./dial.ts";
import { HttpError, type HttpErrorKind } from "./errors.ts";
import { type Http2Call, Http2Flight } from "./http2-flight.ts";
import type { ProxyChoice, ProxyServer } from "./proxy.ts";
import { openProxyStream } from "./proxy-stream.ts";
import type { Origin } from "./request.ts";
import type { ConnectTimes } from "./response.ts";
import { socketError } from "./socket-error.ts";
import { nodeTlsOf } from "./tls.ts";

export interface Http2Settings extends DialSettings {
  readonly connectTimeoutUs: number;
  readonly proxyFor: ProxyChoice;
}

/** Streams at once on a connection whose server has not said how many it takes. */
const STREAMS_DEFAULT = 100;

export class Http2Store {
  readonly #settings: Http2Settings;
  readonly #sendByHttp1: (call: Http2Call) => void;
  readonly #links = new Map<string, Http2Link[]>();
  readonly #http1 = new Set<string>();

  constructor(settings: Http2Settings, sendByHttp1: (call: Http2Call) => void) {
    this.#settings = settings;
    this.#sendByHttp1 = sendByHttp1;
  }

  get openCount(): number {
    let count = 0;
    for (const links of this.#links.values()) count += links.length;
    return count;
  }

  send(call: Http2Call): void {
    const { origin } = call.request;
    if (this.#http1.has(origin.key)) {
      this.#sendByHttp1(call);
      return;
    }
    const links = this.#links.get(origin.key) ?? [];
    this.#links.set(origin.key, links);
    let link = links.find((one) => one.hasRoom);
    if (link === undefined) {
      link = new Http2Link(origin, this.#settings, {
        onClosed: (closed) => this.#forget(closed),
        onStale: (stale) => this.send(stale),
        onHttp1: (calls) => {
          this.#http1.add(origin.key);
          for (const one of calls) this.#sendByHttp1(one);
        },
      });
      links.push(link);
      link.open();
    }
    link.send(call);
  }

  /** Ends connections when their last request is over. */
  retire(): void {
    for (const links of [...this.#links.values()]) {
      for (const link of [...links]) link.leave();
    }
  }

  close(kind: HttpErrorKind): void {
    for (const links of [...this.#links.values()]) {
      for (const link of [...links]) link.close(new HttpError(kind, link.origin.peer));
    }
  }

  #forget(link: Http2Link): void {
    const links = this.#links.get(link.origin.key);
    const place = links?.indexOf(link) ?? -1;
    if (place >= 0) links?.splice(place, 1);
  }
}

/** The way to an origin. */
interface Way {
  readonly proxy: ProxyServer | undefined;
  /** Of the proxy, or of the origin. */
  readonly address: string;
  /** The origin's, for a proxy that is told no names. */
  readonly originAddress: string | undefined;
  readonly beganUs: number;
}

interface LinkOwner {
  onClosed(link: Http2Link): void;
  /** The connection ended under a call that may go out once more. */
  onStale(call: Http2Call): void;
  /** The server speaks HTTP/1.1; `calls` were not sent. */
  onHttp1(calls: readonly Http2Call[]): void;
}

/** One connection. */
class Http2Link {
  readonly origin: Origin;
  deadlineUs = Number.POSITIVE_INFINITY;
  readonly #settings: Http2Settings;
  readonly #owner: LinkOwner;
  readonly #flights = new Set<Http2Flight>();
  // Calls that wait for the connection.
  #waiting: { call: Http2Call; beganUs: number }[] = [];
  /** When it was opened, until the call that it was opened for is here. */
  #openedUs: number | undefined;
  #session: ClientHttp2Session | undefined;
  #socket: Socket | undefined;
  #isClosed = false;
  #isLeaving = false;
  #hasAnswered = false;

  constructor(origin: Origin, settings: Http2Settings, owner: LinkOwner) {
    this.origin = origin;
    this.#settings = settings;
    this.#owner = owner;
  }

  get hasRoom(): boolean {
    const most = this.#session?.remoteSettings?.maxConcurrentStreams ?? STREAMS_DEFAULT;
    return !this.#isClosed && !this.#isLeaving && this.#flights.size + this.#waiting.length < most;
  }

  open(): void {
    const { timeouts, dns, connectTimeoutUs, proxyFor } = this.#settings;
    timeouts.add(this);
    this.deadlineUs = timeouts.deadline(connectTimeoutUs);
    const beganUs = timeouts.nowUs();
    this.#openedUs = beganUs;
    // What throws here: a proxy of the environment that is none, wrong certificates or keys of ours.
    const failed = (thrown: unknown, kind: HttpErrorKind) =>
      this.close(this.#errorOf(thrown, kind));
    try {
      const proxy = proxyFor(this.origin);
      const own = originAddress(this.origin, proxy, dns);
      Promise.all([dns.addresses(proxy?.host ?? this.origin.host), own]).then(
        ([addresses, address]) => {
          const way = { proxy, address: addresses[0] as string, originAddress: address, beganUs };
          try {
            this.#connect(way);
          } catch (thrown) {
            this.close(new HttpError("tls", this.origin.peer, (thrown as Error).message));
          }
        },
        (thrown: unknown) => failed(thrown, "dns"),
      );
    } catch (thrown) {
      failed(thrown, "proxy");
    }
  }

  send(call: Http2Call): void {
    // The call that the connection is made for waits since then: its phases are within its duration.
    const beganUs = call.resentSinceUs ?? this.#openedUs ?? this.#settings.timeouts.nowUs();
    this.#openedUs = undefined;
    if (this.#session === undefined) this.#waiting.push({ call, beganUs });
    else this.#begin(this.#session, { call, beganUs }, undefined);
  }

  onDeadline(): void {
    this.close(new HttpError("connect-timeout", this.origin.peer));
  }

  /** Takes no more requests, and ends after the last one. */
  leave(): void {
    this.#isLeaving = true;
    this.#endIfLeft();
  }

  /** Ends the connection; what is in flight fails with `error`. */
  close(error: HttpError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#settings.timeouts.delete(this);
    this.#owner.onClosed(this);
    for (const flight of [...this.#flights]) flight.fail(error);
    for (const { call } of this.#waiting.splice(0)) {
      call.user.onFailure(call.request, error, 0);
      call.handler.onError(error);
    }
    this.#session?.destroy();
    this.#socket?.destroy();
  }

  #connect(way: Way): void {
    if (this.#isClosed) return;
    const { timeouts, tls } = this.#settings;
    const { port, isSecure } = this.origin;
    const { proxy, address: host, originAddress: own } = way;
    const foundUs = timeouts.nowUs();
    const dnsUs = Math.round(foundUs - way.beganUs);
    const onFailed = (thrown: unknown) => this.close(this.#errorOf(thrown, "connect"));
    const onOpen = (socket: Socket, rest?: Uint8Array) => {
      if (rest !== undefined && rest.length > 0) socket.unshift(Buffer.from(rest));
      const connectUs = Math.round(timeouts.nowUs() - foundUs);
      if (isSecure) this.#secure({ socket }, { foundUs, dnsUs });
      else this.#begun(socket, { dnsUs, connectUs, tlsUs: 0 });
    };
    if (proxy?.isSecure === true && !isSecure) {
      // The runtime's client takes no stream that is itself under TLS for one without.
      const detail = "it is plain behind a proxy under TLS";
      this.close(new HttpError("http2", this.origin.peer, detail));
    } else if (proxy !== undefined) {
      const parts = { origin: this.origin, proxy, address: host, originAddress: own, tls };
      this.#socket = openProxyStream(parts, { onOpen, onFailed });
      this.#socket.on("error", onFailed);
    } else if (isSecure) this.#secure({ host, port }, { foundUs, dnsUs });
    else {
      const socket = connectTcp({ host, port });
      socket.on("error", onFailed);
      socket.once("connect", () => onOpen(socket));
      this.#socket = socket;
    }
  }

  /** TLS to an address, or over a stream that a proxy opened. */
  #secure(
    to: { readonly host: string; readonly port: number } | { readonly socket: Socket },
    times: { readonly foundUs: number; readonly dnsUs: number },
  ): void {
    const { timeouts, tls } = this.#settings;
    const { foundUs, dnsUs } = times;
    let connectedUs = "socket" in to ? timeouts.nowUs() : foundUs;
    const socket: TLSSocket = connectTls({
      ...to,
      ...nodeTlsOf(this.origin, tls),
      ALPNProtocols: ["h2", "http/1.1"],
    });
    this.#socket = socket;
    socket.on("error", (thrown) => {
      const error = this.#errorOf(thrown, "tls");
      const { peer } = this.origin;
      this.close(error.kind === "tls" ? new HttpError("tls", peer, thrown.message) : error);
    });
    socket.once("connect", () => {
      connectedUs = timeouts.nowUs();
    });
    socket.once("secureConnect", () => {
      if (socket.alpnProtocol !== "h2") {
        this.#leaveToHttp1();
        return;
      }
      const connectUs = Math.round(connectedUs - foundUs);
      this.#begun(socket, { dnsUs, connectUs, tlsUs: Math.round(timeouts.nowUs() - connectedUs) });
    });
  }

  #leaveToHttp1(): void {
    const calls = this.#waiting.splice(0).map(({ call }) => call);
    this.close(new HttpError("http2", this.origin.peer));
    this.#owner.onHttp1(calls);
  }

  #begun(socket: Socket, times: ConnectTimes): void {
    if (this.#isClosed) return;
    this.deadlineUs = Number.POSITIVE_INFINITY;
    const { isSecure, authority } = this.origin;
    const session = connectHttp2(`${isSecure ? "https" : "http"}://${authority}`, {
      createConnection: () => socket,
    });
    session.on("error", (thrown) => this.close(this.#errorOf(thrown, "http2")));
    // Streams that the server took are still answered.
    session.on("goaway", () => this.leave());
    session.on("close", () => this.close(new HttpError("closed", this.origin.peer)));
    this.#session = session;
    let first: ConnectTimes | undefined = times;
    for (const waiting of this.#waiting.splice(0)) {
      this.#begin(session, waiting, first);
      first = undefined;
    }
  }

  #begin(
    session: ClientHttp2Session,
    waiting: { call: Http2Call; beganUs: number },
    times: ConnectTimes | undefined,
  ): void {
    const flight = new Http2Flight(waiting.call, {
      timeouts: this.#settings.timeouts,
      beganUs: waiting.beganUs,
      connectTimes: times,
      isReused: this.#hasAnswered,
      onOver: (isAnswered) => {
        this.#flights.delete(flight);
        this.#hasAnswered ||= isAnswered;
        this.#endIfLeft();
      },
      onStale: (call) => {
        this.#isLeaving = true;
        this.#owner.onStale(call);
      },
    });
    this.#flights.add(flight);
    flight.start(session);
  }

  #endIfLeft(): void {
    if (this.#isLeaving && this.#flights.size === 0 && this.#waiting.length === 0) {
      this.close(new HttpError("closed", this.origin.peer));
    }
  }

  #errorOf(thrown: unknown, otherwise: HttpErrorKind): HttpError {
    if (thrown instanceof HttpError) return thrown;
    return socketError(thrown, this.origin.peer, otherwise);
  }
}
