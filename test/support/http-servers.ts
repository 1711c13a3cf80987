// Servers for tests of the HTTP engine: on a free port, saying exactly the bytes they are told to.

import net from "node:net";

/** A self-signed certificate of localhost and its key, for these tests only. */
export const TEST_TLS = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg905T7DBaxLWqSeIg
JSqqtIsyH+VYSioiHy9EBmpmbaWhRANCAARxqkpa/UGTQT2A2U8J31VJT5+2xmP5
8OQYb2Am04hKXeMxs9cQYoQRh2mbJajjc5n3KUP0TVJ+AxCM4oJZG3Yb
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUeO79ElxgRT62KK83WU4tM5PXzkcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA4MDMwOVoYDzIxMjYxMDI4
MDgwMzA5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARxqkpa/UGTQT2A2U8J31VJT5+2xmP58OQYb2Am04hKXeMxs9cQYoQR
h2mbJajjc5n3KUP0TVJ+AxCM4oJZG3Ybo28wbTAdBgNVHQ4EFgQUjSSsvh3uxpYT
T7FTmLzUoIacQBgwHwYDVR0jBBgwFoAUjSSsvh3uxpYTT7FTmLzUoIacQBgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAPFQw54NxpJPrR22p9B+NiJBP8exuJngqmmN8KvmKlg7AiEA
ppNJb1LxzRdhWe9ill6A6ETQdwo58er8sWj9W/z8nTE=
-----END CERTIFICATE-----`,
} as const;

export interface RawServer extends Disposable {
  readonly port: number;
  readonly url: string;
  /** Connections that were ever opened, and those that are open. */
  readonly counts: { opened: number; open: number };
  /** Everything that was received, as Latin-1. */
  readonly received: string[];
}

/** What a server does with each piece that it receives on a connection. */
export type Reaction = (socket: net.Socket, text: string, connection: number) => void;

/** A TCP server that reacts to what it gets. */
export async function rawServer(react: Reaction): Promise<RawServer> {
  const counts = { opened: 0, open: 0 };
  const received: string[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    const connection = counts.opened++;
    counts.open++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      counts.open--;
      sockets.delete(socket);
    });
    socket.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      received.push(text);
      react(socket, text, connection);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}/`,
    counts,
    received,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A server that answers every request with `answer` and keeps the connection. */
export function answeringServer(answer: string): Promise<RawServer> {
  return rawServer((socket) => socket.write(Buffer.from(answer, "latin1")));
}

/** A port where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await rawServer(() => {});
  server[Symbol.dispose]();
  return server.port;
}
