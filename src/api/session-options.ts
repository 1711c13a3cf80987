// What scripts may say about requests, and what it is in the words of the engine.

import { type AddressFamily, DnsCache, type DnsPolicy } from "../http/dns.ts";
import { HttpError } from "../http/errors.ts";
import type { HeaderList } from "../http/headers.ts";
import { encodeMultipart, type FormFields } from "../http/multipart.ts";
import type { PoolSettings } from "../http/pool.ts";
import type { Timeouts } from "../http/timeouts.ts";

const US_PER_S = 1_000_000;

/** Who asks: by password (basic, or digest after the server's challenge), or by a token. */
export type Auth =
  | {
      readonly user: string;
      readonly password: string;
      readonly scheme?: "basic" | "digest" | undefined;
    }
  | { readonly bearer: string };

type QueryValue = string | number | boolean;

/** Parameters of a URL; lists repeat the name. */
export type Query =
  | Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>
  | URLSearchParams;

/** Headers by name. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** Options of one request. */
export interface RequestOptions {
  /** Sent as they are; they replace the session's and what oct would send. */
  readonly headers?: HeaderValues;
  /** Added to the URL. */
  readonly query?: Query;
  /** Sent as it is; texts as UTF-8. */
  readonly body?: string | Uint8Array | ArrayBuffer | URLSearchParams | Blob | FormData;
  /** Sent as JSON, with its content type. */
  readonly json?: unknown;
  /** Sent as a form without files. */
  readonly form?: Query;
  /** Sent as a form with files: `{ file: { filename: "a.txt", content: "..." } }`. */
  readonly multipart?: FormFields;
  /** Seconds until the request fails (default 60); connecting has a limit of its own. */
  readonly timeout?: number;
  /** True: the server's certificate is not checked. */
  readonly insecure?: boolean;
  /** Name of the request's timer, instead of `GET /users/:id`. */
  readonly name?: string;
  /** False: no authorization; otherwise instead of the session's. */
  readonly auth?: Auth | false;
  /** How many redirects are followed (default 20); each is a request of its own. */
  readonly redirects?: number;
  /** How often a request without an answer is sent again (default 0); each is counted. */
  readonly retries?: number;
  /** False: sends no cookies and takes none. */
  readonly cookies?: boolean;
  /** True: the body is counted and thrown away. */
  readonly discardBody?: boolean;
  /** Given the body as it comes, which is not kept then. */
  readonly onChunk?: (bytes: Uint8Array) => void;
  /** Told status and headers before the body. */
  readonly onHead?: (status: number, headers: HeaderList) => void;
  /** Aborted: the request is given up, and its connection with it. */
  readonly signal?: AbortSignal;
  /** True: the answer is over, and no failure, when `signal` says so after the headers came. */
  readonly stream?: boolean;
  /** An answer whose body is larger fails (default 256 MiB). */
  readonly maxBodyBytes?: number;
}

/** Options of all requests of a session; those of a request come first. */
export interface SessionOptions
  extends Omit<
    RequestOptions,
    | "body"
    | "json"
    | "form"
    | "multipart"
    | "query"
    | "onChunk"
    | "onHead"
    | "signal"
    | "stream"
    | "name"
  > {
  /** What URLs that begin with "/" are added to. */
  readonly baseUrl?: string;
  /** The `User-Agent` of requests whose headers name none. */
  readonly userAgent?: string;
  /** True: asks for compressed answers; they are decoded when read. */
  readonly compressed?: boolean;
  /** Seconds until connecting fails (default 10). */
  readonly connectTimeout?: number;
  /** Seconds after which an unused connection is closed (default never). */
  readonly idleTimeout?: number;
  /** Certificates (PEM) to trust instead of the system's, our own, its key. */
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Name asked of the server and checked, instead of the URL's host. */
  readonly serverName?: string;
  /** Protocols offered in the handshake. */
  readonly alpn?: readonly string[];
  /**
   * `http://user:password@host:port`, or with https, socks5, socks5h (names are looked up there),
   * socks4, socks4a; "env": what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say; "": none.
   */
  readonly proxy?: string;
  /**
   * False: a request fails when the server has closed its kept-alive connection meanwhile. Otherwise
   * it goes out once more on a new one, unless it is a POST or PATCH; that is counted.
   */
  readonly resend?: boolean;
  /** How long addresses are good: for ever, for one connection, or so many seconds (default 60). */
  readonly dns?: "once" | "connection" | number;
  /** Address family: only IPv4, only IPv6, or first IPv4 ("any", the default). */
  readonly family?: 4 | 6 | "any" | "6-first";
  /** True: HTTP/2 where the server takes it, and always where the URL begins with http:. */
  readonly http2?: boolean;
  /** True: connections are shared with the other cannons of the thread. */
  readonly shared?: boolean;
}

const NETWORK_KEYS = [
  "connectTimeout",
  "idleTimeout",
  "ca",
  "cert",
  "key",
  "passphrase",
  "serverName",
  "alpn",
  "proxy",
  "resend",
  "dns",
  "family",
  "shared",
  "http2",
  "timeout",
  "discardBody",
  "maxBodyBytes",
] as const satisfies readonly (keyof SessionOptions)[];

