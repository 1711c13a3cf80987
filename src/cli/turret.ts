// oct turret: joins an HQ over the oct link (--hq), or serves OCT protocol 1 (--tar, --config).

import path from "node:path";
import { EXIT, OctError, UsageError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { parseJsonc } from "../config/jsonc.ts";
import { readConfigFile } from "../config/read-file.ts";
import { openPack } from "../pack/open.ts";
import { readWhole } from "../pack/read-whole.ts";
import { LINK_LIMIT } from "../protocol/messages.ts";
import { Protocol1TurretRole } from "../turret/protocol1-turret.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { resolveFrom } from "./files.ts";
import { Screen } from "./screen.ts";
import { createTurret, loadCrewOf, makePackFolder } from "./turret-parts.ts";

const TURN_US = 5_000;
export const LINK_PORT = 5003;

export async function runTurret(input: CommandInput, env: Env): Promise<number> {
  const tar = input.text("tar");
  const config = input.text("config");
  const hq = input.text("hq");
  if (tar !== undefined && config !== undefined) {
    throw new UsageError("--tar and --config exclude each other");
  }
  if (tar !== undefined || config !== undefined) return await serveProtocol1(input, env);
  if (hq === undefined) {
    throw new UsageError("a turret needs its HQ", {
      hint: "oct turret --hq HOST joins one; oct turret --tar FILE serves OCT protocol 1",
    });
  }
  return await serveLink(input, env, readHost(hq, LINK_PORT));
}

interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host`, `host:port`, `[v6]:port`. */
export function readHost(text: string, defaultPort: number): HostPort {
  const found = /^(?:tcp:\/\/)?(\[[0-9a-f:.]+\]|[^:[\]\s/]+)(?::(\d{1,5}))?$/i.exec(text.trim());
  const port = found?.[2] === undefined ? defaultPort : Number(found[2]);
  if (found?.[1] === undefined || port < 1 || port > 65_535) {
    throw new UsageError(`--hq takes HOST or HOST:PORT, not "${text}"`);
  }
  return { host: found[1], port };
}

function readThreads(input: CommandInput): number {
  const text = input.text("threads");
  if (text === undefined) return 0;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 1024) return threads;
  throw new UsageError(`--threads takes a whole number from 1 to 1024, not "${text}"`);
}

/** The definition to serve; "" for any. Longer ones no project has, and no HQ would read. */
function readName(input: CommandInput): string {
  const name = input.text("name") ?? "";
  const sizeBytes = Buffer.byteLength(name);
  if (sizeBytes <= LINK_LIMIT.nameBytes) return name;
  throw new UsageError(`--name has ${sizeBytes} bytes; the most is ${LINK_LIMIT.nameBytes}`, {
    hint: "it is the name of one of the project's turrets",
  });
}

interface Role {
  tick(): void;
  stop(reason: string): void;
  close(): void;
  readonly isOver: boolean;
  readonly exitCode: number;
}

async function serveLink(input: CommandInput, env: Env, hq: HostPort): Promise<number> {
  const name = readName(input);
  const { connectTurretLink } = await import("../zmq/link.ts");
  const link = connectTurretLink(hq);
  const screen = new Screen(env.stdout, env.clock);
  const turret = createTurret({
    env,
    link,
    name,
    threads: readThreads(input),
    onLine: (text) => screen.line(text),
    shownHq: `${hq.host}:${hq.port}`,
  });
  try {
    return await turn(turret, env, screen);
  } finally {
    turret.close();
    link.close();
  }
}

async function serveProtocol1(input: CommandInput, env: Env): Promise<number> {
  const folder = await openTurretFolder(input, env);
  try {
    return await serveFolder(folder, input, env);
  } finally {
    folder.cleanUp();
  }
}

interface TurretFolder {
  readonly directory: string;
  readonly definition: JsonObject;
  cleanUp(): void;
}

async function serveFolder(
  { directory, definition }: TurretFolder,
  input: CommandInput,
  env: Env,
): Promise<number> {
  const hqOption = input.text("hq");
  const host =
    hqOption === undefined ? textOf(definition, "hq_address") : readHost(hqOption, 0).host;
  const { connectProtocol1 } = await import("../zmq/protocol1.ts");
  const uuid = crypto.randomUUID();
  const screen = new Screen(env.stdout, env.clock);
  const link = connectProtocol1({
    host,
    publishPort: portOf(definition, "hq_publisher"),
    rcPort: portOf(definition, "hq_rc"),
    uuid,
  });
  const role = new Protocol1TurretRole({
    clock: env.clock,
    link,
    loadCrew: loadCrewOf(env),
    directory,
    definition,
    uuid,
    threads: readThreads(input) || env.cores,
    onLine: (text) => screen.line(text),
  });
  try {
    return await turn(role, env, screen);
  } finally {
    role.close();
    link.close();
  }
}

async function openTurretFolder(input: CommandInput, env: Env): Promise<TurretFolder> {
  const tar = input.text("tar");
  if (tar === undefined) {
    const file = resolveFrom(env.cwd, input.text("config") as string);
    const definition = parseJsonc(readConfigFile(file), file);
    return { directory: path.dirname(file), definition, cleanUp: () => {} };
  }
  const file = resolveFrom(env.cwd, tar);
  const folder = makePackFolder(env);
  try {
    const { definition } = await openPack({
      bytes: readWhole(file, "archive").bytes,
      targetDirectory: folder.path,
      platform: env.platform,
      shown: file,
    });
    return { directory: folder.path, definition, cleanUp: folder.remove };
  } catch (thrown) {
    folder.remove();
    throw thrown;
  }
}

function textOf(definition: JsonObject, key: string): string {
  const value = definition[key];
  if (typeof value === "string" && value !== "") return value;
  throw new UsageError(`InvalidConfiguration: Missing required configuration key ${key}`, {
    hint: "the turret's config.json names its HQ; oct pack writes one",
  });
}

function portOf(definition: JsonObject, key: string): number {
  const port = Number(definition[key]);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UsageError(`InvalidConfiguration: Missing required configuration key ${key}`, {
    hint: `${key} is a port number`,
  });
}

/** Turns a role until it is over; Ctrl-C once stops cleanly, twice at once. */
function turn(role: Role, env: Env, screen: Screen): Promise<number> {
  return new Promise((resolve, reject) => {
    let interrupts = 0;
    const stopListening = env.onInterrupt(() => {
      interrupts++;
      if (interrupts > 1) env.exit(EXIT.interrupted);
      screen.line("stopping (Ctrl-C again to stop at once)");
      role.stop("interrupted");
    });
    const stopTurning = env.clock.every(TURN_US, () => {
      try {
        role.tick();
      } catch (thrown) {
        stopTurning();
        stopListening();
        reject(thrown instanceof OctError ? thrown : (thrown as Error));
        return;
      }
      if (!role.isOver) return;
      stopTurning();
      stopListening();
      resolve(role.exitCode);
    });
  });
}
