// Unit tests of the HTTP/1.1 answer parser: whole, cut anywhere, wrong, and random.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HTTP_ERROR_KINDS } from "../../../src/http/errors.ts";
import { MalformedAnswer, RESPONSE_LIMIT, ResponseParser } from "../../../src/http/parser.ts";

function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

interface Read {
  readonly status: number;
  readonly body: string;
  readonly isDone: boolean;
  readonly isKeptAlive: boolean;
  readonly taken: number;
}

function read(
  pieces: readonly Uint8Array[],
  options: { method?: string; close?: boolean } = {},
): Read {
  const parser = new ResponseParser();
  parser.reset(options.method ?? "GET");
  let taken = 0;
  for (const piece of pieces) taken += parser.feed(Buffer.from(piece));
  if (options.close === true) parser.finish();
  return {
    status: parser.status,
    body: Buffer.from(parser.body()).toString("latin1"),
    isDone: parser.isDone,
    isKeptAlive: parser.isKeptAlive,
    taken,
  };
}

function kindOf(text: string, options: { method?: string; close?: boolean } = {}): string {
  try {
    read([bytesOf(text)], options);
    return "none";
  } catch (thrown) {
    if (thrown instanceof MalformedAnswer) return thrown.kind;
    throw thrown;
  }
}

interface Case {
  readonly name: string;
  readonly text: string;
  readonly body: string;
  readonly status?: number;
  readonly method?: string;
  readonly close?: boolean;
  readonly isKeptAlive?: boolean;
}

