// Sessions and pools for tests, with what their observer was told.

import { HttpSession, type SessionOptions } from "../../src/api/session.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { HttpError } from "../../src/http/errors.ts";
import { Pool, type PoolSettings } from "../../src/http/pool.ts";
import { Timeouts } from "../../src/http/timeouts.ts";

export interface Seen {
  /** `GET /path 200`, or the kind of a failure, in order. */
  readonly hits: string[];
}

export interface TestPool extends Disposable, Seen {
  readonly pool: Pool;
}

export interface TestSession extends Disposable, Seen {
  readonly http: HttpSession;
  readonly pool: Pool;
}

export function testPool(settings: PoolSettings = {}, clock: Clock = systemClock()): TestPool {
  return poolOf(settings, new Timeouts(clock));
}

/** Pools with the same timeouts belong to one thread. */
export function poolOf(settings: PoolSettings, timeouts: Timeouts): TestPool {
  const hits: string[] = [];
  const pool = new Pool({
    ...settings,
    timeouts,
    observer: {
      onAnswer: (request, response) => hits.push(`${request.name} ${response.status}`),
      onFailure: (request, error) => hits.push(`${request.name} ${error.kind}`),
      onResend: (request) => hits.push(`${request.name} resent`),
    },
  });
  return { pool, hits, [Symbol.dispose]: () => pool.close() };
}

export function testSession(options?: SessionOptions, clock?: Clock): TestSession {
  const { pool, hits } = testPool({}, clock);
  const http = new HttpSession(pool, new Map(), options);
  return { http, pool, hits, [Symbol.dispose]: () => pool.close() };
}

/** The kind of the HttpError that `promise` rejects with, or what it did instead. */
export async function kindOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "an answer";
  } catch (thrown) {
    return thrown instanceof HttpError ? thrown.kind : `not an HttpError: ${String(thrown)}`;
  }
}
