// Parsers of answers that are coming in, lent out from the first byte of an answer to its last: a
// thread with thousands of connections needs as many as answers are half here, which is mostly one. The
// one that was used last is used next, because it knows the head of the answer before.

import { ResponseParser } from "./parser.ts";

const KEPT_MAX = 64;

const kept: ResponseParser[] = [];

/** A parser that is ready for the answer to a request of `method`. */
export function takeParser(method: string): ResponseParser {
  const parser = kept.pop() ?? new ResponseParser();
  parser.reset(method);
  return parser;
}

/** Gives a parser back; whether the connection is kept may still be asked until the next `takeParser`. */
export function giveBackParser(parser: ResponseParser): void {
  parser.letGo();
  if (kept.length < KEPT_MAX) kept.push(parser);
}
