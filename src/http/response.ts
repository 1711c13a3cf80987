// An answer as scripts see it: where its head and body are in what came, and numbers. Everything else
// is made when it is asked for.

import { type ContentLimits, decodeContent } from "./content.ts";
import { HeaderList } from "./headers.ts";
import { type BodyPlace, bodyOf } from "./parser.ts";
import type { PreparedRequest } from "./request.ts";

/** Making a connection, in whole microseconds; zeros where a connection was used again. */
export interface ConnectTimes {
  readonly dnsUs: number;
  readonly connectUs: number;
  readonly tlsUs: number;
}

/** The phases of one request, in whole microseconds. */
export interface Timings extends ConnectTimes {
  /** From the first byte handed to the system to the last. */
  readonly sendUs: number;
  /** From there to the first byte of the answer. */
  readonly waitUs: number;
  /** From there to the last byte of the answer. */
  readonly receiveUs: number;
}

/** Facts about the request that an answer is to. */
export interface RequestFacts {
  readonly method: string;
  /** As it was sent, redirects followed; without user and password. */
  readonly url: string;
  /** True: the connection had carried a request before. */
  readonly isReused: boolean;
}

/** When the parts of an exchange happened, on the clock of Timeouts. */
export interface FlightTimes {
  /** The request was asked for. */
  readonly beganUs: number;
  /** The connection was ready and the request began to go out. */
  readonly readyUs: number;
  /** Its last byte was handed to the system. */
  readonly sentUs: number;
  readonly firstByteUs: number;
  readonly doneUs: number;
  /** How the connection was made; undefined where it was used again. */
  readonly connectTimes: ConnectTimes | undefined;
}

/** What of a parser an answer keeps. */
export interface AnswerParts extends BodyPlace {
  readonly status: number;
  readonly headStart: number;
  readonly wireBytes: number;
  readonly bodyBytes: number;
  readonly setsCookie: boolean;
  /** There is a `content-encoding`. */
  readonly isEncoded: boolean;
}

const utf8 = new TextDecoder();
const NO_TIMES: ConnectTimes = { dnsUs: 0, connectUs: 0, tlsUs: 0 };
const BYTE_ORDER_MARK = 0xfeff;
const EMPTY = new Uint8Array(0);

/** The answer to a request; the body is here whole unless it was discarded. */
export class HttpResponse {
  /** Such as 200. */
  readonly status: number;
  /** Bytes of the answer on the wire: head, chunk sizes, body. */
  readonly wireBytes: number;
  /** Bytes of the body as they came, also where it was discarded. */
  readonly bodyBytes: number;
  /** True: there is a `set-cookie` header. */
  readonly setsCookie: boolean;
  readonly #request: PreparedRequest;
  readonly #headBytes: Uint8Array;
  readonly #headStart: number;
  readonly #headEnd: number;
  readonly #bodyEnd: number;
  readonly #isEncoded: boolean;
  readonly #pieces: readonly Uint8Array[] | undefined;
  readonly #beganUs: number;
  readonly #readyUs: number;
  readonly #sentUs: number;
  readonly #firstByteUs: number;
  readonly #doneUs: number;
  readonly #connectTimes: ConnectTimes | undefined;
  #headers: HeaderList | undefined;
  #body: Uint8Array | undefined;
  #text: string | undefined;

  constructor(request: PreparedRequest, parts: AnswerParts, times: FlightTimes) {
    this.status = parts.status;
    this.wireBytes = parts.wireBytes;
    this.bodyBytes = parts.bodyBytes;
    this.setsCookie = parts.setsCookie;
    this.#request = request;
    this.#headBytes = parts.headBytes;
    this.#headStart = parts.headStart;
    this.#headEnd = parts.headEnd;
    this.#bodyEnd = parts.bodyEnd;
    this.#isEncoded = parts.isEncoded;
    this.#pieces = parts.pieces;
    this.#beganUs = times.beganUs;
    this.#readyUs = times.readyUs;
    this.#sentUs = times.sentUs;
    this.#firstByteUs = times.firstByteUs;
    this.#doneUs = times.doneUs;
    this.#connectTimes = times.connectTimes;
  }

  /** True for 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): HeaderList {
    this.#headers ??= new HeaderList(this.#headBytes.subarray(this.#headStart, this.#headEnd));
    return this.#headers;
  }

  /** A header's value, several joined with ", "; null when there is none. */
  header(name: string): string | null {
    return this.headers.get(name);
  }

  /** From the call to the last byte of the answer, a new connection included; whole microseconds. */
  get durationUs(): number {
    return wholeUs(this.#doneUs - this.#beganUs);
  }

  /** The phases of the request; they add up to `durationUs`, but for rounding and waiting in oct. */
  get timings(): Timings {
    const { dnsUs, connectUs, tlsUs } = this.#connectTimes ?? NO_TIMES;
    return {
      dnsUs,
      connectUs,
      tlsUs,
      sendUs: wholeUs(this.#sentUs - this.#readyUs),
      waitUs: wholeUs(this.#firstByteUs - this.#sentUs),
      receiveUs: wholeUs(this.#doneUs - this.#firstByteUs),
    };
  }

  /** When the answer was whole, on the clock of Timeouts. */
  get doneUs(): number {
    return this.#doneUs;
  }

  /** From the last byte sent to the first byte of the answer, in whole microseconds. */
  get waitUs(): number {
    return wholeUs(this.#firstByteUs - this.#sentUs);
  }

  /** True: a connection was made for this request. */
  get isConnected(): boolean {
    return this.#connectTimes !== undefined;
  }

  get request(): RequestFacts {
    const { method, url } = this.#request;
    return { method, url, isReused: this.#connectTimes === undefined };
  }

  /**
   * The body, decoded from gzip, deflate, br or zstd where it came so. Throws an HttpError when it
   * can not be decoded or is larger than allowed.
   */
  bytes(limits?: ContentLimits): Uint8Array {
    if (this.#body === undefined) {
      const raw = this.rawBytes();
      this.#body =
        this.#isEncoded && raw.length > 0
          ? decodeContent(raw, {
              coding: this.headers.get("content-encoding") ?? "",
              peer: this.#request.origin.peer,
              ...limits,
            })
          : raw;
    }
    return this.#body;
  }

  /** The body as it came. */
  rawBytes(): Uint8Array {
    if (this.#bodyEnd === this.#headEnd && this.#pieces === undefined) return EMPTY;
    return bodyOf({
      headBytes: this.#headBytes,
      headEnd: this.#headEnd,
      bodyEnd: this.#bodyEnd,
      pieces: this.#pieces,
    });
  }

  /** The body as UTF-8 text. */
  text(): string {
    this.#text ??= this.#decodeText();
    return this.#text;
  }

  // A body in one piece is read where it lies.
  #decodeText(): string {
    const bytes = this.#headBytes;
    const isPlain = this.#pieces === undefined && !this.#isEncoded && bytes instanceof Buffer;
    if (!isPlain) return utf8.decode(this.bytes());
    const text = bytes.toString("utf8", this.#headEnd, this.#bodyEnd);
    return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
  }

  /** The body as JSON; throws a SyntaxError when it is none. */
  json(): ReturnType<typeof JSON.parse> {
    return JSON.parse(this.text());
  }

  /** What `pattern` finds in the body's text, groups included; null when nothing. */
  matches(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = 0;
    return pattern.exec(this.text());
  }
}

function wholeUs(durationUs: number): number {
  return Math.max(0, Math.round(durationUs));
}
