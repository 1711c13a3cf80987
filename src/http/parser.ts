// Incremental parser of HTTP/1.1 answers (RFC 9112), one answer at a time. `feed` takes bytes as they
// come, cut anywhere; head and body are places in what was fed, so the caller must not reuse its
// buffers. The usual answer, whole in one piece, is scanned once and nothing is copied or made for it;
// where its head is that of the answer before, it is compared and not even scanned.
//
// Body: none for HEAD, 1xx, 204, 304; else chunked; else content-length; else until the peer closes.
// Interim answers (1xx but 101) are skipped. A chunked answer that also has a length is read as
// chunked and its connection is not used again.

import { CR, headEnd, hexDigit, LF, SPACE } from "./parser-bytes.ts";
import { AnswerHead, checkStart, MalformedAnswer, NO_LENGTH } from "./parser-head.ts";

export { MalformedAnswer } from "./parser-head.ts";

export const RESPONSE_LIMIT = {
  /** Status line and headers of one answer. */
  headBytes: 256 * 1024,
  /** Body of one answer. */
  bodyBytes: 256 * 1024 * 1024,
  /** Size line of a chunk with its extensions. */
  chunkLineBytes: 4 * 1024,
  trailerBytes: 64 * 1024,
  interimAnswers: 100,
} as const;

// Where the parser is.
const IN_HEAD = 0;
const IN_LENGTH = 1;
const IN_CHUNK_LINE = 2;
const IN_CHUNK = 3;
const AFTER_CHUNK = 4;
const IN_TRAILER = 5;
const UNTIL_CLOSE = 6;
const DONE = 7;

/** A buffer for heads that come in pieces is kept up to this. */
const CARRY_KEPT = 16 * 1024;

const EMPTY = Buffer.alloc(0);

export class ResponseParser {
  status = 0;
  /** What status line and headers are in, and from where to where. */
  headBytes: Uint8Array = EMPTY;
  headStart = 0;
  headEnd = 0;
  /** The body, when it is in one piece, follows the head up to here. */
  bodyEnd = 0;
  /** The body, when it is in several pieces. */
  pieces: Uint8Array[] | undefined;
  /** Bytes of the answer on the wire, and of its body. */
  wireBytes = 0;
  bodyBytes = 0;
  /** The connection may carry another request when this answer is over. */
  isKeptAlive = true;
  setsCookie = false;
  isEncoded = false;
  /** False: the body is counted and thrown away. */
  keepBody = true;
  /** Given each piece of the body as it comes. */
  onChunk: ((bytes: Uint8Array) => void) | undefined;
  /** Told when the head of the answer is here. */
  onHead: (() => void) | undefined;
  bodyLimitBytes: number = RESPONSE_LIMIT.bodyBytes;

  readonly #head = new AnswerHead();
  // The head of an answer before this one, as it was and as it was understood: `#head` holds that
  // while `#knownBytes` is not empty.
  #known: Buffer = EMPTY;
  #knownBytes = 0;
  #isHead = false;
  #state = IN_HEAD;
  #leftBytes = 0;
  #lineBytes = 0;
  #chunkDigits = 0;
  #isLineEmpty = true;
  #interim = 0;
  #carry: Uint8Array = EMPTY;
  #carryBytes = 0;

  /** Makes ready for the answer to a request of `method`. */
  reset(method: string): void {
    this.#isHead = method === "HEAD";
    this.#state = IN_HEAD;
    this.status = 0;
    this.headBytes = EMPTY;
    this.headStart = 0;
    this.headEnd = 0;
    this.bodyEnd = 0;
    this.pieces = undefined;
    this.wireBytes = 0;
    this.bodyBytes = 0;
    this.isKeptAlive = true;
    this.setsCookie = false;
    this.isEncoded = false;
    this.#carryBytes = 0;
    this.#interim = 0;
  }

