// The guides as data: their fenced blocks, the commands that they show, and a server that answers what
// the scripts in them ask.

import { readFileSync } from "node:fs";
import path from "node:path";

const ROOT = path.resolve(import.meta.dir, "../..");
const DOCS = path.join(ROOT, "assets/docs");

export interface Guide {
  /** Topic of `oct docs`, or README. */
  readonly name: string;
  readonly text: string;
}

export interface Block {
  /** Such as `load.md:17`: where the block begins. */
  readonly place: string;
  /** First word after the fence. */
  readonly language: string;
  /** The other words. */
  readonly mark: string;
  readonly text: string;
}

export interface ShownCommand {
  readonly place: string;
  /** Without `oct`. */
  readonly words: readonly string[];
  /** Comment lines right below: what the command says. */
  readonly says: readonly string[];
}

export function guides(): Guide[] {
  const names = [...new Bun.Glob("*.md").scanSync({ cwd: DOCS })].sort();
  return [
    ...names.map((file) => ({
      name: file.replace(/\.md$/, ""),
      text: readFileSync(path.join(DOCS, file), "utf8"),
    })),
    { name: "README", text: readFileSync(path.join(ROOT, "README.md"), "utf8") },
  ];
}

export function blocksOf(guide: Guide): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; mark: string; lines: string[] } | undefined;
  for (const [i, line] of guide.text.split("\n").entries()) {
    const fence = /^```(\S*) ?(.*)$/.exec(line);
    if (fence === null) {
      open?.lines.push(line);
    } else if (open === undefined) {
      open = { line: i + 1, language: fence[1] ?? "", mark: fence[2] ?? "", lines: [] };
    } else {
      const { language, mark, lines } = open;
      const place = `${guide.name}.md:${open.line}`;
      blocks.push({ place, language, mark, text: `${lines.join("\n")}\n` });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`${guide.name}.md:${open.line}: the block has no end`);
  return blocks;
}

/** Lines of their own that begin with `oct`, indented or in a block. */
export function shownCommands(guide: Guide): ShownCommand[] {
  const lines = guide.text.split("\n");
  return lines.flatMap((line, i): ShownCommand[] => {
    const shown = /^(?: {4})?(?:dist\/)?oct (.*)$/.exec(line)?.[1];
    const isText = !line.startsWith(" ") && !isInBlock(lines, i);
    if (shown === undefined || isText) return [];
    const says: string[] = [];
    for (let k = i + 1; lines[k]?.startsWith("# ") === true; k++) says.push(lines[k] as string);
    // What stands behind three blanks explains the line.
    const words = wordsOf(shown.replace(/ {3,}.*$/, ""));
    return [
      { place: `${guide.name}.md:${i + 1}`, words, says: says.map((one) => one.slice(2).trim()) },
    ];
  });
}

function isInBlock(lines: readonly string[], at: number): boolean {
  return lines.slice(0, at).filter((line) => line.startsWith("```")).length % 2 === 1;
}

/** Pieces of text between backquotes, outside of blocks. */
export function inlineCode(guide: Guide): string[] {
  const text = guide.text.replace(/^```[\s\S]*?^```$/gm, "");
  return [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
}

/** A command line as a shell would cut it. */
export function wordsOf(line: string): string[] {
  const words = line.matchAll(/((?:"[^"]*"|'[^']*'|[^\s"'])+)/g);
  return [...words].map((match) => (match[1] as string).replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}

export interface GuideServer extends AsyncDisposable {
  /** What the scripts of the guides find in their environment. */
  readonly env: Readonly<Record<string, string>>;
}

const PAGE = `<!doctype html><html><body><h1>Welcome to shop</h1>
<form><input name="csrf" value="c-1"><br><a data-id="42">tea</a></form></body></html>`;
const CART = { items: [{ id: 7, price: 3 }], stock: 4, total: 9.5 };

/** The shop that the guides fire at: HTTP, events, WebSocket, TCP and UDP. */
export async function guideServer(): Promise<GuideServer> {
  const hostname = "127.0.0.1";
  const web = Bun.serve({
    hostname,
    port: 0,
    fetch(request, server) {
      const { pathname } = new URL(request.url);
      if (pathname === "/chat" && server.upgrade(request)) return undefined;
      if (pathname === "/login") return Response.json({ token: "t-1" });
      if (pathname === "/cart") return Response.json(CART);
      if (pathname !== "/prices") {
        return new Response(PAGE, { headers: { "Content-Type": "text/html" } });
      }
      const events = "data: 1\n\ndata: 2\n\ndata: closed\n\n";
      return new Response(events, { headers: { "Content-Type": "text/event-stream" } });
    },
    websocket: { message: (socket, message) => void socket.send(message) },
  });
  const tcp = Bun.listen({
    hostname,
    port: 0,
    socket: { data: (socket, bytes) => void socket.write(bytes) },
  });
  const udp = await Bun.udpSocket({
    hostname,
    port: 0,
    socket: {
      data(socket, bytes, port, address) {
        socket.send(bytes, port, address);
      },
    },
  });
  return {
    env: {
      TARGET: `http://${hostname}:${web.port}`,
      CHAT: `ws://${hostname}:${web.port}`,
      TCP_PORT: String(tcp.port),
      UDP_PORT: String(udp.port),
    },
    async [Symbol.asyncDispose]() {
      udp.close();
      tcp.stop(true);
      await web.stop(true);
    },
  };
}
