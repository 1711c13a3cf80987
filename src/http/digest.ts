// Digest access authentication (RFC 7616, and RFC 2069 where the server asks for no quality).
//
//   WWW-Authenticate: Digest realm="a", nonce="b", qop="auth", algorithm=SHA-256, opaque="c"

export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server wrote it; undefined where it did not. */
  readonly algorithm: string | undefined;
  readonly hash: "md5" | "sha256" | "sha512-256";
  readonly isSession: boolean;
  readonly quality: "auth" | "auth-int" | undefined;
}

export interface DigestRequest {
  readonly challenge: DigestChallenge;
  readonly user: string;
  readonly password: string;
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  readonly body: Uint8Array;
  /** How often the nonce was used, this time included. */
  readonly count: number;
  /** A random text of ours. */
  readonly clientNonce: string;
}

const HASHES: Readonly<Record<string, DigestChallenge["hash"]>> = {
  md5: "md5",
  "sha-256": "sha256",
  "sha-512-256": "sha512-256",
};
const HEADER_MAX = 8 * 1024;
const SCHEME = /(?:^|,)\s*Digest\s+/i;
const PARAMETER = /([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)\s*/y;

/** The first Digest challenge that can be answered in headers `www-authenticate`. */
export function parseDigest(headers: readonly string[]): DigestChallenge | undefined {
  for (const header of headers) {
    const start = SCHEME.exec(header);
    if (start === null || header.length > HEADER_MAX) continue;
    const challenge = challengeOf(parametersOf(header, start.index + start[0].length));
    if (challenge !== undefined) return challenge;
  }
  return undefined;
}

/** The value of `authorization`. */
export function digestAuthorization(request: DigestRequest): string {
  const { challenge, user, clientNonce } = request;
  const { quality, nonce, realm, opaque, algorithm } = challenge;
  const count = request.count.toString(16).padStart(8, "0");
  const hashed = (text: string) => new Bun.CryptoHasher(challenge.hash).update(text).digest("hex");
  const secret = hashed(`${user}:${realm}:${request.password}`);
  const first = challenge.isSession ? hashed(`${secret}:${nonce}:${clientNonce}`) : secret;
  const subject = `${request.method}:${request.target}`;
  const second =
    quality === "auth-int"
      ? hashed(
          `${subject}:${new Bun.CryptoHasher(challenge.hash).update(request.body).digest("hex")}`,
        )
      : hashed(subject);
  const middle = quality === undefined ? nonce : `${nonce}:${count}:${clientNonce}:${quality}`;
  const parts = [
    `username=${quoted(user)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(request.target)}`,
    `response="${hashed(`${first}:${middle}:${second}`)}"`,
  ];
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
  if (opaque !== undefined) parts.push(`opaque=${quoted(opaque)}`);
  if (quality !== undefined) parts.push(`qop=${quality}`, `nc=${count}`);
  if (quality !== undefined || challenge.isSession) parts.push(`cnonce=${quoted(clientNonce)}`);
  return `Digest ${parts.join(", ")}`;
}

function parametersOf(header: string, start: number): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  PARAMETER.lastIndex = start;
  for (let match = PARAMETER.exec(header); match !== null; match = PARAMETER.exec(header)) {
    const value = match[2]?.replaceAll(/\\(.)/g, "$1") ?? match[3] ?? "";
    found.set((match[1] as string).toLowerCase(), value);
  }
  return found;
}

function challengeOf(parameters: ReadonlyMap<string, string>): DigestChallenge | undefined {
  const [realm, nonce] = [parameters.get("realm"), parameters.get("nonce")];
  const algorithm = parameters.get("algorithm");
  const [, base = "", session] = /^(.*?)(-sess)?$/i.exec((algorithm ?? "md5").toLowerCase()) ?? [];
  const hash = Object.hasOwn(HASHES, base) ? HASHES[base] : undefined;
  const qualities = parameters
    .get("qop")
    ?.toLowerCase()
    .split(/[\s,]+/);
  const quality = (["auth", "auth-int"] as const).find((one) => qualities?.includes(one));
  if (realm === undefined || nonce === undefined || hash === undefined) return undefined;
  if (qualities !== undefined && quality === undefined) return undefined;
  const opaque = parameters.get("opaque");
  return { realm, nonce, opaque, algorithm, hash, isSession: session !== undefined, quality };
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&").replaceAll(/[\r\n]/g, "")}"`;
}
