// Which of many differences are real, all of them looked at together. Benjamini and Hochberg's rule
// (1995), with weights (Genovese, Roeder and Wasserman 2006):
//
//   sort chance / weight; the largest i for which it is at most i / m x share, and all before it, count
//
// Where nothing differs, the chance of any alarm at all is at most `share`, however many timers there
// are: what a build that fails at night needs. Where something differs, of all that is told at most
// that share is wrong on average, and each thing found eases the others, so that a change of the whole
// server is found in every timer. Holm's rule would hold the chance of one false word even then, at
// the price of overlooking most of them.
//
// `chanceAt(i)` is the level that test i was held against, so that an interval of that coverage
// excludes zero exactly when the test counts (Benjamini and Yekutieli 2005).

export interface Hypothesis {
  /** The chance of a difference as large as this where there is none. */
  readonly chance: number;
  /** Relative importance; above 0. */
  readonly weight: number;
}

export interface Discoveries {
  readonly isFound: readonly boolean[];
  /** The level of each test's interval. */
  readonly levels: readonly number[];
}

export function discover(hypotheses: readonly Hypothesis[], share: number): Discoveries {
  const m = hypotheses.length;
  const total = hypotheses.reduce((sum, { weight }) => sum + weight, 0);
  const parts = hypotheses.map(({ weight }) => (share * weight) / total);
  const ranked = hypotheses
    .map(({ chance }, i) => chance / (parts[i] as number))
    .sort((a, b) => a - b);
  let found = 0;
  for (let i = 0; i < m; i++) if ((ranked[i] as number) <= i + 1) found = i + 1;
  const eased = Math.max(1, found);
  const levels = parts.map((part) => Math.min(1, part * eased));
  return {
    levels,
    isFound: hypotheses.map(({ chance }, i) => found > 0 && chance <= (levels[i] as number)),
  };
}
