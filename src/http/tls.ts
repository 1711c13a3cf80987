// How secure connections are made, in the runtime's words.

import type * as NodeTls from "node:tls";
import { isIp } from "../base/ip.ts";
import type { ProxyServer } from "./proxy.ts";
import type { Origin } from "./request.ts";

export interface TlsOptions {
  /** Certificates (PEM) that are trusted instead of the system's. */
  readonly ca?: string | readonly string[] | undefined;
  /** Our own certificate and its key (PEM), for servers that ask for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** Asked for and checked instead of the URL's host. */
  readonly serverName?: string | undefined;
  /** True: the server's certificate is not checked. */
  readonly isInsecure?: boolean | undefined;
  /** Protocols offered, best first; ["http/1.1"] unless given. */
  readonly alpn?: readonly string[] | undefined;
}

const HTTP_1: readonly string[] = ["http/1.1"];
const ALPN_NAME_MAX = 255;

/** What the runtime takes as `tls` of a connection to `origin`. */
export function bunTlsOf(
  origin: Pick<Origin, "host" | "isInsecure">,
  options: TlsOptions,
): Bun.TLSOptions {
  const { ca, cert, key, passphrase } = options;
  return {
    serverName: options.serverName ?? origin.host,
    rejectUnauthorized: !(options.isInsecure === true || origin.isInsecure),
    ALPNProtocols: alpnBytes(options.alpn ?? HTTP_1),
    ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** The same towards a proxy: what names and certifies us is the origin's affair. */
export function proxyTlsOf(
  proxy: ProxyServer,
  origin: Origin,
  options: TlsOptions,
): Bun.TLSOptions {
  const { host } = proxy;
  return bunTlsOf({ host, isInsecure: origin.isInsecure }, ofProxy(options));
}

function ofProxy({ ca, isInsecure }: TlsOptions): TlsOptions {
  return { ca, isInsecure };
}

/** What node:tls takes for a connection to `origin`. */
export function nodeTlsOf(
  origin: Pick<Origin, "host" | "isInsecure">,
  options: TlsOptions,
): NodeTls.ConnectionOptions {
  const { ca, cert, key, passphrase, serverName } = options;
  const name = serverName ?? (isIp(origin.host) === 0 ? origin.host : undefined);
  return {
    ...(name === undefined ? {} : { servername: name }),
    rejectUnauthorized: !(options.isInsecure === true || origin.isInsecure),
    ...(ca === undefined ? {} : { ca: typeof ca === "string" ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** What node:tls takes for a connection to `proxy`. */
export function nodeProxyTlsOf(
  proxy: ProxyServer,
  origin: Origin,
  options: TlsOptions,
): NodeTls.ConnectionOptions {
  return nodeTlsOf({ host: proxy.host, isInsecure: origin.isInsecure }, ofProxy(options));
}

// Each name with one byte of length before it.
function alpnBytes(names: readonly string[]): ArrayBuffer {
  const parts = names.map((name) => Buffer.from(name.slice(0, ALPN_NAME_MAX), "latin1"));
  const whole = new Uint8Array(parts.reduce((size, part) => size + 1 + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole[offset] = part.length;
    whole.set(part, offset + 1);
    offset += 1 + part.length;
  }
  return whole.buffer;
}