const ANSWERS: readonly Case[] = [
  { name: "length", text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", body: "ok" },
  { name: "length 0", text: "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", body: "" },
  { name: "no reason", text: "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", body: "x" },
  { name: "bare line feeds", text: "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", body: "x" },
  {
    name: "same length twice",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
    body: "x",
  },
  {
    name: "HEAD has no body",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
    body: "",
    method: "HEAD",
  },
  { name: "204 has no body", text: "HTTP/1.1 204 No Content\r\n\r\n", body: "", status: 204 },
  { name: "304", text: "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", body: "", status: 304 },
  {
    name: "interim answers are skipped",
    text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 201 C\r\nContent-Length: 1\r\n\r\nx",
    body: "x",
    status: 201,
  },
  {
    name: "chunked",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
    body: "abc0123456789",
  },
  {
    name: "chunked with trailers",
    text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
    body: "a",
  },
  {
    name: "chunked and a length: not used again",
    text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    body: "a",
    isKeptAlive: false,
  },
  {
    name: "until close",
    text: "HTTP/1.1 200 OK\r\n\r\nall of it",
    body: "all of it",
    close: true,
    isKeptAlive: false,
  },
  {
    name: "connection: close",
    text: "HTTP/1.1 200 OK\r\nConnection: foo, Close\r\nContent-Length: 1\r\n\r\nx",
    body: "x",
    isKeptAlive: false,
  },
  {
    name: "HTTP/1.0",
    text: "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
    body: "x",
    isKeptAlive: false,
  },
  {
    name: "HTTP/1.0 kept alive",
    text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx",
    body: "x",
  },
];

describe("ResponseParser", () => {
  test.each(ANSWERS)("reads $name, whole", (one) => {
    const found = read([bytesOf(one.text)], one);
    expect(found).toEqual({
      status: one.status ?? 200,
      body: one.body,
      isDone: true,
      isKeptAlive: one.isKeptAlive ?? true,
      taken: one.text.length,
    });
  });

  test.each(ANSWERS)("reads $name, cut at every place", (one) => {
    const whole = bytesOf(one.text);
    const expected = read([whole], one);
    for (let cut = 1; cut < whole.length; cut++) {
      expect(read([whole.subarray(0, cut), whole.subarray(cut)], one)).toEqual(expected);
    }
    const single = [...whole].map((byte) => Uint8Array.of(byte));
    expect(read(single, one)).toEqual(expected);
  });

  test("takes no byte of what follows the answer", () => {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    expect(read([bytesOf(`${text}HTTP/1.1 200`)]).taken).toBe(text.length);
  });

  test("is ready for the next answer after a reset", () => {
    const parser = new ResponseParser();
    for (const body of ["a", "bc", ""]) {
      parser.reset("GET");
      parser.feed(bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
      expect([parser.isDone, Buffer.from(parser.body()).toString()]).toEqual([true, body]);
    }
  });

  test.each([
    ["garbage", "SSH-2.0-OpenSSH\r\n", "malformed-status"],
    ["HTTP/2", "HTTP/2 200 OK\r\n\r\n", "malformed-status"],
    ["a status of letters", "HTTP/1.1 2x0 OK\r\n\r\n", "malformed-status"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "malformed-status"],
    ["no colon", "HTTP/1.1 200 OK\r\nnothing\r\n\r\n", "malformed-header"],
    ["a blank before the colon", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "malformed-header"],
    ["a folded header", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "malformed-header"],
    ["a zero byte", "HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", "malformed-header"],
    ["a length of letters", "HTTP/1.1 200 OK\r\nContent-Length: ab\r\n\r\n", "malformed-length"],
    ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "malformed-length"],
    [
      "two lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "malformed-length",
    ],
    [
      "an endless length",
      "HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\n",
      "body-too-large",
    ],
  ])("refuses %s", (_, text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  test.each([
    ["no size", "\r\n", "malformed-chunk"],
    ["a size of letters", "xyz\r\n", "malformed-chunk"],
    ["a chunk longer than its size", "1\r\nab", "malformed-chunk"],
    ["an endless size line", `1;${"x".repeat(5_000)}`, "malformed-chunk"],
    ["an endless size", "fffffffffffffff\r\n", "body-too-large"],
    ["endless trailers", `0\r\n${"A: b\r\n".repeat(20_000)}`, "head-too-large"],
  ])("refuses a chunked body with %s", (_, body, kind) => {
    expect(kindOf(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`)).toBe(kind);
  });

  test("refuses a head past its limit, also byte by byte", () => {
    const endless = `HTTP/1.1 200 OK\r\nA: ${"x".repeat(RESPONSE_LIMIT.headBytes)}`;
    expect(kindOf(endless)).toBe("head-too-large");
    expect(kindOf(`${endless}\r\n\r\n`)).toBe("head-too-large");
    const parser = new ResponseParser();
    parser.reset("GET");
    const line = bytesOf("A: b\r\n");
    parser.feed(bytesOf("HTTP/1.1 200 OK\r\n"));
    expect(() => {
      for (let i = 0; i < RESPONSE_LIMIT.headBytes; i++) parser.feed(line);
    }).toThrow(MalformedAnswer);
  });

  test("refuses interim answers without end", () => {
    expect(kindOf("HTTP/1.1 100 Continue\r\n\r\n".repeat(200))).toBe("malformed-status");
  });

  test.each([
    ["nothing", "", "closed"],
    ["half a head", "HTTP/1.1 200 OK\r\nCont", "truncated"],
    ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "truncated"],
    ["half a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "truncated"],
    [
      "no last chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
      "truncated",
    ],
  ])("tells a close after %s", (_, text, kind) => {
    expect(kindOf(text, { close: true })).toBe(kind);
  });

  test("reads what was written, however it is cut", () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 6 }),
        fc.constantFrom("length", "chunked", "close"),
        fc.array(fc.nat(), { maxLength: 8 }),
        (chunks, form, cuts) => {
          const body = Buffer.concat(chunks).toString("latin1");
          const text = written(chunks, form);
          const found = read(cut(bytesOf(text), cuts), { close: form === "close" });
          expect([found.isDone, found.body, found.taken]).toEqual([true, body, text.length]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("survives anything: it ends, or refuses with a kind of the list", () => {
    const seeds = ANSWERS.map((one) => bytesOf(one.text));
    const mutation = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "double"));
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(mutation, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        (seed, mutations, cuts) => {
          const text = Buffer.from(mutated(seed, mutations)).toString("latin1");
          expect(survives(cut(bytesOf(text), cuts))).toBe(true);
        },
      ),
      { numRuns: 1_500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        expect(survives([noise])).toBe(true);
        expect(survives([bytesOf("HTTP/1.1 200 OK\r\n"), noise])).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

function written(chunks: readonly Uint8Array[], form: string): string {
  const body = Buffer.concat(chunks).toString("latin1");
  if (form === "length") return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  if (form === "close") return `HTTP/1.1 200 OK\r\nServer: x\r\n\r\n${body}`;
  const parts = chunks.map((one) => {
    return `${one.length.toString(16)}\r\n${Buffer.from(one).toString("latin1")}\r\n`;
  });
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${parts.join("")}0\r\n\r\n`;
}

function cut(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = cuts.map((one) => one % (whole.length + 1)).sort((a, b) => a - b);
  return [...places, whole.length].map((end, i) => whole.subarray(places[i - 1] ?? 0, end));
}

function mutated(
  seed: Uint8Array,
  mutations: readonly (readonly [number, number, string])[],
): Uint8Array {
  let bytes = Uint8Array.from(seed);
  for (const [place, value, what] of mutations) {
    const at = place % Math.max(1, bytes.length);
    if (what === "set") bytes[at] = value;
    else if (what === "cut") bytes = bytes.slice(0, at);
    else bytes = Uint8Array.from([...bytes.slice(0, at), ...bytes]);
  }
  return bytes;
}

function survives(pieces: readonly Uint8Array[]): boolean {
  try {
    read(pieces, { close: true });
    return true;
  } catch (thrown) {
    return thrown instanceof MalformedAnswer && HTTP_ERROR_KINDS.includes(thrown.kind);
  }
}
