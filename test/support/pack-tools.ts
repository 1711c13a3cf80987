// Packs for tests: what packing needs of a process, and archives made of any headers at all.

import path from "node:path";
import type { ProjectConfig, TurretDefinition } from "../../src/config/project.ts";
import type { PackTools } from "../../src/pack/pack.ts";
import { LEAST, loadConfig, TURRET, writeFiles } from "./config-file.ts";

/** Tools that install from `registry` only, with a cache in `directory`. */
export function packTools(directory: string, registry = "http://127.0.0.1:1/"): PackTools {
  return {
    executable: process.execPath,
    platform: "linux-x64",
    tempDirectory: directory,
    variables: {
      PATH: "/usr/bin:/bin",
      HOME: directory,
      TMPDIR: directory,
      npm_config_registry: registry,
      BUN_INSTALL_CACHE_DIR: path.join(directory, "cache"),
    },
  };
}

export interface PackCase {
  readonly directory: string;
  readonly config: ProjectConfig;
  readonly definition: TurretDefinition;
}

/** A project in `parent`/shop with these files, and one turret. */
export function packCase(
  parent: string,
  files: Readonly<Record<string, string>>,
  parts: { readonly turret?: object; readonly config?: object } = {},
): PackCase {
  const directory = path.join(parent, "shop");
  writeFiles(directory, files);
  const keys = { ...LEAST, turrets: [{ ...TURRET, ...parts.turret }], ...parts.config };
  const { config } = loadConfig(directory, keys);
  return { directory, config, definition: config.turrets[0] as TurretDefinition };
}

export interface RawMember {
  readonly name: string;
  readonly body?: string | Uint8Array;
  /** The type byte: 0 file, 1 link, 2 symlink, 3 and 4 devices, 5 folder, 6 pipe, x pax, L long name. */
  readonly type?: string;
  readonly linkName?: string;
  /** Instead of the body's size. */
  readonly sizeBytes?: number;
  readonly mode?: number;
}

const BLOCK = 512;

/** A tar with exactly these headers, honest or not, checksums right. */
export function rawTar(members: readonly RawMember[]): Buffer {
  const blocks = members.flatMap((member) => {
    const body = Buffer.from(member.body ?? "");
    return [header(member, body.length), body, Buffer.alloc(-body.length & (BLOCK - 1))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** The body of a pax header that says `key=value`. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) {
    length = String(length).length + rest.length;
  }
  return `${length}${rest}`;
}

function header(member: RawMember, bodyBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(member.name, 0, 100);
  block.write(octal(member.mode ?? 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(member.sizeBytes ?? bodyBytes, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(" ".repeat(8), 148);
  block.write(member.type ?? "0", 156);
  block.write(member.linkName ?? "", 157, 100);
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
