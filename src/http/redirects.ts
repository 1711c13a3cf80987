// Where an answer sends its user, and how the next request differs from the last: as browsers do.
//
//   301, 302  POST becomes GET without a body; other methods stay
//   303       everything but HEAD becomes GET without a body
//   307, 308  method and body stay
// At another origin the authorization is not repeated.

import { HttpError } from "./errors.ts";
import type { RequestParts } from "./request.ts";
import type { HttpResponse } from "./response.ts";

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const BODY_HEADERS = /^content-(?:type|encoding|language|location|length)$/i;
const SECRET_HEADERS = /^(?:authorization|cookie|proxy-authorization|host)$/i;

/** The URL that `response` sends to, or undefined when it sends nowhere. Throws HttpError `bad-url`. */
export function redirectTarget(response: HttpResponse): string | undefined {
  if (!STATUSES.has(response.status)) return undefined;
  const location = response.headers.getAll("location")[0];
  if (location === undefined || location === "") return undefined;
  const from = response.request.url;
  // Some servers send UTF-8 unescaped.
  const text = Buffer.from(location, "latin1").toString("utf8");
  const url = URL.parse(text.includes("\ufffd") ? location : text, from);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new HttpError("bad-url", "", `redirect to ${JSON.stringify(location.slice(0, 100))}`);
  }
  return url.href;
}

/** The request after an answer of `status` that sent to `url`. */
export function redirectedParts(parts: RequestParts, status: number, url: string): RequestParts {
  const method = parts.method.toUpperCase();
  const becomesGet =
    (status === 303 && method !== "HEAD") ||
    ((status === 301 || status === 302) && method === "POST");
  const from = URL.parse(parts.url);
  const to = URL.parse(url);
  const isSameOrigin = from?.origin === to?.origin;
  if (isSameOrigin && from !== null && to !== null && to.username === "") {
    // A user in the URL is one for the whole origin.
    to.username = from.username;
    to.password = from.password;
  }
  const kept = Object.entries(parts.headers ?? {}).filter(([name]) => {
    if (becomesGet && BODY_HEADERS.test(name)) return false;
    return isSameOrigin || !SECRET_HEADERS.test(name);
  });
  const headers = Object.fromEntries(kept);
  const next = { ...parts, url: to?.href ?? url, headers };
  if (!becomesGet) return next;
  return { ...next, method: "GET", body: undefined, bodyType: undefined };
}
