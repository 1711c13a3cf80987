// A real proxy of SOCKS 5 and 4 for tests: asks for a password where it has one, and passes bytes on.

import net from "node:net";

export interface SocksProxy extends Disposable {
  readonly port: number;
  /** `version host:port user`, as it was asked. */
  readonly asked: string[];
}

export interface SocksOptions {
  /** Only with this password. */
  readonly password?: string;
  /** Every name is at this address. */
  readonly at?: string;
  /** Its answers go out byte by byte. */
  readonly isSlow?: boolean;
  /** Instead of its answer to the request. */
  readonly reply?: Buffer;
}

interface Request {
  readonly version: number;
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

export async function socksProxy(options: SocksOptions = {}): Promise<SocksProxy> {
  const asked: string[] = [];
  const sockets = new Set<net.Socket>();
  const track = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  const server = net.createServer((client) => {
    track(client);
    void serve(new Reader(client), client, options, (request) => {
      asked.push(`${request.version} ${request.host}:${request.port} ${request.user}`.trim());
      const peer = net.connect(request.port, isName(request.host) ? options.at : request.host);
      track(peer);
      return peer;
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const { port } = server.address() as net.AddressInfo;
  return {
    port,
    asked,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function isName(host: string): boolean {
  return net.isIP(host) === 0;
}

async function serve(
  reader: Reader,
  client: net.Socket,
  options: SocksOptions,
  open: (request: Request) => net.Socket,
): Promise<void> {
  const say = (bytes: Buffer) => {
    const pieces =
      options.isSlow === true ? [...bytes].map((byte) => Buffer.from([byte])) : [bytes];
    for (const piece of pieces) client.write(piece);
  };
  const [version = 0] = await reader.read(1);
  const request = version === 5 ? await read5(reader, say, options) : await read4(reader);
  if (request === undefined) {
    client.end();
    return;
  }
  const peer = open(request);
  if (options.reply !== undefined) {
    peer.destroy();
    client.end(options.reply);
    return;
  }
  peer.once("error", () =>
    client.end(version === 5 ? Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]) : Buffer.alloc(8)),
  );
  peer.once("connect", () => {
    const bound = [127, 0, 0, 1, 0, 80];
    say(Buffer.from(version === 5 ? [5, 0, 0, 1, ...bound] : [0, 90, 0, 80, 127, 0, 0, 1]));
    reader.pipe(peer);
    peer.pipe(client);
  });
}

async function read5(
  reader: Reader,
  say: (bytes: Buffer) => void,
  { password }: SocksOptions,
): Promise<Request | undefined> {
  const methods = [...(await reader.read((await reader.read(1))[0] as number))];
  const method = password === undefined ? 0 : 2;
  say(Buffer.from([5, methods.includes(method) ? method : 255]));
  if (!methods.includes(method)) return undefined;
  let user = "";
  if (method === 2) {
    await reader.read(1);
    user = (await reader.read((await reader.read(1))[0] as number)).toString();
    const given = (await reader.read((await reader.read(1))[0] as number)).toString();
    say(Buffer.from([1, given === password ? 0 : 1]));
    if (given !== password) return undefined;
  }
  const kind = (await reader.read(4))[3];
  const size = kind === 1 ? 4 : kind === 4 ? 16 : ((await reader.read(1))[0] as number);
  const address = await reader.read(size);
  const groups = address.toString("hex").match(/.{4}/g) ?? [];
  const host =
    kind === 1 ? [...address].join(".") : kind === 4 ? groups.join(":") : address.toString();
  return { version: 5, host, port: (await reader.read(2)).readUInt16BE(), user };
}

async function read4(reader: Reader): Promise<Request> {
  const head = await reader.read(7);
  const user = await reader.text();
  const address = [...head.subarray(3)].join(".");
  const host = address.startsWith("0.0.0.") ? await reader.text() : address;
  return { version: 4, host, port: head.readUInt16BE(1), user };
}

/** Reads so many bytes of a socket. */
class Reader {
  readonly #socket: net.Socket;
  #bytes = Buffer.alloc(0);
  #wake = () => {};
  readonly #onData = (bytes: Buffer) => {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    this.#wake();
  };

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", this.#onData);
  }

  async read(size: number): Promise<Buffer> {
    while (this.#bytes.length < size) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#bytes.subarray(0, size);
    this.#bytes = this.#bytes.subarray(size);
    return taken;
  }

  /** Up to a byte of zero. */
  async text(): Promise<string> {
    let text = "";
    for (;;) {
      const [byte = 0] = await this.read(1);
      if (byte === 0) return text;
      text += String.fromCharCode(byte);
    }
  }

  pipe(peer: net.Socket): void {
    this.#socket.off("data", this.#onData);
    if (this.#bytes.length > 0) peer.write(this.#bytes);
    this.#socket.pipe(peer);
  }
}