/** True when `options` say something about connections. */
export function concernsNetwork(options: SessionOptions): boolean {
  return NETWORK_KEYS.some((key) => options[key] !== undefined);
}

/** How connections are made, in the engine's words. */
export function poolSettingsOf(options: SessionOptions, timeouts: Timeouts): PoolSettings {
  const { ca, cert, key, passphrase, serverName, alpn } = options;
  return {
    tls: { ca, cert, key, passphrase, serverName, alpn },
    dns: dnsOf(options, timeouts),
    proxy: options.proxy,
    resendsStale: options.resend,
    isShared: options.shared,
    isHttp2: options.http2,
    connectTimeoutUs: timeoutUsOf(options.connectTimeout),
    idleTimeoutUs: timeoutUsOf(options.idleTimeout),
    responseTimeoutUs: timeoutUsOf(options.timeout),
    discardBody: options.discardBody,
    bodyLimitBytes: options.maxBodyBytes,
  };
}

// Cannons that want the same ask a resolver together.
const caches = new WeakMap<Timeouts, Map<string, DnsCache>>();

function dnsOf(options: SessionOptions, timeouts: Timeouts): DnsCache | undefined {
  const { dns, family } = options;
  if (dns === undefined && family === undefined) return undefined;
  const key = `${dns} ${family}`;
  const known = caches.get(timeouts) ?? new Map<string, DnsCache>();
  caches.set(timeouts, known);
  let cache = known.get(key);
  if (cache === undefined) {
    const policy: DnsPolicy | undefined =
      typeof dns === "number" ? { ttlUs: Math.max(0, dns) * US_PER_S } : dns;
    const wanted: AddressFamily | undefined = family === "any" ? 0 : family;
    cache = new DnsCache(timeouts, { policy, family: wanted });
    known.set(key, cache);
  }
  return cache;
}

/** Seconds as microseconds; throws HttpError when they are none. */
export function timeoutUsOf(timeout: number | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  if (timeout > 0) return timeout * US_PER_S;
  throw new HttpError("bad-request", "", `timeout of ${timeout} seconds`);
}

/** `url` with the base before it and the query behind it. */
export function wholeUrl(
  url: string,
  baseUrl: string | undefined,
  query: Query | undefined,
): string {
  const isRelative = baseUrl !== undefined && !/^[a-z][a-z0-9+.-]*:/i.test(url);
  const whole = isRelative ? joined(baseUrl, url) : url;
  const added = query === undefined ? "" : queryText(query);
  if (added === "") return whole;
  const [, before = whole, hash = ""] = /^([^#]*)(#.*)?$/s.exec(whole) ?? [];
  return `${before}${before.includes("?") ? "&" : "?"}${added}${hash}`;
}

function joined(base: string, url: string): string {
  if (url === "" || url.startsWith("?")) return `${base}${url}`;
  return `${base.replace(/\/+$/, "")}/${url.replace(/^\/+/, "")}`;
}

function queryText(query: Query): string {
  if (query instanceof URLSearchParams) return query.toString();
  const parameters = new URLSearchParams();
  for (const [name, given] of Object.entries(query)) {
    if (given === undefined) continue;
    for (const value of Array.isArray(given) ? given : [given]) {
      parameters.append(name, String(value));
    }
  }
  return parameters.toString();
}

/** A body as bytes or text, and the content type that it has unless headers say otherwise. */
export interface Body {
  readonly body: string | Uint8Array | undefined;
  readonly bodyType: string | undefined;
}

const FORM_TYPE = "application/x-www-form-urlencoded;charset=UTF-8";

/** The body of a request; a promise only for what the runtime reads itself. Throws HttpError. */
export function bodyOf(options: RequestOptions): Body | Promise<Body> {
  const { body, json, form, multipart } = options;
  if (json !== undefined) return { body: JSON.stringify(json), bodyType: "application/json" };
  if (form !== undefined) return { body: queryText(form), bodyType: FORM_TYPE };
  if (multipart !== undefined) {
    const { bytes, type } = encodeMultipart(multipart);
    return { body: bytes, bodyType: type };
  }
  if (body === undefined) return { body, bodyType: undefined };
  if (typeof body === "string") return { body, bodyType: "text/plain;charset=UTF-8" };
  if (body instanceof URLSearchParams) return { body: body.toString(), bodyType: FORM_TYPE };
  if (body instanceof Uint8Array) return { body, bodyType: undefined };
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body), bodyType: undefined };
  if (body instanceof Blob || body instanceof FormData) return readBody(body);
  throw new HttpError("bad-request", "", `a body of type ${typeof body}`);
}

async function readBody(body: Blob | FormData): Promise<Body> {
  const read = new Response(body);
  const bodyType = read.headers.get("content-type") ?? undefined;
  return { body: new Uint8Array(await read.arrayBuffer()), bodyType };
}

/** The value of `authorization`, where it is known before the server says anything. */
export function authorizationOf(auth: Auth | undefined): string | undefined {
  if (auth === undefined) return undefined;
  if ("bearer" in auth) return `Bearer ${auth.bearer}`;
  if (auth.scheme === "digest") return undefined;
  return `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString("base64")}`;
}
