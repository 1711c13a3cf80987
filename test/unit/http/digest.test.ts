// Unit tests of digest authorization, with the examples of its standards.

import { describe, expect, test } from "bun:test";
import {
  type DigestChallenge,
  digestAuthorization,
  parseDigest,
} from "../../../src/http/digest.ts";

const RFC_7616 = {
  user: "Mufasa",
  password: "Circle of Life",
  method: "GET",
  target: "/dir/index.html",
  body: new Uint8Array(0),
  count: 1,
  clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
};
const NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
const OPAQUE = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";

function challengeOf(header: string): DigestChallenge {
  const challenge = parseDigest([header]);
  if (challenge === undefined) throw new Error("no challenge");
  return challenge;
}

function responseOf(header: string, parts: Partial<typeof RFC_7616> = {}): string | undefined {
  const value = digestAuthorization({ ...RFC_7616, ...parts, challenge: challengeOf(header) });
  return /response="([0-9a-f]+)"/.exec(value)?.[1];
}

describe("digestAuthorization", () => {
  const common = `realm="http-auth@example.org", qop="auth, auth-int", nonce="${NONCE}", opaque="${OPAQUE}"`;

  test.each([
    [`Digest ${common}, algorithm=MD5`, "8ca523f5e9506fed4657c9700eebdbec"],
    [
      `Digest ${common}, algorithm=SHA-256`,
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    ],
  ])("answers %s as the standard does", (header, response) => {
    expect(responseOf(header)).toBe(response);
  });

  test("answers a server without quality as RFC 2069 does", () => {
    const header =
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="x"';
    const value = digestAuthorization({
      ...RFC_7616,
      password: "CircleOfLife",
      challenge: challengeOf(header),
    });
    expect(value).not.toContain("nc=");
    expect(value).toContain('response="1949323746fe6a43ef61f9606e7febea"');
  });

  test("depends on the body only where the server wants that, on the nonce of ours with -sess", () => {
    const int = `Digest realm="a", nonce="b", qop="auth-int"`;
    const other = { body: Buffer.from("x") };
    expect(responseOf(int)).not.toBe(responseOf(int, other));
    expect(responseOf(`Digest ${common}`)).toBe(responseOf(`Digest ${common}`, other));
    const session = `Digest realm="a", nonce="b", algorithm=MD5-sess`;
    expect(responseOf(session)).not.toBe(responseOf(session, { clientNonce: "y" }));
  });

  test("lets nobody out of a quoted text", () => {
    const value = digestAuthorization({
      ...RFC_7616,
      user: 'a"\r\nb\\',
      challenge: challengeOf('Digest realm="x\\"y", nonce="z"'),
    });
    expect(value).toContain('username="a\\"b\\\\", realm="x\\"y"');
  });
});

describe("parseDigest", () => {
  test.each([
    ['Basic realm="a"'],
    ['Digest realm="a"'],
    ['Digest nonce="a"'],
    ['Digest realm="a", nonce="b", algorithm=WHIRL'],
    ['Digest realm="a", nonce="b", qop="other"'],
    [`Digest realm="a", nonce="${"b".repeat(9_000)}"`],
    ["Digest"],
    [""],
  ])("finds nothing to answer in %s", (header) => {
    expect(parseDigest([header])).toBeUndefined();
  });

  test("finds the one that can be answered", () => {
    const headers = [
      'Basic realm="a"',
      'Digest realm="a", nonce="1", algorithm=NEW',
      'Negotiate, digest REALM=a, Nonce="2", stale=false',
    ];
    expect(parseDigest(headers)).toMatchObject({ realm: "a", nonce: "2", hash: "md5" });
  });
});
