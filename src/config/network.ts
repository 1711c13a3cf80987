// How a definition's requests go: the same for scripts and for what is fired without one.
//
//   http_proxy   the proxy of all requests unless a script says another; "env": the turret's environment
//   http_resend  false: a request on a connection that the server closed meanwhile is not sent again

import type { FieldReader } from "./reader.ts";

export interface Network {
  /** As written; undefined for none. */
  readonly proxy: string | undefined;
  readonly resends: boolean;
}

const PROXY = /^(?:env|(?:https?|socks4a?|socks5h?):\/\/[^\s/][^\s]*)$/i;
const PROXY_CHARACTERS_MAX = 2_000;

export const PROXY_HINT =
  'http://, https://, socks5:// or socks5h://user:password@host:port, or "env"';

/** True for what may be said as a proxy. */
export function isProxy(text: string): boolean {
  return PROXY.test(text) && text.length <= PROXY_CHARACTERS_MAX;
}

/** The keys; what is wrong goes to the reader's issues. */
export function readNetwork(fields: FieldReader): Network {
  const proxy = fields.text("http_proxy", "");
  if (proxy !== "" && !isProxy(proxy)) {
    fields.complain("http_proxy", "http_proxy is no proxy", PROXY_HINT);
  }
  return {
    proxy: proxy === "" ? undefined : proxy,
    resends: fields.boolean("http_resend", true),
  };
}
