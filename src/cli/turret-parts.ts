// What a turret of this process is made of: its crew of threads and the folders its packs open in.

import { mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { OctError } from "../base/errors.ts";
import { openPack } from "../pack/open.ts";
import type { PackTools } from "../pack/pack.ts";
import type { TurretLink } from "../protocol/link.ts";
import { createCrewLoader } from "../turret/crew.ts";
import type { LoadCrew } from "../turret/crew-contract.ts";
import type { PackStore } from "../turret/pack-store.ts";
import { Turret } from "../turret/turret.ts";
import type { Env } from "./env.ts";

export interface TurretParts {
  readonly env: Env;
  readonly link: TurretLink;
  /** The definition asked for, or "". */
  readonly name: string;
  /** OS threads; 0 for one a core. */
  readonly threads: number;
  readonly onLine: (text: string) => void;
  /** The HQ as people read it. */
  readonly shownHq?: string;
}

/** A turret over a link, with the crew of this binary. */
export function createTurret(parts: TurretParts): Turret {
  const { env } = parts;
  return new Turret({
    clock: env.clock,
    link: parts.link,
    loadCrew: loadCrewOf(env),
    name: parts.name,
    cores: parts.threads > 0 ? parts.threads : env.cores,
    host: env.host,
    pid: env.pid,
    platform: env.platform,
    octVersion: env.version,
    uuid: crypto.randomUUID(),
    packStore: createPackStore(env),
    shownHq: parts.shownHq ?? "this process",
    onLine: parts.onLine,
  });
}

export function loadCrewOf(env: Env): LoadCrew {
  return createCrewLoader({ clock: env.clock, workerUrl: env.workerUrl });
}

/** Keeps each pack opened once in a folder of its own, removed at the end. */
function createPackStore(env: Env): PackStore {
  const opened = new Map<string, PackFolder>();
  return {
    has: (hash) => opened.has(hash),
    async open(hash, bytes) {
      const known = opened.get(hash);
      if (known !== undefined) return { directory: known.path };
      const folder = makePackFolder(env);
      try {
        await openPack({ bytes, targetDirectory: folder.path, platform: env.platform });
      } catch (thrown) {
        folder.remove();
        throw thrown;
      }
      opened.set(hash, folder);
      return { directory: folder.path };
    },
    directoryOf: (hash) => opened.get(hash)?.path,
    close() {
      for (const folder of opened.values()) folder.remove();
      opened.clear();
    },
  };
}

/** What packing needs of this process. */
export function packToolsOf(env: Env): PackTools {
  const { executable, platform, tempDirectory, variables } = env;
  return { executable, platform, tempDirectory, variables };
}

export interface PackFolder {
  readonly path: string;
  remove(): void;
}

/** A new folder for one pack: in the temp folder, or where else this machine lets us write. */
export function makePackFolder(env: Env): PackFolder {
  const tried: string[] = [];
  for (const parent of [env.tempDirectory, env.cwd, "/dev/shm", env.variables["HOME"] ?? ""]) {
    if (parent === "") continue;
    try {
      const folder = mkdtempSync(path.join(parent, "oct-turret-"));
      return { path: folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
    } catch {
      tried.push(parent);
    }
  }
  throw new OctError("there is no folder to open the pack in", {
    where: tried.join(", "),
    hint: "set TMPDIR to a folder you may write to",
  });
}
