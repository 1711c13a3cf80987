// Frames through FFI. Receiving always goes through one zmq_msg_t, so nothing is ever cut: zmq_recv
// would cut a frame that is larger than its buffer. The bytes are copied out before the message is
// reused, because a view of freed C memory looks right until it does not.

import type { Pointer } from "bun:ffi";
import type { Zmq } from "./library.ts";
import { ERRNO, FLAG, MSG_SIZE_BYTES, PROPERTY } from "./symbols.ts";

const NOTHING = new Uint8Array(0);
const STOP_BOTH_WAYS = 2; // SHUT_RDWR

/** Reads one socket's frames. */
export class FrameReader {
  readonly #zmq: Zmq;
  readonly #socket: Pointer;
  readonly #message = new Uint8Array(MSG_SIZE_BYTES);

  constructor(zmq: Zmq, socket: Pointer) {
    this.#zmq = zmq;
    this.#socket = socket;
    zmq.zmq_msg_init(this.#message);
  }

  /** Takes the next frame and returns its size; -1 when there is none now. */
  next(): number {
    return this.#zmq.zmq_msg_recv(this.#message, this.#socket, FLAG.dontWait);
  }

  /** True when the frame taken last is not the last of its message. */
  get hasMore(): boolean {
    return this.#zmq.zmq_msg_more(this.#message) === 1;
  }

  /** The frame taken last, as a copy of its own. */
  copy(sizeBytes: number): Uint8Array {
    if (sizeBytes === 0) return NOTHING;
    const bytes = new Uint8Array(sizeBytes);
    this.copyInto(bytes, sizeBytes);
    return bytes;
  }

  /** Copies the frame taken last to the start of `target`, which must have room for it. */
  copyInto(target: Uint8Array, sizeBytes: number): void {
    if (sizeBytes === 0) return;
    this.#zmq.memcpy(target, this.#zmq.zmq_msg_data(this.#message), sizeBytes);
  }

  /** Ends the connection that the frame taken last came by. */
  cutSource(): void {
    const descriptor = this.#zmq.zmq_msg_get(this.#message, PROPERTY.sourceDescriptor);
    if (descriptor > 2) this.#zmq.shutdown(descriptor, STOP_BOTH_WAYS);
  }

  /** Frees the frame taken last. */
  close(): void {
    this.#zmq.zmq_msg_close(this.#message);
    this.#zmq.zmq_msg_init(this.#message);
  }
}

/** Frames a message may have; what is beyond is dropped. */
export const FRAMES_MAX = 1000;

/** The next whole message, or undefined when there is none now. */
export function receiveMessage(reader: FrameReader): Uint8Array[] | undefined {
  let sizeBytes = reader.next();
  if (sizeBytes < 0) return undefined;
  const frames = [reader.copy(sizeBytes)];
  while (reader.hasMore) {
    sizeBytes = reader.next();
    if (sizeBytes < 0) break;
    if (frames.length < FRAMES_MAX) frames.push(reader.copy(sizeBytes));
  }
  reader.close();
  return frames;
}

/** Queues one message; false, and nothing sent, when the queue is full or the peer is unknown. */
export function sendMessage(zmq: Zmq, socket: Pointer, frames: readonly Uint8Array[]): boolean {
  const last = frames.length - 1;
  for (let i = 0; i <= last; i++) {
    const frame = frames[i] as Uint8Array;
    const flags = i === last ? FLAG.dontWait : FLAG.dontWait | FLAG.sendMore;
    if (!sendFrame(zmq, socket, frame, flags)) return false;
  }
  return true;
}

const INTERRUPTS_MAX = 100;

function sendFrame(zmq: Zmq, socket: Pointer, frame: Uint8Array, flags: number): boolean {
  for (let i = 0; i < INTERRUPTS_MAX; i++) {
    if (zmq.zmq_send(socket, frame, frame.length, flags) >= 0) return true;
    if (zmq.zmq_errno() !== ERRNO.interrupted) return false;
  }
  return false;
}
