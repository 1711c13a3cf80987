// Values from the command line: -e NAME=VALUE for scripts, --set for the configuration, --secret for
// what must not be kept.

import { UsageError } from "../base/errors.ts";
import { isSecretName, Redactor } from "../base/redact.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";

export interface GivenValues {
  /** What `-e` gave, by name. */
  readonly scriptEnv: Readonly<Record<string, string>>;
  readonly overrides: readonly string[];
  readonly secretNames: readonly string[];
  readonly secretValues: readonly string[];
  readonly redactor: Redactor;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Reads -e, --set and --secret; `-e NAME` alone takes the value from the environment. */
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
  const secretValues = [
    ...Object.entries(scriptEnv)
      .filter(([name]) => secretNames.includes(name) || isSecretName(name))
      .map(([, value]) => value),
    ...overrides.flatMap((override) => secretOverride(override, secretNames)),
  ];
  const redactor = new Redactor(secretValues, secretNames);
  return { scriptEnv, overrides, secretNames, secretValues, redactor };
}

function secretOverride(override: string, secretNames: readonly string[]): string[] {
  const equals = override.indexOf("=");
  const key = override.slice(0, equals).split(".").at(-1) ?? "";
  return equals > 0 && (secretNames.includes(key) || isSecretName(key))
    ? [override.slice(equals + 1)]
    : [];
}
