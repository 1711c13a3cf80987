// Random answers, cut anywhere and broken anywhere: the parser and every decoder end with what was
// written or with an error of the list, and one parser used for many answers is as good as new ones.

import { describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { decodeContent } from "../../src/http/content.ts";
import { parseDigest } from "../../src/http/digest.ts";
import { HTTP_ERROR_KINDS, HttpError } from "../../src/http/errors.ts";
import { HeaderList } from "../../src/http/headers.ts";
import { timerNameOf } from "../../src/http/names.ts";
import { MalformedAnswer, ResponseParser } from "../../src/http/parser.ts";

const headerName = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,16}$/).filter((name) => {
  return !/^(?:content-length|transfer-encoding|connection)$/i.test(name);
});
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
const answer = fc.record({
  status: fc.integer({ min: 200, max: 599 }).filter((status) => status !== 204 && status !== 304),
  headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 5 }),
  body: fc.uint8Array({ maxLength: 200 }),
  isChunked: fc.boolean(),
  isRepeated: fc.boolean(),
});
type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

function written({ status, headers, body, isChunked }: Answer): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
  const head = Buffer.from(`HTTP/1.1 ${status} Some\r\n${lines}${length}\r\n\r\n`, "latin1");
  if (!isChunked) return Buffer.concat([head, body]);
  const size = Buffer.from(`${body.length.toString(16)}\r\n`);
  const chunk = body.length === 0 ? [] : [size, body, Buffer.from("\r\n")];
  return Buffer.concat([head, ...chunk, Buffer.from("0\r\n\r\n")]);
}

function pieces(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((one) => one % (whole.length + 1)).sort((a, b) => a - b);
  // As the runtime does: each piece in memory of its own.
  return [...places, whole.length]
    .map((end, i) => Buffer.from(whole.subarray(places[i - 1] ?? 0, end)))
    .filter((piece) => piece.length > 0);
}

describe("ResponseParser over many answers of one connection", () => {
  test("reads each as it was written, same heads and other heads after each other", () => {
    const cuts = fc.array(fc.nat(), { maxLength: 3 });
    const one = fc.tuple(answer, cuts);
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 8 }), (exchanges) => {
        const parser = new ResponseParser();
        let before: Answer | undefined;
        for (const [given, places] of exchanges) {
          const isSame = given.isRepeated && before !== undefined && !before.isChunked;
          const current: Answer = isSame ? { ...(before as Answer) } : given;
          const text = written(current);
          parser.reset("GET");
          let taken = 0;
          for (const piece of pieces(text, places)) taken += parser.feed(piece);
          const head = parser.headBytes.subarray(parser.headStart, parser.headEnd);
          const found = [...new HeaderList(head)].slice(0, -1);
          expect([parser.isDone, parser.status, taken]).toEqual([
            true,
            current.status,
            text.length,
          ]);
          expect(Buffer.from(parser.body()).equals(current.body)).toBe(true);
          expect(parser.bodyBytes).toBe(current.body.length);
          expect(found).toEqual(
            current.headers.map(([name, value]) => [name.toLowerCase(), value]),
          );
          before = current;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("is not led astray by a broken answer, and gives chunks and body alike", () => {
    const mutation = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(answer, fc.array(mutation, { maxLength: 4 }), fc.nat(), (given, places, cut) => {
        const text = written(given);
        for (const [place, value] of places) text[place % text.length] = value;
        const parser = new ResponseParser();
        const chunks: Uint8Array[] = [];
        for (const isKept of [true, false]) {
          parser.reset("GET");
          parser.keepBody = isKept;
          parser.onChunk = isKept ? undefined : (bytes) => chunks.push(bytes);
          try {
            for (const piece of pieces(text, [cut])) parser.feed(piece);
            parser.finish();
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(MalformedAnswer);
            expect(HTTP_ERROR_KINDS).toContain((thrown as MalformedAnswer).kind);
            return;
          }
          if (isKept) chunks.push(Buffer.from(parser.body()));
        }
        const [whole = Buffer.alloc(0), ...rest] = chunks;
        expect(Buffer.concat(rest).equals(whole)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("decoders of bodies and headers", () => {
  const coders = {
    gzip: (bytes: Uint8Array) => gzipSync(bytes),
    deflate: (bytes: Uint8Array) => deflateSync(bytes),
    br: (bytes: Uint8Array) => brotliCompressSync(bytes),
    zstd: (bytes: Uint8Array) => zstdCompressSync(bytes),
  };

  test("decode what was coded, and refuse what was broken with a kind of the list", () => {
    const coding = fc.constantFrom(
      "gzip" as const,
      "deflate" as const,
      "br" as const,
      "zstd" as const,
    );
    const mutation = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(
        coding,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        fc.array(mutation, { maxLength: 3 }),
        fc.nat(),
        (name, body, places, cut) => {
          const coded = Buffer.from(coders[name](body));
          const content = { coding: name, peer: "h:1", decodedBytes: 100_000 };
          expect(Buffer.from(decodeContent(coded, content)).equals(body)).toBe(true);
          for (const [place, value] of places) coded[place % coded.length] = value;
          const broken = coded.subarray(0, cut % (coded.length + 1));
          try {
            expect(decodeContent(broken, content).length).toBeLessThanOrEqual(100_000);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(HttpError);
            expect(["malformed-content", "body-too-large"]).toContain((thrown as HttpError).kind);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("survive any text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: "binary" }), (text) => {
        expect(timerNameOf("GET", text).length).toBeLessThanOrEqual(200);
        expect(["undefined", "string"]).toContain(typeof parseDigest([`Digest ${text}`])?.nonce);
        expect(Array.isArray([...new HeaderList(Buffer.from(text))])).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
