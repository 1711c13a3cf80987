// Whether a load can be changed while it is fired, and to what.

import { CONTROL_LIMIT } from "../pace/control.ts";
import { LOAD_LIMIT, type LoadModel } from "./load-model.ts";

/** Why the cannons or the rate of a load cannot be changed while it goes; "" where they can. */
export function whyUnchangeable({ model }: LoadModel, kind: "cannons" | "rate"): string {
  if (model.kind === "open") {
    if (kind === "cannons") return "it fires by a rate: change that";
    if (model.spacing === "poisson" && model.hasExactCount) {
      return "its number of arrivals is exact (exact_count)";
    }
    return "";
  }
  if (kind === "rate") return "it has no rate, it fires by cannons: change those";
  if (model.cycles.length > 0) return "it fires in cycles";
  if (model.iterations !== undefined && !model.areIterationsShared) {
    return "its transactions are counted for each cannon (iterations)";
  }
  return "";
}

/** What is wrong with a value; "" for nothing. */
export function whyNoValue(
  kind: "cannons" | "rate",
  { value, isPercent }: { readonly value: number; readonly isPercent: boolean },
): string {
  if (isPercent) {
    const { percent } = CONTROL_LIMIT;
    return value >= 0 && value <= percent ? "" : `percent are a number from 0 to ${percent}`;
  }
  if (kind === "rate") {
    const { ratePerSec } = LOAD_LIMIT;
    return value >= 0 && value <= ratePerSec ? "" : `a rate is a number from 0 to ${ratePerSec}`;
  }
  const { cannons } = LOAD_LIMIT;
  const isUsable = Number.isInteger(value) && value >= 0 && value <= cannons;
  return isUsable ? "" : `cannons are a whole number from 0 to ${cannons}`;
}
