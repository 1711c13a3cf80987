// Proxies: which of them a request goes through, and what plain requests to one look like. An HTTP
// proxy gets plain requests with the whole URL in the first line; all others, and all proxies with
// secure requests, open a tunnel (tunnel.ts).
//
//   http, https      https speaks TLS with the proxy itself
//   socks4, socks5   names are looked up here
//   socks4a, socks5h the proxy looks them up
//   env              what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say, as curl reads them

import { HttpError } from "./errors.ts";
import type { Origin, PreparedRequest } from "./request.ts";

export interface ProxyServer {
  readonly kind: "http" | "socks4" | "socks5";
  /** What is said to the proxy is said by TLS. */
  readonly isSecure: boolean;
  /** The proxy is told names; otherwise addresses. HTTP proxies always are told names. */
  readonly resolvesNames: boolean;
  readonly host: string;
  readonly port: number;
  readonly peer: string;
  /** As given, decoded; "" for none. */
  readonly user: string;
  readonly password: string;
}

/** The proxy on the way to an origin, or none. */
export type ProxyChoice = (origin: Origin) => ProxyServer | undefined;

/** Variables of a process; names are read in lower case first, as curl does. */
export type ProxyEnv = Readonly<Record<string, string | undefined>>;

const PORTS: Readonly<Record<string, number>> = {
  http: 80,
  https: 443,
  socks4: 1080,
  socks4a: 1080,
  socks5: 1080,
  socks5h: 1080,
};
const NAMES_THERE: ReadonlySet<string> = new Set(["http", "https", "socks4a", "socks5h"]);
const HINT = "a proxy is given as http://, https://, socks5:// or socks5h://host:port";
/** Bytes of user and password each, in SOCKS. */
const CREDENTIAL_MAX = 255;

const DIRECT: ProxyChoice = () => undefined;

/** What `text` says: a proxy for all origins, or "env". Throws HttpError `bad-url`. */
export function proxyChoice(text: string | undefined, env: ProxyEnv): ProxyChoice {
  if (text === undefined || text === "") return DIRECT;
  if (text === "env") return choiceOf(env);
  const proxy = parseProxy(text);
  return () => proxy;
}

/** `scheme://user:password@host:port`; throws HttpError `bad-url`. */
export function parseProxy(text: string): ProxyServer {
  const [, scheme = "", rest = ""] = /^([a-z0-9]+):\/\/(.*)$/is.exec(text) ?? [];
  const word = scheme.toLowerCase();
  const defaultPort = PORTS[word];
  // Schemes that the platform knows are read by its rules: all proxies are read by those of http.
  const url = defaultPort === undefined ? null : URL.parse(`http://${rest}`);
  if (url === null || url.hostname === "" || defaultPort === undefined) {
    throw new HttpError("bad-url", "", HINT);
  }
  const isPortGiven = url.port !== "" || /:80(?:\/|$)/.test(rest);
  const port = isPortGiven ? Number(url.port || 80) : defaultPort;
  const kind = word.startsWith("socks4") ? "socks4" : word.startsWith("socks5") ? "socks5" : "http";
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (kind !== "http" && Math.max(sizeOf(user), sizeOf(password)) > CREDENTIAL_MAX) {
    throw new HttpError("bad-url", "", `a proxy's user and password have ${CREDENTIAL_MAX} bytes`);
  }
  return {
    kind,
    isSecure: word === "https",
    resolvesNames: NAMES_THERE.has(word),
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    peer: `${url.hostname}:${port}`,
    user,
    password,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function sizeOf(text: string): number {
  return Buffer.byteLength(text);
}

// HTTP_PROXY in upper case may be set by whoever calls a CGI program, which is why curl reads only the
// lower case of that one; nothing here is such a program, and both are read.
function choiceOf(env: ProxyEnv): ProxyChoice {
  const known = new Map<string, ProxyServer>();
  return (origin) => {
    if (isExcepted(origin, variable(env, "NO_PROXY"))) return undefined;
    const name = origin.isSecure ? "HTTPS_PROXY" : "HTTP_PROXY";
    const given = variable(env, name) || variable(env, "ALL_PROXY");
    if (given === "") return undefined;
    const text = given.includes("://") ? given : `http://${given}`;
    const proxy = known.get(text) ?? parseProxy(text);
    known.set(text, proxy);
    return proxy;
  };
}

function variable(env: ProxyEnv, name: string): string {
  return (env[name.toLowerCase()] || env[name] || "").trim();
}

/** Whether NO_PROXY has the origin: `*`, a host, a domain with all below it, either with a port. */
function isExcepted(origin: Origin, list: string): boolean {
  const host = origin.host.toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((item) => {
      if (item === "*") return true;
      const [, bracketed, plain, port] = /^(?:\[(.+?)\]|([^[\]]*?))(?::(\d+))?$/.exec(item) ?? [];
      // An IPv6 address may stand without its brackets, and has no port then.
      const isBare = bracketed === undefined && (item.match(/:/g)?.length ?? 0) > 1;
      const wanted = isBare ? item : (bracketed ?? plain ?? "").replace(/^\*?\./, "");
      if (wanted === "") return false;
      if (!isBare && port !== undefined && Number(port) !== origin.port) return false;
      return host === wanted || host.endsWith(`.${wanted}`);
    });
}

const proxied = new WeakMap<PreparedRequest, { proxy: ProxyServer; bytes: Uint8Array }>();

/** The bytes of a plain request as an HTTP proxy wants them. */
export function proxiedBytes(request: PreparedRequest, proxy: ProxyServer): Uint8Array {
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

/** The header line that says who asks an HTTP proxy; "" for nobody. */
export function authorizationLine({ user, password }: ProxyServer): string {
  if (user === "") return "";
  const pair = Buffer.from(`${user}:${password}`).toString("base64");
  return `Proxy-Authorization: Basic ${pair}\r\n`;
}
