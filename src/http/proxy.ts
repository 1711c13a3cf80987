// HTTP proxies: plain requests go to them with the whole URL in the first line, secure ones through a
// tunnel that CONNECT opens.

import { HttpError } from "./errors.ts";
import type { Origin, PreparedRequest } from "./request.ts";

export interface HttpProxy {
  readonly host: string;
  readonly port: number;
  readonly peer: string;
  /** Value of proxy-authorization. */
  readonly authorization: string | undefined;
}

const PORT = 80;

/** `http://user:password@host:port`; throws HttpError `bad-url`. */
export function parseProxy(text: string): HttpProxy {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "http:" || url.hostname === "") {
    throw new HttpError("bad-url", "", "a proxy is given as http://host:port");
  }
  const port = url.port === "" ? PORT : Number(url.port);
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    peer: `${url.hostname}:${port}`,
    authorization:
      url.username === "" ? undefined : `Basic ${Buffer.from(pair).toString("base64")}`,
  };
}

const proxied = new WeakMap<PreparedRequest, { proxy: HttpProxy; bytes: Uint8Array }>();

/** The bytes of a plain request as a proxy wants them. */
export function proxiedBytes(request: PreparedRequest, proxy: HttpProxy): Uint8Array {
  const known = proxied.get(request);
  if (known?.proxy === proxy) return known.bytes;
  const { bytes, method, origin } = request;
  const lineEnd = bytes.indexOf(10) + 1;
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, lineEnd).toString("latin1");
  const target = `http://${origin.authority}${line.slice(method.length + 1)}`;
  const head = `${method} ${target}${authorizationLine(proxy)}`;
  const whole = Buffer.concat([Buffer.from(head, "latin1"), bytes.subarray(lineEnd)]);
  proxied.set(request, { proxy, bytes: whole });
  return whole;
}

/** The request that opens a tunnel to `origin`. */
export function connectBytes(origin: Origin, proxy: HttpProxy): Uint8Array {
  const host = origin.host.includes(":") ? `[${origin.host}]` : origin.host;
  const target = `${host}:${origin.port}`;
  const head = `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorizationLine(proxy)}\r\n`;
  return Buffer.from(head, "latin1");
}

function authorizationLine(proxy: HttpProxy): string {
  return proxy.authorization === undefined ? "" : `Proxy-Authorization: ${proxy.authorization}\r\n`;
}
