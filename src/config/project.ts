// A project's configuration as the program uses it: every key read, checked and in plain units.

import type { JsonObject } from "../base/json.ts";
import type { Threshold } from "../stats/threshold.ts";
import type { LoadModel } from "./load-model.ts";

export interface TurretDefinition {
  readonly name: string;
  readonly load: LoadModel;
  readonly cannons: number;
  readonly rampupUs: number;
  readonly script: string;
  readonly extraFiles: readonly string[];
  /** 0: one a core. */
  readonly threads: number;
  /** What the script sees as `config`: own keys < common keys < extra_turret_config. */
  readonly merged: JsonObject;
}

export interface ProjectConfig {
  readonly runTimeUs: number;
  /** Seconds that reports group by. */
  readonly intervalS: number;
  readonly progressBar: boolean;
  readonly testing: boolean;
  readonly consoleLogging: boolean;
  readonly publishPort: number;
  readonly rcPort: number;
  readonly externalPublisher: number;
  readonly linkPort: number;
  readonly hqAddress: string;
  readonly minTurrets: number;
  readonly turrets: readonly TurretDefinition[];
  readonly turretsRequirements: readonly string[];
  readonly extraTurretConfig: JsonObject;
  readonly resultsDatabaseUri: string;
  readonly resultsMaxRows: number;
  /** For transactions in flight at the end. */
  readonly graceUs: number;
  /** A turret silent for longer is lost. */
  readonly silenceUs: number;
  /** A turret without its HQ for longer stops firing. */
  readonly hqLossUs: number;
  /** Giving up waiting for turrets; 0 waits for ever. */
  readonly waitUs: number;
  readonly seed: number | undefined;
  readonly thresholds: readonly Threshold[];
  /** As given, with --set applied. */
  readonly raw: JsonObject;
}
