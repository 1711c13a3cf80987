// The head of an answer, read in one pass over its bytes: status line, then headers, of which only
// those that decide where the body ends and who must look at the rest are understood. Nothing is made
// per header; names and values stay bytes.
//
//   HTTP/1.1 200 OK CRLF  Name: value CRLF ... CRLF
//
// Lines may end with a bare line feed. Refused: folded headers, blanks before the colon, control bytes
// in a value, lengths that differ, an answer that does not begin with HTTP/1.

import type { HttpErrorKind } from "./errors.ts";
import {
  COLON,
  CR,
  DIGIT_0,
  fieldText,
  isName,
  isTokenByte,
  LF,
  SPACE,
  TAB,
} from "./parser-bytes.ts";

/** What the bytes are wrong about. */
export class MalformedAnswer extends Error {
  readonly kind: HttpErrorKind;
  constructor(kind: HttpErrorKind, detail: string) {
    super(detail);
    this.kind = kind;
  }
}

export const NO_LENGTH = -1;

const START = [72, 84, 84, 80, 47, 49, 46]; // HTTP/1.

/** Bytes of the shortest status line: `HTTP/1.1 200` and a line feed. */
const STATUS_LINE_BYTES = 13;

export class AnswerHead {
  status = 0;
  /** Of the body, or NO_LENGTH. */
  length = NO_LENGTH;
  isChunked = false;
  /** The body has a transfer coding that is not understood: it ends with the connection. */
  isCoded = false;
  isHttp10 = false;
  saysClose = false;
  saysKeepAlive = false;
  /** There is a `set-cookie`. */
  setsCookie = false;
  /** There is a `content-encoding`. */
  isEncoded = false;

  /** The offset after the head that begins at `start`, or 0 when it is not whole. */
  read(bytes: Uint8Array, start: number): number {
    checkStart(bytes, start, bytes.length);
    if (bytes.length - start < STATUS_LINE_BYTES) return 0;
    this.length = NO_LENGTH;
    this.isChunked = false;
    this.isCoded = false;
    this.saysClose = false;
    this.saysKeepAlive = false;
    this.setsCookie = false;
    this.isEncoded = false;
    this.#readStatus(bytes, start);
    const lineEnd = bytes.indexOf(LF, start + STATUS_LINE_BYTES - 1);
    return lineEnd < 0 ? 0 : this.#readLines(bytes, lineEnd + 1);
  }

  #readLines(bytes: Uint8Array, start: number): number {
    const size = bytes.length;
    let offset = start;
    while (offset < size) {
      const nameStart = offset;
      while (isTokenByte(bytes[offset] as number)) offset++;
      const colon = offset;
      if (colon === nameStart) {
        if (bytes[colon] === LF) return colon + 1;
        if (bytes[colon] === CR) {
          if (colon + 1 >= size) return 0;
          if (bytes[colon + 1] === LF) return colon + 2;
        }
        throw new MalformedAnswer("malformed-header", "");
      }
      if (colon >= size) return 0;
      if (bytes[colon] !== COLON) throw new MalformedAnswer("malformed-header", "");
      let byte = 0;
      do {
        offset++;
        byte = offset < size ? (bytes[offset] as number) : LF;
      } while (byte >= SPACE || byte === TAB);
      const valueEnd = offset;
      if (byte === CR) byte = ++offset < size ? (bytes[offset] as number) : LF;
      if (offset >= size) return 0;
      if (byte !== LF) throw new MalformedAnswer("malformed-header", "");
      this.#note(bytes, nameStart, colon, valueEnd);
      offset++;
    }
    return 0;
  }

  // `HTTP/1.1 200 OK`; the reason may be missing.
  #readStatus(bytes: Uint8Array, start: number): void {
    const minor = (bytes[start + 7] as number) - DIGIT_0;
    const after = bytes[start + 12] as number;
    const isPlaced =
      bytes[start + 8] === SPACE && (after === SPACE || after === CR || after === LF);
    const a = (bytes[start + 9] as number) - DIGIT_0;
    const b = (bytes[start + 10] as number) - DIGIT_0;
    const c = (bytes[start + 11] as number) - DIGIT_0;
    const areDigits = a >= 1 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9;
    if (minor < 0 || minor > 9 || !isPlaced || !areDigits) {
      throw new MalformedAnswer("malformed-status", "");
    }
    this.isHttp10 = minor === 0;
    this.status = a * 100 + b * 10 + c;
  }

  // The length of the name tells most headers apart.
  #note(bytes: Uint8Array, start: number, colon: number, end: number): void {
    switch (colon - start) {
      case 10:
        if (isName(bytes, start, "connection")) this.#noteConnection(bytes, colon, end);
        else if (isName(bytes, start, "set-cookie")) this.setsCookie = true;
        return;
      case 14:
        if (isName(bytes, start, "content-length")) this.#noteLength(bytes, colon, end);
        return;
      case 16:
        if (isName(bytes, start, "content-encoding")) this.isEncoded = true;
        return;
      case 17:
        if (isName(bytes, start, "transfer-encoding")) {
          this.#noteCoding(fieldText(bytes, colon, end));
        }
    }
  }

  #noteConnection(bytes: Uint8Array, colon: number, end: number): void {
    for (const word of fieldText(bytes, colon, end).toLowerCase().split(",")) {
      if (word.trim() === "close") this.saysClose = true;
      if (word.trim() === "keep-alive") this.saysKeepAlive = true;
    }
  }

  // Some servers say the same length twice; different ones are an attack or a bug.
  #noteLength(bytes: Uint8Array, colon: number, end: number): void {
    const value = fieldText(bytes, colon, end);
    for (const word of value.split(",")) {
      const text = word.trim();
      const length = /^\d{1,15}$/.test(text) ? Number(text) : NO_LENGTH;
      if (length === NO_LENGTH || (this.length !== NO_LENGTH && this.length !== length)) {
        throw new MalformedAnswer("malformed-length", JSON.stringify(value.slice(0, 40)));
      }
      this.length = length;
    }
  }

  #noteCoding(value: string): void {
    const last = value.toLowerCase().split(",").at(-1)?.trim();
    this.isChunked = last === "chunked";
    this.isCoded = !this.isChunked && last !== "identity" && last !== "";
  }
}

/** What is no HTTP is told at its first bytes, not after a timeout. */
export function checkStart(bytes: Uint8Array, start: number, end: number): void {
  for (let i = 0; i < START.length && start + i < end; i++) {
    if (bytes[start + i] !== START[i]) throw new MalformedAnswer("malformed-status", "");
  }
}
