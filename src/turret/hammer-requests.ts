// What is fired without a script: the request of a definition's key `fire`, one for each browser that
// the key `user_agents` names.

import { isJsonObject, type JsonValue } from "../base/json.ts";
import type { UserAgent } from "../config/load-model.ts";
import { type PreparedRequest, prepareRequest, type RequestParts } from "../http/request.ts";
import { agentOf } from "./user-agent.ts";

/** The requests of a turret's cannons. */
export interface HammerRequests {
  /** That of one cannon, the same for the whole run. */
  of(cannon: number): PreparedRequest;
}

/** Undefined where the definition has no `fire`. A header of `fire` comes before `agents`. */
export function hammerRequests(
  fire: JsonValue | undefined,
  agents: readonly UserAgent[],
  seed: number,
): HammerRequests | undefined {
  if (!isJsonObject(fire)) return undefined;
  const { url, method, headers, body, insecure } = fire;
  const given = isJsonObject(headers) ? (headers as Record<string, string>) : {};
  const parts: RequestParts = {
    method: typeof method === "string" ? method : "GET",
    url: typeof url === "string" ? url : "",
    headers: given,
    body: typeof body === "string" ? Buffer.from(body, "base64") : undefined,
    isInsecure: insecure === true,
  };
  const plain = prepareRequest(parts);
  if (agents.length === 0 || Object.keys(given).some((name) => /^user-agent$/i.test(name))) {
    return { of: () => plain };
  }
  const byAgent = new Map(
    agents.map(({ name }) => {
      return [name, prepareRequest({ ...parts, headers: { ...given, "User-Agent": name } })];
    }),
  );
  return { of: (cannon) => byAgent.get(agentOf(agents, seed, cannon) ?? "") ?? plain };
}
