// The load of one definition by itself, as a turret gets it over the wire.

import { clip, OctError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Issue } from "./issue.ts";
import { type LoadModel, readLoad } from "./load-model.ts";
import { FieldReader } from "./reader.ts";

const SHOWN_CHARACTERS = 100;

/** Throws an OctError that names all mistakes; an HQ of ours has checked the definition before. */
export function loadOf(definition: JsonObject, runTimeUs: number): LoadModel {
  const issues: Issue[] = [];
  const places = {
    issue(at: readonly (string | number)[], text: string): Issue {
      const key = at.join(".");
      const given = clip(JSON.stringify(definition[key]) ?? "missing", SHOWN_CHARACTERS);
      return { path: key, text: `${key} is ${given}: ${text}` };
    },
  };
  const load = readLoad(new FieldReader(definition, [], places, issues), runTimeUs);
  if (issues.length === 0) return load;
  const name = String(definition["name"] ?? "");
  throw new OctError(`turret ${name}: ${issues.map((issue) => issue.text).join("; ")}`, {
    where: name,
  });
}
