// What is said to a proxy until it passes bytes on: CONNECT of HTTP, SOCKS 5 (RFC 1928, RFC 1929) and
// SOCKS 4. Machines over bytes, cut anywhere; whoever owns the socket sends what they say.
//
//   SOCKS 5   05 n methods -> 05 method [-> 01 user password -> 01 00] -> 05 01 00 address -> 05 00 ..
//   SOCKS 4   04 01 port address user 00 [name 00] -> 00 5a ......

import { isIp, isIpv4 } from "../base/ip.ts";
import { HttpError } from "./errors.ts";
import { ResponseParser } from "./parser.ts";
import { authorizationLine, type ProxyServer } from "./proxy.ts";
import type { Origin } from "./request.ts";

export interface Tunnel {
  /** What to say first. */
  begin(): Uint8Array;
  /**
   * Takes what the proxy said; what to say next, undefined where it is to be waited for. Throws
   * HttpError `proxy` when the proxy refuses.
   */
  take(bytes: Uint8Array): Uint8Array | undefined;
  /** The proxy passes bytes on from here. */
  readonly isOpen: boolean;
  /** What the origin said by then. */
  readonly rest: Uint8Array;
}

/** `address` is the origin's, for proxies that are told no names. */
export function tunnelTo(origin: Origin, proxy: ProxyServer, address: string | undefined): Tunnel {
  const host = address ?? origin.host;
  if (proxy.kind === "http") return new HttpTunnel(origin, proxy);
  if (proxy.kind === "socks5") return new Socks5Tunnel({ host, origin, proxy });
  return new Socks4Tunnel({ host, origin, proxy });
}

/** Of a proxy whose origin may not have said anything yet. */
export const SAID_MORE = "it said more than was asked";

const EMPTY = new Uint8Array(0);

class HttpTunnel implements Tunnel {
  readonly #origin: Origin;
  readonly #proxy: ProxyServer;
  readonly #parser = new ResponseParser();
  rest: Uint8Array = EMPTY;

  constructor(origin: Origin, proxy: ProxyServer) {
    this.#origin = origin;
    this.#proxy = proxy;
    // The answer to CONNECT has no body, whatever its headers say.
    this.#parser.reset("HEAD");
  }

  get isOpen(): boolean {
    return this.#parser.isDone;
  }

