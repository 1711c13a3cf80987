// The live page's server: the page, its events, the API, /metrics. It runs in the HQ's process, so each
// answer is made of what the live view holds already, and bodies, clients and what waits are bounded.
//
//   GET  /                     the page; with ?token=... it also sets the page's cookie
//   GET  /health               without token: that it answers
//   GET  /metrics              Prometheus
//   GET  /api/v1/status        the run now                        LiveView
//   GET  /api/v1/history       the whole run, down-sampled        LiveHistory
//   GET  /api/v1/log           events and marks; ?from=NUMBER
//   GET  /api/v1/events        all of it once, then what is new   server-sent events
//   POST /api/v1/control       asks something of the run          ControlReply

import type { Clock } from "../base/clock.ts";
import type { JsonValue } from "../base/json.ts";
import type { ControlAction, ControlReply } from "../hq/types.ts";
import type { LiveState } from "../live/state.ts";
import { Access, type Proof } from "./access.ts";
import { answer, errorAnswer, jsonAnswer, TYPE } from "./answers.ts";
import { Feed } from "./feed.ts";
import { DOOR, PAGE, SCRIPT, STYLE } from "./page.ts";
import { Pulse } from "./pulse.ts";

export const SERVER_LIMIT = {
  bodyBytes: 16 * 1024,
  /** A connection that says nothing for so long is closed. */
  idleS: 30,
  agent: 40,
} as const;

export interface DashboardOptions {
  readonly live: LiveState;
  readonly clock: Clock;
  /** An address or a name; `*` is every address. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly token: string;
  /** Name of this machine. */
  readonly machine: string;
  /** Text for /metrics; `feed` is how the page itself does. */
  metrics(feed: FeedCounts): string;
  /** Reads an action; a text says what is wrong with it. */
  readAction(value: JsonValue): ControlAction | string;
  /** Undefined before there is a run. */
  control(action: ControlAction, by: string): ControlReply | undefined;
}

export interface FeedCounts {
  readonly clients: number;
  readonly dropped: number;
}

/** They hold nothing of any run, so the door can have the look of the page. */
const FILES: ReadonlyMap<string, readonly [text: string, type: string]> = new Map([
  ["/page.css", [STYLE, TYPE.style]],
  ["/page.js", [SCRIPT, TYPE.script]],
]);

type Handler = (request: Request, proof: Proof) => Response | Promise<Response>;

export class DashboardServer {
  readonly #options: DashboardOptions;
  readonly #feed = new Feed();
  readonly #pulse: Pulse;
  readonly #access: Access;
  readonly #server: Bun.Server<undefined>;
  readonly #routes: ReadonlyMap<string, Handler>;

