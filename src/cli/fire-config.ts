// The configuration of a run that has no project: one definition, defaults for the rest.

import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import type { FirePlan } from "./fire-options.ts";
import { readSeed } from "./values.ts";

const ROWS_MAX = 2_000_000;

/** `seed` as typed, if it was; `linkPort` is where agents join. */
export function fireConfig(
  plan: FirePlan,
  options: {
    readonly seed?: string | undefined;
    readonly linkPort?: number;
    /** Raw rows are kept, for a database that stays. */
    readonly hasRows?: boolean;
  },
): ProjectConfig {
  const { seed, linkPort = 0, hasRows = false } = options;
  const { definition, load, runTimeUs, agents } = plan;
  const isUrl = plan.target.kind === "url";
  const turret: TurretDefinition = {
    name: "fire",
    load,
    cannons: load.cannons,
    rampupUs: 0,
    script: isUrl ? "" : String(definition["script"]),
    extraFiles: [],
    threads: plan.threads,
    merged: hasRows ? definition : { ...definition, rows: false },
  };
  return {
    runTimeUs,
    intervalS: 1,
    progressBar: true,
    testing: false,
    consoleLogging: false,
    publishPort: 0,
    rcPort: 0,
    externalPublisher: 0,
    linkPort,
    hqAddress: "",
    minTurrets: Math.max(1, agents),
    turrets: [turret],
    turretsRequirements: [],
    extraTurretConfig: {},
    resultsDatabaseUri: "default",
    resultsMaxRows: hasRows ? ROWS_MAX : 0,
    graceUs: 5_000_000,
    silenceUs: 10_000_000,
    hqLossUs: 10_000_000,
    waitUs: 0,
    seed: seed === undefined ? undefined : readSeed(seed),
    thresholds: [],
    raw: { run_time: runTimeUs / 1e6, turrets: [definition] },
  };
}
