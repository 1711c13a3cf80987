// What the system says of a socket, as a kind of ours.

import { closeSync, openSync } from "node:fs";
import { systemCode } from "../base/errors.ts";
import { HttpError, type HttpErrorKind, kindOfCode } from "./errors.ts";

/** The error of a socket in our words; `otherwise` is its kind where the system's code says nothing. */
export function socketError(thrown: unknown, peer: string, otherwise: HttpErrorKind): HttpError {
  const code = systemCode(thrown);
  let kind = kindOfCode(code);
  // The runtime says "refused" when there was no file descriptor for a socket.
  if (kind === "refused" && isOutOfFiles()) kind = "too-many-files";
  return new HttpError(kind ?? otherwise, peer, kind === undefined ? (code ?? "") : "");
}

/** True when this process can open no further file. */
function isOutOfFiles(): boolean {
  try {
    closeSync(openSync("/dev/null", "r"));
    return false;
  } catch (thrown) {
    return kindOfCode(systemCode(thrown)) === "too-many-files";
  }
}
