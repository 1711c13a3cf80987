// One request on a stream of an HTTP/2 connection, and the answer it makes.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import type { AnswerHandler, ConnectionUser } from "./connection.ts";
import { HttpError, type HttpErrorKind } from "./errors.ts";
import { HeaderList } from "./headers.ts";
import { RESPONSE_LIMIT } from "./parser.ts";
import type { PreparedRequest } from "./request.ts";
import { mayResend } from "./resend.ts";
import { type AnswerParts, type ConnectTimes, type FlightTimes, HttpResponse } from "./response.ts";
import type { SendOptions } from "./send-options.ts";
import type { Timeouts, Waiter } from "./timeouts.ts";

/** A request and who waits for it. */
export interface Http2Call {
  readonly user: ConnectionUser;
  readonly request: PreparedRequest;
  readonly handler: AnswerHandler;
  readonly options: SendOptions;
  /** When it went out for the first time, where this is the second. */
  readonly resentSinceUs?: number;
}

interface FlightFacts {
  readonly timeouts: Timeouts;
  readonly beganUs: number;
  readonly connectTimes: ConnectTimes | undefined;
  /** The connection has brought an answer before. */
  readonly isReused: boolean;
  readonly onOver: (isAnswered: boolean) => void;
  /** The connection ended under the request, which may go out once more. */
  readonly onStale: (call: Http2Call) => void;
}

const EMPTY = new Uint8Array(0);

export class Http2Flight implements Waiter, FlightTimes, AnswerParts {
  deadlineUs = Number.POSITIVE_INFINITY;
  readonly beganUs: number;
  readyUs = 0;
  sentUs = 0;
  firstByteUs = 0;
  doneUs = 0;
  readonly connectTimes: ConnectTimes | undefined;
  status = 0;
  headBytes: Uint8Array = EMPTY;
  readonly headStart = 0;
  headEnd = 0;
  bodyEnd = 0;
  pieces: Uint8Array[] | undefined;
  wireBytes = 0;
  bodyBytes = 0;
  setsCookie = false;
  isEncoded = false;
  readonly #call: Http2Call;
  readonly #facts: FlightFacts;
  readonly #keepsBody: boolean;
  readonly #limitBytes: number;
  #length = -1;
  #stream: ClientHttp2Stream | undefined;
  #isOver = false;
  readonly #onAbort = () => {
    if (this.status === 0 || this.#call.options.isStream !== true) {
      this.fail(this.#error("given-up"));
    } else this.#finish(this.#stream);
  };

  constructor(call: Http2Call, facts: FlightFacts) {
    const { options, user } = call;
    this.#call = call;
    this.#facts = facts;
    this.beganUs = facts.beganUs;
    this.connectTimes = facts.connectTimes;
    this.#keepsBody = !(options.discardBody ?? (options.onChunk !== undefined || user.discardBody));
    this.#limitBytes = options.bodyLimitBytes ?? user.bodyLimitBytes;
  }

