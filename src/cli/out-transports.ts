// How reports leave the process: HTTP, UDP and files. Each send is one report; what goes wrong is told in
// words, and whether the same report may be taken later.

import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock } from "../base/clock.ts";
import { clip, errorText, systemCode } from "../base/errors.ts";
import { DeliveryError, type Payload, type Transport } from "../output/delivery.ts";
import { authorised } from "../output/safe-url.ts";
import { DATAGRAM_MARK } from "../output/told.ts";
import { oneLine } from "../report/figures.ts";
import { fileError } from "./files.ts";

const ANSWER_BYTES = 4_096;
const DETAIL_CHARACTERS = 200;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ConnectionRefused: "connection refused",
  ECONNRESET: "connection closed",
  ConnectionClosed: "connection closed",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host's name cannot be looked up",
  ENETUNREACH: "network unreachable",
  EHOSTUNREACH: "host unreachable",
  EMSGSIZE: "datagram too large",
  ENOSPC: "the disk is full",
};

function failure(thrown: unknown, isFinal: boolean): DeliveryError {
  if (thrown instanceof DeliveryError) return thrown;
  const known = REASONS[systemCode(thrown) ?? ""];
  return new DeliveryError(known ?? clip(oneLine(errorText(thrown)), DETAIL_CHARACTERS), isFinal);
}

export interface HttpTarget {
  /** As people may see it. */
  readonly name: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Reads an answer of success; returns why it is none, "" where it is. */
  readonly refusal?: (answer: string) => string;
}

/** POSTs each report. */
export function httpTransport(target: HttpTarget): Transport {
  const { url, headers } = authorised(target.url);
  return {
    name: target.name,
    async send(payload, signal) {
      try {
        await post(target, { url, headers: { ...target.headers, ...headers }, payload, signal });
      } catch (thrown) {
        throw failure(thrown, false);
      }
    },
  };
}

async function post(
  target: HttpTarget,
  request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly payload: Payload;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { url, headers, payload, signal } = request;
  // A redirected POST would arrive as a GET, and nothing of the report with it.
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers },
    body: payload.body,
    signal,
    redirect: "manual",
  });
  const answer = await startOf(response);
  if (response.ok) {
    const refusal = target.refusal?.(answer) ?? "";
    if (refusal !== "") throw new DeliveryError(refusal, true);
    return;
  }
  const { status } = response;
  const isFinal = status < 500 && status !== 408 && status !== 429;
  const detail = clip(oneLine(answer), DETAIL_CHARACTERS);
  throw new DeliveryError(`answered ${status}${detail === "" ? "" : ` (${detail})`}`, isFinal);
}

/** The first bytes of an answer; the rest is not read. */
async function startOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < ANSWER_BYTES) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}

/** How long a refusal of a datagram takes to come back from a host that is near. */
const REFUSAL_US = 20_000;

/** Sends the datagrams of each report. */
export function udpTransport(options: {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
}): Transport {
  const { name, clock } = options;
  let socket: UdpSocket | undefined;
  return {
    name,
    async send(payload) {
      try {
        socket ??= await openUdp(options);
      } catch (thrown) {
        throw failure(thrown, false);
      }
      try {
        for (const datagram of String(payload.body).split(DATAGRAM_MARK)) {
          await socket.send(datagram);
        }
        await clock.sleep(REFUSAL_US);
        socket.throwRefusal();
      } catch (thrown) {
        // What was sent is gone: it is not sent twice.
        throw failure(thrown, true);
      }
    },
    close: () => socket?.close(),
  };
}

interface UdpSocket {
  send(text: string): Promise<void>;
  /** Throws what came back since it was asked last. */
  throwRefusal(): void;
  close(): void;
}

async function openUdp(peer: { readonly host: string; readonly port: number }): Promise<UdpSocket> {
  const [{ createSocket }, { lookup }] = await Promise.all([
    import("node:dgram"),
    import("node:dns/promises"),
  ]);
  const { address, family } = await lookup(peer.host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  let refusal: unknown;
  socket.on("error", (error) => {
    refusal = error;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
    socket.connect(peer.port, address);
  });
  return {
    send: (text) =>
      new Promise((resolve, reject) => {
        socket.send(text, (error) => (error ? reject(error) : resolve()));
      }),
    throwRefusal() {
      const found = refusal;
      refusal = undefined;
      if (found === undefined) return;
      const isRefused = String(found).includes("ECONNREFUSED");
      throw isRefused ? new DeliveryError("connection refused", true) : found;
    },
    close: () => socket.close(),
  };
}

const compress = promisify(gzip);

/** Appends each report to a file, compressed where its name ends with .gz; throws where it cannot be made. */
export async function fileTransport(file: string, name: string): Promise<Transport> {
  let handle: FileHandle;
  try {
    handle = await open(file, "w");
  } catch (thrown) {
    throw fileError("can not write", file, thrown);
  }
  let position = 0;
  let isClosed = false;
  return {
    name,
    async send({ body }) {
      try {
        const plain = Buffer.from(body);
        const bytes = file.endsWith(".gz") ? await compress(plain) : plain;
        // Written at its place: what failed half way is written over when it is tried again.
        for (let done = 0; done < bytes.length; ) {
          const part = await handle.write(bytes, done, bytes.length - done, position + done);
          done += part.bytesWritten;
        }
        position += bytes.length;
      } catch (thrown) {
        throw failure(thrown, false);
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      void handle.close().catch(() => {});
    },
  };
}
