// What the examples fire at: a shop, a chat, a mail server, a cache that speaks RESP, and PostgreSQL.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { freePorts } from "./binary.ts";
import { type RawServer, rawServer } from "./http-servers.ts";
import { until } from "./wait.ts";

export interface Shop extends Disposable {
  readonly url: string;
  /** Requests by method and first part of the path. */
  readonly asked: Map<string, number>;
  /** Names that signed in, in order. */
  readonly names: string[];
  /** Sizes of the files that were uploaded. */
  readonly uploads: number[];
}

/** A shop with login, items, cart, orders, uploads and a search. */
export function shopServer(): Shop {
  const asked = new Map<string, number>();
  const names: string[] = [];
  const uploads: number[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const key = `${request.method} ${pathname.replace(/\/\d+$/, "/:id")}`;
      asked.set(key, (asked.get(key) ?? 0) + 1);
      const isSignedIn = request.headers.get("authorization") === "Bearer t0ken";
      switch (key) {
        case "POST /api/login":
          names.push(((await request.json()) as { user: string }).user);
          return Response.json({ token: "t0ken" });
        case "GET /api/items/:id":
          return Response.json({ price: 3 }, { status: isSignedIn ? 200 : 401 });
        case "POST /api/cart":
          return new Response("", { status: isSignedIn ? 204 : 401 });
        case "POST /api/order":
          return new Response("", { status: isSignedIn ? 201 : 401 });
        case "POST /login":
          names.push(String((await request.formData()).get("name")));
          return new Response("welcome");
        case "POST /orders":
          return Response.json(await request.json(), { status: 201 });
        case "POST /upload": {
          const file = (await request.formData()).get("file");
          uploads.push(file instanceof Blob ? file.size : 0);
          return new Response("", { status: 201 });
        }
        case "GET /search":
          return Response.json({ items: [{ name: "tulip", price: 2 }, { price: 20 }] });
        default:
          return new Response("<html><title>Shop</title><p>hello", {
            headers: { "content-type": "text/html" },
          });
      }
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    names,
    uploads,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

/** A room in which everybody hears everything. */
export function chatServer(): { readonly url: string; readonly heard: () => number } & Disposable {
  let heard = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request, own) =>
      own.upgrade(request, { data: undefined }) ? undefined : new Response("", { status: 400 }),
    websocket: {
      open: (ws) => void ws.subscribe("room"),
      message(_, text) {
        heard++;
        server.publish("room", text);
      },
    },
  });
  return {
    url: `ws://127.0.0.1:${server.port}/chat`,
    heard: () => heard,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

/** A mail server that takes no mail. */
export async function mailServer(): Promise<{ readonly port: number } & Disposable> {
  const listening = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => void socket.write("220 mail.example.org ready\r\n"),
      data(socket, bytes) {
        const said = bytes.toString();
        if (said.startsWith("EHLO"))
          socket.write("250-mail.example.org\r\n250-SIZE 1000\r\n250 OK\r\n");
        else if (said.startsWith("QUIT")) socket.end("221 bye\r\n");
        else socket.write("500 what?\r\n");
      },
    },
  });
  return { port: listening.port, [Symbol.dispose]: () => listening.stop(true) };
}

/** GET and SET over RESP. */
export function cacheServer(): Promise<RawServer> {
  const stored = new Map<string, string>();
  return rawServer((socket, said) => {
    const words = said.split("\r\n").filter((word) => word !== "" && !/^[*$]\d+$/.test(word));
    for (let i = 0; i < words.length; i++) {
      const word = (words[i] as string).toUpperCase();
      if (word === "HELLO") socket.write("%1\r\n+proto\r\n:3\r\n");
      else if (word === "GET") {
        const value = stored.get(words[++i] ?? "");
        socket.write(value === undefined ? "_\r\n" : `$${value.length}\r\n${value}\r\n`);
      } else if (word === "SET") {
        stored.set(words[i + 1] ?? "", words[i + 2] ?? "");
        i += 2;
        socket.write("+OK\r\n");
      } else if (["CLIENT", "SELECT", "PING", "AUTH"].includes(word)) socket.write("+OK\r\n");
    }
  });
}

export interface Postgres extends AsyncDisposable {
  readonly url: string;
}

/** PostgreSQL with an empty database, in a folder of its own. */
export async function startPostgres(): Promise<Postgres> {
  const [port = 0] = freePorts(1);
  const folder = mkdtempSync(path.join(os.tmpdir(), "oct-postgres-"));
  // It refuses to be root.
  chmodSync(folder, 0o777);
  const data = path.join(folder, "data");
  const initdb = programOf("initdb");
  const made = Bun.spawnSync(
    asUser([initdb, "-D", data, "-U", "shop", "-A", "trust", "--no-sync", "--locale=C"]),
    { cwd: folder, stdout: "pipe", stderr: "pipe" },
  );
  if (made.exitCode !== 0) throw new Error(`initdb: ${made.stderr.toString()}`);
  const server = Bun.spawn(
    asUser([
      programOf("postgres"),
      ...["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", folder, "-F"],
    ]),
    { cwd: folder, stdout: "ignore", stderr: "ignore" },
  );
  const probe = asUser([programOf("pg_isready"), "-h", "127.0.0.1", "-p", String(port)]);
  await until(() => Bun.spawnSync(probe).exitCode === 0, { what: "PostgreSQL to be ready" });
  return {
    url: `postgres://shop@127.0.0.1:${port}/postgres`,
    async [Symbol.asyncDispose]() {
      server.kill("SIGINT");
      await server.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function asUser(command: readonly string[]): string[] {
  if (process.getuid?.() !== 0) return [...command];
  return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", ...command];
}

function programOf(name: string): string {
  const places = new Bun.Glob(`usr/lib/postgresql/*/bin/${name}`).scanSync({ cwd: "/" });
  const [found] = [...places].sort().reverse();
  return found === undefined ? name : `/${found}`;
}
