// A link carries whole messages between one HQ and its turrets, in order per peer while both live.
// HQ and turret know nothing else of the transport: zmq/link.ts is the network, loopback.ts is memory.
// Everything is polled: `receive` never blocks, and the owner drains it each turn.

/** The HQ's end: many peers, told apart by an id that lives as long as one connection of a turret. */
export interface HqLink {
  /** The next message that has arrived, or undefined when there is none now. */
  receive(): { readonly peer: string; readonly message: Uint8Array } | undefined;
  /** Queues a message; false when the peer is unknown or its queue is full (nothing was sent). */
  send(peer: string, message: Uint8Array): boolean;
  /** Forgets a peer; its later messages arrive as those of a new one. */
  drop(peer: string): void;
  close(): void;
}

/** The turret's end: one HQ, found again whenever it comes back. */
export interface TurretLink {
  receive(): Uint8Array | undefined;
  /** Queues a message; false when the queue is full (nothing was sent). */
  send(message: Uint8Array): boolean;
  /** Starts the connection afresh, dropping what is queued; used after the HQ was silent too long. */
  reset(): void;
  close(): void;
}

/** The HQ's end of OCT protocol 1: orders out to all, statuses and results in from anyone. */
export interface Protocol1Hq {
  /** Publishes one order frame to every subscribed turret. */
  publish(order: string): void;
  /**
   * Hands up to `limit` arrived messages to `onMessage`, and says how many there were. `bytes` is
   * reused: valid from 0 to `sizeBytes` only until onMessage returns. Frames over the size limit are
   * handed to `onOversize` with their size alone.
   */
  drain(
    limit: number,
    onMessage: (bytes: Uint8Array, sizeBytes: number) => void,
    onOversize: (sizeBytes: number) => void,
  ): number;
  close(): void;
}

/** The turret's end of OCT protocol 1. */
export interface Protocol1Turret {
  /** The next order frame as it came, or undefined. */
  receive(): Uint8Array | undefined;
  /** Queues one status or result; false when the queue is full. */
  send(message: string): boolean;
  close(): void;
}
