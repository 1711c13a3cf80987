// A request as bytes, prepared once and sent as often as needed. Nothing that a script passes can
// break out of its place: line breaks in methods, headers and URLs are refused.

import { HttpError } from "./errors.ts";
import { timerNameOf } from "./names.ts";

/** Where connections go; one object per origin and trust, so that it can be a key. */
export interface Origin {
  readonly key: string;
  readonly isSecure: boolean;
  /** Without the brackets of IPv6. */
  readonly host: string;
  readonly port: number;
  /** Host and port as in the URL. */
  readonly authority: string;
  /** `host:port`, for people. */
  readonly peer: string;
  /** True: certificates are not checked. */
  readonly isInsecure: boolean;
}

export interface PreparedRequest {
  readonly origin: Origin;
  readonly method: string;
  /** Without user and password. */
  readonly url: string;
  /** The URL with its user and password, where it has them: for the request that follows this. */
  readonly urlWithUser: string | undefined;
  /** The automatic name of its timer, such as `GET /users/:id`. */
  readonly name: string;
  /** Head and body, ready to write. */
  readonly bytes: Uint8Array;
  /** Where in `bytes` the body begins. */
  readonly bodyStart: number;
}

export interface RequestParts {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Content type used when there is a body and the headers name none. */
  readonly bodyType?: string | undefined;
  readonly isInsecure?: boolean | undefined;
  /** Instead of the automatic name. */
  readonly name?: string | undefined;
}

export const REQUEST_LIMIT = {
  urlBytes: 64 * 1024,
  headBytes: 256 * 1024,
} as const;

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** Bytes of a request; throws HttpError `bad-url` or `bad-request`. */
export function prepareRequest(parts: RequestParts): PreparedRequest {
  const method = parts.method.toUpperCase();
  if (!METHOD.test(method)) throw new HttpError("bad-request", "", `method ${show(method)}`);
  const url = parseUrl(parts.url);
  const origin = originOf(url, parts.isInsecure === true);
  const body = typeof parts.body === "string" ? Buffer.from(parts.body) : parts.body;
  const head = headOf({ method, url, parts, bodyBytes: body?.length });
  const headBytes = Buffer.from(head, "latin1");
  if (headBytes.length > REQUEST_LIMIT.headBytes) {
    throw new HttpError("bad-request", "", `${headBytes.length} bytes of headers`);
  }
  const bytes = body === undefined ? headBytes : Buffer.concat([headBytes, body]);
  const shown = withoutUser(url);
  const name = parts.name ?? timerNameOf(method, url.pathname);
  const urlWithUser = url.username === "" ? undefined : url.href;
  return { origin, method, url: shown, urlWithUser, name, bytes, bodyStart: headBytes.length };
}

/** `request` with one header more; the same timer, the same place. Throws HttpError. */
export function withHeader(request: PreparedRequest, name: string, value: string): PreparedRequest {
  if (!HEADER_NAME.test(name) || !HEADER_VALUE.test(value)) {
    throw new HttpError("bad-request", "", `value of header ${name}`);
  }
  const { bytes, bodyStart } = request;
  const line = Buffer.from(`${name}: ${value}\r\n\r\n`, "latin1");
  const linesEnd = bodyStart - 2;
  const parts = [bytes.subarray(0, linesEnd), line, bytes.subarray(bodyStart)];
  return { ...request, bytes: Buffer.concat(parts), bodyStart: linesEnd + line.length };
}

function headOf(request: {
  method: string;
  url: URL;
  parts: RequestParts;
  bodyBytes: number | undefined;
}): string {
  const { method, url, parts } = request;
  const given = new Set<string>();
  let lines = "";
  for (const [name, value] of Object.entries(parts.headers ?? {})) {
    const key = name.toLowerCase();
    given.add(key);
    if (!HEADER_NAME.test(name)) throw new HttpError("bad-request", "", `header ${show(name)}`);
    if (key === "content-length" || key === "transfer-encoding") continue;
    for (const item of typeof value === "string" ? [value] : arrayOf(value)) {
      const text = String(item);
      if (!HEADER_VALUE.test(text)) {
        throw new HttpError("bad-request", "", `value of header ${name}`);
      }
      lines += `${name}: ${text}\r\n`;
    }
  }
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\n`;
  if (!given.has("host")) head += `Host: ${url.host}\r\n`;
  if (!given.has("user-agent")) head += "User-Agent: oct\r\n";
  if (!given.has("accept")) head += "Accept: */*\r\n";
  if (url.username !== "" && !given.has("authorization")) head += basicAuthorization(url);
  head += lines;
  if (request.bodyBytes !== undefined) {
    if (!given.has("content-type") && parts.bodyType !== undefined) {
      head += `Content-Type: ${parts.bodyType}\r\n`;
    }
    head += `Content-Length: ${request.bodyBytes}\r\n`;
  } else if (METHODS_WITH_BODY.has(method)) {
    head += "Content-Length: 0\r\n";
  }
  return `${head}\r\n`;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function basicAuthorization(url: URL): string {
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Authorization: Basic ${Buffer.from(pair).toString("base64")}\r\n`;
}

function withoutUser(url: URL): string {
  const href = url.hash === "" ? url.href : url.href.slice(0, -url.hash.length);
  return url.username === "" && url.password === "" ? href : href.replace(/\/\/[^@/]*@/, "//");
}

function parseUrl(text: unknown): URL {
  if (typeof text !== "string") throw new HttpError("bad-url", "", show(String(text)));
  if (text.length > REQUEST_LIMIT.urlBytes) {
    throw new HttpError("bad-url", "", `${text.length} characters`);
  }
  const url = URL.parse(text);
  const isHttp = url?.protocol === "http:" || url?.protocol === "https:";
  if (url === null || !isHttp || url.hostname === "") {
    throw new HttpError("bad-url", "", show(text));
  }
  return url;
}

const origins = new Map<string, Origin>();
const ORIGINS_MAX = 10_000;

function originOf(url: URL, isInsecure: boolean): Origin {
  const key = `${isInsecure ? "insecure " : ""}${url.protocol}//${url.host}`;
  const known = origins.get(key);
  if (known !== undefined) return known;
  const isSecure = url.protocol === "https:";
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const peer = `${url.hostname}:${port}`;
  const origin: Origin = { key, isSecure, host, port, authority: url.host, peer, isInsecure };
  if (origins.size >= ORIGINS_MAX) origins.clear();
  origins.set(key, origin);
  return origin;
}

function show(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text);
}
