// A world in memory: one HQ and its turrets on a clock that only moves when told, over loopback links
// that can be cut. Nothing waits, so hours pass in milliseconds.

import { ManualClock } from "../../../src/base/clock.ts";
import type { ProjectConfig, TurretDefinition } from "../../../src/config/project.ts";
import { loadOf } from "../../../src/config/turret-load.ts";
import { HqRun } from "../../../src/hq/run.ts";
import { createLoopback, type LoopbackTurretLink } from "../../../src/protocol/loopback.ts";
import { Journal } from "../../../src/store/journal.ts";
import { JOURNAL_VERSION } from "../../../src/store/records.ts";
import { Turret } from "../../../src/turret/turret.ts";
import { FakeCrews } from "./fake-crew.ts";

const TURN_US = 5_000;
const RUN_TIME_US = 10_000_000;
const PACK = new Uint8Array(600_000).fill(7);
const PACK_HASH = new Bun.CryptoHasher("sha256").update(PACK).digest("hex");

export function definition(name: string, more: Partial<TurretDefinition> = {}): TurretDefinition {
  const merged = { name, cannons: 2, rampup: 0, script: "test_scripts/v_user.ts" };
  return {
    name,
    load: loadOf(merged, RUN_TIME_US),
    cannons: 2,
    rampupUs: 0,
    script: "test_scripts/v_user.ts",
    extraFiles: [],
    threads: 0,
    merged,
    ...more,
  };
}

export function configOf(parts: Partial<ProjectConfig> = {}): ProjectConfig {
  return {
    runTimeUs: RUN_TIME_US,
    intervalS: 1,
    progressBar: true,
    testing: false,
    consoleLogging: false,
    publishPort: 0,
    rcPort: 0,
    externalPublisher: 0,
    linkPort: 0,
    hqAddress: "127.0.0.1",
    minTurrets: 1,
    turrets: [definition("navigation")],
    turretsRequirements: [],
    extraTurretConfig: {},
    resultsDatabaseUri: "default",
    resultsMaxRows: 1_000_000,
    graceUs: 5_000_000,
    silenceUs: 3_000_000,
    hqLossUs: 8_000_000,
    waitUs: 0,
    seed: 1,
    thresholds: [],
    raw: {},
    ...parts,
  } as ProjectConfig;
}

export interface WorldTurret {
  readonly turret: Turret;
  readonly link: LoopbackTurretLink;
  readonly crews: FakeCrews;
  readonly lines: string[];
  isFrozen: boolean;
}

export class World {
  readonly clock = new ManualClock(5_000_000);
  readonly lines: string[] = [];
  readonly turrets: WorldTurret[] = [];
  readonly loopback = createLoopback(this.clock, { delayUs: 2_000 });
  hq: HqRun;
  #journal: Journal;

  constructor(directory: string, config: Partial<ProjectConfig> = {}, runId = "run-1") {
    this.#journal = Journal.create(directory);
    this.hq = this.#openHq(configOf(config), runId);
  }

  #openHq(config: ProjectConfig, runId: string): HqRun {
    return new HqRun({
      config,
      facts: {
        journalVersion: JOURNAL_VERSION,
        runId,
        octVersion: "0.0.0",
        project: "sim",
        command: "oct run sim",
        config: {},
        seed: 1,
        host: "hq",
        platform: "sim",
        cores: 1,
        openedWallMs: this.clock.wallMs(),
        runTimeUs: config.runTimeUs,
        intervalS: 1,
        rowsMax: config.resultsMaxRows,
      },
      clock: this.clock,
      journal: this.#journal,
      link: this.loopback.hq,
      packFor: async () => ({ bytes: PACK, hash: PACK_HASH }),
      onLine: (text) => this.lines.push(text),
    });
  }

  /** Another run on the same wires: the first HQ is gone. */
  nextHq(directory: string, config: Partial<ProjectConfig>, runId: string): void {
    this.#journal.close();
    this.#journal = Journal.create(directory);
    this.hq = this.#openHq(configOf(config), runId);
  }

  addTurret(name = ""): WorldTurret {
    const link = this.loopback.connect();
    const crews = new FakeCrews();
    const lines: string[] = [];
    const opened = new Map<string, string>();
    const turret = new Turret({
      clock: this.clock,
      link,
      loadCrew: crews.load,
      packStore: {
        has: (hash) => opened.has(hash),
        async open(hash) {
          opened.set(hash, `/packs/${hash}`);
          return { directory: `/packs/${hash}` };
        },
        directoryOf: (hash) => opened.get(hash),
        close: () => opened.clear(),
      },
      name,
      cores: 2,
      host: `host-${this.turrets.length}`,
      pid: 100 + this.turrets.length,
      platform: "sim",
      octVersion: "0.0.0",
      uuid: crypto.randomUUID(),
      shownHq: "the sim",
      onLine: (text) => lines.push(text),
    });
    const added: WorldTurret = { turret, link, crews, lines, isFrozen: false };
    this.turrets.push(added);
    return added;
  }

  /** Lets `durationUs` pass, turn by turn; `hq: false` stops the HQ's wheel, as a kill would. */
  async pass(durationUs: number, options: { readonly hq?: boolean } = {}): Promise<void> {
    const endUs = this.clock.nowUs() + durationUs;
    while (this.clock.nowUs() < endUs) {
      this.clock.advance(TURN_US);
      if (options.hq !== false && !this.hq.isOver) this.hq.tick();
      for (const { turret, isFrozen } of this.turrets) if (!isFrozen) turret.tick();
      for (let i = 0; i < 4; i++) await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets time pass until `condition`, at most `limitUs`. */
  async until(condition: () => boolean, limitUs = 60_000_000): Promise<boolean> {
    const endUs = this.clock.nowUs() + limitUs;
    while (!condition() && this.clock.nowUs() < endUs) await this.pass(TURN_US);
    return condition();
  }
}
