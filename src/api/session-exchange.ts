// One call of a script and the requests that it becomes: cookies sent and taken, redirects followed,
// challenges answered, failures tried again. The usual answer needs none of that and passes through.

import type { AnswerHandler } from "../http/connection.ts";
import { type DigestChallenge, digestAuthorization, parseDigest } from "../http/digest.ts";
import { HttpError, type HttpErrorKind } from "../http/errors.ts";
import type { Pool } from "../http/pool.ts";
import type { RejectAnswer, ResolveAnswer } from "../http/promised.ts";
import { redirectedParts, redirectTarget } from "../http/redirects.ts";
import {
  type PreparedRequest,
  prepareRequest,
  type RequestParts,
  withHeader,
} from "../http/request.ts";
import type { HttpResponse } from "../http/response.ts";
import type { SendOptions } from "../http/send-options.ts";
import type { SessionCookies } from "./session-cookies.ts";
import {
  type Auth,
  type RequestOptions,
  type SessionOptions,
  timeoutUsOf,
} from "./session-options.ts";

/** How a call is carried out; the same object for all calls without options. */
export interface Plan {
  readonly redirects: number;
  readonly retries: number;
  readonly sendsCookies: boolean;
  readonly takesCookies: boolean;
  /** Answers challenges; other authorization is a header. */
  readonly digest: Extract<Auth, { user: string }> | undefined;
  readonly send: SendOptions;
}

const REDIRECTS = 20;

/** What the options of a call say, before those of its session; `hasOwn`: a header names cookies. */
export function planOf(options: RequestOptions, all: SessionOptions, hasOwn: boolean): Plan {
  const auth = options.auth ?? all.auth;
  const usesCookies = options.cookies ?? all.cookies ?? true;
  const isDigest = typeof auth === "object" && "user" in auth && auth.scheme === "digest";
  return {
    redirects: options.redirects ?? all.redirects ?? REDIRECTS,
    retries: options.retries ?? all.retries ?? 0,
    sendsCookies: usesCookies && !hasOwn,
    takesCookies: usesCookies,
    digest: isDigest ? auth : undefined,
    send: {
      timeoutUs: timeoutUsOf(options.timeout),
      discardBody: options.discardBody,
      onChunk: options.onChunk,
      onHead: options.onHead,
      signal: options.signal,
      isStream: options.stream,
      bodyLimitBytes: options.maxBodyBytes,
    },
  };
}

/** What the calls of a session share. */
export interface ExchangeHost {
  readonly pool: Pool;
  readonly cookies: SessionCookies;
  readonly challenges: Challenges;
  /** What a request was prepared from, for the one that follows it. */
  partsOf(request: PreparedRequest): RequestParts;
  withCookies(request: PreparedRequest, header: string): PreparedRequest;
}

/** Failures after which the same request fails again. */
const FINAL: ReadonlySet<HttpErrorKind> = new Set([
  "bad-url",
  "bad-request",
  "aborted",
  "given-up",
]);

export class Exchange implements AnswerHandler {
  readonly #host: ExchangeHost;
  readonly #plan: Plan;
  readonly #resolve: ResolveAnswer;
  readonly #reject: RejectAnswer;
  #request: PreparedRequest;
  #parts: RequestParts | undefined;
  #redirects = 0;
  #retries = 0;
  #isChallenged = false;

  constructor(
    host: ExchangeHost,
    request: PreparedRequest,
    call: { plan: Plan; parts: RequestParts | undefined },
    settle: { resolve: ResolveAnswer; reject: RejectAnswer },
  ) {
    this.#host = host;
    this.#request = request;
    this.#plan = call.plan;
    this.#parts = call.parts;
    this.#resolve = settle.resolve;
    this.#reject = settle.reject;
  }

  /** Sends the request as it is to be sent now. */
  start(): void {
    const { cookies, pool } = this.#host;
    let request = this.#request;
    if (this.#plan.sendsCookies) {
      const header = cookies.headerFor(request.url);
      if (header !== "") request = this.#host.withCookies(request, header);
    }
    if (this.#plan.digest !== undefined) request = this.#authorized(request);
    pool.fire(request, this, this.#plan.send);
  }

  onResponse(response: HttpResponse): void {
    const { status } = response;
    const isPlain = status < 300 || status > 401 || (status > 308 && status < 401);
    if (isPlain && !response.setsCookie) this.#resolve(response);
    else this.#consider(response);
  }

  onError(error: HttpError): void {
    if (this.#retries++ >= this.#plan.retries || FINAL.has(error.kind)) this.#reject(error);
    else this.#guard(() => this.start());
  }

  #consider(response: HttpResponse): void {
    this.#guard(() => {
      if (response.setsCookie && this.#plan.takesCookies) {
        const lines = response.headers.getAll("set-cookie");
        const loading = this.#host.cookies.take(response.request.url, lines);
        if (loading !== undefined) {
          loading.then(() => this.#guard(() => this.#follow(response)), this.#reject);
          return;
        }
      }
      this.#follow(response);
    });
  }

  #follow(response: HttpResponse): void {
    if (response.status === 401 && this.#answersChallenge(response)) {
      this.start();
      return;
    }
    const url = this.#plan.redirects > 0 ? redirectTarget(response) : undefined;
    if (url === undefined) {
      this.#resolve(response);
      return;
    }
    if (++this.#redirects > this.#plan.redirects) {
      const { peer } = this.#request.origin;
      this.#reject(new HttpError("too-many-redirects", peer, `${this.#plan.redirects} followed`));
      return;
    }
    const before = this.#parts ?? this.#host.partsOf(this.#request);
    const parts = { ...redirectedParts(before, response.status, url), name: undefined };
    this.#parts = parts;
    this.#request = prepareRequest(parts);
    this.start();
  }

  // True when the challenge is new and the next try answers it. A user's password is only for the
  // origin that the script named.
  #answersChallenge(response: HttpResponse): boolean {
    if (this.#plan.digest === undefined || this.#isChallenged || this.#redirects > 0) return false;
    const challenge = parseDigest(response.headers.getAll("www-authenticate"));
    if (challenge === undefined) return false;
    this.#isChallenged = true;
    this.#host.challenges.set(this.#request.origin.key, challenge);
    return true;
  }

  #authorized(request: PreparedRequest): PreparedRequest {
    const { digest } = this.#plan;
    const known = this.#host.challenges.next(request.origin.key);
    if (digest === undefined || known === undefined || this.#redirects > 0) return request;
    const url = new URL(request.url);
    const value = digestAuthorization({
      ...known,
      user: digest.user,
      password: digest.password,
      method: request.method,
      target: url.pathname + url.search,
      body: request.bytes.subarray(request.bodyStart),
      clientNonce: Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex"),
    });
    return withHeader(request, "Authorization", value);
  }

  #guard(run: () => void): void {
    try {
      run();
    } catch (thrown) {
      this.#reject(thrown as HttpError);
    }
  }
}

const ORIGINS_MAX = 1_000;

/** The newest digest challenge of each origin and how often it was answered. */
export class Challenges {
  readonly #known = new Map<string, { challenge: DigestChallenge; count: number }>();

  set(origin: string, challenge: DigestChallenge): void {
    if (this.#known.size >= ORIGINS_MAX) this.#known.clear();
    this.#known.set(origin, { challenge, count: 0 });
  }

  next(origin: string): { challenge: DigestChallenge; count: number } | undefined {
    const known = this.#known.get(origin);
    if (known === undefined) return undefined;
    known.count++;
    return known;
  }
}
