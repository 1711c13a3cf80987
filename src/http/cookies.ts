// The cookies of one user. The rules are tough-cookie's; what is kept here is what makes them quick:
// the header of a URL is remembered until a cookie changes or runs out.

import { type Cookie, CookieJar } from "tough-cookie";

export const COOKIE_LIMIT = {
  cookies: 3_000,
  /** Name, value and attributes of one. */
  lineBytes: 8 * 1024,
  headers: 1_000,
} as const;

export interface CookieFacts {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
}

const US_PER_MS = 1_000;

export class CookieStore {
  readonly #nowUs: () => number;
  #jar = new CookieJar(undefined, { looseMode: true });
  readonly #keys = new Set<string>();
  readonly #headers = new Map<string, { header: string; untilUs: number }>();
  #refused = 0;

  /** `nowUs` is any clock that does not go back. */
  constructor(nowUs: () => number) {
    this.#nowUs = nowUs;
  }

  /** Cookies that were no cookies, not for their sender to set, or one too many. */
  get refusedCount(): number {
    return this.#refused;
  }

  /** Takes the values of `set-cookie` in an answer to `url`. */
  take(url: string, lines: readonly string[]): void {
    for (const line of lines) {
      if (line.length > COOKIE_LIMIT.lineBytes || !this.#takeOne(url, line)) this.#refused++;
    }
    this.#headers.clear();
  }

  /** The value of `cookie` for a request to `url`; "" when there is none. */
  headerFor(url: string): string {
    const nowUs = this.#nowUs();
    const known = this.#headers.get(url);
    if (known !== undefined && known.untilUs > nowUs) return known.header;
    const cookies = this.#cookiesFor(url);
    const header = cookies.map((cookie) => cookie.cookieString()).join("; ");
    let untilUs = Number.POSITIVE_INFINITY;
    for (const cookie of cookies) {
      const leftMs = Number(cookie.TTL());
      if (Number.isFinite(leftMs)) untilUs = Math.min(untilUs, nowUs + leftMs * US_PER_MS);
    }
    if (this.#headers.size >= COOKIE_LIMIT.headers) this.#headers.clear();
    this.#headers.set(url, { header, untilUs });
    return header;
  }

  /** The cookies that a request to `url` would carry. */
  all(url: string): CookieFacts[] {
    return this.#cookiesFor(url).map((cookie) => ({
      name: cookie.key,
      value: cookie.value,
      domain: cookie.domain ?? "",
      path: cookie.path ?? "/",
    }));
  }

  clear(): void {
    this.#jar = new CookieJar(undefined, { looseMode: true });
    this.#keys.clear();
    this.#headers.clear();
  }

  #cookiesFor(url: string): Cookie[] {
    try {
      return this.#jar.getCookiesSync(url);
    } catch {
      return [];
    }
  }

  #takeOne(url: string, line: string): boolean {
    try {
      if (this.#keys.size >= COOKIE_LIMIT.cookies) return false;
      const cookie = this.#jar.setCookieSync(line, url, { ignoreError: true });
      if (cookie === undefined) return false;
      this.#keys.add(`${cookie.domain} ${cookie.path} ${cookie.key}`);
      return true;
    } catch {
      return false;
    }
  }
}
