// Why a request got no answer: a closed list of kinds, each with one sentence. The text names the
// peer and never the path, so that the errors of a run group into few lines.

export const HTTP_ERROR_KINDS = [
  "bad-url",
  "bad-request",
  "dns",
  "refused",
  "unreachable",
  "reset",
  "too-many-files",
  "no-free-ports",
  "connect",
  "connect-timeout",
  "tls",
  "response-timeout",
  "closed",
  "truncated",
  "malformed-status",
  "malformed-header",
  "malformed-length",
  "malformed-chunk",
  "head-too-large",
  "body-too-large",
  "malformed-content",
  "proxy",
  "http2",
  "too-many-redirects",
  "given-up",
  "aborted",
] as const;
export type HttpErrorKind = (typeof HTTP_ERROR_KINDS)[number];

/** Sentences by kind; PEER stands for host and port. */
const SENTENCES: Readonly<Record<HttpErrorKind, string>> = {
  "bad-url": "not a URL that oct can fire at",
  "bad-request": "the request can not be sent",
  dns: "the name of PEER was not found",
  refused: "connection refused by PEER",
  unreachable: "no route to PEER",
  reset: "connection reset by PEER",
  "too-many-files": "this machine's limit of open files is reached (ulimit -n)",
  "no-free-ports": "this machine has no free local port left towards PEER",
  connect: "no connection to PEER",
  "connect-timeout": "no connection to PEER in time",
  tls: "no secure connection to PEER",
  "response-timeout": "no answer from PEER in time",
  closed: "PEER closed the connection before it answered",
  truncated: "PEER closed the connection in the middle of its answer",
  "malformed-status": "the answer of PEER does not begin like HTTP",
  "malformed-header": "the answer of PEER has a header that is none",
  "malformed-length": "the answer of PEER has a length that is none",
  "malformed-chunk": "the answer of PEER has a chunk that is none",
  "head-too-large": "the headers of PEER are larger than the limit",
  "body-too-large": "the body of PEER is larger than the limit",
  "malformed-content": "the body of PEER can not be decoded",
  proxy: "the proxy makes no connection to PEER",
  http2: "no exchange by HTTP/2 with PEER",
  "too-many-redirects": "PEER redirects without end",
  "given-up": "the script gave up the answer of PEER",
  aborted: "the run ended before PEER answered",
};

/** A request without an answer. `kind` is one of a closed list; the text is for people. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly kind: HttpErrorKind;
  /** `host:port`, or "" where there is none. */
  readonly peer: string;

  constructor(kind: HttpErrorKind, peer: string, detail = "") {
    const sentence = SENTENCES[kind].replace("PEER", peer);
    super(detail === "" ? sentence : `${sentence}: ${detail}`);
    this.kind = kind;
    this.peer = peer;
  }
}

const KIND_OF_CODE: Readonly<Record<string, HttpErrorKind>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ECONNABORTED: "reset",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_NODATA: "dns",
  EAI_FAIL: "dns",
  DNS_ENOTFOUND: "dns",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ETIMEDOUT: "connect-timeout",
  EMFILE: "too-many-files",
  ENFILE: "too-many-files",
  EADDRNOTAVAIL: "no-free-ports",
};

/** The kind that a system's error code stands for, if it is one we know. */
export function kindOfCode(code: string | undefined): HttpErrorKind | undefined {
  if (code === undefined) return undefined;
  return KIND_OF_CODE[code] ?? (code.startsWith("EAI_") ? "dns" : undefined);
}
