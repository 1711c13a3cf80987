// A project's config.json into a ProjectConfig, or into the list of all its mistakes.

import path from "node:path";
import type { JsonObject } from "../base/json.ts";
import { nearest } from "../base/nearest.ts";
import { ConfigurationError, type Issue, placeOf } from "./issue.ts";
import { type JsoncDocument, readJsonc } from "./jsonc.ts";
import { PROJECT_KEYS, REQUIRED_KEYS } from "./keys.ts";
import { oneLine } from "./one-line.ts";
import { applyOverrides } from "./overrides.ts";
import type { ProjectConfig } from "./project.ts";
import { readConfigFile } from "./read-file.ts";
import { FieldReader, type Places } from "./reader.ts";
import { readThresholds } from "./thresholds.ts";
import { readTurrets } from "./turrets.ts";

/** The text of a configuration, and what it is called in messages. */
export interface ConfigSource {
  readonly text: string;
  readonly name: string;
}

export interface LoadOptions {
  readonly directory: string;
  /** Instead of <directory>/config.json. */
  readonly configFile?: string;
  /** Instead of any file. */
  readonly source?: ConfigSource;
  /** `key=value` texts of --set. */
  readonly overrides?: readonly string[];
}

export interface LoadedProject {
  readonly config: ProjectConfig;
  /** Lines for people: keys that are not known, or there twice. */
  readonly warnings: readonly string[];
}

const ROWS_MAX = 50_000_000;
const SEED_MAX = 0xffff_ffff;
const DEFAULT_ROWS = 2_000_000;
const WARNINGS_MAX = 20;
/** Databases of OCT that are not files: `postgres://`, `mysql+driver://`. */
const OTHER_DATABASE = /^(?!sqlite)[a-z][a-z0-9]*(\+[a-z0-9_]+)?:\/\//i;

/** Loads and checks; throws a UsageError that tells every mistake with its place. */
export function loadProject(options: LoadOptions): LoadedProject {
  const document = documentOf(options);
  const { value, origins } = applyOverrides(document.value, options.overrides ?? []);
  const issues: Issue[] = [];
  const places = placesOf(document, origins);
  for (const key of REQUIRED_KEYS) {
    if (value[key] === undefined) issues.push(missingKey(key));
  }
  const config = readConfig(value, options.directory, places, issues);
  if (issues.length > 0) throw new ConfigurationError(withoutRepeats(issues), document);
  return { config, warnings: bounded([...unknownKeys(value), ...repeatedKeys(document)]) };
}

function documentOf({ directory, configFile, source }: LoadOptions): JsoncDocument {
  if (source !== undefined) return readJsonc(source.text, source.name);
  const file = configFile ?? path.join(directory, "config.json");
  return readJsonc(readConfigFile(file), file);
}

/** The configuration as it stands in the file, nothing of it checked. */
export function rawProject(options: LoadOptions): JsonObject {
  return documentOf(options).value;
}

function missingKey(key: string): Issue {
  return {
    path: key,
    text: `OctConfigurationError: Error: the required configuration key ${key} is not define`,
  };
}

// A value of --set is told with its option; of several around it, the most exact one.
function placesOf(document: JsoncDocument, origins: ReadonlyMap<string, string>): Places {
  return {
    issue(at, text, hint) {
      const dotted = at.join(".");
      const [overridden] = [...origins.keys()]
        .filter((key) => dotted === key || dotted.startsWith(`${key}.`))
        .sort((a, b) => b.length - a.length);
      if (overridden === undefined) {
        return { path: dotted, text, hint, offset: document.offsetOf(at) };
      }
      return { path: dotted, text, hint, origin: origins.get(overridden) };
    },
  };
}

// A mistake in extra_turret_config is found once for each turret.
function withoutRepeats(issues: readonly Issue[]): readonly Issue[] {
  const identity = ({ path: at, text, source }: Issue) => JSON.stringify([at, text, source?.file]);
  return [...new Map(issues.map((issue) => [identity(issue), issue])).values()];
}

function readConfig(
  value: JsonObject,
  directory: string,
  places: Places,
  issues: Issue[],
): ProjectConfig {
  const fields = new FieldReader(value, [], places, issues);
  const publishPort = fields.port("publish_port", 5000);
  const rcPort = fields.port("rc_port", 5001);
  const hqAddress = fields.text("hq_address", "127.0.0.1");
  const extra = fields.object("extra_turret_config");
  const common = { hq_address: hqAddress, hq_publisher: publishPort, hq_rc: rcPort };
  const runTimeUs = fields.durationUs("run_time", 0);
  const context = { directory, runTimeUs, common, extra, places, issues };
  const seed =
    value["seed"] === undefined ? undefined : fields.count("seed", 0, { low: 0, high: SEED_MAX });
  return {
    runTimeUs,
    intervalS: fields.count("results_ts_interval", 1, { low: 1, high: 86_400 }),
    progressBar: fields.boolean("progress_bar", true),
    testing: fields.boolean("testing", false),
    consoleLogging: fields.boolean("console_logging", false),
    publishPort,
    rcPort,
    externalPublisher: fields.port("external_publisher", 5002),
    linkPort: fields.port("link_port", 5003),
    hqAddress,
    minTurrets: fields.count("min_turrets", 1, { low: 1, high: 10_000 }),
    turrets: value["turrets"] === undefined ? [] : readTurrets(value["turrets"], context),
    turretsRequirements: fields.texts("turrets_requirements"),
    extraTurretConfig: extra,
    resultsDatabaseUri: readDatabase(fields),
    resultsMaxRows: fields.count("results_max_rows", DEFAULT_ROWS, { low: 0, high: ROWS_MAX }),
    graceUs: fields.durationUs("grace", 5_000_000),
    silenceUs: fields.durationUs("turret_silence", 10_000_000),
    hqLossUs: fields.durationUs("hq_loss", 10_000_000),
    waitUs: fields.durationUs("wait", 0),
    seed,
    thresholds: readThresholds(value["thresholds"], { places, issues }),
    raw: value,
  };
}

function readDatabase(fields: FieldReader): string {
  if (fields.value("results_database") === undefined) return "default";
  const database = fields.inside("results_database");
  const uri = database.value("db_uri");
  if (typeof uri !== "string" || uri === "") {
    database.complain("db_uri", "results_database has no db_uri", '"default" or a path');
    return "default";
  }
  if (OTHER_DATABASE.test(uri)) {
    database.complain("db_uri", "results go to SQLite only", '"default" or the path of a file');
  }
  return uri;
}

function unknownKeys(value: JsonObject): string[] {
  const known = PROJECT_KEYS.map((key) => key.name);
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  return unknown.slice(0, WARNINGS_MAX + 1).map((key) => {
    const close = nearest(key, known);
    const hint = close === undefined ? "it is ignored" : `did you mean ${close}?`;
    return `WARNING: unknown configuration key ${oneLine(key)}: ${hint}`;
  });
}

function repeatedKeys({ repeated, text, file }: JsoncDocument): string[] {
  return repeated.slice(0, WARNINGS_MAX + 1).map(({ path: dotted, offset = 0 }) => {
    const { line } = placeOf(text, offset);
    return `WARNING: configuration key ${oneLine(dotted)} is there twice, the last one counts: ${file}:${line}`;
  });
}

function bounded(warnings: readonly string[]): readonly string[] {
  if (warnings.length <= WARNINGS_MAX) return warnings;
  return [...warnings.slice(0, WARNINGS_MAX), "WARNING: and more of these"];
}
