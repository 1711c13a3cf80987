// Turret definitions of a project: objects in the list, or paths of JSON files that hold one. What a
// turret has is its own keys < the common keys < extra_turret_config, as in OCT.

import path from "node:path";
import { UsageError } from "../base/errors.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { ConfigurationError, type Issue } from "./issue.ts";
import { type JsoncDocument, type JsonPath, readJsonc } from "./jsonc.ts";
import { isOpenLoad, readLoad, saysCannons } from "./load-model.ts";
import type { TurretDefinition } from "./project.ts";
import { readConfigFile } from "./read-file.ts";
import { FieldReader, type Places } from "./reader.ts";

const THREADS_MAX = 1024;
const TURRETS_MAX = 1_000;
const NAME_MAX = 200;

export interface TurretContext {
  readonly directory: string;
  readonly runTimeUs: number;
  /** hq_address, hq_publisher, hq_rc: the same for every turret. */
  readonly common: JsonObject;
  readonly extra: JsonObject;
  readonly places: Places;
  readonly issues: Issue[];
}

/** All definitions; what is wrong goes to the context's issues. */
export function readTurrets(value: JsonValue, context: TurretContext): readonly TurretDefinition[] {
  const { issues, places } = context;
  if (!Array.isArray(value)) {
    issues.push(places.issue(["turrets"], "turrets must be a list"));
    return [];
  }
  if (value.length > TURRETS_MAX) {
    issues.push(places.issue(["turrets"], `more than ${TURRETS_MAX} turrets`));
    return [];
  }
  const seen = new Set<string>();
  return value.flatMap((item: JsonValue, index) => {
    const turret = ownKeys(item, index, context);
    return turret === undefined ? [] : [readOne(turret, context, seen)];
  });
}

interface OwnKeys {
  readonly at: JsonPath;
  readonly keys: JsonObject;
  /** The file that holds them, when it is not the project's configuration. */
  readonly document: JsoncDocument | undefined;
}

function ownKeys(item: JsonValue, index: number, context: TurretContext): OwnKeys | undefined {
  const at = ["turrets", index];
  if (typeof item === "string") {
    const document = readTurretFile(item, at, context);
    return document === undefined ? undefined : { at, keys: document.value, document };
  }
  if (isJsonObject(item)) return { at, keys: item, document: undefined };
  const { issues, places } = context;
  issues.push(places.issue(at, "a turret is an object, or the path of a JSON file"));
  return undefined;
}

function readTurretFile(
  file: string,
  at: JsonPath,
  context: TurretContext,
): JsoncDocument | undefined {
  const full = path.resolve(context.directory, file);
  const failed = `Turret configuration ${file} failed: `;
  try {
    const words = { missing: "there is no such file", missingHint: "relative to the project" };
    return readJsonc(readConfigFile(full, words), full);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    if (thrown instanceof ConfigurationError) {
      const { issues, source } = thrown;
      context.issues.push(
        ...issues.map((issue) => ({ ...issue, source, text: failed + issue.text })),
      );
    } else {
      context.issues.push(context.places.issue(at, failed + thrown.message, thrown.hint));
    }
    return undefined;
  }
}

function readOne(turret: OwnKeys, context: TurretContext, seen: Set<string>): TurretDefinition {
  const { common, extra } = context;
  const object = { ...turret.keys, ...extra };
  const fields = new FieldReader(object, turret.at, placesOf(turret, context), context.issues);
  const needed = fields.value("mix") === undefined ? ["name", "script"] : ["name"];
  for (const key of needed) {
    if (fields.value(key) === undefined) fields.complain(key, `the turret has no ${key}`);
  }
  if (!isOpenLoad(fields) && !saysCannons(fields)) {
    fields.complain("cannons", "the turret has no cannons");
  }
  const name = fields.text("name", "");
  if (typeof fields.value("name") === "string") checkName(name, seen, fields);
  if (fields.value("script") === "") fields.complain("script", "the turret's script is empty");
  const load = readLoad(fields, context.runTimeUs);
  const script = fields.text("script", load.mix[0]?.script ?? "");
  const rampupUs = fields.durationUs("rampup", 0);
  const plain = { cannons: load.cannons, rampup: rampupUs / 1e6, script };
  return {
    name,
    load,
    cannons: load.cannons,
    rampupUs,
    script,
    extraFiles: fields.texts("extra_files"),
    threads: fields.count("threads", 0, { low: 0, high: THREADS_MAX }),
    merged: { ...turret.keys, ...plain, ...common, ...extra, ...plain },
  };
}

// A name becomes a file name when turrets are packed.
function checkName(name: string, seen: Set<string>, fields: FieldReader): void {
  const isFileName = name !== "" && name !== "." && name !== ".." && name.length <= NAME_MAX;
  if (!isFileName || /[/\\\p{Cc}]/u.test(name)) {
    fields.complain("name", `"${name}" cannot be a turret's name`, "a name without slashes");
  } else if (seen.has(name)) {
    fields.complain("name", `the name ${name} is used twice`, "give each turret its own");
  }
  seen.add(name);
}

// A mistake is told where the value is written: in extra_turret_config, in the turret's own file, or
// in the project's configuration.
function placesOf(turret: OwnKeys, context: TurretContext): Places {
  const { places, extra } = context;
  const { document, at } = turret;
  return {
    issue(full, text, hint) {
      const inner = full.slice(at.length);
      const key = String(inner[0] ?? "");
      if (Object.hasOwn(extra, key)) {
        return places.issue(["extra_turret_config", ...inner], text, hint);
      }
      if (document === undefined) return places.issue(full, text, hint);
      const offset = document.offsetOf(inner);
      return { path: full.join("."), text, hint, offset, source: document };
    },
  };
}
