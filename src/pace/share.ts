// Who does what: exact division of a load among turrets, and of a turret's part among its threads.
// Item k (an arrival, a cannon, an iteration) belongs to part k mod n, so parts differ by one item at
// most, the remainder goes to the first ones, and a part steps through its own items without a search.

import { assert } from "../base/assert.ts";

/** Every `parts`-th item, from item `index`. */
export interface Share {
  readonly index: number;
  readonly parts: number;
}

/** The share of one who does everything. */
export const WHOLE_SHARE: Share = { index: 0, parts: 1 };

const RATE_UNITS_PER_SEC = 1_000_000;

/** A part of a part: thread `inner` of turret `outer`. */
export function shareWithin(outer: Share, inner: Share): Share {
  return { index: outer.index + outer.parts * inner.index, parts: outer.parts * inner.parts };
}

/** How many of `total` items are the share's. */
export function sharedCount(total: number, share: Share): number {
  const { index, parts } = share;
  assert(index >= 0 && index < parts, "a share is one of its parts");
  const each = Math.floor(total / parts);
  return each + (index < total - each * parts ? 1 : 0);
}

/** The share's own item number `position` (from 0). */
export function sharedItem(position: number, share: Share): number {
  return share.index + position * share.parts;
}

/** The part that item `k` belongs to. */
export function ownerOf(k: number, parts: number): number {
  return k % parts;
}

/** The share's items below `total`, ascending. */
export function* sharedItems(total: number, share: Share): Generator<number> {
  for (let k = share.index; k < total; k += share.parts) yield k;
}

/** Position of the first of the share's items that is `k` or later. */
export function positionAtLeast(k: number, share: Share): number {
  return Math.max(0, Math.ceil((k - share.index) / share.parts));
}

/** A part of a rate, exact in millionths of an arrival a second: those of all parts add up. */
export function sharedRatePerSec(ratePerSec: number, share: Share): number {
  const units = Math.round(ratePerSec * RATE_UNITS_PER_SEC);
  return sharedCount(units, share) / RATE_UNITS_PER_SEC;
}
