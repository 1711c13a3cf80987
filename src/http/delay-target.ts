// An HTTP server of known delay, for holding oct's answer against: it notes how long it took for each
// request, from the last byte of the request to the answer's handing over to the system.

import type { Clock } from "../base/clock.ts";

const ANSWER = Buffer.from(
  "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nhello world\n",
);
const END = Buffer.from("\r\n\r\n");
/** Delays that are kept; further ones are served and not noted. */
const DELAYS_MAX = 2_000_000;

interface Peer {
  rest: Buffer;
}

export class DelayTarget {
  readonly port: number;
  readonly #clock: Clock;
  readonly #server: Bun.TCPSocketListener<Peer>;
  /** When the answer to a request that came at an instant is due. */
  #dueUs: (cameUs: number) => number = (cameUs) => cameUs;
  #delaysUs: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#server = Bun.listen<Peer>({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        open(socket) {
          socket.data = { rest: Buffer.alloc(0) };
          socket.setNoDelay(true);
        },
        data: (socket, bytes) => this.#take(socket, bytes),
      },
    });
    this.port = this.#server.port;
  }

  set delayUs(delayUs: number) {
    this.#dueUs = (cameUs) => cameUs + delayUs;
  }

  set dueUs(dueUs: (cameUs: number) => number) {
    this.#dueUs = dueUs;
  }

  /** What it took for each request since the last call, in microseconds. */
  takeDelaysUs(): Float64Array {
    const taken = Float64Array.from(this.#delaysUs);
    this.#delaysUs = [];
    return taken;
  }

  close(): void {
    this.#server.stop(true);
  }

  #take(socket: Bun.Socket<Peer>, bytes: Buffer): void {
    const cameUs = this.#clock.nowUs();
    const { rest } = socket.data;
    let left = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      const end = left.indexOf(END);
      if (end < 0) break;
      this.#answer(socket, cameUs);
      left = left.subarray(end + END.length);
    }
    socket.data.rest = Buffer.from(left);
  }

  #answer(socket: Bun.Socket<Peer>, cameUs: number): void {
    const leftUs = this.#dueUs(cameUs) - this.#clock.nowUs();
    if (leftUs <= 0) return this.#send(socket, cameUs);
    void this.#clock.sleep(leftUs).then(() => this.#send(socket, cameUs));
  }

  #send(socket: Bun.Socket<Peer>, cameUs: number): void {
    socket.write(ANSWER);
    if (this.#delaysUs.length < DELAYS_MAX) this.#delaysUs.push(this.#clock.nowUs() - cameUs);
  }
}
