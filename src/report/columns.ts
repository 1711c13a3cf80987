// What all parts of the report's model are made of.

import type { Summary } from "../stats/summary.ts";

/** Values of regular steps; null is a step without one. */
export type Column = readonly (number | null)[];

export interface Figures extends Summary {
  readonly ratePerSec: number;
  readonly errorPercent: number;
}
