// Listening on a TCP port, with errors that say who holds it.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { bindError } from "./errors.ts";
import type { ResolvedHost } from "./resolve.ts";
import { BindFailed, type ZmqSocket } from "./socket.ts";
import { ERRNO } from "./symbols.ts";

/** Binds `socket` and returns the port, a free one for port 0. Throws OctError where it cannot. */
export function listen(socket: ZmqSocket, at: ResolvedHost, port: number): number {
  const endpoint = `tcp://${at.host}:${port}`;
  try {
    return Number(/:(\d+)$/.exec(socket.bind(endpoint))?.[1]);
  } catch (thrown) {
    if (!(thrown instanceof BindFailed)) throw thrown;
    const holder = thrown.errno === ERRNO.addressInUse ? holderOf(port) : undefined;
    throw bindError(socket.zmq, endpoint, thrown.errno, holder);
  }
}

const TCP_TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const LISTENING = "0A";

/** Who listens on `port` of this machine, as `name (process 12)`; undefined when that is not told. */
export function holderOf(port: number): string | undefined {
  const sockets = new Set(TCP_TABLES.flatMap((table) => listenersOn(port, table)));
  if (sockets.size === 0) return undefined;
  for (const pid of tryList("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const isHolder = tryList(`/proc/${pid}/fd`).some((descriptor) =>
      sockets.has(tryRead(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`))),
    );
    if (!isHolder) continue;
    return `${tryRead(() => readFileSync(`/proc/${pid}/comm`, "utf8")).trim()} (process ${pid})`;
  }
  return undefined;
}

// A line: index, local address:port in hexadecimal, remote one, state, ..., inode as the tenth word.
function listenersOn(port: number, table: string): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return tryRead(() => readFileSync(table, "utf8"))
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[1]?.endsWith(suffix) && words[3] === LISTENING)
    .map((words) => `socket:[${words[9]}]`);
}

function tryList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

// Processes end while they are looked at, and others are closed to us: either is as good as nothing.
function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
