// Bodies that came compressed (content-encoding), decoded when somebody reads them. What they grow to
// is bounded: a small answer may hold gigabytes.

import { HttpError } from "./errors.ts";

export const CONTENT_LIMIT = {
  /** Size of a decoded body. */
  decodedBytes: 256 * 1024 * 1024,
  /** Codings applied one after the other. */
  codings: 5,
} as const;

export interface ContentLimits {
  readonly decodedBytes?: number | undefined;
}

/** What is decoded: `coding` is the header's value, `peer` is who sent it. */
export interface Content extends ContentLimits {
  readonly coding: string;
  readonly peer: string;
}

type Decode = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

// Megabytes in each thread: loaded with the first compressed body that somebody reads.
const zlib = () => require("node:zlib") as typeof import("node:zlib");

const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: (bytes, options) => zlib().gunzipSync(bytes, options),
  "x-gzip": (bytes, options) => zlib().gunzipSync(bytes, options),
  deflate: (bytes, options) => inflate(bytes, options),
  br: (bytes, options) => zlib().brotliDecompressSync(bytes, options),
  zstd: (bytes, options) => zlib().zstdDecompressSync(wholeZstd(bytes), options),
};

/** The codings that can be read, as an `accept-encoding` says them. */
export const READABLE_CODINGS = "gzip, deflate, br, zstd";

/** `bytes` decoded; throws HttpError `malformed-content` or `body-too-large`. */
export function decodeContent(bytes: Uint8Array, content: Content): Uint8Array {
  const maxOutputLength = content.decodedBytes ?? CONTENT_LIMIT.decodedBytes;
  const codings = content.coding
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  if (codings.length > CONTENT_LIMIT.codings) {
    throw new HttpError("malformed-content", content.peer, `${codings.length} codings`);
  }
  let decoded = bytes;
  for (const coding of codings.reverse()) {
    const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (decode === undefined) {
      throw new HttpError("malformed-content", content.peer, `coding ${show(coding)}`);
    }
    try {
      decoded = decode(decoded, { maxOutputLength });
    } catch (thrown) {
      throw errorOf(thrown, { coding, peer: content.peer, maxOutputLength });
    }
  }
  return decoded;
}

// "deflate" is zlib's format by the standard and bare deflate by the habit of some servers.
function inflate(bytes: Uint8Array, options: { maxOutputLength: number }): Uint8Array {
  const [first, second] = [bytes[0] ?? 0, bytes[1] ?? 0];
  const isZlib = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return isZlib ? zlib().inflateSync(bytes, options) : zlib().inflateRawSync(bytes, options);
}

const ZSTD_MAGIC = 0xfd2fb528;

// The runtime's decoder gives what there is of a frame that was cut off: frames and blocks say their
// sizes, so that the end is looked for first.
function wholeZstd(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset < bytes.length) {
    const magic = offset + 8 <= bytes.length ? view.getUint32(offset, true) : 0;
    if (magic >>> 4 === 0x184d2a5) offset += 8 + view.getUint32(offset + 4, true);
    else if (magic === ZSTD_MAGIC) offset = zstdFrameEnd(bytes, offset + 4);
    else throw new Error("not a whole frame");
  }
  if (offset > bytes.length) throw new Error("unexpected end of file");
  return bytes;
}

// Frame header (descriptor, window, dictionary, size), blocks with 3 bytes of header, checksum.
function zstdFrameEnd(bytes: Uint8Array, start: number): number {
  const descriptor = bytes[start] as number;
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingle ? 1 : 0) : 1 << sizeFlag;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
  let offset = start + 1 + (isSingle ? 0 : 1) + dictionaryBytes + sizeBytes;
  for (;;) {
    if (offset + 3 > bytes.length) throw new Error("unexpected end of file");
    const header =
      (bytes[offset] as number) |
      ((bytes[offset + 1] as number) << 8) |
      ((bytes[offset + 2] as number) << 16);
    const isRun = ((header >> 1) & 3) === 1;
    offset += 3 + (isRun ? 1 : header >> 3);
    if ((header & 1) === 1) break;
  }
  return offset + ((descriptor & 4) !== 0 ? 4 : 0);
}

function errorOf(
  thrown: unknown,
  facts: { coding: string; peer: string; maxOutputLength: number },
): HttpError {
  const { code, message } = thrown as { code?: unknown; message?: unknown };
  if (code === "ERR_BUFFER_TOO_LARGE") {
    return new HttpError("body-too-large", facts.peer, `more than ${facts.maxOutputLength} bytes`);
  }
  return new HttpError("malformed-content", facts.peer, `${facts.coding}: ${String(message)}`);
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
