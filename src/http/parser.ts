// Incremental parser of HTTP/1.1 answers (RFC 9112), one answer at a time. `feed` takes bytes as they
// come, cut anywhere; pieces of the body are views of what was fed, so the caller must not reuse its
// buffers. The usual answer, whole in one piece, is scanned once and nothing is copied.
//
// Body: none for HEAD, 1xx, 204, 304; else chunked; else content-length; else until the peer closes.
// Lines may end with a bare line feed. Refused: folded headers, blanks before the colon, lengths that
// differ, an answer that does not begin with HTTP/1. Interim answers (1xx but 101) are skipped.
// A chunked answer that also has a length is read as chunked and its connection is not used again.

import type { HttpErrorKind } from "./errors.ts";
import {
  COLON,
  CR,
  DIGIT_0,
  fieldText,
  headEnd,
  hexDigit,
  isName,
  isTokenByte,
  LF,
  SPACE,
} from "./parser-bytes.ts";

export const RESPONSE_LIMIT = {
  /** Status line and headers of one answer. */
  headBytes: 256 * 1024,
  /** Body kept of one answer. */
  bodyBytes: 256 * 1024 * 1024,
  /** Size line of a chunk with its extensions. */
  chunkLineBytes: 4 * 1024,
  trailerBytes: 64 * 1024,
  interimAnswers: 100,
} as const;

/** What the bytes are wrong about. */
export class MalformedAnswer extends Error {
  readonly kind: HttpErrorKind;
  constructor(kind: HttpErrorKind, detail: string) {
    super(detail);
    this.kind = kind;
  }
}

// Where the parser is.
const IN_HEAD = 0;
const IN_LENGTH = 1;
const IN_CHUNK_LINE = 2;
const IN_CHUNK = 3;
const AFTER_CHUNK = 4;
const IN_TRAILER = 5;
const UNTIL_CLOSE = 6;
const DONE = 7;

const NO_LENGTH = -1;
const EMPTY = new Uint8Array(0);
const START = [72, 84, 84, 80, 47, 49, 46]; // HTTP/1.

export class ResponseParser {
  status = 0;
  /** Status line and headers, a view. */
  head: Uint8Array = EMPTY;
  pieces: Uint8Array[] = [];
  wireBytes = 0;
  /** The connection may carry another request when this answer is over. */
  isKeptAlive = true;
  /** False: the body is counted and thrown away. */
  keepBody = true;

  #isHead = false;
  #state = IN_HEAD;
  #leftBytes = 0;
  #bodyBytes = 0;
  #lineBytes = 0;
  #chunkDigits = 0;
  #isLineEmpty = true;
  #interim = 0;
  #carry: Uint8Array = EMPTY;
  #carryBytes = 0;
  #length = NO_LENGTH;
  #isChunked = false;
  #isCoded = false;
  #isHttp10 = false;
  #saysKeepAlive = false;

  /** Makes ready for the answer to a request of `method`. */
  reset(method: string): void {
    this.#isHead = method === "HEAD";
    this.#state = IN_HEAD;
    this.status = 0;
    this.head = EMPTY;
    this.pieces = [];
    this.wireBytes = 0;
    this.isKeptAlive = true;
    this.#bodyBytes = 0;
    this.#carryBytes = 0;
    this.#interim = 0;
  }

  get isDone(): boolean {
    return this.#state === DONE;
  }

  /**
   * Takes bytes; the number of them that belong to this answer, all unless the answer is over.
   * Throws MalformedAnswer.
   */
  feed(bytes: Uint8Array): number {
    let offset = 0;
    while (offset < bytes.length && this.#state !== DONE) {
      offset =
        this.#state === IN_HEAD ? this.#feedHead(bytes, offset) : this.#feedBody(bytes, offset);
    }
    this.wireBytes += offset;
    return offset;
  }

