// The requests of one user and the connections they go on: kept alive and used again, as many per
// origin as the user has requests in flight. Two users never share a connection unless both ask.

import type { AnswerHandler, ConnectionUser } from "./connection.ts";
import {
  CONNECTION_DEFAULT,
  type ConnectionOptions,
  ConnectionStore,
  sharedStore,
} from "./connection-store.ts";
import { HttpError } from "./errors.ts";
import type { Http2Store } from "./http2.ts";
import { RESPONSE_LIMIT } from "./parser.ts";
import { newest, newPromise, type RejectAnswer, type ResolveAnswer } from "./promised.ts";
import type { PreparedRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import type { SendOptions } from "./send-options.ts";
import type { Timeouts } from "./timeouts.ts";

export const POOL_DEFAULT = {
  ...CONNECTION_DEFAULT,
  responseTimeoutUs: 60_000_000,
} as const;

/** What is told of every request, whoever waits for it. */
export interface PoolObserver {
  onAnswer(request: PreparedRequest, response: HttpResponse): void;
  onFailure(request: PreparedRequest, error: HttpError, durationUs: number): void;
  /** A request goes out once more: the server had closed its connection before a byte came. */
  onResend?(request: PreparedRequest): void;
}

/** What may be changed while a pool is in use. */
export interface PoolSettings extends Omit<ConnectionOptions, "timeouts"> {
  readonly responseTimeoutUs?: number | undefined;
  /** True: bodies are counted and thrown away unless a request says otherwise. */
  readonly discardBody?: boolean | undefined;
  readonly bodyLimitBytes?: number | undefined;
  /** True: HTTP/2 where the server takes it, always without TLS. */
  readonly isHttp2?: boolean | undefined;
  /** True: connections are shared with all pools of the thread that want the same. */
  readonly isShared?: boolean | undefined;
  /**
   * False: a request on a connection that the server has closed meanwhile fails. Otherwise it goes out
   * once more where that does no harm.
   */
  readonly resendsStale?: boolean | undefined;
}

export interface PoolOptions extends PoolSettings {
  readonly timeouts: Timeouts;
  readonly observer: PoolObserver;
}

const NO_OPTIONS: SendOptions = {};
const NO_STORES: Http2Store[] = [];

export class Pool implements ConnectionUser {
  readonly timeouts: Timeouts;
  responseTimeoutUs: number = POOL_DEFAULT.responseTimeoutUs;
  discardBody = false;
  bodyLimitBytes: number = RESPONSE_LIMIT.bodyBytes;
  resendsStale = true;
  readonly #observer: PoolObserver;
  #settings: PoolSettings;
  #store: ConnectionStore;
  #isStoreShared = false;
  /** Stores whose last requests may still be in flight, and whether they are shared. */
  #former: Map<ConnectionStore, boolean> | undefined;
  #http2: Http2Store | undefined;
  #formerHttp2: Http2Store[] = NO_STORES;
  #isClosed = false;

  /** Throws HttpError when the proxy is none. */
  constructor(options: PoolOptions) {
    const { timeouts, observer, ...settings } = options;
    this.timeouts = timeouts;
    this.#observer = observer;
    this.#settings = settings;
    this.#store = this.#takeSettings();
  }

  /**
   * Changes what is given and not undefined, for requests from now on. Connections that were made otherwise end when
   * they are idle. Throws HttpError when the proxy is none.
   */
  configure(settings: PoolSettings): void {
    const given = Object.entries(settings).filter(([, value]) => value !== undefined);
    this.#settings = { ...this.#settings, ...Object.fromEntries(given) };
    const before = this.#store;
    const wasShared = this.#isStoreShared;
    this.#store = this.#takeSettings();
    if (this.#store === before) return;
    if (!wasShared) before.retire();
    if (before.openCount === 0) return;
    this.#former ??= new Map();
    this.#former.set(before, wasShared);
  }

  /** Connections of this user, idle ones included; of all users where they are shared. */
  get openCount(): number {
    let count = this.#store.openCount;
    for (const store of this.#former?.keys() ?? []) count += store.openCount;
    for (const store of this.#formerHttp2) count += store.openCount;
    return count + (this.#http2?.openCount ?? 0);
  }

  /** Rejects with HttpError. */
  send(request: PreparedRequest, options: SendOptions = NO_OPTIONS): Promise<HttpResponse> {
    const promise = newPromise();
    this.fire(request, new Settler(newest.resolve, newest.reject), options);
    return promise;
  }

  /**
   * Sends without a promise: `handler` is told at once when the answer is here, and may be the same
   * for all requests. After `close` it is told of `aborted` before `fire` returns.
   */
  fire(request: PreparedRequest, handler: AnswerHandler, options: SendOptions = NO_OPTIONS): void {
    if (this.#isClosed) {
      handler.onError(new HttpError("aborted", request.origin.peer));
      return;
    }
    if (options.signal?.aborted) {
      const error = new HttpError("given-up", request.origin.peer);
      this.onFailure(request, error, 0);
      handler.onError(error);
      return;
    }
    if (this.#http2 !== undefined) this.#http2.send({ user: this, request, handler, options });
    else this.#store.take(request.origin).send(this, request, handler, options);
  }

  /** Ends all connections; requests in flight and later ones fail as `aborted`. */
  close(): void {
    this.#isClosed = true;
    for (const store of [...this.#formerHttp2, this.#http2]) store?.close("aborted");
    this.#closeStore(this.#store, this.#isStoreShared);
    for (const [store, isShared] of this.#former ?? []) this.#closeStore(store, isShared);
  }

  #closeStore(store: ConnectionStore, isShared: boolean): void {
    for (const connection of store.connections()) {
      if (!isShared || connection.user === this) connection.close("aborted");
    }
  }

  onAnswer(request: PreparedRequest, response: HttpResponse): void {
    this.#observer.onAnswer(request, response);
  }

  onFailure(request: PreparedRequest, error: HttpError, durationUs: number): void {
    this.#observer.onFailure(request, error, durationUs);
  }

  onResend(request: PreparedRequest): void {
    this.#observer.onResend?.(request);
  }

  #takeSettings(): ConnectionStore {
    const { isShared, isHttp2, resendsStale, ...others } = this.#settings;
    const { responseTimeoutUs, discardBody, bodyLimitBytes, ...rest } = others;
    const options = { ...rest, timeouts: this.timeouts };
    const store = isShared === true ? sharedStore(options) : new ConnectionStore(options);
    this.#isStoreShared = isShared === true;
    if (this.#http2 !== undefined) this.#formerHttp2 = [...this.#formerHttp2, this.#http2];
    for (const former of this.#formerHttp2) former.retire();
    const left = this.#formerHttp2.filter((former) => former.openCount > 0);
    this.#formerHttp2 = left.length === 0 ? NO_STORES : left;
    this.#http2 = isHttp2 === true ? this.#newHttp2(store) : undefined;
    this.responseTimeoutUs = responseTimeoutUs ?? POOL_DEFAULT.responseTimeoutUs;
    this.discardBody = discardBody ?? false;
    this.resendsStale = resendsStale ?? true;
    this.bodyLimitBytes = bodyLimitBytes ?? RESPONSE_LIMIT.bodyBytes;
    return store;
  }

  #newHttp2(store: ConnectionStore): Http2Store {
    // The runtime's HTTP/2 takes long to load: only who uses it waits for it.
    const http2 = require("./http2.ts") as typeof import("./http2.ts");
    return new http2.Http2Store(store, ({ request, handler, options }) => {
      store.take(request.origin).send(this, request, handler, options);
    });
  }
}

class Settler implements AnswerHandler {
  readonly #resolve: ResolveAnswer;
  readonly #reject: RejectAnswer;

  constructor(resolve: ResolveAnswer, reject: RejectAnswer) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onResponse(response: HttpResponse): void {
    this.#resolve(response);
  }

  onError(error: HttpError): void {
    this.#reject(error);
  }
}
