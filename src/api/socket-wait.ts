// What the sockets of scripts share: their errors, and waiting for something to arrive or for too
// long. One coarse timer serves all waits of a thread.

import { OctError } from "../base/errors.ts";
import { US_PER_S } from "../base/units.ts";
import { Timeouts, type Waiter } from "../http/timeouts.ts";
import type { CannonHost, ThreadHost } from "./context.ts";
import { suspended } from "./waiting.ts";

/** Bounds of what one cannon and one socket hold. */
export const SOCKET_LIMIT = {
  /** Sockets that a cannon has open. */
  openPerCannon: 1_000,
  /** Messages that wait to be read; the oldest are dropped and counted. */
  queuedMessages: 1_000,
  /** Bytes that wait to be read. */
  queuedBytes: 16 * 1024 * 1024,
  /** Bytes that wait to be sent. */
  unsentBytes: 64 * 1024 * 1024,
} as const;

/** Seconds that a connect, a read or a request may take where nothing is said. */
export const TIMEOUT_S = 60;

export type SocketErrorKind = "connect" | "closed" | "timeout" | "overflow" | "failed";

/** A socket that did not do what was asked. `kind` is one of a closed list. */
export class SocketError extends Error {
  override readonly name = "SocketError";
  readonly kind: SocketErrorKind;
  /** `host:port`, or "". */
  readonly peer: string;

  constructor(kind: SocketErrorKind, peer: string, text: string) {
    super(text);
    this.kind = kind;
    this.peer = peer;
  }
}

const timeoutsByThread = new WeakMap<ThreadHost, Timeouts>();

function timeoutsOf(thread: ThreadHost): Timeouts {
  let timeouts = timeoutsByThread.get(thread);
  if (timeouts === undefined) {
    timeouts = new Timeouts(thread.clock);
    timeoutsByThread.set(thread, timeouts);
  }
  return timeouts;
}

/** Microseconds of a timeout in seconds. */
export function timeoutUsOf(seconds: number | undefined): number {
  if (seconds === undefined) return TIMEOUT_S * US_PER_S;
  if (seconds > 0) return seconds * US_PER_S;
  throw new RangeError(`a timeout is more than 0 seconds, not ${String(seconds)}`);
}

interface Wait extends Waiter {
  /** Takes what is waited for if it is there. */
  look(): void;
}

export interface Wanted<T> {
  /** What is waited for, or undefined while it is not there; throws when it can not come. */
  take(): T | undefined;
  readonly timeoutUs: number;
  /** The error of having waited too long. */
  late(): Error;
}

/** Those who wait for one socket. */
export class Gate {
  readonly #thread: ThreadHost;
  readonly #waits = new Set<Wait>();

  constructor(thread: ThreadHost) {
    this.#thread = thread;
  }

  /** Waits until `take` finds something. */
  until<T>(wanted: Wanted<T>): Promise<T> {
    try {
      const found = wanted.take();
      if (found !== undefined) return Promise.resolve(found);
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    return suspended(this.#thread, this.#wait(wanted));
  }

  /** Something changed: whoever finds now what it waits for goes on. */
  wake(): void {
    for (const wait of this.#waits) wait.look();
  }

  #wait<T>(wanted: Wanted<T>): Promise<T> {
    const timeouts = timeoutsOf(this.#thread);
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waits.delete(wait);
        timeouts.delete(wait);
      };
      const wait: Wait = {
        deadlineUs: Number.POSITIVE_INFINITY,
        onDeadline: () => {
          end();
          reject(wanted.late());
        },
        look: () => {
          try {
            const found = wanted.take();
            if (found === undefined) return;
            end();
            resolve(found);
          } catch (thrown) {
            end();
            reject(thrown);
          }
        },
      };
      this.#waits.add(wait);
      timeouts.add(wait);
      wait.deadlineUs = timeouts.deadline(wanted.timeoutUs);
    });
  }
}

const openByHost = new WeakMap<CannonHost, { count: number }>();

/**
 * One more socket of a cannon: `dispose` is called when the cannon is closed. What is returned says
 * that the socket is gone.
 */
export function holdSocket(host: CannonHost, dispose: () => void): () => void {
  let open = openByHost.get(host);
  if (open === undefined) {
    open = { count: 0 };
    openByHost.set(host, open);
  }
  if (open.count >= SOCKET_LIMIT.openPerCannon) {
    throw new OctError(`a cannon has no more than ${SOCKET_LIMIT.openPerCannon} sockets open`, {
      hint: "close what is not needed any more",
    });
  }
  const held = open;
  held.count++;
  const forget = host.onClose(dispose);
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    held.count--;
    forget();
  };
}

/** `host:port` of checked parts; throws TypeError. */
export function peerOf(options: { readonly host: string; readonly port: number }): string {
  const { host, port } = options;
  if (typeof host !== "string" || host === "") throw new TypeError("a socket needs a host");
  if (!(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new TypeError(`a socket needs a port from 1 to 65535, not ${String(port)}`);
  }
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
