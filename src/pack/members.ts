// What an archive of a turret holds, in OCT's order: [setup.py], config.json, extra files, script.

import path from "node:path";
import { OctError } from "../base/errors.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import { cleanName, type Member, PACKAGES_FOLDER } from "./archive.ts";
import { bundleScript, isBundled } from "./bundle.ts";
import { dataFilesOf } from "./data-files.ts";
import { extraMembers } from "./extra-files.ts";
import { LoosePackages } from "./packages.ts";
import { readWhole } from "./read-whole.ts";
import type { InstalledPackages } from "./requirements.ts";

/** Beside the turret's config in an archive whose packages only run on one platform. */
export const MANIFEST_NAME = "oct-pack.json";

const CONFIG_NAME = "config.json";
const SETUP_NAME = "setup.py";
/** Keys of a definition that stay at home. */
const NOT_SENT = ["turrets_requirements", "env", "secrets"];

export interface MembersRequest {
  readonly directory: string;
  readonly config: ProjectConfig;
  readonly definition: TurretDefinition;
  readonly isPython: boolean;
  readonly packages: InstalledPackages | undefined;
  readonly platform: string;
  onLine(text: string): void;
}

export async function turretMembers(request: MembersRequest): Promise<readonly Member[]> {
  const { directory, config, definition, isPython, packages } = request;
  const loose = new LoosePackages();
  const scripts: Member[] = [];
  for (const script of scriptsOf(definition)) {
    scripts.push(await scriptMember({ directory, definition, packages, loose }, script));
  }
  const dataFiles = scripts.flatMap((script) => dataMembers(directory, script));
  const members: Member[] = [];
  if (isPython) {
    members.push({ name: SETUP_NAME, bytes: text(setupPy(definition, config)) });
  }
  members.push({ name: CONFIG_NAME, bytes: text(turretConfigText(definition)) });
  if (loose.native.length > 0) {
    const manifest = { platform: request.platform, native: loose.native };
    members.push({ name: MANIFEST_NAME, bytes: text(`${JSON.stringify(manifest, null, 2)}\n`) });
  }
  const reserved = [SETUP_NAME, CONFIG_NAME, MANIFEST_NAME];
  members.push(
    ...loose.members(),
    ...extraMembers({
      directory,
      extraFiles: definition.extraFiles,
      turretName: definition.name,
      reserved: loose.isEmpty ? reserved : [...reserved, PACKAGES_FOLDER],
      onLine: request.onLine,
    }),
    ...dataFiles,
    ...scripts,
  );
  // A script that lies in an extra folder is there once, as it fires.
  return [...new Map(members.map((member) => [member.name, member])).values()];
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function turretConfigText(definition: TurretDefinition): string {
  const kept = Object.entries(definition.merged).filter(([key]) => !NOT_SENT.includes(key));
  return JSON.stringify(Object.fromEntries(kept), null, 2);
}

/** The scripts that a definition's turrets fire, each once. */
export function scriptsOf(definition: TurretDefinition): readonly string[] {
  return [...new Set([definition.script, ...definition.load.mix.map(({ script }) => script)])];
}

interface ScriptRequest {
  readonly directory: string;
  readonly definition: TurretDefinition;
  readonly packages: InstalledPackages | undefined;
  readonly loose: LoosePackages;
}

async function scriptMember(request: ScriptRequest, script: string): Promise<Member> {
  const { directory, definition, packages, loose } = request;
  const name = cleanName(script);
  if (name === undefined || name === "") {
    throw new OctError(`the script of turret ${definition.name} lies outside of the project`, {
      where: script,
      hint: "give its path relative to the project",
    });
  }
  const { bytes } = readWhole(path.join(directory, name), `script of turret ${definition.name}`);
  if (!isBundled(name)) return { name, bytes };
  return { name, bytes: text(await bundleScript({ directory, script: name, packages, loose })) };
}

// They lie beside the script in the archive as they do in the project.
function dataMembers(directory: string, script: Member): Member[] {
  if (!isBundled(script.name)) return [];
  const code = new TextDecoder().decode(script.bytes);
  return dataFilesOf(directory, script.name, code).map((name) => ({
    name,
    bytes: readWhole(path.join(directory, name), `data file ${name}`).bytes,
  }));
}

function setupPy(definition: TurretDefinition, config: ProjectConfig): string {
  const needs = [...config.turretsRequirements, "oct-turrets"].map((need) => JSON.stringify(need));
  return [
    "from setuptools import setup",
    "",
    "setup(",
    `    name=${JSON.stringify(definition.name)},`,
    '    version="0.1",',
    `    install_requires=[${needs.join(", ")}],`,
    ")",
    "",
  ].join("\n");
}
