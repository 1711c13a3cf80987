// How an HQ meets its turrets: over the network on both wires, or in memory for a local run. libzmq
// is loaded only for the network.

import type { ProjectConfig } from "../config/project.ts";
import type { HqLink, Protocol1Hq } from "../protocol/link.ts";
import { createLoopback } from "../protocol/loopback.ts";
import type { Env } from "./env.ts";
import { createTurret } from "./turret-parts.ts";

/** Turrets of this process hear at once what is asked of the run. */
export const LOCAL_CONTROL_LEAD_US = 100_000;

export interface Wires {
  readonly link?: HqLink;
  readonly protocol1?: Protocol1Hq;
  /** What is open to the network, in one line; "" for nothing. */
  readonly announcement: string;
  /** Turns what runs beside the HQ in this process. */
  tick(): void;
  close(): void;
}

/** Both wires of the network, bound. */
export async function openNetworkWires(options: {
  readonly config: ProjectConfig;
  readonly address: string;
}): Promise<Wires> {
  const { config, address } = options;
  const { bindHqLink } = await import("../zmq/link.ts");
  const { bindProtocol1 } = await import("../zmq/protocol1.ts");
  const link = bindHqLink({ address, port: config.linkPort });
  try {
    const protocol1 = bindProtocol1({
      address,
      publishPort: config.publishPort,
      rcPort: config.rcPort,
    });
    return {
      link,
      protocol1,
      announcement: announce(address, link.port, protocol1),
      tick: () => {},
      close() {
        link.close();
        protocol1.close();
      },
    };
  } catch (thrown) {
    link.close();
    throw thrown;
  }
}

function announce(
  address: string,
  linkPort: number,
  ports: { publishPort: number; rcPort: number },
): string {
  const isLoopback = /^(127\.|localhost$|::1$|\[::1\]$)/.test(address);
  const where = address === "*" ? "all interfaces" : address;
  const listening =
    `listening on ${where}: ${linkPort} (oct turrets), ` +
    `${ports.publishPort} and ${ports.rcPort} (OCT protocol 1)`;
  if (isLoopback) return `${listening}; this machine only`;
  return `${listening}; anyone who reaches these ports can join, --listen narrows it`;
}

/** One turret in this process for each definition, and at least min_turrets of them. */
export async function openLocalWires(options: {
  readonly config: ProjectConfig;
  readonly env: Env;
}): Promise<Wires> {
  const { config, env } = options;
  const loopback = createLoopback(env.clock);
  const count = Math.max(config.turrets.length, config.minTurrets, 1);
  const threads = Math.max(1, Math.floor(env.cores / count));
  const turrets = Array.from({ length: count }, () =>
    createTurret({ env, link: loopback.connect(), name: "", threads, onLine: () => {} }),
  );
  return {
    link: loopback.hq,
    announcement: "",
    tick() {
      for (const turret of turrets) turret.tick();
    },
    close() {
      for (const turret of turrets) turret.close();
      loopback.hq.close();
    },
  };
}
