// Unit tests of compressed bodies: decoded, broken, bombs.

import { describe, expect, test } from "bun:test";
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { decodeContent } from "../../../src/http/content.ts";
import { HttpError } from "../../../src/http/errors.ts";

const TEXT = "hello hello hello, ".repeat(50);

const CODINGS = [
  ["gzip", (bytes: Uint8Array) => gzipSync(bytes)],
  ["x-gzip", (bytes: Uint8Array) => gzipSync(bytes)],
  ["deflate", (bytes: Uint8Array) => deflateSync(bytes)],
  ["Deflate", (bytes: Uint8Array) => deflateRawSync(bytes)],
  ["br", (bytes: Uint8Array) => brotliCompressSync(bytes)],
  ["zstd", (bytes: Uint8Array) => zstdCompressSync(bytes)],
] as const;

function decode(bytes: Uint8Array, coding: string, decodedBytes?: number): string {
  const content = { coding, peer: "host:80", decodedBytes };
  return Buffer.from(decodeContent(bytes, content)).toString();
}

function kindOf(run: () => unknown): string {
  try {
    run();
    return "decoded";
  } catch (thrown) {
    return thrown instanceof HttpError ? thrown.kind : `not an HttpError: ${String(thrown)}`;
  }
}

describe("decodeContent", () => {
  test.each(CODINGS)("reads %s", (coding, encode) => {
    expect(decode(encode(Buffer.from(TEXT)), coding)).toBe(TEXT);
    expect(decode(encode(Buffer.from("")), coding)).toBe("");
  });

  test.each(CODINGS)("refuses %s that was cut off anywhere, or is none", (coding, encode) => {
    const whole = encode(Buffer.from(TEXT));
    for (let size = 1; size < whole.length; size++) {
      const kind = kindOf(() => decode(whole.subarray(0, size), coding));
      expect([size, kind]).toEqual([size, "malformed-content"]);
    }
    const noise = Buffer.from("this is no compressed body at all");
    expect(kindOf(() => decode(noise, coding))).toBe("malformed-content");
  });

  test.each(CODINGS)("refuses a bomb of %s", (coding, encode) => {
    const bomb = encode(Buffer.alloc(3_000_000));
    expect(bomb.length).toBeLessThan(10_000);
    expect(kindOf(() => decode(bomb, coding, 1_000_000))).toBe("body-too-large");
  });

  test("undoes codings in turn, and minds neither case nor identity", () => {
    const bytes = gzipSync(brotliCompressSync(Buffer.from(TEXT)));
    expect(decode(bytes, " BR , identity, GZip ")).toBe(TEXT);
    expect(decode(Buffer.from(TEXT), "identity")).toBe(TEXT);
  });

  test.each([["compress"], ["constructor"], ["gzip, x"], [Array(9).fill("gzip").join()]])(
    "refuses the coding %j",
    (coding) => {
      expect(kindOf(() => decode(gzipSync(Buffer.from("x")), coding))).toBe("malformed-content");
    },
  );

  test("reads several frames of zstd and skips those that are notes", () => {
    const note = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]);
    const frame = zstdCompressSync(Buffer.from("one"));
    expect(decode(Buffer.concat([frame, note]), "zstd")).toBe("one");
  });
});
