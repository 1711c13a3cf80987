// The HTTP that scripts use: small calls over the engine in http/.

import { READABLE_CODINGS } from "../http/content.ts";
import type { Pool } from "../http/pool.ts";
import { newest, newPromise } from "../http/promised.ts";
import {
  type PreparedRequest,
  prepareRequest,
  type RequestParts,
  withHeader,
} from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";
import { SessionCookies } from "./session-cookies.ts";
import { ServerEvents } from "./session-events.ts";
import { Challenges, Exchange, type ExchangeHost, type Plan, planOf } from "./session-exchange.ts";
import {
  type Auth,
  authorizationOf,
  type Body,
  bodyOf,
  concernsNetwork,
  type HeaderValues,
  poolSettingsOf,
  type RequestOptions,
  type SessionOptions,
  wholeUrl,
} from "./session-options.ts";

export type { RequestOptions, SessionOptions } from "./session-options.ts";

const PREPARED_MAX = 1_000;
const NO_OPTIONS: SessionOptions = {};
const NO_HEADERS: HeaderValues = {};
/** Of calls without options, in sessions without any. */
const PLAIN: Plan = planOf(NO_OPTIONS, NO_OPTIONS, false);

/**
 * HTTP of one cannon. Connections and cookies are the cannon's own, as a browser's would be, and each
 * request is measured. An answer of any status is an answer; what brings none throws an HttpError.
 */
export class HttpSession implements ExchangeHost {
  readonly pool: Pool;
  /** The cookies of this cannon; sent and taken without being asked. */
  readonly cookies: SessionCookies;
  /** Told what the session counts besides requests: streams of events. */
  counter: { count(name: string, amount: number): void } | undefined;
  readonly #shared: Map<string, PreparedRequest>;
  // What follows is made for who needs it: there may be ten thousand sessions.
  #challenges: Challenges | undefined;
  /** Where the session adds something to requests they are its own. */
  #own: Map<string, PreparedRequest> | undefined;
  #withCookies: WeakMap<PreparedRequest, { header: string; request: PreparedRequest }> | undefined;
  #options: SessionOptions = NO_OPTIONS;
  #headers: HeaderValues = NO_HEADERS;
  #isBare = true;
  #plan = PLAIN;
  #lastMethod = "";
  #lastUrl = "";
  #last: PreparedRequest | undefined;

  /** `prepared` may be shared by sessions: requests without options are made ready once. */
  constructor(pool: Pool, prepared: Map<string, PreparedRequest>, options?: SessionOptions) {
    this.pool = pool;
    this.#shared = prepared;
    this.cookies = new SessionCookies(pool.timeouts);
    if (options !== undefined) this.configure(options);
  }

  /** True: certificates are not checked in any request. */
  get insecure(): boolean {
    return this.#options.insecure ?? false;
  }

  set insecure(insecure: boolean) {
    this.configure({ insecure });
  }

  /** What URLs without a scheme are added to. */
  get baseUrl(): string | undefined {
    return this.#options.baseUrl;
  }

  set baseUrl(baseUrl: string) {
    this.configure({ baseUrl });
  }

  /** Headers of all requests; assign a new object to change them. */
  get headers(): HeaderValues {
    return this.#options.headers ?? {};
  }

  set headers(headers: HeaderValues) {
    this.configure({ headers });
  }

  /**
   * Sets what holds for all requests from now on; what is not named stays.
   *
   * @example this.http.configure({ baseUrl: "http://shop", headers: { "X-Shop": "7" } });
   */
  configure(options: SessionOptions): void {
    const all = { ...this.#options, ...options };
    if (concernsNetwork(options)) this.pool.configure(poolSettingsOf(all, this.pool.timeouts));
    this.#options = all;
    this.#headers = {
      ...(all.userAgent === undefined ? {} : { "User-Agent": all.userAgent }),
      ...(all.compressed ? { "Accept-Encoding": READABLE_CODINGS } : {}),
    };
    this.#headers = merged(withAuth(this.#headers, all.auth), all.headers);
    this.#isBare = all.baseUrl === undefined && Object.keys(this.#headers).length === 0;
    this.#plan = this.#planOf({});
    this.#own?.clear();
    this.#last = undefined;
  }

  /** @example const page = await this.http.get("http://localhost:8080/"); */
  get(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("GET", url, options);
  }

  /** @example await this.http.post(url, { json: { item: 7 } }); */
  post(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("POST", url, options);
  }

  /** @example await this.http.put(`${url}/7`, { json: { item: 7 } }); */
  put(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PUT", url, options);
  }

  /** @example await this.http.patch(`${url}/7`, { form: { state: "sold" } }); */
  patch(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("PATCH", url, options);
  }

  /** @example await this.http.delete(`${url}/7`, { name: "remove" }); */
  delete(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("DELETE", url, options);
  }

  /** @example const size = (await this.http.head(url)).header("content-length"); */
  head(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("HEAD", url, options);
  }

