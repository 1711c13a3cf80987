// A load in words: what will be fired, before it is.

import { formatCount, formatDuration, formatRate } from "../base/units.ts";
import { RateCurve } from "../pace/curve.ts";
import type { ClosedModel, LoadModel, OpenModel } from "./load-model.ts";
import type { Think } from "./think.ts";

export interface LoadInWords {
  readonly load: LoadModel;
  readonly runTimeUs: number;
  /** Turrets that serve the definition. */
  readonly turrets: number;
}

/** One line for what each turret does, and one for the total where there are several. */
export function loadInWords(parts: LoadInWords): string[] {
  const { load, turrets } = parts;
  const { model } = load;
  const text =
    model.kind === "open" ? openInWords(model, load.cannons) : closedInWords(model, parts);
  const mix = load.mix.length === 0 ? "" : `, a mix of ${load.mix.length} scripts`;
  if (turrets <= 1) return [text + mix];
  const who = load.isSplit ? `all ${turrets} turrets together` : `each of ${turrets} turrets`;
  const total = totalInWords(parts);
  return [`${who}: ${text}${mix}`, ...(total === "" || load.isSplit ? [] : [total])];
}

/** Transactions that the load makes at the most; undefined where only time ends it. */
export function plannedTransactions(load: LoadModel): number | undefined {
  const { model } = load;
  if (model.kind === "open") return Math.ceil(new RateCurve(model.segments).expected - 1e-9);
  if (model.iterations === undefined) return undefined;
  if (model.cycles.length > 0) {
    return model.cycles.reduce((sum, users) => sum + users, 0) * model.iterations;
  }
  return model.areIterationsShared ? model.iterations : model.iterations * load.cannons;
}

function totalInWords({ load, turrets }: LoadInWords): string {
  const planned = plannedTransactions(load);
  if (planned === undefined) return `in all: ${formatCount(load.cannons * turrets)} cannons`;
  return `in all: ${formatCount(planned * turrets)} transactions`;
}

function closedInWords(model: ClosedModel, { load, runTimeUs }: LoadInWords): string {
  const { iterations, think, pacingUs } = model;
  const waits =
    (think === undefined ? "" : `, thinking ${thinkInWords(think)}`) +
    (pacingUs === 0 ? "" : `, one every ${formatDuration(pacingUs)} each`);
  if (model.cycles.length > 0) {
    const total = plannedTransactions(load) ?? 0;
    return (
      `${model.cycles.map(formatCount).join(", then ")} users, ` +
      `${formatCount(iterations ?? 0)} transactions each: ${formatCount(total)} in all${waits}`
    );
  }
  const users = usersInWords(model, load.cannons);
  if (iterations === undefined) return `${users}, for ${formatDuration(runTimeUs)}${waits}`;
  if (model.areIterationsShared) {
    return `${users}, ${formatCount(iterations)} transactions together${waits}`;
  }
  const total = iterations * load.cannons;
  return `${users}, ${formatCount(iterations)} transactions each: ${formatCount(total)} in all${waits}`;
}

function usersInWords(model: ClosedModel, cannons: number): string {
  const noun = cannons === 1 ? "1 cannon" : `${formatCount(cannons)} cannons`;
  const stages = model.stages.filter((stage) => stage.durationUs > 0);
  const isFlat = stages.every((stage) => stage.fromCannons === stage.toCannons);
  if (stages.length <= 1 && isFlat) return `${noun} at once`;
  const [first] = stages;
  if (stages.length === 2 && first?.fromCannons === 0 && first.toCannons === cannons) {
    return `${noun}, started over ${formatDuration(first.durationUs)}`;
  }
  const path = stages.map(
    (stage) =>
      `${stage.fromCannons === stage.toCannons ? "" : "to "}${formatCount(stage.toCannons)} ` +
      `${stage.fromCannons === stage.toCannons ? "for" : "within"} ${formatDuration(stage.durationUs)}`,
  );
  return `cannons: ${path.join(", ")}`;
}

function openInWords(model: OpenModel, cannons: number): string {
  const spacing = model.spacing === "even" ? "evenly spaced" : "Poisson arrivals";
  const exact = model.spacing === "poisson" && model.hasExactCount ? ", exact count" : "";
  const pieces = model.segments.filter((segment) => segment.durationUs > 0);
  const path = pieces.map(({ durationUs, fromPerSec, toPerSec }) => {
    const rate = toPerSec === 0 ? "0/s" : formatRate(toPerSec);
    const time = formatDuration(durationUs);
    if (fromPerSec === toPerSec) return `at ${rate} for ${time}`;
    return `${toPerSec > fromPerSec ? "up" : "down"} to ${rate} within ${time}`;
  });
  const expected = Math.ceil(new RateCurve(model.segments).expected - 1e-9);
  return (
    `transactions arrive ${path.join(", ")}, ${spacing}${exact}: ` +
    `${formatCount(expected)} in all; at most ${formatCount(cannons)} in flight`
  );
}

function thinkInWords(think: Think): string {
  switch (think.kind) {
    case "fixed":
      return formatDuration(think.meanUs);
    case "uniform":
      return `${formatDuration(think.lowUs)} to ${formatDuration(think.highUs)}`;
    case "exponential":
      return `${formatDuration(think.meanUs)} in the mean, exponential`;
    case "normal":
      return `${formatDuration(think.meanUs)} in the mean, normal`;
  }
}