  start(session: ClientHttp2Session): void {
    const { timeouts } = this.#facts;
    const { request, options, user } = this.#call;
    options.signal?.addEventListener("abort", this.#onAbort);
    timeouts.add(this);
    this.deadlineUs = timeouts.deadline(options.timeoutUs ?? user.responseTimeoutUs);
    this.readyUs = timeouts.nowUs();
    this.sentUs = this.readyUs;
    let stream: ClientHttp2Stream;
    try {
      stream = session.request({ ...headersOf(request) });
    } catch (thrown) {
      this.fail(this.#error("http2", (thrown as Error).message));
      return;
    }
    this.#stream = stream;
    stream.on("response", (headers) => this.#onHead(headers));
    stream.on("data", (bytes: Buffer) => this.#onData(bytes));
    stream.on("error", (thrown: Error) => this.#onError(thrown));
    stream.on("end", () => this.#onEnd(stream));
    stream.on("close", () => this.#onEnd(stream));
    const body = request.bytes.subarray(request.bodyStart);
    if (body.length === 0) stream.end();
    else stream.end(body, () => this.#onSent());
  }

  onDeadline(): void {
    this.fail(this.#error("response-timeout"));
  }

  fail(error: HttpError): void {
    if (!this.#leave(false)) return;
    this.#stream?.close(constants.NGHTTP2_CANCEL);
    if (this.#isStale(error.kind)) {
      this.#call.user.onResend(this.#call.request);
      this.#facts.onStale({ ...this.#call, resentSinceUs: this.beganUs });
      return;
    }
    const waitedUs = this.#facts.timeouts.nowUs() - this.beganUs;
    this.#call.user.onFailure(this.#call.request, error, waitedUs);
    this.#call.handler.onError(error);
  }

  #isStale(kind: HttpErrorKind): boolean {
    const { request, user, resentSinceUs } = this.#call;
    const isFirst = resentSinceUs === undefined && this.#facts.isReused && this.status === 0;
    return isFirst && user.resendsStale && mayResend(kind, request.method);
  }

  #onSent(): void {
    if (this.firstByteUs === 0) this.sentUs = this.#facts.timeouts.nowUs();
  }

  #onHead(headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    this.firstByteUs = this.#facts.timeouts.nowUs();
    this.status = Number(headers[":status"] ?? 0);
    let head = `HTTP/2 ${this.status}\r\n`;
    for (const [name, value] of Object.entries(headers)) {
      if (name.startsWith(":") || value === undefined) continue;
      for (const one of Array.isArray(value) ? value : [value]) head += `${name}: ${one}\r\n`;
    }
    this.setsCookie = headers["set-cookie"] !== undefined;
    this.isEncoded = headers["content-encoding"] !== undefined;
    const length = headers["content-length"];
    if (typeof length === "string" && /^\d{1,15}$/.test(length)) this.#length = Number(length);
    this.headBytes = Buffer.from(`${head}\r\n`, "latin1");
    this.headEnd = this.headBytes.length;
    this.bodyEnd = this.headEnd;
    this.wireBytes = this.headEnd;
    if (this.headEnd > RESPONSE_LIMIT.headBytes) this.fail(this.#error("head-too-large"));
    else this.#tell(() => this.#call.options.onHead?.(this.status, new HeaderList(this.headBytes)));
  }

  #onData(bytes: Buffer): void {
    if (this.#isOver) return;
    this.bodyBytes += bytes.length;
    this.wireBytes += bytes.length;
    if (this.bodyBytes > this.#limitBytes) {
      this.fail(this.#error("body-too-large", `more than ${this.#limitBytes} bytes`));
      return;
    }
    if (this.#keepsBody) {
      if (this.pieces === undefined) this.pieces = [bytes];
      else this.pieces.push(bytes);
    }
    this.#tell(() => this.#call.options.onChunk?.(bytes));
  }

  #tell(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.fail(this.#error("given-up", String(thrown)));
    }
  }

  // The stream may end without an error when the connection did.
  #onEnd(stream: ClientHttp2Stream): void {
    if (this.#isOver) return;
    const { request } = this.#call;
    const isCut = stream.rstCode !== undefined && stream.rstCode !== constants.NGHTTP2_NO_ERROR;
    const isShort = this.#length >= 0 && this.bodyBytes !== this.#length && hasBody(request, this);
    if (this.status === 0) this.fail(this.#error("closed"));
    else if (isCut || isShort) this.fail(this.#error("truncated"));
    else this.#finish(undefined);
  }

  // `stream` is closed where the server has not.
  #finish(stream: ClientHttp2Stream | undefined): void {
    if (!this.#leave(true)) return;
    const { request, user, handler } = this.#call;
    stream?.close(constants.NGHTTP2_CANCEL);
    this.doneUs = this.#facts.timeouts.nowUs();
    const response = new HttpResponse(request, this, this);
    user.onAnswer(request, response);
    handler.onResponse(response);
  }

  #onError(thrown: Error): void {
    const code = (thrown as { code?: unknown }).code;
    if (code === "ECONNRESET" || code === "EPIPE") this.fail(this.#error("reset"));
    else this.fail(this.#error("http2", thrown.message));
  }

  // False when it was over already.
  #leave(isAnswered: boolean): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#call.options.signal?.removeEventListener("abort", this.#onAbort);
    this.#facts.timeouts.delete(this);
    this.#facts.onOver(isAnswered);
    return true;
  }

  #error(kind: HttpErrorKind, detail = ""): HttpError {
    return new HttpError(kind, this.#call.request.origin.peer, detail);
  }
}

function hasBody(request: PreparedRequest, answer: AnswerParts): boolean {
  return request.method !== "HEAD" && answer.status !== 204 && answer.status !== 304;
}

const known = new WeakMap<PreparedRequest, Record<string, string | string[]>>();

/** Headers that belong to a connection of HTTP/1.1. */
const LEFT_OUT = /^(?:host|connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/;

// The bytes of a request were made from checked headers: they are read back without doubt.
function headersOf(request: PreparedRequest): Record<string, string | string[]> {
  const made = known.get(request);
  if (made !== undefined) return made;
  const { bytes, bodyStart, origin, method } = request;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bodyStart).toString("latin1");
  const [first = "", ...lines] = head.split("\r\n");
  const headers: Record<string, string | string[]> = {
    ":method": method,
    ":scheme": origin.isSecure ? "https" : "http",
    ":authority": origin.authority,
    ":path": first.split(" ")[1] ?? "/",
  };
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "host") headers[":authority"] = value;
    if (name === "" || LEFT_OUT.test(name)) continue;
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  known.set(request, headers);
  return headers;
}
