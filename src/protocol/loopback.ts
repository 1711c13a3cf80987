// A link in memory, for local runs and for simulations: whole messages, in order, with an optional
// delay, and a switch that cuts it. What is on its way when a connection is cut is lost, as on a wire.

import type { Clock } from "../base/clock.ts";
import { Ring } from "../base/ring.ts";
import type { HqLink, TurretLink } from "./link.ts";

export interface LoopbackOptions {
  readonly delayUs?: number;
  /** Messages each direction of each connection holds; past it `send` says false. */
  readonly capacity?: number;
}

export interface LoopbackTurretLink extends TurretLink {
  /** Loses the connection and what is on its way; `send` queues nothing until `restore`. */
  cut(): void;
  restore(): void;
}

export interface Loopback {
  readonly hq: HqLink;
  connect(): LoopbackTurretLink;
}

interface Parcel {
  readonly message: Uint8Array;
  readonly dueUs: number;
}

interface Connection {
  peer: string;
  isUp: boolean;
  toHq: Ring<Parcel>;
  toTurret: Ring<Parcel>;
}

const DEFAULT_CAPACITY = 10_000;

/** An HQ's end and as many turrets' ends as are asked for. */
export function createLoopback(clock: Clock, options: LoopbackOptions = {}): Loopback {
  const capacity = options.capacity ?? DEFAULT_CAPACITY;
  const delayUs = options.delayUs ?? 0;
  const connections: Connection[] = [];
  let connected = 0;
  const parcel = (message: Uint8Array): Parcel => ({ message, dueUs: clock.nowUs() + delayUs });
  const renew = (connection: Connection) => {
    connection.peer = `loopback-${++connected}`;
    connection.toHq = new Ring(capacity);
    connection.toTurret = new Ring(capacity);
  };
  return {
    hq: createHqEnd(clock, connections, parcel),
    connect() {
      const connection: Connection = {
        peer: "",
        isUp: true,
        toHq: new Ring(capacity),
        toTurret: new Ring(capacity),
      };
      renew(connection);
      connections.push(connection);
      return {
        receive: () => takeDue(clock, connection.toTurret),
        send: (message) => connection.isUp && connection.toHq.push(parcel(message)),
        reset: () => renew(connection),
        close() {
          connection.isUp = false;
          connections.splice(connections.indexOf(connection), 1);
        },
        cut() {
          renew(connection);
          connection.isUp = false;
        },
        restore() {
          connection.isUp = true;
        },
      };
    },
  };
}

function createHqEnd(
  clock: Clock,
  connections: readonly Connection[],
  parcel: (message: Uint8Array) => Parcel,
): HqLink {
  let next = 0;
  return {
    // Takes from the connections in turn, so that one busy turret cannot starve the others.
    receive() {
      for (let i = 0; i < connections.length; i++) {
        const connection = connections[(next + i) % connections.length] as Connection;
        const message = takeDue(clock, connection.toHq);
        if (message === undefined) continue;
        next = (next + i + 1) % connections.length;
        return { peer: connection.peer, message };
      }
      return undefined;
    },
    send(peer, message) {
      const connection = connections.find((known) => known.isUp && known.peer === peer);
      return connection?.toTurret.push(parcel(message)) ?? false;
    },
    drop(peer) {
      const connection = connections.find((known) => known.peer === peer);
      if (connection !== undefined) connection.peer = `${peer}-dropped`;
    },
    close() {
      for (const connection of connections) connection.isUp = false;
    },
  };
}

function takeDue(clock: Clock, ring: Ring<Parcel>): Uint8Array | undefined {
  const first = ring.peek();
  if (first === undefined || first.dueUs > clock.nowUs()) return undefined;
  return ring.shift()?.message;
}
