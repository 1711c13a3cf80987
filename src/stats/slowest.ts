// The slowest requests of a run, each with its phases. A thread keeps one only if it is among the
// slowest that the thread has seen so far: whatever is not can never be among those of the run. So the
// hot path is one comparison, and a batch holds few of them. After the rows of a batch of version 2:
//
//   varint requests, at least 1 | each, slowest first:
//       varint duration, start, dns, connect, tls, send, wait, receive (whole us; start: of the run)
//       varint name text | varint status text | varint turret text

import { type ByteReader, type ByteWriter, MalformedBytes } from "../base/bytes.ts";

export const SLOWEST_LIMIT = {
  /** Requests that a batch, a thread and a run keep. */
  requests: 50,
  /** Of a start or a duration: 32 days. */
  timeUs: 32 * 86_400 * 1_000_000,
} as const;

const REQUEST_BYTES_MIN = 11;

export interface SlowRequest {
  /** From the start of the run to the start of the request. */
  readonly startUs: number;
  readonly durationUs: number;
  /** Of making a connection; zeros where one was used again. */
  readonly dnsUs: number;
  readonly connectUs: number;
  readonly tlsUs: number;
  /** Zeros, these too, where no answer came. */
  readonly sendUs: number;
  readonly waitUs: number;
  readonly receiveUs: number;
  readonly name: string;
  /** `METHOD code`, or `METHOD kind` of the failure. */
  readonly status: string;
  readonly turret: string;
}

const TIMES = [
  "durationUs",
  "startUs",
  "dnsUs",
  "connectUs",
  "tlsUs",
  "sendUs",
  "waitUs",
  "receiveUs",
] as const;
const TEXTS = ["name", "status", "turret"] as const;

/** Slowest first; a total order, so that the slowest of parts are the slowest of all. */
export function bySlowness(a: SlowRequest, b: SlowRequest): number {
  for (const key of TIMES) {
    const difference = b[key] - a[key];
    if (difference !== 0) return key === "startUs" ? -difference : difference;
  }
  for (const key of TEXTS) {
    if (a[key] !== b[key]) return a[key] < b[key] ? -1 : 1;
  }
  return 0;
}

/** The slowest of all of them. */
export function slowestOf(requests: readonly SlowRequest[]): SlowRequest[] {
  return [...requests].sort(bySlowness).slice(0, SLOWEST_LIMIT.requests);
}

/** What one source has seen: which of its requests are worth keeping. */
export class SlowestRequests {
  /** The longest durations of its whole life, in any order. */
  readonly #longest = new Float64Array(SLOWEST_LIMIT.requests).fill(-1);
  #shortestAt = 0;
  #kept: SlowRequest[] = [];
  /** A request that took no longer need not be offered. */
  floorUs = -1;

  add(request: SlowRequest): void {
    if (!(request.durationUs > this.floorUs)) return;
    const longest = this.#longest;
    longest[this.#shortestAt] = request.durationUs;
    let at = 0;
    for (let i = 1; i < longest.length; i++) {
      if ((longest[i] as number) < (longest[at] as number)) at = i;
    }
    this.#shortestAt = at;
    this.floorUs = longest[at] as number;
    this.#kept.push(request);
    if (this.#kept.length >= 2 * SLOWEST_LIMIT.requests) this.#kept = slowestOf(this.#kept);
  }

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** Those kept since the last call. */
  take(): SlowRequest[] {
    const taken = slowestOf(this.#kept);
    this.#kept = [];
    return taken;
  }
}

/** Writes at least one request; `indexOf` gives the place of a text in the batch. */
export function encodeSlowest(
  writer: ByteWriter,
  requests: readonly SlowRequest[],
  indexOf: (text: string) => number,
): void {
  writer.varint(requests.length);
  for (const request of requests) {
    for (const key of TIMES) writer.varint(wholeUs(request[key]));
    for (const key of TEXTS) writer.varint(indexOf(request[key]));
  }
}

function wholeUs(timeUs: number): number {
  return timeUs > 0 ? Math.min(Math.round(timeUs), SLOWEST_LIMIT.timeUs) : 0;
}

/** Throws MalformedBytes. */
export function decodeSlowest(reader: ByteReader, texts: readonly string[]): SlowRequest[] {
  const room = Math.floor(reader.remaining / REQUEST_BYTES_MIN);
  const count = reader.count(Math.min(SLOWEST_LIMIT.requests, room), "slow requests");
  if (count === 0) throw new MalformedBytes("a list of slow requests without any");
  const time = () => reader.count(SLOWEST_LIMIT.timeUs, "microseconds of a request");
  const text = () => texts[reader.count(texts.length - 1, "as the index of a text")] as string;
  const requests: SlowRequest[] = [];
  for (let i = 0; i < count; i++) {
    const [durationUs, startUs] = [time(), time()];
    const [dnsUs, connectUs, tlsUs] = [time(), time(), time()];
    const [sendUs, waitUs, receiveUs] = [time(), time(), time()];
    const [name, status, turret] = [text(), text(), text()];
    requests.push({
      startUs,
      durationUs,
      dnsUs,
      connectUs,
      tlsUs,
      sendUs,
      waitUs,
      receiveUs,
      name,
      status,
      turret,
    });
  }
  return requests;
}
