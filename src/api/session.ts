// The HTTP that scripts use: small calls over the engine in http/.

import { HttpError } from "../http/errors.ts";
import type { Pool } from "../http/pool.ts";
import { type PreparedRequest, prepareRequest } from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";

const US_PER_S = 1_000_000;
const PREPARED_MAX = 1_000;

/** Options of one request. */
export interface RequestOptions {
  /** Sent as they are; they replace what oct would send. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as it is; texts as UTF-8. */
  readonly body?: string | Uint8Array | ArrayBuffer | URLSearchParams;
  /** Sent as JSON, with its content type. */
  readonly json?: unknown;
  /** Seconds until the request fails (default 60); connecting has a limit of its own. */
  readonly timeout?: number;
  /** True: the server's certificate is not checked. */
  readonly insecure?: boolean;
}

/**
 * HTTP of one cannon. Connections are kept alive and are the cannon's own, as a browser's would be.
 * An answer of any status is an answer; what brings none throws an HttpError.
 */
export class HttpSession {
  /** True: certificates are not checked in any request. */
  insecure = false;
  readonly #pool: Pool;
  readonly #prepared: Map<string, PreparedRequest>;

  /** `prepared` may be shared by sessions: requests without options are made ready once. */
  constructor(pool: Pool, prepared: Map<string, PreparedRequest>) {
    this.#pool = pool;
    this.#prepared = prepared;
  }

  /** @example const page = await this.http.get("http://localhost:8080/"); */
  get(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("GET", url, options);
  }

  /** @example await this.http.post(url, { json: { item: 7 } }); */
  post(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("POST", url, options);
  }

  put(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PUT", url, options);
  }

  patch(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PATCH", url, options);
  }

  delete(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("DELETE", url, options);
  }

  head(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("HEAD", url, options);
  }

  /** A request of any method. */
  request(method: string, url: string, options?: RequestOptions): Promise<HttpResponse> {
    try {
      if (options !== undefined) return this.#sendWith(method, url, options);
      return this.#pool.send(this.#plain(method, url));
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  #sendWith(method: string, url: string, options: RequestOptions): Promise<HttpResponse> {
    const { body, bodyType } = bodyOf(options);
    const isInsecure = options.insecure ?? this.insecure;
    const { headers } = options;
    const request = prepareRequest({ method, url, headers, body, bodyType, isInsecure });
    return this.#pool.send(request, { timeoutUs: timeoutUsOf(options.timeout) });
  }

  #plain(method: string, url: string): PreparedRequest {
    const key = `${this.insecure ? "!" : ""}${method} ${url}`;
    const known = this.#prepared.get(key);
    if (known !== undefined) return known;
    const request = prepareRequest({ method, url, isInsecure: this.insecure });
    if (this.#prepared.size >= PREPARED_MAX) this.#prepared.clear();
    this.#prepared.set(key, request);
    return request;
  }
}

function timeoutUsOf(timeout: number | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  if (timeout > 0) return timeout * US_PER_S;
  throw new HttpError("bad-request", "", `timeout of ${timeout} seconds`);
}

function bodyOf(options: RequestOptions): {
  body: string | Uint8Array | undefined;
  bodyType: string | undefined;
} {
  const { body, json } = options;
  if (json !== undefined) return { body: JSON.stringify(json), bodyType: "application/json" };
  if (body === undefined) return { body, bodyType: undefined };
  if (typeof body === "string") return { body, bodyType: "text/plain;charset=UTF-8" };
  if (body instanceof URLSearchParams) {
    return { body: body.toString(), bodyType: "application/x-www-form-urlencoded;charset=UTF-8" };
  }
  if (body instanceof Uint8Array) return { body, bodyType: undefined };
  if (body instanceof ArrayBuffer) return { body: new Uint8Array(body), bodyType: undefined };
  throw new HttpError("bad-request", "", `a body of type ${typeof body}`);
}
