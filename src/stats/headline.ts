// Which of its two clocks a run is told by, the same while it goes and afterwards.

/**
 * Response time where every transaction had an intended start. Where only some had one, theirs would
 * stand for all: then it is service time, and theirs stands beside it.
 */
export function headlineClock(counts: {
  readonly service: number;
  readonly response: number;
}): "service" | "response" {
  return counts.response > 0 && counts.response >= counts.service ? "response" : "service";
}
