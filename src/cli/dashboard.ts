// --dashboard: the live page of a run. It is opened before anything is fired, so a port that is taken ends
// the command while nothing is lost, and nothing that goes wrong with it afterwards costs the run anything.

import { OctError, systemCode, UsageError } from "../base/errors.ts";
import { isUsableToken, randomToken } from "../dashboard/access.ts";
import { DashboardServer, type FeedCounts } from "../dashboard/server.ts";
import { readControlAction } from "../hq/control.ts";
import type { LiveRun, RunObserver } from "../hq/types.ts";
import type { LiveState } from "../live/state.ts";
import { liveFamilies } from "../output/live-metrics.ts";
import { type MetricFamily, metricsOf } from "../output/metrics.ts";
import { renderPrometheusText } from "../output/prometheus-text.ts";
import type { Follower, OpenerParts } from "./follower.ts";

const HOST = "127.0.0.1";
const PORT = 5004;
const BEAT_US = 1_000_000;

export interface DashboardAddress {
  readonly host: string;
  /** Undefined where any will do when the usual one is taken. */
  readonly port: number | undefined;
}

/** Undefined where no live page is asked for. */
export async function openDashboard(parts: OpenerParts): Promise<Follower | undefined> {
  const { input, env, screen } = parts;
  if (!input.isOn("dashboard")) {
    if (input.text("dashboard-token") === undefined) return undefined;
    throw new UsageError("--dashboard-token needs --dashboard");
  }
  const address = readAddress(input.text("dashboard") ?? "");
  const token = tokenOf(parts);
  const page = new LivePage(parts.live, (reason) => screen.always(`live page failed: ${reason}`));
  const server = listen(address, (port) => {
    return new DashboardServer({
      live: parts.live,
      clock: env.clock,
      host: address.host,
      port,
      token,
      machine: env.host,
      metrics: (feed) => page.metrics(feed),
      readAction: readControlAction,
      control: (action, by) => page.run?.control(action, by),
    });
  });
  for (const line of announcement(address.host, server.port, { token, machine: env.host })) {
    screen.always(line);
  }
  page.show(server);
  const stopBeating = env.clock.every(BEAT_US, () => page.beat());
  return {
    observer: page,
    async close() {
      stopBeating();
      await server.close();
    },
  };
}

/** Follows the run for the page; what it throws ends the page and not the run. */
class LivePage implements RunObserver {
  readonly name = "live page";
  readonly #live: LiveState;
  readonly #onFailure: (reason: string) => void;
  #server: DashboardServer | undefined;
  run: LiveRun | undefined;

  constructor(live: LiveState, onFailure: (reason: string) => void) {
    this.#live = live;
    this.#onFailure = onFailure;
  }

  show(server: DashboardServer): void {
    this.#server = server;
  }

  onOpen(run: LiveRun): void {
    this.run = run;
  }

  onStart(): void {
    this.beat();
  }

  onEnd(): void {
    this.beat();
  }

  beat(): void {
    try {
      this.#server?.beat();
    } catch (thrown) {
      this.#server = undefined;
      this.#onFailure(String(thrown));
    }
  }

  metrics(feed: FeedCounts): string {
    const view = this.#live.view();
    const { aggregate } = this.run ?? {};
    const { families } = metricsOf({
      totals: (kind) => aggregate?.totals(kind) ?? [],
      measuredS: view.measuredS,
      turrets: view.turretCount,
      lostTurrets: view.lostTurrets,
    });
    const labels = { project: view.project, run: view.runId };
    return renderPrometheusText(
      [...families, ...liveFamilies(view), ...feedFamilies(feed)],
      labels,
    );
  }
}

function feedFamilies({ clients, dropped }: FeedCounts): MetricFamily[] {
  return [
    {
      name: "oct.dashboard.clients",
      help: "Pages that look at this run.",
      unit: "",
      type: "gauge",
      points: [{ labels: {}, value: clients }],
    },
    {
      name: "oct.dashboard.dropped",
      help: "Pages that were let go because they did not read what they were sent.",
      unit: "",
      type: "counter",
      points: [{ labels: {}, value: dropped }],
    },
  ];
}

/** `HOST:PORT`, `HOST`, `:PORT`, `PORT`, or nothing for this machine alone. */
export function readAddress(text: string): DashboardAddress {
  const given = text.trim();
  if (given === "") return { host: HOST, port: undefined };
  const found =
    /^(?:(\[[0-9a-f:.]+\]|[^:[\]\s/?#@]+?)?:)?(\d{1,5})$|^(\[[0-9a-f:.]+\]|[^:[\]\s/?#@]+)$/i.exec(
      given,
    );
  const port = found?.[2] === undefined ? undefined : Number(found[2]);
  if (found === null || (port ?? 0) > 65_535) {
    throw new UsageError(`--dashboard takes HOST:PORT, HOST or PORT, not "${text}"`);
  }
  return { host: found[1] ?? found[3] ?? HOST, port };
}

function tokenOf({ input, env }: OpenerParts): string {
  const option = input.text("dashboard-token");
  const given = option ?? env.variables["OCT_DASHBOARD_TOKEN"];
  if (given === undefined || given === "") return randomToken();
  if (isUsableToken(given)) return given;
  const name = option === undefined ? "OCT_DASHBOARD_TOKEN" : "--dashboard-token";
  throw new UsageError(`${name} is 8 to 200 letters, digits and . _ ~ -`, {
    hint: "it goes into an address as it is; without one, oct makes a token of its own",
  });
}

function listen(
  { host, port }: DashboardAddress,
  open: (port: number) => DashboardServer,
): DashboardServer {
  try {
    return open(port ?? PORT);
  } catch (thrown) {
    if (systemCode(thrown) !== "EADDRINUSE") throw cannotListen(thrown, `${host}:${port ?? PORT}`);
    if (port === undefined) return open(0);
    throw new OctError(`port ${port} of ${host} is taken: the live page cannot be there`, {
      where: `--dashboard ${host}:${port}`,
      hint: "name another port, or none: then the next free one is taken",
    });
  }
}

function cannotListen(thrown: unknown, address: string): OctError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new OctError(`the live page cannot listen: ${reason}`, {
    where: `--dashboard ${address}`,
    hint: "the host is an address of this machine, or * for all of them",
    cause: thrown,
  });
}

const EVERYWHERE: ReadonlySet<string> = new Set(["*", "0.0.0.0", "[::]"]);
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/i;

function announcement(
  host: string,
  port: number,
  { token, machine }: { readonly token: string; readonly machine: string },
): string[] {
  const name = EVERYWHERE.has(host) ? machine : host;
  const lines = [`live page: http://${name}:${port}/?token=${token}`];
  if (LOOPBACK.test(host)) return lines;
  return [
    ...lines,
    "the live page is open to other machines, unencrypted: who can listen in can read its token",
  ];
}
