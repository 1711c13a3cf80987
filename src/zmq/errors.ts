// What libzmq reports, as errors for the operator.

import { OctError, type OctErrorParts } from "../base/errors.ts";
import type { Zmq } from "./library.ts";
import { ERRNO } from "./symbols.ts";

/** An OctError with libzmq's own words for `errno` behind `what`. */
export function zmqError(
  zmq: Zmq,
  what: string,
  parts: OctErrorParts & { readonly errno?: number } = {},
): OctError {
  const words = String(zmq.zmq_strerror(parts.errno ?? zmq.zmq_errno()));
  return new OctError(`${what}: ${words}`, parts);
}

/** Why a socket could not listen at `where`, and what the operator can do. */
export function bindError(
  zmq: Zmq,
  where: string,
  errno: number,
  holder: string | undefined,
): OctError {
  if (errno === ERRNO.addressInUse) {
    const who = holder === undefined ? "another program" : holder;
    return new OctError(`the port is in use by ${who}`, {
      where,
      hint: "stop it if it is an HQ that was left running, or set another port in config.json",
    });
  }
  if (errno === ERRNO.addressNotAvailable || errno === ERRNO.noDevice) {
    return new OctError("this machine has no such address to listen on", {
      where,
      hint: "--listen takes * or one of this machine's own addresses",
    });
  }
  if (errno === ERRNO.noAccess) {
    return new OctError("listening on this port is not allowed", {
      where,
      hint: "ports below 1024 need root: set a higher one in config.json",
    });
  }
  return zmqError(zmq, "cannot listen", { where, errno });
}
