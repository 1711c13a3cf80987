// An OctError is a mistake or a circumstance the operator can act on: it says what happened, where,
// and what to do about it, and it carries the exit code of the process. Bugs are assertions
// (assert.ts); a failed request of a script is data and never an exception of oct.

/** Exit codes of the process; one list, printed by the guide and asserted by the tests. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  turretsMissing: 3,
  dataMissing: 4,
  notValid: 5,
  thresholdFailed: 99,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface OctErrorParts {
  /** File, address or option that the error is about. */
  readonly where?: string | undefined;
  /** What the operator can do now; a full sentence. */
  readonly hint?: string | undefined;
  readonly exitCode?: ExitCode;
  readonly cause?: unknown;
}

/** An error for the operator; `message` says what happened in one sentence without a full stop. */
export class OctError extends Error {
  override readonly name: string = "OctError";
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;

  constructor(message: string, parts: OctErrorParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.where = parts.where;
    this.hint = parts.hint;
    this.exitCode = parts.exitCode ?? EXIT.failed;
  }
}

/** A mistake in the command line or the configuration: exit code 2. */
export class UsageError extends OctError {
  override readonly name = "UsageError";
  constructor(message: string, parts: Omit<OctErrorParts, "exitCode"> = {}) {
    super(message, { ...parts, exitCode: EXIT.usage });
  }
}

/** The text of anything thrown, for a message or a result's `error` field. Never empty. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name || "Error";
  const text = typeof thrown === "string" ? thrown : safeString(thrown);
  return text === "" ? "empty error" : text;
}

function safeString(value: unknown): string {
  try {
    return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
  } catch {
    return "unprintable error";
  }
}

/** The system's code of an error (`EADDRINUSE`, `ENOSPC`), or undefined. */
export function systemCode(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** `full` cut to `limit` characters, the cut marked. */
export function clip(full: string, limit: number): string {
  return full.length <= limit ? full : `${full.slice(0, Math.max(0, limit - 1))}…`;
}
