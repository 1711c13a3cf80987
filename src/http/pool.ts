// The requests of one user and the connections they go on: kept alive and used again, as many per
// origin as the user has requests in flight. Two users never share a connection unless they are given
// the same store.

import type { AnswerHandler, ConnectionUser, SendOptions } from "./connection.ts";
import { CONNECTION_DEFAULT, type ConnectionOptions, ConnectionStore } from "./connection-store.ts";
import { HttpError } from "./errors.ts";
import { RESPONSE_LIMIT } from "./parser.ts";
import type { PreparedRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import type { Timeouts } from "./timeouts.ts";

export const POOL_DEFAULT = {
  ...CONNECTION_DEFAULT,
  responseTimeoutUs: 60_000_000,
} as const;

/** What is told of every request, whoever waits for it. */
export interface PoolObserver {
  onAnswer(request: PreparedRequest, response: HttpResponse): void;
  onFailure(request: PreparedRequest, error: HttpError): void;
}

export interface PoolOptions extends ConnectionOptions {
  readonly observer: PoolObserver;
  readonly responseTimeoutUs?: number | undefined;
  /** True: bodies are counted and thrown away unless a request says otherwise. */
  readonly discardBody?: boolean | undefined;
  readonly bodyLimitBytes?: number | undefined;
  /** Connections shared with others; how they are made is the store's then. */
  readonly store?: ConnectionStore | undefined;
}

const NO_OPTIONS: SendOptions = {};

export class Pool implements ConnectionUser {
  readonly timeouts: Timeouts;
  readonly responseTimeoutUs: number;
  readonly discardBody: boolean;
  readonly bodyLimitBytes: number;
  readonly #observer: PoolObserver;
  readonly #store: ConnectionStore;
  readonly #isStoreShared: boolean;
  #isClosed = false;

  /** Throws HttpError when the proxy is none. */
  constructor(options: PoolOptions) {
    this.timeouts = options.timeouts;
    this.#observer = options.observer;
    this.responseTimeoutUs = options.responseTimeoutUs ?? POOL_DEFAULT.responseTimeoutUs;
    this.discardBody = options.discardBody ?? false;
    this.bodyLimitBytes = options.bodyLimitBytes ?? RESPONSE_LIMIT.bodyBytes;
    this.#isStoreShared = options.store !== undefined;
    this.#store = options.store ?? new ConnectionStore(options);
  }

  /** Connections of this user, idle ones included; of all users where they are shared. */
  get openCount(): number {
    return this.#store.openCount;
  }

  /** Rejects with HttpError. */
  send(request: PreparedRequest, options: SendOptions = NO_OPTIONS): Promise<HttpResponse> {
    const promise = new Promise<HttpResponse>(grab);
    this.fire(request, new Settler(grabbed.resolve, grabbed.reject), options);
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
    this.#store.take(request.origin).send(this, request, handler, options);
  }

  /** Ends all connections; requests in flight and later ones fail as `aborted`. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#store.connections()) {
      if (!this.#isStoreShared || connection.user === this) connection.close("aborted");
    }
  }

  onAnswer(request: PreparedRequest, response: HttpResponse): void {
    this.#observer.onAnswer(request, response);
  }

  onFailure(request: PreparedRequest, error: HttpError): void {
    this.#observer.onFailure(request, error);
  }
}

type Resolve = (response: HttpResponse) => void;
type Reject = (error: HttpError) => void;

// What the promise that was made last is settled with: one function for all promises instead of a
// closure for each.
const grabbed: { resolve: Resolve; reject: Reject } = { resolve: () => {}, reject: () => {} };

function grab(resolve: Resolve, reject: Reject): void {
  grabbed.resolve = resolve;
  grabbed.reject = reject;
}

class Settler implements AnswerHandler {
  readonly #resolve: Resolve;
  readonly #reject: Reject;

  constructor(resolve: Resolve, reject: Reject) {
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
