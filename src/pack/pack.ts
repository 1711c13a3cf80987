// Packing: `oct pack` writes one archive a turret beside the config; a run makes the same in memory
// for turrets of the link.

import { createHash } from "node:crypto";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { OctError, systemCode } from "../base/errors.ts";
import { WARNED_KEYS } from "../config/keys.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import { cleanName, type Member, writeTar, writeTarGz } from "./archive.ts";
import { isBundled } from "./bundle.ts";
import { scriptsOf, turretMembers } from "./members.ts";
import { type InstalledPackages, installRequirements, type PackTools } from "./requirements.ts";

export type { PackTools } from "./requirements.ts";

const LINE = "=".repeat(41);

export interface PackProjectOptions {
  readonly directory: string;
  /** The folder as the user typed it, for the lines. */
  readonly shownDirectory: string;
  readonly config: ProjectConfig;
  readonly isPython: boolean;
  readonly tools: PackTools;
  onLine(text: string): void;
}

/** Writes `<directory>/<turret>.tar` for every definition, with OCT's lines. */
export async function packProject(options: PackProjectOptions): Promise<void> {
  const { config, onLine } = options;
  for (const key of WARNED_KEYS) {
    if (config.raw[key] !== undefined) continue;
    onLine(`WARNING: ${key} configuration key not present, the value will be set to default value`);
  }
  const packages = await packagesFor(options);
  try {
    for (const definition of config.turrets) await packOne(definition, packages, options);
  } finally {
    packages?.remove();
  }
}

async function packOne(
  definition: TurretDefinition,
  packages: InstalledPackages | undefined,
  options: PackProjectOptions,
): Promise<void> {
  const { directory, config, isPython, onLine, tools } = options;
  const members = await turretMembers({
    directory,
    config,
    definition,
    isPython,
    packages,
    platform: tools.platform,
    onLine,
  });
  const file = path.join(directory, `${definition.name}.tar`);
  writeWhole(file, await writeTar(members), definition);
  for (const { name } of members) onLine(`Added ${name}`);
  onLine(`Archive ${shownArchive(options.shownDirectory, definition.name)} created`);
  onLine(LINE);
}

function shownArchive(shownDirectory: string, name: string): string {
  const shown = path.join(shownDirectory, `${name}.tar`);
  return path.isAbsolute(shown) || shown.startsWith("..") ? shown : `./${shown}`;
}

function writeWhole(file: string, bytes: Uint8Array, definition: TurretDefinition): void {
  const temp = `${file}.${crypto.randomUUID()}.part`;
  try {
    writeFileSync(temp, bytes);
    renameSync(temp, file);
  } catch (thrown) {
    rmSync(temp, { force: true });
    throw new OctError(
      `Error while packaging turret ${definition.name}: ${systemCode(thrown) ?? "the archive cannot be written"}`,
      {
        where: file,
        cause: thrown,
      },
    );
  }
}

async function packagesFor(options: {
  readonly directory: string;
  readonly config: ProjectConfig;
  readonly isPython: boolean;
  readonly tools: PackTools;
}): Promise<InstalledPackages | undefined> {
  const { directory, config, isPython, tools } = options;
  const scripts = config.turrets.flatMap(({ script, load }) => [
    script,
    ...load.mix.map((part) => part.script),
  ]);
  if (isPython || !scripts.some(isBundled) || config.turretsRequirements.length === 0) {
    return undefined;
  }
  return await installRequirements(config.turretsRequirements, directory, tools);
}

export interface TurretPack {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, hex. */
  readonly hash: string;
  /** SHA-256 of its scripts with what these import; undefined where there is none. */
  readonly scriptHash?: string;
}

/** The pack of a turret that fires a request without a script: there is nothing it needs. */
export async function emptyPack(): Promise<TurretPack> {
  const bytes = await writeTarGz([{ name: "config.json", bytes: new TextEncoder().encode("{}") }]);
  return { bytes, hash: createHash("sha256").update(bytes).digest("hex") };
}

/** The pack that a turret of the link is sent. */
export async function buildTurretPack(options: {
  readonly directory: string;
  readonly config: ProjectConfig;
  readonly definition: TurretDefinition;
  readonly tools: PackTools;
  /** Told what stays at home. */
  readonly onLine?: (text: string) => void;
}): Promise<TurretPack> {
  const { directory, config, definition, tools, onLine = () => {} } = options;
  const packages = await packagesFor({ directory, config, isPython: false, tools });
  try {
    const members: readonly Member[] = await turretMembers({
      directory,
      config,
      definition,
      isPython: false,
      packages,
      platform: tools.platform,
      onLine,
    });
    const bytes = await writeTarGz(members);
    const hash = createHash("sha256").update(bytes).digest("hex");
    return { bytes, hash, scriptHash: scriptHashOf(definition, members) };
  } finally {
    packages?.remove();
  }
}

// Of the scripts alone, as they fire: what else is in a pack changes with the load.
function scriptHashOf(definition: TurretDefinition, members: readonly Member[]): string {
  const hash = createHash("sha256");
  const scripts = new Set(scriptsOf(definition).map((script) => cleanName(script)));
  for (const { name, bytes } of members) {
    if (scripts.has(name)) hash.update(`${name}\0`).update(bytes ?? new Uint8Array(0));
  }
  return hash.digest("hex");
}
