// A proxy for tests: forwards plain requests, opens tunnels, may ask for a password or refuse.

import net from "node:net";
import tls from "node:tls";
import { TEST_TLS } from "./http-servers.ts";

export interface TestProxy extends Disposable {
  readonly url: string;
  /** First lines and proxy-authorization of what was asked. */
  readonly asked: string[];
}

export interface TestProxyOptions {
  /** How it answers a CONNECT instead of opening the tunnel. */
  readonly refusal?: string | undefined;
  /** What it hears is under TLS. */
  readonly isSecure?: boolean;
}

export async function testProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const { refusal, isSecure = false } = options;
  const asked: string[] = [];
  const sockets = new Set<net.Socket>();
  const serve = (client: net.Socket) => {
    track(client, sockets);
    client.once("data", (bytes) => {
      const text = bytes.toString("latin1");
      const [line = ""] = text.split("\r\n");
      const [method = "", target = ""] = line.split(" ");
      const authorization = /proxy-authorization: (.*)/i.exec(text)?.[1] ?? "";
      asked.push(`${line} ${authorization}`.trim());
      const isTunnel = method === "CONNECT";
      if (isTunnel && refusal !== undefined) {
        client.end(refusal);
        return;
      }
      const { hostname, port } = new URL(isTunnel ? `http://${target}` : target);
      const peer = net.connect(Number(port), hostname, () => {
        if (isTunnel) client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        else peer.write(bytes);
        client.pipe(peer);
        peer.pipe(client);
      });
      track(peer, sockets);
    });
  };
  const server = isSecure ? tls.createServer({ ...TEST_TLS }, serve) : net.createServer(serve);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as net.AddressInfo;
  return {
    url: isSecure ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    asked,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function track(socket: net.Socket, sockets: Set<net.Socket>): void {
  sockets.add(socket);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
}
