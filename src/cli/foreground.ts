// Whether a process is in the foreground of its terminal. A background one that changes the terminal is
// stopped by the kernel, and what it draws there falls between what somebody types.

import { readFileSync } from "node:fs";

/** True also where there is no terminal at all, and where nobody can tell. */
export function isForeground(pid: number): boolean {
  try {
    const [group, foreground] = groups(pid);
    return !(foreground > 0) || group === foreground;
  } catch {
    return true;
  }
}

/** The process's group, and the group in the foreground of its terminal. */
function groups(pid: number): readonly [group: number, foreground: number] {
  const stat = linuxStat(pid);
  if (stat !== undefined) return [Number(stat[2]), Number(stat[5])];
  const ps = Bun.spawnSync(["ps", "-o", "pgid=,tpgid=", "-p", String(pid)]);
  const [group, foreground] = ps.stdout.toString().trim().split(/\s+/).map(Number);
  return [group ?? 0, foreground ?? 0];
}

/** Fields of /proc/PID/stat from the state on: `S ppid pgrp session tty_nr tpgid`. */
function linuxStat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name before may hold spaces and brackets.
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
