// A connection as the engine uses it: the runtime's socket, or a stream of node:tls where the runtime's
// socket can not do it (TLS within TLS).

import type { Duplex } from "node:stream";

export interface Wire<Data> {
  readonly data: Data;
  /** How many of `bytes` were taken; negative when the connection is closed. */
  write(bytes: Uint8Array): number;
  end(): unknown;
  terminate(): unknown;
  setNoDelay?(isOn: boolean): unknown;
}

/** The events of wires, the same object for many of them. */
export interface WireHandlers<Data> {
  open(wire: Wire<Data>): void;
  handshake(wire: Wire<Data>, isTrusted: boolean, thrown: Error | null): void;
  data(wire: Wire<Data>, bytes: Buffer): void;
  drain(wire: Wire<Data>): void;
  end(wire: Wire<Data>): void;
  close(wire: Wire<Data>, thrown?: Error): void;
  error(wire: Wire<Data>, thrown: Error): void;
}

/** A stream as a wire. It takes all that is written and is never asked to drain. */
export class StreamWire<Data> implements Wire<Data> {
  readonly data: Data;
  readonly #stream: Duplex;

  constructor(stream: Duplex, data: Data, handlers: WireHandlers<Data>) {
    this.data = data;
    this.#stream = stream;
    stream.on("data", (bytes: Buffer) => handlers.data(this, bytes));
    stream.on("end", () => handlers.end(this));
    stream.on("error", (thrown: Error) => handlers.error(this, thrown));
    stream.on("close", () => handlers.close(this));
  }

  write(bytes: Uint8Array): number {
    if (this.#stream.destroyed) return -1;
    this.#stream.write(bytes);
    return bytes.length;
  }

  end(): void {
    this.#stream.end();
  }

  terminate(): void {
    this.#stream.destroy();
  }
}