  /** The peer has closed: true if that ends the answer properly. Throws MalformedAnswer if not. */
  finish(): void {
    if (this.#state === UNTIL_CLOSE) this.#state = DONE;
    if (this.#state === DONE) return;
    const isUntouched = this.#state === IN_HEAD && this.wireBytes === 0;
    throw new MalformedAnswer(isUntouched ? "closed" : "truncated", "");
  }

  #feedHead(bytes: Uint8Array, offset: number): number {
    if (this.#carryBytes === 0) {
      const end = headEnd(bytes, offset, offset);
      if (end > 0) {
        this.#checkHeadSize(end - offset);
        this.#beginBody(bytes, offset, end);
        return end;
      }
    }
    const before = this.#carryBytes;
    this.#keep(bytes, offset);
    checkStart(this.#carry, this.#carryBytes);
    const end = headEnd(this.#carry.subarray(0, this.#carryBytes), 0, Math.max(0, before - 3));
    this.#checkHeadSize(end > 0 ? end : this.#carryBytes);
    if (end === 0) return bytes.length;
    this.#beginBody(this.#carry.slice(0, end), 0, end);
    this.#carryBytes = 0;
    return offset + end - before;
  }

  #checkHeadSize(sizeBytes: number): void {
    if (sizeBytes > RESPONSE_LIMIT.headBytes) {
      throw new MalformedAnswer("head-too-large", `more than ${RESPONSE_LIMIT.headBytes} bytes`);
    }
  }

  #keep(bytes: Uint8Array, offset: number): void {
    const added = Math.min(bytes.length - offset, RESPONSE_LIMIT.headBytes + 1);
    const needed = this.#carryBytes + added;
    if (needed > this.#carry.length) {
      const grown = new Uint8Array(Math.max(needed, this.#carry.length * 2, 1024));
      grown.set(this.#carry.subarray(0, this.#carryBytes));
      this.#carry = grown;
    }
    this.#carry.set(bytes.subarray(offset, offset + added), this.#carryBytes);
    this.#carryBytes = needed;
  }

  #beginBody(bytes: Uint8Array, start: number, end: number): void {
    this.#readHead(bytes, start, end);
    if (this.status < 200 && this.status !== 101) {
      if (++this.#interim > RESPONSE_LIMIT.interimAnswers) {
        throw new MalformedAnswer("malformed-status", "interim answers without end");
      }
      return;
    }
    this.head = bytes.subarray(start, end);
    if (this.#isHttp10 && !this.#saysKeepAlive) this.isKeptAlive = false;
    this.#state = this.#bodyState();
  }

  #bodyState(): number {
    const hasNone = this.#isHead || this.status < 200 || this.status === 204 || this.status === 304;
    if (hasNone) {
      if (this.status === 101) this.isKeptAlive = false;
      return DONE;
    }
    if (this.#isChunked) {
      if (this.#length !== NO_LENGTH) this.isKeptAlive = false;
      this.#beginChunkLine();
      return IN_CHUNK_LINE;
    }
    if (this.#isCoded || this.#length === NO_LENGTH) {
      this.isKeptAlive = false;
      return UNTIL_CLOSE;
    }
    if (this.#length > RESPONSE_LIMIT.bodyBytes) throw bodyTooLarge();
    this.#leftBytes = this.#length;
    return this.#length === 0 ? DONE : IN_LENGTH;
  }

  #readHead(bytes: Uint8Array, start: number, end: number): void {
    let offset = this.#readStatusLine(bytes, start);
    this.#length = NO_LENGTH;
    this.#isChunked = false;
    this.#isCoded = false;
    this.#saysKeepAlive = false;
    for (;;) {
      const lineEnd = bytes.indexOf(LF, offset);
      const textEnd = bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      if (textEnd <= offset || lineEnd >= end) return;
      this.#readHeader(bytes, offset, textEnd);
      offset = lineEnd + 1;
    }
  }

  // `HTTP/1.1 200 OK`; the reason may be missing. The offset of the next line.
  #readStatusLine(bytes: Uint8Array, start: number): number {
    checkStart(bytes.subarray(start, start + START.length), START.length);
    const minor = (bytes[start + 7] as number) - DIGIT_0;
    const after = bytes[start + 12] as number;
    const isPlaced =
      bytes[start + 8] === SPACE && (after === SPACE || after === CR || after === LF);
    let status = 0;
    for (let i = start + 9; i < start + 12; i++) {
      const digit = (bytes[i] as number) - DIGIT_0;
      status = digit >= 0 && digit <= 9 ? status * 10 + digit : -1000;
    }
    if (minor < 0 || minor > 9 || !isPlaced || status < 100) {
      throw new MalformedAnswer("malformed-status", "");
    }
    this.#isHttp10 = minor === 0;
    this.status = status;
    return bytes.indexOf(LF, start + 12) + 1;
  }

  #readHeader(bytes: Uint8Array, start: number, end: number): void {
    let colon = start;
    while (colon < end && isTokenByte(bytes[colon] as number)) colon++;
    if (colon === start || colon === end || bytes[colon] !== COLON) {
      throw new MalformedAnswer("malformed-header", "");
    }
    switch (colon - start) {
      case 10:
        if (isName(bytes, start, "connection")) this.#readConnection(fieldText(bytes, colon, end));
        return;
      case 14:
        if (isName(bytes, start, "content-length")) this.#readLength(fieldText(bytes, colon, end));
        return;
      case 17:
        if (isName(bytes, start, "transfer-encoding"))
          this.#readCoding(fieldText(bytes, colon, end));
        return;
      default:
        for (let i = colon; i < end; i++) {
          if (bytes[i] === 0 || bytes[i] === CR) throw new MalformedAnswer("malformed-header", "");
        }
    }
  }

  #readConnection(value: string): void {
    for (const word of value.toLowerCase().split(",")) {
      if (word.trim() === "close") this.isKeptAlive = false;
      if (word.trim() === "keep-alive") this.#saysKeepAlive = true;
    }
  }

  // Some servers say the same length twice; different ones are an attack or a bug.
  #readLength(value: string): void {
    for (const word of value.split(",")) {
      const text = word.trim();
      const length = /^\d{1,15}$/.test(text) ? Number(text) : NO_LENGTH;
      if (length === NO_LENGTH || (this.#length !== NO_LENGTH && this.#length !== length)) {
        throw new MalformedAnswer("malformed-length", JSON.stringify(value.slice(0, 40)));
      }
      this.#length = length;
    }
  }

  #readCoding(value: string): void {
    const last = value.toLowerCase().split(",").at(-1)?.trim();
    this.#isChunked = last === "chunked";
    this.#isCoded = !this.#isChunked && last !== "identity" && last !== "";
  }

