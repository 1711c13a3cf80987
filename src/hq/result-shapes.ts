// The fast way to read a result of protocol 1. Turrets send the same text over and over with other
// numbers in it: what stands between the numbers is learned from messages that were read in full, as a
// tree of segments, and the next message is compared with it four bytes at a time.
//
//   {"elapsed": | elapsed | , "epoch": | epoch | , "scriptrun_time": | scriptrun |
//     , "error": "", "custom_timers": {"home": | a timer | }}
//
// A message of the same segments says the same with other numbers, so the end of a path holds all that
// the segments say. What fits no path, or has a number that is not plain, is read in full.

import { NumberScanner, SCAN_MARGIN_BYTES } from "./number-scanner.ts";
import { findNumbers, type NumberSpan, RESULT_FIELD, type ResultField } from "./result-spans.ts";

export const SHAPES_LIMIT = {
  /** Segments in the tree; a full tree learns nothing more. */
  segments: 4_096,
  /** Segments that may follow one number. */
  branches: 32,
  segmentBytes: 1_024,
  timers: 64,
} as const;

/** Bytes that must follow a message in its buffer for `read`. */
export const READ_MARGIN_BYTES = SHAPES_LIMIT.segmentBytes + SCAN_MARGIN_BYTES;

/** Inside every limit of protocol 1; what is larger is read in full, which says what is wrong. */
const VALUE_MAX_S = 1e9;
const EPOCH_MAX_S = 1e11;

interface Segment<Facts> {
  readonly sizeBytes: number;
  /** The bytes in words of four, and which bits of the last word count. */
  readonly words: Int32Array;
  readonly lastMask: number;
  /** What the number after it is; -1 at the end of a message. */
  readonly field: ResultField | -1;
  readonly facts: Facts | undefined;
  readonly next: Segment<Facts>[];
}

/** `Facts` is what the owner wants to know of a shape besides its numbers. */
export class ResultShapes<Facts> {
  readonly #roots: Segment<Facts>[] = [];
  readonly #scanner = new NumberScanner();
  #segments = 0;
  elapsedS = 0;
  epochS = 0;
  scriptrunS = 0;
  timerCount = 0;
  readonly timerS = new Float64Array(SHAPES_LIMIT.timers);

  get segmentCount(): number {
    return this.#segments;
  }

  get isFull(): boolean {
    return this.#segments >= SHAPES_LIMIT.segments;
  }

  /**
   * Reads the first `sizeBytes` bytes of `view` into the fields; undefined when no shape fits. The view
   * must go on READ_MARGIN_BYTES behind the message; what stands there does not matter.
   */
  read(view: DataView, sizeBytes: number): Facts | undefined {
    const scanner = this.#scanner;
    let branches = this.#roots;
    let at = 0;
    this.timerCount = 0;
    for (;;) {
      const segment = findFitting(branches, view, at);
      if (segment === undefined) return undefined;
      at += segment.sizeBytes;
      if (at >= sizeBytes) return at === sizeBytes ? segment.facts : undefined;
      const { field } = segment;
      if (field === -1) return undefined;
      const value = scanner.scan(view, at);
      if (!(value <= (field === RESULT_FIELD.epoch ? EPOCH_MAX_S : VALUE_MAX_S))) return undefined;
      if (field === RESULT_FIELD.timer) this.timerS[this.timerCount++] = value;
      else if (field === RESULT_FIELD.elapsed) this.elapsedS = value;
      else if (field === RESULT_FIELD.epoch) this.epochS = value;
      else this.scriptrunS = value;
      at = scanner.end;
      branches = segment.next;
    }
  }

  /** Learns the shape of a message that was read in full as one result; false if nothing was new. */
  learn(message: Uint8Array, timerNames: readonly string[], facts: Facts): boolean {
    if (this.isFull || timerNames.length > SHAPES_LIMIT.timers) return false;
    const spans = findNumbers(message, timerNames);
    if (spans === undefined) return false;
    const before = this.#segments;
    this.#grow(message, spans, facts);
    return this.#segments > before;
  }

  #grow(message: Uint8Array, spans: readonly NumberSpan[], facts: Facts): void {
    let branches = this.#roots;
    let at = 0;
    for (const span of spans) {
      const part = message.subarray(at, span.start);
      const segment = this.#branch(branches, makeSegment<Facts>(part, span.field, undefined));
      if (segment === undefined) return;
      branches = segment.next;
      at = span.end;
    }
    this.#branch(branches, makeSegment(message.subarray(at), -1, facts));
  }

  #branch(branches: Segment<Facts>[], made: Segment<Facts>): Segment<Facts> | undefined {
    const known = branches.find((segment) => isSame(segment, made));
    if (known !== undefined) return known;
    const hasRoom = !this.isFull && branches.length < SHAPES_LIMIT.branches;
    if (!hasRoom || made.sizeBytes > SHAPES_LIMIT.segmentBytes) return undefined;
    this.#segments++;
    branches.push(made);
    return made;
  }
}

function makeSegment<Facts>(
  part: Uint8Array,
  field: ResultField | -1,
  facts: Facts | undefined,
): Segment<Facts> {
  const padded = new Uint8Array(Math.ceil(part.length / 4) * 4);
  padded.set(part);
  const used = part.length % 4;
  const lastMask = used === 0 ? -1 : (1 << (used * 8)) - 1;
  const words = new Int32Array(padded.buffer);
  return { sizeBytes: part.length, words, lastMask, field, facts, next: [] };
}

function isSame<Facts>(a: Segment<Facts>, b: Segment<Facts>): boolean {
  const isAlike = a.sizeBytes === b.sizeBytes && a.field === b.field;
  return isAlike && a.words.every((word, i) => word === b.words[i]);
}

// The branch whose bytes stand at `start`; what fits comes nearer to the front.
function findFitting<Facts>(
  branches: Segment<Facts>[],
  view: DataView,
  start: number,
): Segment<Facts> | undefined {
  for (let i = 0; i < branches.length; i++) {
    const segment = branches[i] as Segment<Facts>;
    if (!fits(segment.words, segment.lastMask, view, start)) continue;
    if (i > 0) {
      branches[i] = branches[i - 1] as Segment<Facts>;
      branches[i - 1] = segment;
    }
    return segment;
  }
  return undefined;
}

function fits(words: Int32Array, lastMask: number, view: DataView, start: number): boolean {
  const last = words.length - 1;
  let at = start;
  for (let i = 0; i < last; i++, at += 4) {
    if (view.getInt32(at, true) !== words[i]) return false;
  }
  return ((view.getInt32(at, true) ^ (words[last] as number)) & lastMask) === 0;
}
