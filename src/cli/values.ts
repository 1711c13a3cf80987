// Values from the command line: -e NAME=VALUE for scripts, --set for the configuration, --secret for
// what must not be kept, and --out and --notify, whose addresses may hold secrets as well.

import { UsageError } from "../base/errors.ts";
import type { JsonObject, JsonValue } from "../base/json.ts";
import { isSecretName, Redactor } from "../base/redact.ts";
import { parseOverride } from "../config/overrides.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { type AskedOutputs, readOutputs } from "./out-requests.ts";

export interface GivenValues {
  /** What `-e` gave, by name. */
  readonly scriptEnv: Readonly<Record<string, string>>;
  readonly overrides: readonly string[];
  readonly secretNames: readonly string[];
  readonly secretValues: readonly string[];
  readonly redactor: Redactor;
  readonly asked: AskedOutputs;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads -e, --set, --secret, --out and --notify; `-e NAME` alone takes the value from the environment. */
export function readValues(input: CommandInput, env: Env): GivenValues {
  const scriptEnv: Record<string, string> = {};
  for (const given of input.texts("env")) {
    const equals = given.indexOf("=");
    const name = equals === -1 ? given : given.slice(0, equals);
    if (!NAME.test(name)) {
      throw new UsageError(`-e takes NAME=VALUE, not "${given}"`, {
        hint: "e.g. -e TARGET=http://host/",
      });
    }
    const value = equals === -1 ? env.variables[name] : given.slice(equals + 1);
    if (value === undefined) {
      throw new UsageError(`-e ${name}: there is no such environment variable`, {
        hint: `write -e ${name}=value, or export ${name} first`,
      });
    }
    scriptEnv[name] = value;
  }
  const overrides = input.texts("set");
  const secretNames = input.texts("secret");
  const asked = readOutputs(input, env);
  const secretValues = [
    ...asked.secrets,
    ...Object.entries(scriptEnv)
      .filter(([name]) => secretNames.includes(name) || isSecretName(name))
      .map(([, value]) => value),
    ...overrides.flatMap((override) => secretOverride(override, secretNames)),
    ...input.texts("dashboard-token"),
  ];
  const redactor = new Redactor(secretValues, secretNames);
  return { scriptEnv, overrides, secretNames, secretValues, redactor, asked };
}

// All texts of a value under a secret's name, wherever that is in the path or inside of the value.
function secretOverride(override: string, secretNames: readonly string[]): string[] {
  const { path, value } = parseOverride(override);
  const isSecret = (name: string) => secretNames.includes(name) || isSecretName(name);
  return secretTexts(value, path.some(isSecret), isSecret);
}

function secretTexts(
  value: JsonValue,
  isInside: boolean,
  isSecret: (name: string) => boolean,
): string[] {
  if (value === null || typeof value === "boolean") return [];
  if (typeof value !== "object") return isInside ? [String(value)] : [];
  return Object.entries(value).flatMap(([key, item]) =>
    secretTexts(item, isInside || isSecret(key), isSecret),
  );
}

/** Every definition carries what -e gave, so that scripts on any turret see it. */
export function withScriptEnv(config: ProjectConfig, values: GivenValues): ProjectConfig {
  if (Object.keys(values.scriptEnv).length === 0) return config;
  const turrets = config.turrets.map((definition): TurretDefinition => {
    const own = definition.merged["env"];
    const base = typeof own === "object" && own !== null ? (own as JsonObject) : {};
    const merged: JsonObject = {
      ...definition.merged,
      env: { ...base, ...values.scriptEnv },
      secrets: [...values.secretNames],
    };
    return { ...definition, merged };
  });
  return { ...config, turrets };
}

/** The seed of --seed. */
export function readSeed(text: string): number {
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffff_ffff) return seed;
  throw new UsageError(`--seed takes a whole number from 0 to 4294967295, not "${text}"`);
}

/** A share of 1 from an option in percent, such as `5`, `5%` or `0.5 %`. */
export function readPercent(input: CommandInput, name: string): number | undefined {
  const text = input.text(name);
  if (text === undefined) return undefined;
  const found = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text.trim());
  const percent = Number(found?.[1]);
  if (found !== null && percent < 100) return percent / 100;
  throw new UsageError(`--${name} takes percent from 0 to below 100, not "${text}"`);
}