  /** Holds no longer what it has read, nor who was told of it. */
  letGo(): void {
    this.headBytes = EMPTY;
    this.pieces = undefined;
    this.onChunk = undefined;
    this.onHead = undefined;
    if (this.#carry.length > CARRY_KEPT) this.#carry = EMPTY;
  }

  get isDone(): boolean {
    return this.#state === DONE;
  }

  /** True when no byte of an answer has come. */
  get isUntouched(): boolean {
    return this.#state === IN_HEAD && this.wireBytes === 0;
  }

  /**
   * Takes bytes; the number of them that belong to this answer, all unless the answer is over.
   * Throws MalformedAnswer.
   */
  feed(bytes: Buffer): number {
    let offset = 0;
    if (this.#state === IN_HEAD && this.#carryBytes === 0 && this.#isKnown(bytes)) {
      offset = this.#takeKnown(bytes);
    }
    while (offset < bytes.length && this.#state !== DONE) {
      offset =
        this.#state === IN_HEAD ? this.#feedHead(bytes, offset) : this.#feedBody(bytes, offset);
    }
    this.wireBytes += offset;
    return offset;
  }

  /** The peer has closed: returns if that ends the answer properly. Throws MalformedAnswer if not. */
  finish(): void {
    if (this.#state === UNTIL_CLOSE) this.#state = DONE;
    if (this.#state === DONE) return;
    throw new MalformedAnswer(this.isUntouched ? "closed" : "truncated", "");
  }

  /** The body as it came, in one piece. */
  body(): Uint8Array {
    return bodyOf(this);
  }

  #isKnown(bytes: Buffer): boolean {
    const size = this.#knownBytes;
    return (
      size > 0 &&
      bytes.length >= size &&
      !this.#isHead &&
      bytes.compare(this.#known, 0, size, 0, size) === 0
    );
  }

  #takeKnown(bytes: Buffer): number {
    this.#takeHead(bytes, 0, this.#knownBytes);
    return this.#takeRest(bytes, this.#knownBytes);
  }

  // The body when all of it is here, which it mostly is.
  #takeRest(bytes: Uint8Array, offset: number): number {
    const end = offset + this.#leftBytes;
    if (this.#state !== IN_LENGTH || end > bytes.length || this.onChunk !== undefined) {
      return offset;
    }
    this.bodyBytes = this.#leftBytes;
    if (this.keepBody) this.bodyEnd = end;
    this.#leftBytes = 0;
    this.#state = DONE;
    return end;
  }

  #feedHead(bytes: Buffer, offset: number): number {
    if (this.#carryBytes === 0) {
      this.#knownBytes = 0;
      const end = this.#head.read(bytes, offset);
      if (end > 0) {
        this.#checkHeadSize(end - offset);
        this.#takeHead(bytes, offset, end);
        if (offset === 0 && this.#state === IN_LENGTH && !this.#isHead) {
          this.#known = bytes;
          this.#knownBytes = end;
        }
        return this.#takeRest(bytes, end);
      }
    }
    const before = this.#carryBytes;
    this.#keep(bytes, offset);
    checkStart(this.#carry, 0, this.#carryBytes);
    const end = headEnd(this.#carry.subarray(0, this.#carryBytes), 0, Math.max(0, before - 3));
    this.#checkHeadSize(end > 0 ? end : this.#carryBytes);
    if (end === 0) return bytes.length;
    const whole = this.#carry.slice(0, end);
    // Where the end was found and the lines say otherwise, one of them is no header.
    if (this.#head.read(whole, 0) !== end) throw new MalformedAnswer("malformed-header", "");
    this.#takeHead(whole, 0, end);
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

  #takeHead(bytes: Uint8Array, start: number, end: number): void {
    const head = this.#head;
    this.status = head.status;
    if (head.status < 200 && head.status !== 101) {
      if (++this.#interim > RESPONSE_LIMIT.interimAnswers) {
        throw new MalformedAnswer("malformed-status", "interim answers without end");
      }
      return;
    }
    this.headBytes = bytes;
    this.headStart = start;
    this.headEnd = end;
    this.bodyEnd = end;
    this.setsCookie = head.setsCookie;
    this.isEncoded = head.isEncoded;
    this.isKeptAlive = !head.saysClose && (!head.isHttp10 || head.saysKeepAlive);
    this.#state = this.#bodyState(head);
    if (this.onHead !== undefined) this.onHead();
  }

  #bodyState(head: AnswerHead): number {
    const { status } = head;
    if (this.#isHead || status < 200 || status === 204 || status === 304) {
      if (status === 101) this.isKeptAlive = false;
      return DONE;
    }
    if (head.isChunked) {
      if (head.length !== NO_LENGTH) this.isKeptAlive = false;
      this.#beginChunkLine();
      return IN_CHUNK_LINE;
    }
    if (head.isCoded || head.length === NO_LENGTH) {
      this.isKeptAlive = false;
      return UNTIL_CLOSE;
    }
    if (head.length > this.bodyLimitBytes) throw this.#bodyTooLarge();
    this.#leftBytes = head.length;
    return head.length === 0 ? DONE : IN_LENGTH;
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
    this.bodyBytes += end - start;
    if (this.bodyBytes > this.bodyLimitBytes) throw this.#bodyTooLarge();
    if (start === end) return;
    const { onChunk } = this;
    if (!this.keepBody && onChunk === undefined) return;
    const piece = bytes.subarray(start, end);
    if (this.keepBody) {
      if (this.pieces === undefined) this.pieces = [piece];
      else this.pieces.push(piece);
    }
    if (onChunk !== undefined) onChunk(piece);
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
        if (this.#leftBytes > this.bodyLimitBytes) throw this.#bodyTooLarge();
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

  #bodyTooLarge(): MalformedAnswer {
    return new MalformedAnswer("body-too-large", `more than ${this.bodyLimitBytes} bytes`);
  }
}

/** Where the body of an answer is. */
export interface BodyPlace {
  readonly headBytes: Uint8Array;
  readonly headEnd: number;
  readonly bodyEnd: number;
  readonly pieces: readonly Uint8Array[] | undefined;
}

/** A body in one piece; a view wherever it came as one. */
export function bodyOf(place: BodyPlace): Uint8Array {
  const { pieces } = place;
  if (pieces === undefined) return place.headBytes.subarray(place.headEnd, place.bodyEnd);
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  return Buffer.concat(pieces);
}
