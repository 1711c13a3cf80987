// From when on the generator is a part of what it measured: the numbers of the rules that the HQ judges
// by (hq/generator-rules.ts) and that the report shows beside what was measured.

export const GENERATOR_LIMIT = {
  /** Below this no lateness or lag spoils an answer. */
  floorUs: 2_000,
  /** Of the median response time: an error that people would see. */
  share: 0.2,
  /** More arrivals than this share found all cannons busy: lateness is the load's, not the loop's. */
  queuedShare: 0.01,
  /** Fewer samples have no p99 worth the name. */
  samplesMin: 100,
} as const;

/** How late or how lagging 1 % may be, at this median response time. */
export function generatorLimitUs(p50Us: number): number {
  return Math.max(GENERATOR_LIMIT.floorUs, p50Us * GENERATOR_LIMIT.share);
}
