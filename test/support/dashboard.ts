// A live page over an HQ on a clock of the test's own: a scripted turret measures what a test wants, and
// the page's server is the real one.

import { systemClock } from "../../src/base/clock.ts";
import { Access } from "../../src/dashboard/access.ts";
import { DashboardServer } from "../../src/dashboard/server.ts";
import { readControlAction } from "../../src/hq/control.ts";
import { LiveState } from "../../src/live/state.ts";
import { firing } from "../sim/support/hq-firing.ts";
import type { HqWorld, HqWorldOptions, LinkPeer } from "../sim/support/hq-world.ts";
import { Gun } from "../sim/support/live-gun.ts";

export const TOKEN = "0123456789abcdef0123456789abcdef";

export interface DashboardWorld extends AsyncDisposable {
  readonly world: HqWorld;
  readonly peer: LinkPeer;
  readonly gun: Gun;
  readonly live: LiveState;
  readonly server: DashboardServer;
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  /** The address that would be printed. */
  readonly url: string;
  /** Asks with the token as Bearer, unless other headers are given. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  control(action: object, headers?: Record<string, string>): Promise<Response>;
}

export async function dashboardWorld(
  directory: string,
  options: HqWorldOptions = {},
): Promise<DashboardWorld> {
  const live = new LiveState();
  const { world, peer } = await firing(directory, {
    runTimeUs: 3_600_000_000,
    silenceUs: 3_600_000_000,
    ...options,
    observers: [live],
  });
  const server = openServer(live, (action, by) => world.hq.control(action, by));
  const address = `http://127.0.0.1:${server.port}`;
  const authorization = { authorization: `Bearer ${TOKEN}` };
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${address}${path}`, { ...init, headers: { ...authorization, ...init.headers } });
  return {
    world,
    peer,
    gun: new Gun(peer),
    live,
    server,
    address,
    url: `${address}/?token=${TOKEN}`,
    ask,
    control: (action, headers = {}) =>
      ask("/api/v1/control", { method: "POST", body: JSON.stringify(action), headers }),
    async [Symbol.asyncDispose]() {
      await server.close();
    },
  };
}

export function openServer(
  live: LiveState,
  control: ConstructorParameters<typeof DashboardServer>[0]["control"],
  port = 0,
): DashboardServer {
  return new DashboardServer({
    live,
    clock: systemClock(),
    host: "127.0.0.1",
    port,
    token: TOKEN,
    machine: "hq.example",
    metrics: ({ clients, dropped }) => `oct_test ${clients} ${dropped}\n`,
    readAction: readControlAction,
    control,
  });
}

export function accessOf(port = 5004): Access {
  return new Access({ token: TOKEN, names: ["hq.example", "box"], port });
}

export interface ServerEvent {
  readonly id: string;
  readonly name: string;
  readonly data: Record<string, unknown>;
}

/** The events of an answer, one after the other; `undefined` at its end. */
export function readEvents(response: Response): () => Promise<ServerEvent | undefined> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = "";
  return async () => {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
        return { id: field("id"), name: field("event"), data: JSON.parse(field("data")) };
      }
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  };
}
