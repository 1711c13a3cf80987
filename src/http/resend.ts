// Which requests go out once more when a server closed their kept-alive connection under them.

import type { HttpErrorKind } from "./errors.ts";

/** Methods whose requests may be repeated without harm (RFC 9110, 9.2.2). */
const REPEATABLE: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "TRACE",
]);

/** True for a request that may go out once more when its connection ended as `kind`, without a byte. */
export function mayResend(kind: HttpErrorKind, method: string): boolean {
  return (kind === "closed" || kind === "reset") && REPEATABLE.has(method);
}
