// Who may see the live page and ask something of the run: whoever holds the token. The page keeps it as
// a cookie that scripts cannot read and that other sites' pages do not send. The name in `Host` must be
// one that this server has, so that a page of another name cannot be pointed at it (DNS rebinding), and
// what changes something must come from the page itself or carry the token.

import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";

/** How a request shows that it may. */
export type Proof = "bearer" | "address" | "cookie";

export interface AccessOptions {
  readonly token: string;
  /** Names by which this server is known, besides the loopback's and numbers. */
  readonly names: readonly string[];
  readonly port: number;
}

const LOOPBACK_NAMES = ["localhost", "ip6-localhost"];

export class Access {
  readonly #digest: Uint8Array;
  readonly #token: string;
  readonly #names: ReadonlySet<string>;
  readonly #cookie: string;

  constructor({ token, names, port }: AccessOptions) {
    this.#token = token;
    this.#digest = digestOf(token);
    this.#names = new Set([...LOOPBACK_NAMES, ...names].map((name) => name.toLowerCase()));
    // Cookies do not know of ports: two pages of one machine must not share one.
    this.#cookie = `oct_${port}`;
  }

  /** A number is no name that somebody else could point here. */
  knowsHost(request: Request): boolean {
    const name = hostName(request.headers.get("host") ?? "");
    return this.#names.has(name) || isIP(name) !== 0;
  }

  proofOf(request: Request): Proof | undefined {
    const { headers, url } = request;
    const bearer = /^Bearer +(\S+)$/i.exec(headers.get("authorization") ?? "")?.[1];
    if (bearer !== undefined) return this.#isToken(bearer) ? "bearer" : undefined;
    const given = new URL(url).searchParams.get("token");
    if (given !== null) return this.#isToken(given) ? "address" : undefined;
    const cookie = cookieOf(headers.get("cookie") ?? "", this.#cookie);
    return cookie !== undefined && this.#isToken(cookie) ? "cookie" : undefined;
  }

  /** Whether it may change something: it comes from our page, or from a program with the token. */
  mayChange(request: Request, proof: Proof): boolean {
    const origin = request.headers.get("origin");
    if (origin === null) return proof === "bearer";
    return origin === `http://${request.headers.get("host") ?? ""}`;
  }

  cookieHeader(): string {
    return `${this.#cookie}=${this.#token}; HttpOnly; SameSite=Strict; Path=/`;
  }

  // Digests have one length, and are compared in one time whatever they are.
  #isToken(given: string): boolean {
    return timingSafeEqual(digestOf(given), this.#digest);
  }
}

/** 128 random bits. */
export function randomToken(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex");
}

/** A token that goes into addresses, headers and cookies as it is. */
export function isUsableToken(text: string): boolean {
  return /^[\w.~-]{8,200}$/.test(text);
}

function digestOf(text: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}

function hostName(host: string): string {
  const found = /^(?:\[([0-9a-f:.]+)\]|([^:]*))(?::\d{1,5})?$/i.exec(host.trim());
  return (found?.[1] ?? found?.[2] ?? "").toLowerCase();
}

function cookieOf(header: string, name: string): string | undefined {
  for (const part of header.split(";")) {
    const equals = part.indexOf("=");
    if (part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}