  #feedBody(bytes: Uint8Array, offset: number): number {
    switch (this.#state) {
      case IN_LENGTH:
        return this.#takeData(bytes, offset, DONE);
      case IN_CHUNK:
        return this.#takeData(bytes, offset, AFTER_CHUNK);
      case UNTIL_CLOSE:
        this.#push(bytes, offset, bytes.length);
        return bytes.length;
      case IN_CHUNK_LINE:
        return this.#feedChunkLine(bytes, offset);
      case AFTER_CHUNK:
        return this.#feedChunkEnd(bytes, offset);
      default:
        return this.#feedTrailer(bytes, offset);
    }
  }

  #takeData(bytes: Uint8Array, offset: number, next: number): number {
    const end = Math.min(bytes.length, offset + this.#leftBytes);
    this.#push(bytes, offset, end);
    this.#leftBytes -= end - offset;
    if (this.#leftBytes === 0) {
      this.#state = next;
      this.#lineBytes = 0;
    }
    return end;
  }

  #push(bytes: Uint8Array, start: number, end: number): void {
    this.#bodyBytes += end - start;
    if (this.#bodyBytes > RESPONSE_LIMIT.bodyBytes) throw bodyTooLarge();
    if (this.keepBody) this.pieces.push(bytes.subarray(start, end));
  }

  #beginChunkLine(): void {
    this.#leftBytes = 0;
    this.#lineBytes = 0;
    this.#chunkDigits = 0;
  }

  // `1a2b;name=value` in hexadecimal; what follows the digits is skipped.
  #feedChunkLine(bytes: Uint8Array, start: number): number {
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (byte === LF) {
        if (this.#chunkDigits === 0) throw new MalformedAnswer("malformed-chunk", "no size");
        this.#state = this.#leftBytes === 0 ? IN_TRAILER : IN_CHUNK;
        this.#lineBytes = 0;
        this.#isLineEmpty = true;
        return i + 1;
      }
      const isBetween = this.#lineBytes === this.#chunkDigits;
      const digit = isBetween ? hexDigit(byte) : -1;
      this.#lineBytes++;
      if (this.#lineBytes > RESPONSE_LIMIT.chunkLineBytes) {
        throw new MalformedAnswer("malformed-chunk", "size line without end");
      }
      if (digit >= 0) {
        this.#chunkDigits++;
        this.#leftBytes = this.#leftBytes * 16 + digit;
        if (this.#leftBytes > RESPONSE_LIMIT.bodyBytes) throw bodyTooLarge();
      } else if (isBetween && byte !== CR && byte !== SPACE && byte !== 9 && byte !== 59) {
        throw new MalformedAnswer("malformed-chunk", "size is no number");
      }
    }
    return bytes.length;
  }

  #feedChunkEnd(bytes: Uint8Array, start: number): number {
    const byte = bytes[start];
    if (byte === CR && this.#lineBytes === 0) {
      this.#lineBytes = 1;
      return start + 1;
    }
    if (byte !== LF) throw new MalformedAnswer("malformed-chunk", "longer than its size");
    this.#beginChunkLine();
    this.#state = IN_CHUNK_LINE;
    return start + 1;
  }

  #feedTrailer(bytes: Uint8Array, start: number): number {
    for (let i = start; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (++this.#lineBytes > RESPONSE_LIMIT.trailerBytes) {
        throw new MalformedAnswer("head-too-large", "trailers");
      }
      if (byte === LF) {
        if (this.#isLineEmpty) {
          this.#state = DONE;
          return i + 1;
        }
        this.#isLineEmpty = true;
      } else if (byte !== CR) this.#isLineEmpty = false;
    }
    return bytes.length;
  }
}

// What is no HTTP is told at its first bytes, not after a timeout.
function checkStart(bytes: Uint8Array, length: number): void {
  for (let i = 0; i < START.length && i < length; i++) {
    if (bytes[i] !== START[i]) throw new MalformedAnswer("malformed-status", "");
  }
}

function bodyTooLarge(): MalformedAnswer {
  return new MalformedAnswer("body-too-large", `more than ${RESPONSE_LIMIT.bodyBytes} bytes`);
}
