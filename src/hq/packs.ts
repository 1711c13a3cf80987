// Packs by definition: made once, kept while the run lasts, served in chunks by hash.

import type { TurretDefinition } from "../config/project.ts";
import { LINK_LIMIT } from "../protocol/messages.ts";
import type { Pack } from "./types.ts";

export class Packs {
  readonly #build: (definition: TurretDefinition) => Promise<Pack>;
  readonly #byName = new Map<string, Promise<Pack>>();
  readonly #byHash = new Map<string, Pack>();
  readonly #scripts = new Map<string, string>();

  constructor(build: (definition: TurretDefinition) => Promise<Pack>) {
    this.#build = build;
  }

  /** The pack of a definition; the same promise for every turret that serves it. */
  of(definition: TurretDefinition): Promise<Pack> {
    const known = this.#byName.get(definition.name);
    if (known !== undefined) return known;
    const made = this.#build(definition).then((pack) => {
      this.#byHash.set(pack.hash, pack);
      if (pack.scriptHash !== undefined) this.#scripts.set(definition.name, pack.scriptHash);
      return pack;
    });
    this.#byName.set(definition.name, made);
    return made;
  }

  /** Hashes of the scripts of all packs made so far, by definition. */
  scripts(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#scripts);
  }

  /** The chunk that begins at `offsetBytes`, or undefined when there is none. */
  chunk(hash: string, offsetBytes: number): Uint8Array | undefined {
    const pack = this.#byHash.get(hash);
    if (pack === undefined || offsetBytes >= pack.bytes.length) return undefined;
    return pack.bytes.subarray(offsetBytes, offsetBytes + LINK_LIMIT.packChunkBytes);
  }
}
