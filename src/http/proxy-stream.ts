// Streams through a proxy, by the sockets of node: for HTTP/2, whose client takes streams alone, and
// for TLS within TLS.

import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { HttpError } from "./errors.ts";
import type { ProxyServer } from "./proxy.ts";
import type { Origin } from "./request.ts";
import { socketError } from "./socket-error.ts";
import { nodeProxyTlsOf, nodeTlsOf, type TlsOptions } from "./tls.ts";
import { SAID_MORE, tunnelTo } from "./tunnel.ts";

export interface ProxyStreamParts {
  readonly origin: Origin;
  readonly proxy: ProxyServer;
  /** Of the proxy. */
  readonly address: string;
  /** The origin's, for proxies that are told no names. */
  readonly originAddress: string | undefined;
  readonly tls: TlsOptions;
}

/** What became of it; one of the two, once. */
export interface ProxyStreamEnd {
  /** `rest` is what the origin has said already. */
  onOpen(stream: Socket, rest: Uint8Array): void;
  onFailed(error: HttpError): void;
}

/** Opens a tunnel; the stream is returned at once so that it can be given up. */
export function openProxyStream(parts: ProxyStreamParts, end: ProxyStreamEnd): Socket {
  const { origin, proxy, address, originAddress } = parts;
  const target = { host: address, port: proxy.port };
  const stream = proxy.isSecure
    ? connectTls({ ...target, ...nodeProxyTlsOf(proxy, origin, parts.tls) })
    : connectTcp(target);
  const tunnel = tunnelTo(origin, proxy, originAddress);
  let isOver = false;
  let isConnected = false;
  const fail = (thrown: unknown) => {
    if (isOver) return;
    isOver = true;
    stream.destroy();
    if (thrown instanceof HttpError) end.onFailed(thrown);
    else end.onFailed(errorOf(thrown, proxy, isConnected));
  };
  const say = (next: () => Uint8Array | undefined) => {
    try {
      const bytes = next();
      if (bytes !== undefined) stream.write(bytes);
    } catch (thrown) {
      fail(thrown);
    }
  };
  const onData = (bytes: Buffer) => {
    say(() => tunnel.take(bytes));
    if (isOver || !tunnel.isOpen) return;
    const { rest } = tunnel;
    if (rest.length > 0 && origin.isSecure) {
      fail(new HttpError("proxy", origin.peer, SAID_MORE));
      return;
    }
    isOver = true;
    stream.off("data", onData);
    stream.pause();
    end.onOpen(stream, rest);
  };
  stream.setNoDelay(true);
  stream.on("error", fail);
  stream.on("close", () => fail(closed(origin)));
  stream.on("end", () => fail(closed(origin)));
  stream.on("data", onData);
  stream.once(proxy.isSecure ? "secureConnect" : "connect", () => {
    isConnected = true;
    say(() => tunnel.begin());
  });
  return stream;
}

/** TLS with `origin` over `stream`; without HTTP/2. */
export function secureStream(
  stream: Socket,
  origin: Origin,
  tls: TlsOptions,
  onSecure: () => void,
): TLSSocket {
  const ALPNProtocols = [...(tls.alpn ?? ["http/1.1"])];
  return connectTls({ ...nodeTlsOf(origin, tls), ALPNProtocols, socket: stream }, onSecure);
}

function errorOf(thrown: unknown, proxy: ProxyServer, isConnected: boolean): HttpError {
  const isSecuring = proxy.isSecure && !isConnected;
  const error = socketError(thrown, proxy.peer, isSecuring ? "tls" : "connect");
  return error.kind === "tls" ? new HttpError("tls", proxy.peer, (thrown as Error).message) : error;
}

function closed(origin: Origin): HttpError {
  return new HttpError("proxy", origin.peer, "it closed the connection");
}
