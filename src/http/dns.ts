// Names to addresses, with the choice of how often to ask: once, for each connection, or again after
// a time. Several addresses of a name are used in turn, one further for each connection; the family
// that is preferred comes first, the other behind it, for when nobody answers there.

import { lookup } from "node:dns";
import { isIp } from "../base/ip.ts";
import type { Timeouts } from "./timeouts.ts";

/** How long an answer is good for: for ever, for one connection, or so long. */
export type DnsPolicy = "once" | "connection" | { readonly ttlUs: number };

/** 4 and 6 allow only that family; 0 prefers IPv4 and takes IPv6 behind it; "6-first" turns that. */
export type AddressFamily = 0 | 4 | 6 | "6-first";

export interface DnsOptions {
  readonly policy?: DnsPolicy | undefined;
  readonly family?: AddressFamily | undefined;
  /** Asks the system unless given. */
  readonly resolve?: Resolve | undefined;
}

export interface Address {
  readonly address: string;
  readonly family: number;
}

/** Every address of a name; rejects with the system's error. */
export type Resolve = (host: string) => Promise<readonly Address[]>;

export const DNS_DEFAULT = { ttlUs: 60_000_000, namesMax: 10_000 } as const;

interface Entry {
  preferred: readonly string[];
  others: readonly string[];
  turn: number;
  untilUs: number;
  asking: Promise<readonly string[]> | undefined;
}

export class DnsCache {
  readonly #timeouts: Timeouts;
  readonly #policy: DnsPolicy;
  readonly #family: AddressFamily;
  readonly #resolve: Resolve;
  readonly #entries = new Map<string, Entry>();
  #lookups = 0;

  constructor(timeouts: Timeouts, options: DnsOptions = {}) {
    this.#timeouts = timeouts;
    this.#policy = options.policy ?? { ttlUs: DNS_DEFAULT.ttlUs };
    this.#family = options.family ?? 0;
    this.#resolve = options.resolve ?? resolveBySystem;
  }

  /** How often a resolver was asked. */
  get lookupCount(): number {
    return this.#lookups;
  }

  /** Addresses to try in this order; at once where they are known. Rejects with the system's error. */
  addresses(host: string): readonly string[] | Promise<readonly string[]> {
    if (isIp(host) !== 0) return [host];
    const entry = this.#entries.get(host);
    if (entry === undefined || this.#policy === "connection") return this.#ask(host);
    if (entry.asking !== undefined) return entry.asking.then(() => inTurn(entry));
    if (entry.untilUs <= this.#timeouts.nowUs()) return this.#ask(host);
    return inTurn(entry);
  }

  #ask(host: string): Promise<readonly string[]> {
    const known = this.#entries.get(host);
    const entry = known ?? { preferred: [], others: [], turn: 0, untilUs: 0, asking: undefined };
    if (known === undefined) {
      if (this.#entries.size >= DNS_DEFAULT.namesMax) this.#entries.clear();
      this.#entries.set(host, entry);
    }
    this.#lookups++;
    const asking = this.#resolve(host).then(
      (found) => this.#take(entry, host, found),
      (thrown: unknown) => {
        if (this.#entries.get(host) === entry) this.#entries.delete(host);
        throw thrown;
      },
    );
    entry.asking = asking;
    return asking;
  }

  #take(entry: Entry, host: string, found: readonly Address[]): readonly string[] {
    const wanted = this.#family === 6 || this.#family === "6-first" ? 6 : 4;
    const isOnly = this.#family === 4 || this.#family === 6;
    const of = (isWanted: boolean) =>
      found.filter((one) => (one.family === wanted) === isWanted).map((one) => one.address);
    entry.asking = undefined;
    entry.preferred = of(true);
    entry.others = isOnly ? [] : of(false);
    const policy = this.#policy;
    const ttlUs = typeof policy === "object" ? policy.ttlUs : Number.POSITIVE_INFINITY;
    entry.untilUs = this.#timeouts.nowUs() + ttlUs;
    if (entry.preferred.length + entry.others.length === 0) {
      if (this.#entries.get(host) === entry) this.#entries.delete(host);
      throw Object.assign(new Error("no address of the family"), { code: "ENOTFOUND" });
    }
    return inTurn(entry);
  }
}

function inTurn(entry: Entry): readonly string[] {
  const { preferred, others } = entry;
  const first = preferred.length === 0 ? 0 : entry.turn++ % preferred.length;
  if (first === 0) return others.length === 0 ? preferred : [...preferred, ...others];
  return [...preferred.slice(first), ...preferred.slice(0, first), ...others];
}

function resolveBySystem(host: string): Promise<readonly Address[]> {
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (thrown, found) => {
      if (thrown) reject(thrown);
      else resolve(found);
    });
  });
}

const shared = new WeakMap<Timeouts, DnsCache>();

/** The cache of all pools with the same Timeouts, which is those of a thread. */
export function sharedDns(timeouts: Timeouts): DnsCache {
  let cache = shared.get(timeouts);
  if (cache === undefined) {
    cache = new DnsCache(timeouts);
    shared.set(timeouts, cache);
  }
  return cache;
}
