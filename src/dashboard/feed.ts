// Everybody who looks at the page: server-sent events to all of them, each in one piece. A client that
// does not read what it is sent is let go, and counted, before it costs memory.

/** Named limits of what looks at a run. */
export const FEED_LIMIT = {
  clients: 50,
  /** Events that may wait for a client. */
  waiting: 8,
} as const;

interface Client {
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** Ends its connection when what is sent stays unread. */
  readonly letGo: () => void;
}

export class Feed {
  readonly #clients = new Set<Client>();
  readonly #encoder = new TextEncoder();
  #count = 0;
  #droppedCount = 0;
  #refusedCount = 0;
  #isClosed = false;

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Clients that were too slow. */
  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Clients that came when all places were taken. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** A stream that begins with `first`; undefined where there is no place. */
  open(first: FeedEvent, letGo: () => void): ReadableStream<Uint8Array> | undefined {
    if (this.#isClosed) return undefined;
    if (this.#clients.size >= FEED_LIMIT.clients) {
      this.#refusedCount++;
      return undefined;
    }
    let client: Client | undefined;
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          client = { controller, letGo };
          this.#clients.add(client);
          controller.enqueue(this.#bytesOf(first));
        },
        cancel: () => {
          if (client !== undefined) this.#clients.delete(client);
        },
      },
      { highWaterMark: 1 },
    );
  }

  send(event: FeedEvent): void {
    if (this.#clients.size === 0) return;
    const bytes = this.#bytesOf(event);
    for (const client of this.#clients) {
      const { controller } = client;
      if ((controller.desiredSize ?? 0) > -FEED_LIMIT.waiting) controller.enqueue(bytes);
      else this.#drop(client);
    }
  }

  /** Tells all that nothing more comes. */
  close(last: FeedEvent): void {
    this.send(last);
    this.#isClosed = true;
    for (const { controller } of this.#clients) controller.close();
    this.#clients.clear();
  }

  #drop(client: Client): void {
    this.#clients.delete(client);
    this.#droppedCount++;
    client.controller.close();
    client.letGo();
  }

  #bytesOf({ name, data }: FeedEvent): Uint8Array {
    // JSON has no line end of its own, so an event is three lines.
    return this.#encoder.encode(`id: ${++this.#count}\nevent: ${name}\ndata: ${data}\n\n`);
  }
}

export interface FeedEvent {
  readonly name: "whole" | "tick" | "over";
  /** JSON. */
  readonly data: string;
}