  /** Throws what listening throws, EADDRINUSE above all. */
  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#pulse = new Pulse(options.live, this.#feed);
    this.#routes = this.#makeRoutes();
    this.#server = Bun.serve({
      hostname: options.host === "*" ? "0.0.0.0" : unbracketed(options.host),
      port: options.port,
      maxRequestBodySize: SERVER_LIMIT.bodyBytes,
      idleTimeout: SERVER_LIMIT.idleS,
      development: false,
      // Without it Bun lets two servers share a port as soon as `development` is false.
      reusePort: false,
      fetch: (request) => this.#answer(request),
      error: () => errorAnswer(500, "this request could not be answered"),
    });
    const names = [unbracketed(options.host), options.machine];
    this.#access = new Access({ token: options.token, names, port: this.port });
  }

  get port(): number {
    return this.#server.port ?? 0;
  }

  /** Sends everybody what is new. */
  beat(): void {
    this.#pulse.beat();
  }

  /** Says goodbye to everybody; nobody's open page keeps the process. */
  async close(): Promise<void> {
    const { clock } = this.#options;
    const isAnyoneThere = this.#feed.clientCount > 0;
    this.#pulse.end();
    // What is said last goes out in the next turns of the loop, for some time after its request counts
    // as answered; who reads slowly is not waited for.
    const endUs = clock.nowUs() + GOODBYE_US;
    do await clock.sleep(isAnyoneThere ? GOODBYE_STEP_US : 0);
    while (this.#server.pendingRequests > 0 && clock.nowUs() < endUs);
    await this.#server.stop(true);
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/health") return jsonAnswer({ ok: true });
    if (!this.#access.knowsHost(request)) {
      return errorAnswer(421, "this server is not known by that name");
    }
    const file = FILES.get(pathname);
    if (file !== undefined && request.method === "GET") return answer(...file);
    const proof = this.#access.proofOf(request);
    if (proof === undefined) return this.#refuse(request, pathname);
    const isChange = request.method === "POST";
    const handler = this.#routes.get(`${isChange ? "POST" : "GET"} ${pathname}`);
    if (handler === undefined) return this.#unknown(pathname);
    if (!isChange && request.method !== "GET" && request.method !== "HEAD") {
      return this.#unknown(pathname);
    }
    if (isChange && !this.#access.mayChange(request, proof)) {
      return errorAnswer(
        403,
        "this may only be asked by the page itself, or with the token as Bearer",
      );
    }
    return await handler(request, proof);
  }

  #refuse(request: Request, pathname: string): Response {
    if (pathname === "/" && request.method === "GET") {
      return answer(DOOR, TYPE.html, { status: 401 });
    }
    const headers = { "www-authenticate": 'Bearer realm="oct"' };
    return errorAnswer(401, "the token is missing or another", { headers });
  }

  #unknown(pathname: string): Response {
    const methods = ["GET", "POST"].filter((method) => this.#routes.has(`${method} ${pathname}`));
    if (methods.length === 0) return errorAnswer(404, "there is nothing here");
    const headers = { allow: methods.join(", ") };
    return errorAnswer(405, `this takes ${methods.join(" or ")}`, { headers });
  }

  #makeRoutes(): Map<string, Handler> {
    const { live, metrics } = this.#options;
    return new Map<string, Handler>([
      ["GET /", (_, proof) => this.#page(proof)],
      ["GET /metrics", () => answer(metrics(this.#counts()), TYPE.metrics)],
      ["GET /api/v1/status", () => jsonAnswer(live.view())],
      ["GET /api/v1/history", () => jsonAnswer(live.history())],
      ["GET /api/v1/log", (request) => this.#log(request)],
      ["GET /api/v1/events", (request) => this.#events(request)],
      ["POST /api/v1/control", (request, proof) => this.#control(request, proof)],
    ]);
  }

  // The page takes the token out of its own address as soon as it is there.
  #page(proof: Proof): Response {
    const headers = proof === "address" ? { "set-cookie": this.#access.cookieHeader() } : {};
    return answer(PAGE, TYPE.html, { headers });
  }

  #log(request: Request): Response {
    const { live } = this.#options;
    const from = Number(new URL(request.url).searchParams.get("from") ?? 0);
    if (!Number.isInteger(from) || from < 0) return errorAnswer(400, "from is a whole number");
    return jsonAnswer({ events: live.events(from), marks: live.marks() });
  }

  #events(request: Request): Response {
    // An event comes each second; the stream ends with the page or with the run.
    this.#server.timeout(request, 0);
    const letGo = () => this.#server.timeout(request, 1);
    const stream = this.#feed.open(this.#pulse.whole(), letGo);
    if (stream === undefined) return errorAnswer(503, "too many pages look at this run already");
    return answer(stream, TYPE.events, { headers: { "x-accel-buffering": "no" } });
  }

  async #control(request: Request, proof: Proof): Promise<Response> {
    const { readAction, control } = this.#options;
    let value: JsonValue;
    try {
      value = (await request.json()) as JsonValue;
    } catch {
      return errorAnswer(400, "an action is JSON of at most 16 KB");
    }
    const action = readAction(value);
    if (typeof action === "string") return errorAnswer(400, action);
    const reply = control(action, agentOf(request, proof));
    if (reply === undefined) return errorAnswer(409, "the run is not there yet");
    this.beat();
    return jsonAnswer({ isDone: reply.isDone, text: reply.text, atS: reply.atUs / 1e6 });
  }

  #counts(): FeedCounts {
    return { clients: this.#feed.clientCount, dropped: this.#feed.droppedCount };
  }
}

/** How long the last words may take. */
const GOODBYE_US = 1_000_000;
const GOODBYE_STEP_US = 50_000;

function agentOf(request: Request, proof: Proof): string {
  const named = request.headers.get("x-oct-agent") ?? "";
  if (/^[\w .-]+$/.test(named)) return named.slice(0, SERVER_LIMIT.agent);
  return proof === "cookie" ? "page" : "API";
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
