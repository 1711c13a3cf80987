// The connections of one user: kept alive and used again, newest first, as many per origin as the
// user has requests in flight. Two users never share a connection.

import { Connection, type ConnectionOwner } from "./connection.ts";
import { HttpError } from "./errors.ts";
import type { PreparedRequest } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import type { Timeouts } from "./timeouts.ts";

export const POOL_DEFAULT = {
  connectTimeoutUs: 10_000_000,
  responseTimeoutUs: 60_000_000,
} as const;

/** What is told of every request, whoever waits for it. */
export interface PoolObserver {
  onAnswer(request: PreparedRequest, response: HttpResponse): void;
  onFailure(request: PreparedRequest, error: HttpError): void;
}

export interface PoolOptions {
  readonly timeouts: Timeouts;
  readonly observer: PoolObserver;
  readonly connectTimeoutUs?: number;
  readonly responseTimeoutUs?: number;
}

export class Pool implements ConnectionOwner {
  readonly timeouts: Timeouts;
  readonly connectTimeoutUs: number;
  readonly responseTimeoutUs: number;
  readonly #observer: PoolObserver;
  readonly #idle = new Map<string, Connection[]>();
  readonly #open = new Set<Connection>();
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.timeouts = options.timeouts;
    this.#observer = options.observer;
    this.connectTimeoutUs = options.connectTimeoutUs ?? POOL_DEFAULT.connectTimeoutUs;
    this.responseTimeoutUs = options.responseTimeoutUs ?? POOL_DEFAULT.responseTimeoutUs;
  }

  /** Connections of this user, idle ones included. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Rejects with HttpError. */
  send(request: PreparedRequest, timeoutUs = this.responseTimeoutUs): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(new HttpError("aborted", request.origin.peer));
        return;
      }
      const flight = { request, timeoutUs, resolve, reject };
      const idle = this.#idle.get(request.origin.key)?.pop();
      if (idle !== undefined) {
        idle.send(flight);
        return;
      }
      const connection = new Connection(request.origin, this);
      this.#open.add(connection);
      connection.open(flight);
    });
  }

  /** Ends all connections; requests in flight and later ones fail as `aborted`. */
  close(): void {
    this.#isClosed = true;
    for (const connection of [...this.#open]) connection.close("aborted");
  }

  onAnswer(request: PreparedRequest, response: HttpResponse): void {
    this.#observer.onAnswer(request, response);
  }

  onFailure(request: PreparedRequest, error: HttpError): void {
    this.#observer.onFailure(request, error);
  }

  onIdle(connection: Connection): void {
    const { key } = connection.origin;
    const idle = this.#idle.get(key);
    if (idle === undefined) this.#idle.set(key, [connection]);
    else idle.push(connection);
  }

  onClosed(connection: Connection): void {
    this.#open.delete(connection);
    const { key } = connection.origin;
    const idle = this.#idle.get(key);
    const place = idle?.indexOf(connection) ?? -1;
    if (idle === undefined || place < 0) return;
    idle.splice(place, 1);
    if (idle.length === 0) this.#idle.delete(key);
  }
}
