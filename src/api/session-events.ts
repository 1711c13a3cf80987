// Server-sent events as scripts read them: a loop over what comes, which ends with the stream, and
// ends the stream when the script leaves it.

import { HttpError } from "../http/errors.ts";
import { EventStreamParser, type ServerEvent } from "../http/event-stream.ts";
import type { HeaderList } from "../http/headers.ts";
import type { HttpResponse } from "../http/response.ts";
import type { RequestOptions } from "./session-options.ts";

export type { ServerEvent } from "../http/event-stream.ts";

/** Counters of event streams. */
export const EVENT_COUNTER = {
  opened: "oct.sse_opened",
  received: "oct.sse_received",
  closed: "oct.sse_closed",
  /** Events that a script was too slow to take. */
  dropped: "oct.sse_dropped",
} as const;

/** Events that wait for the script. */
const QUEUE_MAX = 10_000;

/** What a stream needs of its session. */
export interface EventSource {
  send(options: RequestOptions): Promise<HttpResponse>;
  count(name: string, amount: number): void;
}

/** The events of one stream; read them with `for await`. */
export class ServerEvents implements AsyncIterableIterator<ServerEvent> {
  readonly #source: EventSource;
  readonly #queue: ServerEvent[] = [];
  readonly #stop = new AbortController();
  #waiting: { resolve: () => void } | undefined;
  #failure: unknown;
  #isOpen = false;
  #isOver = false;

  constructor(source: EventSource, options: RequestOptions) {
    this.#source = source;
    const parser = new EventStreamParser((event) => this.#take(event));
    const sent = source.send({
      ...options,
      headers: { Accept: "text/event-stream", "Cache-Control": "no-cache", ...options.headers },
      timeout: options.timeout ?? Number.POSITIVE_INFINITY,
      discardBody: true,
      maxBodyBytes: options.maxBodyBytes ?? Number.POSITIVE_INFINITY,
      signal: this.#stop.signal,
      stream: true,
      onHead: (status, headers) => this.#onHead(status, headers),
      onChunk: (bytes) => {
        if (this.#isOpen) parser.feed(bytes);
      },
    });
    sent.then(
      (response) => this.#end(this.#isOpen ? undefined : noStream(response)),
      (thrown: unknown) => this.#end(this.#stop.signal.aborted ? undefined : thrown),
    );
  }

  /** Ends the stream; the loop over it ends after the events that have come. */
  close(): void {
    this.#stop.abort();
  }

  async next(): Promise<IteratorResult<ServerEvent, undefined>> {
    while (this.#queue.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#waiting = { resolve };
      });
    }
    const event = this.#queue.shift();
    if (event !== undefined) return { done: false, value: event };
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<ServerEvent, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  // Redirects and refusals have heads too.
  #onHead(status: number, headers: HeaderList): void {
    const type = headers.get("content-type") ?? "";
    if (this.#isOpen || status !== 200 || !/^text\/event-stream\b/i.test(type)) return;
    this.#isOpen = true;
    this.#source.count(EVENT_COUNTER.opened, 1);
  }

  #take(event: ServerEvent): void {
    this.#source.count(EVENT_COUNTER.received, 1);
    if (this.#queue.length >= QUEUE_MAX) this.#source.count(EVENT_COUNTER.dropped, 1);
    else this.#queue.push(event);
    this.#wake();
  }

  #end(failure: unknown): void {
    this.#isOver = true;
    this.#failure = failure;
    if (this.#isOpen) this.#source.count(EVENT_COUNTER.closed, 1);
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

function noStream(response: HttpResponse): HttpError {
  const { host } = new URL(response.request.url);
  return new HttpError("malformed-content", host, `status ${response.status}, no event stream`);
}
