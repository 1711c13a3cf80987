// Opening a pack: into an empty folder, never outside of it, refused where its packages cannot run.

import { OctError, UsageError } from "../base/errors.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { parseJsoncBytes } from "../config/jsonc.ts";
import { oneLine } from "../config/one-line.ts";
import { extractMembers, type Member, readTar } from "./archive.ts";
import { MANIFEST_NAME } from "./members.ts";

export interface OpenOptions {
  readonly bytes: Uint8Array;
  readonly targetDirectory: string;
  /** This machine's, e.g. linux-x64. */
  readonly platform: string;
  /** What the archive is called in errors. */
  readonly shown?: string;
}

/** Extracts the pack and returns the turret's config. */
export async function openPack(options: OpenOptions): Promise<{ definition: JsonObject }> {
  const shown = options.shown ?? "pack";
  const members = await readTar(options.bytes, shown);
  const config = members.find((member) => member.name === "config.json");
  if (config?.bytes === undefined) {
    throw new UsageError("this archive is no turret: it has no config.json", {
      where: shown,
      hint: "oct pack makes archives of turrets",
    });
  }
  checkPlatform(members, options.platform, shown);
  const definition = parseJsoncBytes(config.bytes, `${shown}: config.json`);
  extractMembers(members, options.targetDirectory);
  return { definition };
}

function checkPlatform(members: readonly Member[], platform: string, shown: string): void {
  const manifest = members.find((member) => member.name === MANIFEST_NAME);
  if (manifest?.bytes === undefined) return;
  const value: unknown = parseJsoncBytes(manifest.bytes, `${shown}: ${MANIFEST_NAME}`);
  const platformOf = isJsonObject(value) ? value["platform"] : undefined;
  if (platformOf === platform) return;
  const needed = typeof platformOf === "string" ? oneLine(platformOf) : "another platform";
  throw new OctError(
    `this pack holds packages built for ${needed}, and this machine is ${platform}`,
    { where: shown, hint: `pack on a ${platform} machine, or use a turret on ${needed}` },
  );
}
