// An answer as scripts see it. The whole body has arrived; it is decoded when asked for.

import { HeaderList } from "./headers.ts";

const utf8 = new TextDecoder();
const NOTHING = new Uint8Array(0);

export class HttpResponse {
  /** Such as 200. */
  readonly status: number;
  /** Bytes of the answer on the wire: head, chunk sizes, body. */
  readonly wireBytes: number;
  readonly #head: Uint8Array;
  readonly #pieces: readonly Uint8Array[];
  #headers: HeaderList | undefined;
  #body: Uint8Array | undefined;

  constructor(parts: {
    status: number;
    head: Uint8Array;
    pieces: readonly Uint8Array[];
    wireBytes: number;
  }) {
    this.status = parts.status;
    this.wireBytes = parts.wireBytes;
    this.#head = parts.head;
    this.#pieces = parts.pieces;
  }

  /** True for 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): HeaderList {
    this.#headers ??= new HeaderList(this.#head);
    return this.#headers;
  }

  /** The body as it came. */
  bytes(): Uint8Array {
    this.#body ??= joined(this.#pieces);
    return this.#body;
  }

  /** The body as UTF-8 text. */
  text(): string {
    return utf8.decode(this.bytes());
  }

  /** The body as JSON; throws a SyntaxError when it is none. */
  json(): ReturnType<typeof JSON.parse> {
    return JSON.parse(this.text());
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length <= 1) return pieces[0] ?? NOTHING;
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
