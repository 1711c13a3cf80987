// What an archive of a turret holds, in OCT's order: config.json, [setup.py], extra files, script.

import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { OctError, systemCode } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import { cleanName, type Member } from "./archive.ts";
import { bundleScript, isBundled } from "./bundle.ts";
import { type InstalledPackages, nodeModulesMembers } from "./requirements.ts";

/** Beside the turret's config in an archive whose packages only run on one platform. */
export const MANIFEST_NAME = "oct-pack.json";

export interface MembersRequest {
  readonly directory: string;
  readonly config: ProjectConfig;
  readonly definition: TurretDefinition;
  readonly isPython: boolean;
  readonly packages: InstalledPackages | undefined;
  readonly platform: string;
}

export async function turretMembers(request: MembersRequest): Promise<readonly Member[]> {
  const { directory, config, definition, isPython, packages } = request;
  const members: Member[] = [{ name: "config.json", bytes: text(turretConfigText(definition)) }];
  if (isPython) {
    members.push({
      name: "setup.py",
      bytes: text(setupPy(definition, config.turretsRequirements)),
    });
  }
  if (packages !== undefined && packages.native.length > 0) {
    const manifest = { platform: request.platform, native: packages.native };
    members.push({ name: MANIFEST_NAME, bytes: text(`${JSON.stringify(manifest, null, 2)}\n`) });
    members.push(...nodeModulesMembers(packages));
  }
  for (const extra of definition.extraFiles)
    members.push(...extraMembers(directory, extra, definition));
  members.push(await scriptMember(request));
  return withoutRepeats(members);
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function turretConfigText(definition: TurretDefinition): string {
  const {
    turrets_requirements: _,
    env: _env,
    secrets: _secrets,
    ...kept
  } = definition.merged as JsonObject;
  return JSON.stringify(kept, null, 2);
}

async function scriptMember(request: MembersRequest): Promise<Member> {
  const { directory, definition, packages } = request;
  const { script } = definition;
  const name = cleanName(script);
  if (name === undefined || name === "") {
    throw new OctError(`the script of turret ${definition.name} lies outside of the project`, {
      where: script,
      hint: "give its path relative to the project",
    });
  }
  const bytes = readMember(path.join(directory, name), `script of turret ${definition.name}`);
  if (!isBundled(name)) return { name, bytes };
  return { name, bytes: text(await bundleScript({ directory, script: name, packages })) };
}

function readMember(file: string, what: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (thrown) {
    const why = systemCode(thrown) === "ENOENT" ? "does not exist" : "cannot be read";
    throw new OctError(`the ${what} ${why}`, {
      where: file,
      hint: "check the path",
      cause: thrown,
    });
  }
}

// As OCT: an extra file or folder lands at the root under its own name.
function extraMembers(directory: string, extra: string, definition: TurretDefinition): Member[] {
  const full = path.resolve(directory, extra);
  const base = path.basename(full);
  const found = statSync(full, { throwIfNoEntry: false });
  if (found === undefined) {
    throw new OctError(`extra_files of turret ${definition.name} names what does not exist`, {
      where: full,
      hint: "check the path; it is relative to the project",
    });
  }
  if (!found.isDirectory()) return [{ name: base, bytes: readMember(full, `extra file ${extra}`) }];
  return folderMembers(full, base);
}

function folderMembers(folder: string, name: string): Member[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  const below = entries.flatMap((entry): Member[] => {
    const full = path.join(folder, entry.name);
    const inner = `${name}/${entry.name}`;
    if (entry.isDirectory()) return folderMembers(full, inner);
    return entry.isFile() ? [{ name: inner, bytes: readMember(full, "extra file") }] : [];
  });
  return [{ name, bytes: undefined }, ...below];
}

// A name given twice (a script that is in an extra folder too): the later one counts.
function withoutRepeats(members: readonly Member[]): readonly Member[] {
  const byName = new Map(members.map((member) => [member.name, member]));
  return [...byName.values()];
}

function setupPy(definition: TurretDefinition, requirements: readonly string[]): string {
  const needs = [...requirements, "oct-turrets"].map((need) => JSON.stringify(need)).join(", ");
  return [
    "from setuptools import setup",
    "",
    "setup(",
    `    name=${JSON.stringify(definition.name)},`,
    '    version="0.1",',
    `    install_requires=[${needs}],`,
    ")",
    "",
  ].join("\n");
}
