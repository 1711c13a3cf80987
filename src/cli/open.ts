// oct open: the latest report of a project, in the program that the system opens pages with. Where there
// is none (a server, a container) its path is printed, which is printed anyway.

import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { EXIT, OctError } from "../base/errors.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import { isFile, resolveFrom, showPath } from "./files.ts";
import { findRuns, resultsDirectory, runIn } from "./past-runs.ts";

export async function runOpen(input: CommandInput, env: Env): Promise<number> {
  const report = latestReport(env, input.positionals[0] ?? ".");
  env.stdout.write(`${showPath(env.cwd, report)}\n`);
  const opener = findOpener(env);
  if (opener === undefined) return EXIT.ok;
  const isOpened = await start([...opener, report]);
  if (!isOpened) env.stderr.write(`${opener[0]} could not be started: open the file yourself\n`);
  return EXIT.ok;
}

/** Of a project; of a results folder its own; a report itself. */
function latestReport(env: Env, given: string): string {
  const absolute = resolveFrom(env.cwd, given);
  if (isFile(absolute)) return absolute;
  const own = runIn(absolute)?.reportPath;
  if (own !== undefined) return own;
  const resultsPath = resultsDirectory(env, given);
  const latest = findRuns(resultsPath).find(({ reportPath }) => reportPath !== undefined);
  if (latest?.reportPath !== undefined) return latest.reportPath;
  throw new OctError("there is no report here yet", {
    where: resultsPath,
    hint: "oct report makes the report of a results folder; oct run makes it at its end",
  });
}

/** The command that opens a page on this platform; undefined where there is none, or no screen. */
function findOpener(env: Env): readonly string[] | undefined {
  const [system] = env.platform.split("-");
  if (system === "win32") return ["cmd", "/c", "start", ""];
  if (system === "darwin") return found(env, "open");
  const { variables } = env;
  const hasScreen = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].some(
    (name) => (variables[name] ?? "") !== "",
  );
  return hasScreen ? (found(env, "xdg-open") ?? found(env, "wslview")) : undefined;
}

function found(env: Env, name: string): readonly string[] | undefined {
  const folders = (env.variables["PATH"] ?? "").split(path.delimiter).filter(path.isAbsolute);
  const file = folders.map((folder) => path.join(folder, name)).find(isProgram);
  return file === undefined ? undefined : [file];
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return isFile(file);
  } catch {
    return false;
  }
}

/** Starts a program that outlives this one; false where it can not be started. */
function start([program = "", ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
