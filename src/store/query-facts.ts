// The facts of a run out of the oct_run table: keys of schema.ts, values JSON.

import { OctError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import type { ValueReader } from "./query-values.ts";
import type { JournalFacts, RunFacts } from "./results.ts";
import { maybeNumber, numberOf, textOf } from "./run-story.ts";
import { FACT, SCHEMA_VERSION } from "./schema.ts";

/** Throws OctError for values that do not fit, or a schema that is newer than this oct. */
export function readFacts(
  facts: ReadonlyMap<string, string>,
  options: { readonly path: string; readonly values: ValueReader },
): RunFacts {
  const { values } = options;
  const number = (key: string): number | undefined => {
    const text = facts.get(key);
    if (text === undefined) return undefined;
    const value = text.trim() === "" ? Number.NaN : Number(text);
    return values.number(value, `the fact ${key}`);
  };
  const version = number(FACT.schemaVersion) ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new OctError(`this results database is of version ${version}`, {
      where: options.path,
      hint: `This oct reads versions up to ${SCHEMA_VERSION}: use the oct that made it, or a newer.`,
    });
  }
  const opened = values.object(facts.get(FACT.opened), "the fact opened");
  const started = values.object(facts.get(FACT.started), "the fact started");
  const closed = values.object(facts.get(FACT.closed), "the fact closed");
  const journal = values.object(facts.get(FACT.journal), "the fact journal");
  return {
    ...openedFacts(opened),
    startWallMs: maybeNumber(started?.["startWallMs"]),
    startedTurrets: maybeNumber(started?.["turrets"]),
    scripts: scriptsOf(started),
    endedWallMs: maybeNumber(closed?.["endedWallMs"]),
    durationUs: number(FACT.durationUs),
    reason: closed === undefined ? undefined : textOf(closed["reason"]),
    isKilled: facts.get(FACT.isKilled) === "true",
    transactions: number(FACT.transactions) ?? 0,
    errorCount: number(FACT.errorCount) ?? 0,
    rowsKept: number(FACT.rowsKept) ?? 0,
    rowsCounted: number(FACT.rowsCounted) ?? 0,
    baseIntervalS: Math.max(1, number(FACT.baseIntervalS) ?? 1),
    firstEpochS: number(FACT.firstEpochS),
    lastEpochS: number(FACT.lastEpochS),
    journal: journal === undefined ? undefined : journalFacts(journal),
  };
}

function scriptsOf(started: JsonObject | undefined): RunFacts["scripts"] {
  const scripts = started?.["scripts"];
  if (!isJsonObject(scripts)) return undefined;
  return Object.fromEntries(Object.entries(scripts).map(([name, hash]) => [name, textOf(hash)]));
}

type OpenedFacts = Pick<
  RunFacts,
  | "runId"
  | "octVersion"
  | "project"
  | "command"
  | "config"
  | "seed"
  | "host"
  | "platform"
  | "cores"
  | "openedWallMs"
  | "runTimeUs"
  | "intervalS"
  | "rowsMax"
>;

function openedFacts(opened: JsonObject | undefined): OpenedFacts {
  const text = (key: string) => (opened?.[key] === undefined ? undefined : textOf(opened[key]));
  const config = opened?.["config"];
  return {
    runId: text("runId"),
    octVersion: text("octVersion"),
    project: text("project"),
    command: text("command"),
    config: isJsonObject(config) ? config : undefined,
    seed: maybeNumber(opened?.["seed"]),
    host: text("host"),
    platform: text("platform"),
    cores: maybeNumber(opened?.["cores"]),
    openedWallMs: maybeNumber(opened?.["openedWallMs"]),
    runTimeUs: maybeNumber(opened?.["runTimeUs"]),
    intervalS: maybeNumber(opened?.["intervalS"]),
    rowsMax: maybeNumber(opened?.["rowsMax"]),
  };
}

function journalFacts(journal: JsonObject): JournalFacts {
  return {
    sizeBytes: numberOf(journal["sizeBytes"]),
    segments: numberOf(journal["segments"]),
    records: numberOf(journal["records"]),
    batches: numberOf(journal["batches"]),
    tornBytes: numberOf(journal["tornBytes"]),
    repeatedBatches: numberOf(journal["repeatedBatches"]),
    unreadableRecords: numberOf(journal["unreadableRecords"]),
  };
}