  begin(): Uint8Array {
    const { host, port } = this.#origin;
    const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const who = authorizationLine(this.#proxy);
    return Buffer.from(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${who}\r\n`, "latin1");
  }

  take(bytes: Uint8Array): undefined {
    const parser = this.#parser;
    let taken: number;
    try {
      taken = parser.feed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch {
      throw refusal(this.#origin, "its answer is no HTTP");
    }
    if (!parser.isDone) return;
    if (parser.status < 200 || parser.status > 299) {
      throw refusal(this.#origin, `it answered ${parser.status}`);
    }
    this.rest = bytes.subarray(taken);
  }
}

interface SocksTarget {
  readonly host: string;
  readonly origin: Origin;
  readonly proxy: ProxyServer;
}

const SOCKS5 = 5;
const WITHOUT_PASSWORD = 0;
const WITH_PASSWORD = 2;
const CONNECT = 1;
const ADDRESS = { v4: 1, name: 3, v6: 4 } as const;
const NAME_MAX = 255;

const REPLIES_5: Readonly<Record<number, string>> = {
  1: "general failure",
  2: "not allowed by its rules",
  3: "network unreachable",
  4: "host unreachable",
  5: "connection refused",
  6: "took too long",
  7: "command not supported",
  8: "address type not supported",
};

class Socks5Tunnel implements Tunnel {
  readonly #target: SocksTarget;
  #step: "method" | "password" | "reply" | "open" = "method";
  #said: Uint8Array = EMPTY;

  constructor(target: SocksTarget) {
    this.#target = target;
  }

  get isOpen(): boolean {
    return this.#step === "open";
  }

  get rest(): Uint8Array {
    return this.#said;
  }

  begin(): Uint8Array {
    const hasUser = this.#target.proxy.user !== "";
    const methods = hasUser ? [WITHOUT_PASSWORD, WITH_PASSWORD] : [WITHOUT_PASSWORD];
    return Buffer.from([SOCKS5, methods.length, ...methods]);
  }

  take(bytes: Uint8Array): Uint8Array | undefined {
    this.#said = Buffer.concat([this.#said, bytes]);
    const said = this.#said;
    if (this.#step === "method") return this.#takeMethod(said);
    if (this.#step === "password") return this.#takePassword(said);
    if (this.#step === "reply") this.#takeReply(said);
    return undefined;
  }

  #takeMethod(said: Uint8Array): Uint8Array | undefined {
    if (said.length < 2) return undefined;
    const { origin, proxy } = this.#target;
    if (said[0] !== SOCKS5) throw refusal(origin, "its answer is no SOCKS 5");
    this.#said = said.subarray(2);
    if (said[1] === WITHOUT_PASSWORD) return this.#ask();
    if (said[1] !== WITH_PASSWORD || proxy.user === "") {
      throw refusal(origin, proxy.user === "" ? "it wants a password" : "it takes no password");
    }
    this.#step = "password";
    const user = Buffer.from(proxy.user);
    const password = Buffer.from(proxy.password);
    return Buffer.concat([
      Buffer.from([1, user.length]),
      user,
      Buffer.from([password.length]),
      password,
    ]);
  }

  #takePassword(said: Uint8Array): Uint8Array | undefined {
    if (said.length < 2) return undefined;
    if (said[1] !== 0) throw refusal(this.#target.origin, "it refuses user and password");
    this.#said = said.subarray(2);
    return this.#ask();
  }

  #ask(): Uint8Array {
    this.#step = "reply";
    const { host, origin } = this.#target;
    const head = Buffer.from([SOCKS5, CONNECT, 0]);
    return Buffer.concat([head, addressBytes(host, origin), portBytes(origin.port)]);
  }

  #takeReply(said: Uint8Array): void {
    const { origin } = this.#target;
    if (said.length < 2) return;
    if (said[0] !== SOCKS5) throw refusal(origin, "its answer is no SOCKS 5");
    const reply = said[1] as number;
    if (reply !== 0) throw refusal(origin, REPLIES_5[reply] ?? `it answered ${reply}`);
    if (said.length < 5) return;
    // The address that the proxy connects from is told, and nobody needs it.
    const size = { [ADDRESS.v4]: 4, [ADDRESS.v6]: 16, [ADDRESS.name]: 1 + (said[4] as number) };
    const addressSize = size[said[3] as 1 | 3 | 4];
    if (addressSize === undefined) throw refusal(origin, "its answer is no SOCKS 5");
    const whole = 4 + addressSize + 2;
    if (said.length < whole) return;
    this.#said = said.subarray(whole);
    this.#step = "open";
  }
}

const SOCKS4 = 4;
const GRANTED = 90;
const REPLY_4_BYTES = 8;
/** In place of an address: the name follows (SOCKS 4a). */
const NAME_FOLLOWS = Buffer.from([0, 0, 0, 1]);

class Socks4Tunnel implements Tunnel {
  readonly #target: SocksTarget;
  #said: Uint8Array = EMPTY;
  #isOpen = false;

  constructor(target: SocksTarget) {
    this.#target = target;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get rest(): Uint8Array {
    return this.#said;
  }

  begin(): Uint8Array {
    const { host, origin, proxy } = this.#target;
    const isAddress = isIpv4(host);
    if (!isAddress && (!proxy.resolvesNames || isIp(host) !== 0)) {
      throw refusal(origin, "SOCKS 4 knows IPv4 addresses alone");
    }
    return Buffer.concat([
      Buffer.from([SOCKS4, CONNECT]),
      portBytes(origin.port),
      isAddress ? v4Bytes(host) : NAME_FOLLOWS,
      Buffer.from(`${proxy.user}\0${isAddress ? "" : `${host}\0`}`),
    ]);
  }

  take(bytes: Uint8Array): undefined {
    const { origin } = this.#target;
    this.#said = Buffer.concat([this.#said, bytes]);
    if (this.#said.length < REPLY_4_BYTES) return;
    const [version, reply] = this.#said;
    if (version !== 0) throw refusal(origin, "its answer is no SOCKS 4");
    if (reply !== GRANTED) throw refusal(origin, `it answered ${reply}`);
    this.#said = this.#said.subarray(REPLY_4_BYTES);
    this.#isOpen = true;
  }
}

function addressBytes(host: string, origin: Origin): Buffer {
  const version = isIp(host);
  if (version === 4) return Buffer.concat([Buffer.from([ADDRESS.v4]), v4Bytes(host)]);
  if (version === 6) return Buffer.concat([Buffer.from([ADDRESS.v6]), v6Bytes(host)]);
  const name = Buffer.from(host);
  if (name.length > NAME_MAX) throw refusal(origin, `a name of ${name.length} bytes`);
  return Buffer.concat([Buffer.from([ADDRESS.name, name.length]), name]);
}

function v4Bytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

// The platform writes addresses in the one form without leading zeros; "::" stands once for the rest.
function v6Bytes(address: string): Buffer {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address.replace(/%.*$/, ""));
  const tail = dotted === null ? "" : v4Bytes(dotted[2] as string).toString("hex");
  const text =
    dotted === null
      ? address.replace(/%.*$/, "")
      : `${dotted[1]}${tail.slice(0, 4)}:${tail.slice(4)}`;
  const [left = "", right] = text.split("::");
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const before = groups(left);
  const after = groups(right ?? "");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const all = [...before, ...zeros, ...after];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}

function portBytes(port: number): Buffer {
  return Buffer.from([port >> 8, port & 0xff]);
}

function refusal(origin: Origin, detail: string): HttpError {
  return new HttpError("proxy", origin.peer, detail);
}
