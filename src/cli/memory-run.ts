// A run inside this process: HQ and turret joined in memory, or an HQ that waits for agents. What oct
// fire and oct calibrate are made of.

import { EXIT, OctError } from "../base/errors.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import { HqRun } from "../hq/run.ts";
import type { HqOutcome, Pack, RunObserver } from "../hq/types.ts";
import { Compactor } from "../store/compact.ts";
import { Journal } from "../store/journal.ts";
import type { RunOpened } from "../store/records.ts";
import type { Env } from "./env.ts";
import { Interrupts } from "./interrupts.ts";
import type { LiveTerminal } from "./live-terminal.ts";
import { turnWheel } from "./run-loop.ts";
import {
  LOCAL_CONTROL_LEAD_US,
  openLocalWires,
  openNetworkWires,
  type Wires,
} from "./run-wires.ts";
import type { Screen } from "./screen.ts";

/** Turrets of this process begin as soon as they are told. */
const LOCAL_LEAD_US = 2_000;

export interface MemoryRun {
  readonly env: Env;
  readonly config: ProjectConfig;
  readonly facts: RunOpened;
  readonly screen: Screen;
  /** Folder of the journal. */
  readonly directory: string;
  /** Where to listen for turrets; undefined: this process fires. */
  readonly listen: string | undefined;
  packFor(definition: TurretDefinition): Promise<Pack>;
  onLine(text: string): void;
  readonly observers?: readonly RunObserver[];
  /** Where this process fires: its cannon threads go first from here on, until it ends. */
  readonly givesWay?: boolean;
  /** Shows the run while it goes. */
  readonly terminal?: LiveTerminal;
}

/** Resolves with the outcome of a run that has fired; throws where it could not. */
export async function runInMemory(run: MemoryRun): Promise<HqOutcome> {
  const { env, config, screen, directory, listen } = run;
  const isLocal = listen === undefined;
  const interrupts = new Interrupts(env);
  let wires: Wires | undefined;
  try {
    wires = await (isLocal
      ? openLocalWires({ config, env })
      : openNetworkWires({ config, address: listen }));
    const journal = Journal.create(directory);
    if (wires.announcement !== "") screen.line(wires.announcement);
    const hq = new HqRun({
      config,
      facts: run.facts,
      clock: env.clock,
      journal,
      ...(wires.link === undefined ? {} : { link: wires.link }),
      ...(wires.protocol1 === undefined ? {} : { protocol1: wires.protocol1 }),
      ...(isLocal ? { startLeadUs: LOCAL_LEAD_US, controlLeadUs: LOCAL_CONTROL_LEAD_US } : {}),
      packFor: (definition) => run.packFor(definition),
      onLine: (text) => run.onLine(text),
      observers: run.observers ?? [],
    });
    using compactor = new Compactor({ directory });
    const givesWay = isLocal && run.givesWay === true;
    const { terminal } = run;
    const wheel = { hq, wires, journal, compactor, env, interrupts, screen, terminal, givesWay };
    await turnWheel(wheel);
    compactor.close();
    journal.close();
    const { outcome } = hq;
    if (!outcome.hasStarted && outcome.exitCode !== EXIT.ok) {
      throw new OctError(outcome.reason, outcome);
    }
    return outcome;
  } finally {
    interrupts.close();
    wires?.close();
  }
}
