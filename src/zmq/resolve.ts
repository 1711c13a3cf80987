// Host names into addresses, by the system's resolver. libzmq listens only at literal addresses, and
// of a name it connects to it tries the first address alone: with IPv6 allowed, `localhost` would
// mean ::1, where an HQ that listens on IPv4 is never found. So IPv4 is preferred, IPv6 is for what
// has nothing else.

import { type Pointer, toArrayBuffer } from "bun:ffi";
import os from "node:os";
import { loadZmq } from "./library.ts";

export interface ResolvedHost {
  /** An address or name as libzmq wants it behind `tcp://`. */
  readonly host: string;
  readonly ipv6: boolean;
}

/** What to connect to for a host as people write it; a name stays one, so that DNS may change. */
export function connectable(host: string): ResolvedHost {
  const bare = bareHost(host);
  if (bare.includes(":")) return { host: `[${bare}]`, ipv6: true };
  const ipv6 = lookUp(bare, FAMILY.ipv4) === undefined && lookUp(bare, FAMILY.ipv6) !== undefined;
  return { host: bare, ipv6 };
}

/** Where to listen for a host as people write it: `*` is every address of both families. */
export function bindable(host: string): ResolvedHost {
  const bare = bareHost(host);
  if (bare === "*" || bare === "") return { host: "*", ipv6: true };
  if (bare.includes(":")) return { host: `[${bare}]`, ipv6: true };
  if (isInterface(bare)) return { host: bare, ipv6: false };
  const ipv4 = lookUp(bare, FAMILY.ipv4);
  if (ipv4 !== undefined) return { host: ipv4, ipv6: false };
  const ipv6 = lookUp(bare, FAMILY.ipv6);
  return ipv6 === undefined ? { host: bare, ipv6: false } : { host: `[${ipv6}]`, ipv6: true };
}

function bareHost(host: string): string {
  return host.trim().replace(/^\[(.*)\]$/, "$1");
}

function isInterface(name: string): boolean {
  return Object.keys(os.networkInterfaces()).includes(name);
}

const isDarwin = os.platform() === "darwin";
const FAMILY = { ipv4: 2, ipv6: isDarwin ? 30 : 10 } as const; // AF_INET, AF_INET6

// struct addrinfo: four ints, then on Linux u32 length, ai_addr, ai_canonname; the BSDs swap the last two.
const ADDRINFO = { sizeBytes: 48, family: 4, address: isDarwin ? 32 : 24 } as const;
/** Where the address is in sockaddr_in and sockaddr_in6, and how long. */
const ADDRESS = {
  ipv4: { offset: 4, sizeBytes: 4 },
  ipv6: { offset: 8, sizeBytes: 16 },
} as const;

/** The first address of `family` that `name` has, as text. */
function lookUp(name: string, family: number): string | undefined {
  const zmq = loadZmq();
  const hints = new Uint8Array(ADDRINFO.sizeBytes);
  new DataView(hints.buffer).setInt32(ADDRINFO.family, family, true);
  const found = new BigUint64Array(1);
  if (zmq.getaddrinfo(new TextEncoder().encode(`${name}\0`), null, hints, found) !== 0) {
    return undefined;
  }
  const list = Number(found[0]) as Pointer;
  try {
    const info = new DataView(toArrayBuffer(list, 0, ADDRINFO.sizeBytes));
    const address = Number(info.getBigUint64(ADDRINFO.address, true)) as Pointer;
    const { offset, sizeBytes } = family === FAMILY.ipv4 ? ADDRESS.ipv4 : ADDRESS.ipv6;
    const bytes = new Uint8Array(toArrayBuffer(address, offset, sizeBytes)).slice();
    return family === FAMILY.ipv4 ? bytes.join(".") : ipv6Text(bytes);
  } finally {
    zmq.freeaddrinfo(list);
  }
}

function ipv6Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: 8 }, (_, i) => view.getUint16(i * 2).toString(16)).join(":");
}