  /** @example const allowed = (await this.http.options(url)).header("allow"); */
  options(url: string, options?: RequestOptions): Promise<HttpResponse> {
    return this.request("OPTIONS", url, options);
  }

  /**
   * A request of any method.
   *
   * @example await this.http.request("PURGE", url);
   */
  request(method: string, url: string, options?: RequestOptions): Promise<HttpResponse> {
    try {
      if (options !== undefined) return this.#requestWith(method, url, options);
      const request = this.#prepared(method, url);
      return this.#exchange(request, { plan: this.#plan, parts: undefined });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /**
   * Server-sent events, one after the other until the server ends the stream or the loop is left.
   *
   * @example for await (const event of this.http.events("/prices")) console.log(event.data);
   */
  events(url: string, options: RequestOptions & { readonly method?: string } = {}): ServerEvents {
    const { method = "GET", ...rest } = options;
    const source = {
      send: (more: RequestOptions) => this.request(method, url, more),
      count: (name: string, amount: number) => this.counter?.count(name, amount),
    };
    return new ServerEvents(source, rest);
  }

  get challenges(): Challenges {
    this.#challenges ??= new Challenges();
    return this.#challenges;
  }

  partsOf(request: PreparedRequest): RequestParts {
    const { method, url, urlWithUser } = request;
    const isInsecure = this.insecure;
    return { method, url: urlWithUser ?? url, headers: this.#headers, isInsecure };
  }

  withCookies(request: PreparedRequest, header: string): PreparedRequest {
    const known = this.#withCookies?.get(request);
    if (known?.header === header) return known.request;
    const made = withHeader(request, "Cookie", header);
    this.#withCookies ??= new WeakMap();
    this.#withCookies.set(request, { header, request: made });
    return made;
  }

  #exchange(
    request: PreparedRequest,
    call: { plan: Plan; parts: RequestParts | undefined },
  ): Promise<HttpResponse> {
    const promise = newPromise();
    new Exchange(this, request, call, newest).start();
    return promise;
  }

  #requestWith(method: string, url: string, options: RequestOptions): Promise<HttpResponse> {
    const found = bodyOf(options);
    if (!(found instanceof Promise)) return this.#sendWith(method, { url, options, ...found });
    return found.then((body) => this.#sendWith(method, { url, options, ...body }));
  }

  #sendWith(
    method: string,
    call: { url: string; options: RequestOptions } & Body,
  ): Promise<HttpResponse> {
    const { options, body, bodyType } = call;
    const { auth } = options;
    const base = auth === undefined ? this.#headers : this.#headersFor(auth);
    const parts: RequestParts = {
      method,
      url: wholeUrl(call.url, this.#options.baseUrl, options.query),
      headers: merged(base, options.headers),
      body,
      bodyType,
      isInsecure: options.insecure ?? this.insecure,
      name: options.name,
    };
    return this.#exchange(prepareRequest(parts), { plan: this.#planOf(options), parts });
  }

  #headersFor(auth: Auth | false): HeaderValues {
    const { authorization: _, Authorization: __, ...headers } = this.#headers;
    return withAuth(headers, auth);
  }

  #planOf(options: RequestOptions): Plan {
    const hasOwn = namesCookie(options.headers) || namesCookie(this.#headers);
    return planOf(options, this.#options, hasOwn);
  }

  #prepared(method: string, url: string): PreparedRequest {
    if (this.#last !== undefined && url === this.#lastUrl && method === this.#lastMethod) {
      return this.#last;
    }
    this.#own ??= this.#isBare ? undefined : new Map();
    const known = this.#isBare ? this.#shared : (this.#own as Map<string, PreparedRequest>);
    const { insecure } = this;
    const key = `${insecure ? "!" : ""}${method} ${url}`;
    let request = known.get(key);
    if (request === undefined) {
      const whole = wholeUrl(url, this.#options.baseUrl, undefined);
      const parts = { method, url: whole, headers: this.#headers, isInsecure: insecure };
      request = prepareRequest(parts);
      if (known.size >= PREPARED_MAX) known.clear();
      known.set(key, request);
    }
    this.#lastMethod = method;
    this.#lastUrl = url;
    this.#last = request;
    return request;
  }
}

function withAuth(headers: HeaderValues, auth: Auth | false | undefined): HeaderValues {
  const value = auth === false ? undefined : authorizationOf(auth);
  return value === undefined ? headers : { ...headers, Authorization: value };
}

// Names are compared without regard to case; those of `over` win.
function merged(under: HeaderValues, over: HeaderValues | undefined): HeaderValues {
  if (over === undefined) return under;
  const given = new Set(Object.keys(over).map((name) => name.toLowerCase()));
  const kept = Object.entries(under).filter(([name]) => !given.has(name.toLowerCase()));
  return { ...Object.fromEntries(kept), ...over };
}

function namesCookie(headers: HeaderValues | undefined): boolean {
  return headers !== undefined && Object.keys(headers).some((name) => /^cookie$/i.test(name));
}
