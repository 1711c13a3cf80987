// A project's config.json into a ProjectConfig, or into the list of all its mistakes.

import { readFileSync } from "node:fs";
import path from "node:path";
import { systemCode, UsageError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { nearest } from "../base/nearest.ts";
import { type Issue, issuesError } from "./issue.ts";
import { type JsoncDocument, readJsonc } from "./jsonc.ts";
import { PROJECT_KEYS, REQUIRED_KEYS } from "./keys.ts";
import { applyOverrides } from "./overrides.ts";
import type { ProjectConfig } from "./project.ts";
import { FieldReader, type Places } from "./reader.ts";
import { readTurrets } from "./turrets.ts";

export interface LoadOptions {
  readonly directory: string;
  /** Instead of <directory>/config.json. */
  readonly configFile?: string;
  /** `key=value` texts of --set. */
  readonly overrides?: readonly string[];
}

export interface LoadedProject {
  readonly config: ProjectConfig;
  /** Lines for people: keys that are not known. */
  readonly warnings: readonly string[];
}

const ROWS_MAX = 50_000_000;
const SEED_MAX = 0xffff_ffff;
const DEFAULT_ROWS = 2_000_000;

/** Loads and checks; throws a UsageError that tells every mistake with its place. */
export function loadProject(options: LoadOptions): LoadedProject {
  const file = options.configFile ?? path.join(options.directory, "config.json");
  const document = readJsonc(readConfigFile(file), file);
  const { value, origins } = applyOverrides(document.value, options.overrides ?? []);
  const issues: Issue[] = [];
  const places = placesOf(document, origins);
  for (const key of REQUIRED_KEYS) {
    if (value[key] === undefined) issues.push(missingKey(key));
  }
  const config = readConfig(value, options.directory, places, issues);
  if (issues.length > 0) throw issuesError(issues, document);
  return { config, warnings: unknownKeys(value) };
}

function readConfigFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (thrown) {
    const isMissing = systemCode(thrown) === "ENOENT";
    throw new UsageError(
      isMissing ? "there is no configuration file" : "the configuration cannot be read",
      {
        where: file,
        hint: isMissing ? "a project has a config.json; --config-file names another" : undefined,
        cause: thrown,
      },
    );
  }
}

function missingKey(key: string): Issue {
  return {
    path: key,
    text: `OctConfigurationError: Error: the required configuration key ${key} is not define`,
  };
}

function placesOf(document: JsoncDocument, origins: ReadonlyMap<string, string>): Places {
  return {
    issue(at, text, hint) {
      const dotted = at.join(".");
      for (const [overridden, origin] of origins) {
        if (dotted === overridden || dotted.startsWith(`${overridden}.`)) {
          return { path: dotted, text, hint, origin };
        }
      }
      return { path: dotted, text, hint, offset: document.offsetOf(at) };
    },
  };
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
  const context = { directory, common, extra, places, issues };
  const seed =
    value["seed"] === undefined ? undefined : fields.count("seed", 0, { low: 0, high: SEED_MAX });
  return {
    runTimeUs: fields.durationUs("run_time", 0),
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
    raw: value,
  };
}

function readDatabase(fields: FieldReader): string {
  const value = fields.value("results_database");
  if (value === undefined) return "default";
  if (!isJsonObject(value)) {
    fields.complain("results_database", "results_database must be an object with db_uri");
    return "default";
  }
  const uri = value["db_uri"];
  if (typeof uri !== "string" || uri === "") {
    fields.complain("results_database", "results_database has no db_uri", '"default" or a path');
    return "default";
  }
  if (/^(postgres(ql)?|mysql|sqlserver|oracle)/i.test(uri)) {
    fields.complain(
      "results_database",
      "results go to SQLite only",
      '"default" or the path of a file',
    );
  }
  return uri;
}

function unknownKeys(value: JsonObject): string[] {
  const known = PROJECT_KEYS.map((key) => key.name);
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const close = nearest(key, known);
      const hint = close === undefined ? "it is ignored" : `did you mean ${close}?`;
      return `WARNING: unknown configuration key ${key}: ${hint}`;
    });
}
