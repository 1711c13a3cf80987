// Turret definitions of a project: objects in the list, or paths of JSON files that hold one.

import { readFileSync } from "node:fs";
import path from "node:path";
import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import type { Issue } from "./issue.ts";
import { parseJsonc } from "./jsonc.ts";
import type { TurretDefinition } from "./project.ts";
import { FieldReader, type Places } from "./reader.ts";

const CANNONS_MAX = 1_000_000;
const THREADS_MAX = 1024;
const TURRETS_MAX = 1_000;

export interface TurretContext {
  readonly directory: string;
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
  const definitions = value.flatMap((item, index) => readOne(item, index, context));
  const seen = new Set<string>();
  definitions.forEach(({ name }, index) => {
    if (seen.has(name)) {
      issues.push(
        places.issue(
          ["turrets", index, "name"],
          `the name ${name} is used twice`,
          "give each turret its own",
        ),
      );
    }
    seen.add(name);
  });
  return definitions;
}

function readOne(item: JsonValue, index: number, context: TurretContext): TurretDefinition[] {
  const at: readonly (string | number)[] = ["turrets", index];
  const object = typeof item === "string" ? readTurretFile(item, at, context) : item;
  if (object === undefined) return [];
  if (!isJsonObject(object)) {
    context.issues.push(
      context.places.issue(at, "a turret is an object, or the path of a JSON file"),
    );
    return [];
  }
  const fields = new FieldReader(object, at, context.places, context.issues);
  for (const key of ["name", "script"]) {
    if (fields.value(key) === undefined) fields.complain(key, `the turret has no ${key}`);
  }
  const cannonsKey = fields.value("cannons") === undefined ? "canons" : "cannons";
  if (fields.value(cannonsKey) === undefined)
    fields.complain("cannons", "the turret has no cannons");
  const name = fields.text("name", "");
  if (fields.value("name") !== undefined) checkName(name, fields);
  const cannons = fields.count(cannonsKey, 1, { low: 0, high: CANNONS_MAX });
  const rampupUs = fields.durationUs("rampup", 0);
  const own: JsonObject = { ...object, cannons, rampup: rampupUs / 1e6 };
  return [
    {
      name,
      cannons,
      rampupUs,
      script: fields.text("script", ""),
      extraFiles: fields.texts("extra_files"),
      threads: fields.count("threads", 0, { low: 0, high: THREADS_MAX }),
      merged: { ...own, ...context.common, ...context.extra },
    },
  ];
}

// A name becomes a file name when turrets are packed.
function checkName(name: string, fields: FieldReader): void {
  const isFileName = name !== "" && name !== "." && name !== ".." && name.length <= 200;
  if (isFileName && !/[/\\\p{Cc}]/u.test(name)) return;
  fields.complain("name", `"${name}" cannot be a turret's name`, "a name without slashes");
}

function readTurretFile(
  file: string,
  at: readonly (string | number)[],
  context: TurretContext,
): JsonObject | undefined {
  const full = path.resolve(context.directory, file);
  try {
    return parseJsonc(readFileSync(full, "utf8"), full);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    context.issues.push(context.places.issue(at, `Turret configuration ${file} failed: ${why}`));
    return undefined;
  }
}
