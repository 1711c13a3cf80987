// Promises of answers without a closure for each: one function takes what settles the newest promise,
// and its maker reads that at once.

import type { HttpError } from "./errors.ts";
import type { HttpResponse } from "./response.ts";

export type ResolveAnswer = (response: HttpResponse) => void;
export type RejectAnswer = (reason: HttpError) => void;

/** What settles the promise that was made last. */
export const newest: { resolve: ResolveAnswer; reject: RejectAnswer } = {
  resolve: () => {},
  reject: () => {},
};

/** A promise to be settled with `newest`, read before another is made. */
export function newPromise(): Promise<HttpResponse> {
  return new Promise<HttpResponse>(grab);
}

function grab(resolve: ResolveAnswer, reject: RejectAnswer): void {
  newest.resolve = resolve;
  newest.reject = reject;
}
