// The cookies of a session. The rules of cookies are a library that takes its time to load: that
// happens with the first cookie of the thread, and a session without cookies pays nothing.

import type { CookieFacts, CookieStore } from "../http/cookies.ts";

/** The cookies of one cannon, as in a browser of its own. */
export class SessionCookies {
  readonly #time: { nowUs(): number };
  #store: CookieStore | undefined;
  #loading: Promise<CookieStore> | undefined;

  constructor(time: { nowUs(): number }) {
    this.#time = time;
  }

  /**
   * Sets a cookie as an answer to `url` would.
   *
   * @example await this.http.cookies.set("http://shop/", "theme=dark; Path=/");
   */
  async set(url: string, cookie: string): Promise<void> {
    await this.take(url, [cookie]);
  }

  /** The value that a request to `url` would carry. */
  get(url: string, name: string): string | undefined {
    return this.all(url).find((cookie) => cookie.name === name)?.value;
  }

  /** The cookies that a request to `url` would carry. */
  all(url: string): CookieFacts[] {
    return this.#store?.all(url) ?? [];
  }

  /** Forgets all cookies: the next request is a new visitor's. */
  clear(): void {
    this.#store?.clear();
  }

  /** The value of the header `cookie`; "" when there is none. */
  headerFor(url: string): string {
    return this.#store === undefined ? "" : this.#store.headerFor(url);
  }

  /** Takes headers `set-cookie`; a promise only while the rules are being loaded. */
  take(url: string, lines: readonly string[]): Promise<void> | undefined {
    if (this.#store !== undefined) {
      this.#store.take(url, lines);
      return undefined;
    }
    this.#loading ??= import("../http/cookies.ts").then((module) => {
      this.#store = new module.CookieStore(() => this.#time.nowUs());
      return this.#store;
    });
    return this.#loading.then((store) => store.take(url, lines));
  }
}
