// What all sources together had of something. Every thread samples its own once a second, so the samples
// of one second add up to what all had, and those of a stretch are as many times that as it has seconds.

/** What all had at once, on average over `seconds`; undefined where nobody told. */
export function gaugeLevel(
  samples: { readonly count: number; readonly sum: number },
  seconds: number,
): number | undefined {
  return samples.count === 0 || seconds <= 0 ? undefined : samples.sum / seconds;
}
