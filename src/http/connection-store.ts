// Connections that are open, and those of them that are idle: used again newest first. A store belongs
// to one pool, or is shared by several whose users then share connections as behind a gateway.

import { Connection, type ConnectionHome } from "./connection.ts";
import { type DnsCache, sharedDns } from "./dns.ts";
import { type ProxyChoice, type ProxyEnv, proxyChoice } from "./proxy.ts";
import type { Origin } from "./request.ts";
import type { Timeouts } from "./timeouts.ts";
import type { TlsOptions } from "./tls.ts";

export const CONNECTION_DEFAULT = {
  connectTimeoutUs: 10_000_000,
  /** The server decides. */
  idleTimeoutUs: Number.POSITIVE_INFINITY,
} as const;

/** How connections are made and kept. */
export interface ConnectionOptions {
  readonly timeouts: Timeouts;
  readonly connectTimeoutUs?: number | undefined;
  readonly idleTimeoutUs?: number | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Shared by all with the same `timeouts` unless given. */
  readonly dns?: DnsCache | undefined;
  /** `scheme://user:password@host:port` (proxy.ts), or "env": what `env` says. */
  readonly proxy?: string | undefined;
  readonly env?: ProxyEnv | undefined;
}

const NO_TLS_OPTIONS: TlsOptions = {};
const NO_ENV: ProxyEnv = {};

export class ConnectionStore implements ConnectionHome {
  readonly timeouts: Timeouts;
  readonly connectTimeoutUs: number;
  readonly idleTimeoutUs: number;
  readonly tls: TlsOptions;
  readonly dns: DnsCache;
  readonly proxyFor: ProxyChoice;
  /** Each knows its place in it. */
  readonly #open: Connection[] = [];
  #isRetired = false;
  // The idle connections of the origin that was asked for last, and of the others where there are any.
  #hotOrigin: Origin | undefined;
  #hot: Connection[] = [];
  #others: Map<string, Connection[]> | undefined;

  /** Throws HttpError when the proxy is none. */
  constructor(options: ConnectionOptions) {
    this.timeouts = options.timeouts;
    this.connectTimeoutUs = options.connectTimeoutUs ?? CONNECTION_DEFAULT.connectTimeoutUs;
    this.idleTimeoutUs = options.idleTimeoutUs ?? CONNECTION_DEFAULT.idleTimeoutUs;
    this.tls = options.tls ?? NO_TLS_OPTIONS;
    this.dns = options.dns ?? sharedDns(options.timeouts);
    this.proxyFor = proxyChoice(options.proxy, options.env ?? NO_ENV);
  }

  /** Idle ones included. */
  get openCount(): number {
    return this.#open.length;
  }

  connections(): Connection[] {
    return [...this.#open];
  }

  /** An idle connection to `origin`, or a new one. */
  take(origin: Origin): Connection {
    const idle = this.#idleOf(origin).pop();
    return idle ?? this.open(origin);
  }

  open(origin: Origin): Connection {
    const connection = new Connection(origin, this);
    connection.place = this.#open.push(connection) - 1;
    return connection;
  }

  /** Closes what is idle now, and what is busy when it gets idle. */
  retire(): void {
    this.#isRetired = true;
    for (const connection of this.connections()) {
      if (connection.isIdle) connection.close("closed");
    }
  }

  onIdle(connection: Connection): void {
    if (this.#isRetired) connection.close("closed");
    else this.#idleOf(connection.origin).push(connection);
  }

  onClosed(connection: Connection): void {
    const last = this.#open.pop() as Connection;
    if (last !== connection) {
      this.#open[connection.place] = last;
      last.place = connection.place;
    }
    const idle = this.#idleOf(connection.origin);
    const place = idle.indexOf(connection);
    if (place >= 0) idle.splice(place, 1);
    if (idle.length === 0) this.#forget(connection.origin);
  }

  #idleOf(origin: Origin): Connection[] {
    if (origin === this.#hotOrigin) return this.#hot;
    if (this.#hotOrigin !== undefined) {
      this.#others ??= new Map();
      this.#others.set(this.#hotOrigin.key, this.#hot);
      this.#hot = this.#others.get(origin.key) ?? [];
    }
    this.#hotOrigin = origin;
    return this.#hot;
  }

  // A user that goes from origin to origin leaves none behind that it has no connection to.
  #forget(origin: Origin): void {
    this.#others?.delete(origin.key);
    this.#hotOrigin = undefined;
    this.#hot = [];
  }
}

const shared = new WeakMap<Timeouts, Map<string, ConnectionStore>>();

/** The store of all pools with the same Timeouts and options that want to share connections. */
export function sharedStore(options: ConnectionOptions): ConnectionStore {
  const { timeouts, dns: _, env: __, ...rest } = options;
  const key = JSON.stringify(rest);
  const known = shared.get(timeouts) ?? new Map<string, ConnectionStore>();
  shared.set(timeouts, known);
  let store = known.get(key);
  if (store === undefined) {
    store = new ConnectionStore(options);
    known.set(key, store);
  }
  return store;
}
