// Server-sent events (text/event-stream, the HTML standard) out of a body that comes in pieces.
//
//   event: price LF  data: 17 LF  data: 18 LF  id: 4 LF  LF   ->  { type: "price", data: "17\n18", ... }
//
// Lines end with LF, CR or CR LF; a colon at the start is a comment; what ends without an empty line
// is no event.

export interface ServerEvent {
  /** "message" unless the server names it. */
  readonly type: string;
  readonly data: string;
  /** The last id that the server gave, also with an earlier event. */
  readonly id: string;
}

export const EVENT_LIMIT = {
  /** Characters of one line, and of the data of one event. */
  chars: 4 * 1024 * 1024,
} as const;

/** An event or a line without end. */
export class EventTooLarge extends Error {}

export class EventStreamParser {
  readonly #onEvent: (event: ServerEvent) => void;
  readonly #utf8 = new TextDecoder();
  #rest = "";
  #isAfterCr = false;
  #type = "";
  #data: string[] = [];
  #dataChars = 0;
  #id = "";
  #retryMs: number | undefined;

  constructor(onEvent: (event: ServerEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** How long the server wants a client to wait before it comes again. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  get lastId(): string {
    return this.#id;
  }

  /** Throws EventTooLarge. */
  feed(bytes: Uint8Array): void {
    let text = this.#utf8.decode(bytes, { stream: true });
    if (this.#isAfterCr && text.startsWith("\n")) text = text.slice(1);
    if (text === "") return;
    this.#isAfterCr = text.endsWith("\r");
    const lines = text.split(/\r\n|\n|\r/);
    const last = lines.pop() ?? "";
    for (const [i, line] of lines.entries()) this.#line(i === 0 ? this.#rest + line : line);
    this.#rest = lines.length === 0 ? this.#rest + last : last;
    if (this.#rest.length > EVENT_LIMIT.chars) throw new EventTooLarge("a line without end");
  }

  #line(line: string): void {
    if (line === "") {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (name === "event") this.#type = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^\d{1,9}$/.test(value)) this.#retryMs = Number(value);
    else if (name === "data") {
      this.#dataChars += value.length + 1;
      if (this.#dataChars > EVENT_LIMIT.chars) throw new EventTooLarge("an event without end");
      this.#data.push(value);
    }
  }

  #dispatch(): void {
    const type = this.#type === "" ? "message" : this.#type;
    const data = this.#data;
    this.#type = "";
    this.#data = [];
    this.#dataChars = 0;
    if (data.length > 0) this.#onEvent({ type, data: data.join("\n"), id: this.#id });
  }
}
