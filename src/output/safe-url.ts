// Addresses of receivers, as they may be printed and kept: without what lets one in.

import { isSecretName, REDACTED } from "../base/redact.ts";

/** Scheme, host, port and path; user, query and fragment are never shown. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** Of a hook, whose path is its secret: the host alone. */
export function shownHook(url: URL): string {
  const isBare = url.pathname === "/" && url.search === "";
  return `${url.protocol}//${url.host}${isBare ? "" : `/${REDACTED}`}`;
}

const SECRET_QUERY = /^(p|key|sig|signature|auth)$/i;

/** Texts of a receiver's URL that must not be kept: the password, and what its query calls a secret. */
export function secretsOfUrl(url: URL): string[] {
  const query = [...url.searchParams].filter(
    ([name]) => isSecretName(name) || SECRET_QUERY.test(name),
  );
  return [url.password, ...query.map(([, value]) => value)]
    .flatMap((text) => [text, decodedOf(text), encodeURIComponent(text)])
    .filter((text, i, all) => text !== "" && all.indexOf(text) === i);
}

/** Of a hook all of it, as typed. */
export function secretsOfHook(typed: string): string[] {
  const rest = typed.trim().replace(/^https?:\/\//i, "");
  return /[/?#]./.test(rest) ? [rest] : [];
}

function decodedOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `url` without its user part, and the header that says the same. */
export function authorised(url: URL): { url: string; headers: Record<string, string> } {
  const bare = new URL(url);
  bare.username = "";
  bare.password = "";
  if (url.username === "" && url.password === "") return { url: bare.href, headers: {} };
  const user = `${decodedOf(url.username)}:${decodedOf(url.password)}`;
  const encoded = Buffer.from(user, "utf8").toString("base64");
  return { url: bare.href, headers: { Authorization: `Basic ${encoded}` } };
}
