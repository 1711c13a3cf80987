// What outputs tell while a run goes. Each is told of seconds, moments, rows and events as they come, makes
// its reports from them, and hands these to its delivery: nothing here waits.

import { formatCount } from "../base/units.ts";
import type { HqOutcome, LiveRun, RunObserver } from "../hq/types.ts";
import type { LiveView } from "../live/types.ts";
import type { Batch } from "../stats/batch.ts";
import type { EventRecord } from "../store/records.ts";
import type { Delivery, Payload } from "./delivery.ts";
import { influxLines } from "./influx.ts";
import {
  endLine,
  eventLine,
  JSON_LINES_LIMIT,
  runLine,
  sampleLines,
  secondLine,
} from "./json-lines.ts";
import { liveFamilies } from "./live-metrics.ts";
import { type Labels, type MetricFamily, metricsOf } from "./metrics.ts";
import { otlpBody } from "./otlp.ts";
import { remoteWriteBody } from "./remote-write.ts";
import { SecondWindow, type ToldSecond } from "./second-window.ts";
import { datagrams, statsdLines } from "./statsd.ts";

/** One output of a run that goes. */
export interface ToldOutput {
  readonly delivery: Delivery;
  start?(run: LiveRun): void;
  batch?(batch: Batch): void;
  event?(event: EventRecord): void;
  /** A second whose results have come. */
  second?(told: ToldSecond, run: LiveRun): void;
  /** All that came so far, about once a second. */
  moment?(run: LiveRun): void;
  end?(run: LiveRun, outcome: HqOutcome): void;
  /** What else people should know of it, in lines. */
  notes?(): readonly string[];
}

/** What names a run to metric systems. */
export function runLabels(run: LiveRun): Labels {
  return { project: run.facts.project, run: run.facts.runId };
}

abstract class MetricsOutput implements ToldOutput {
  readonly delivery: Delivery;
  readonly #viewOf: () => LiveView;
  #leftOut = 0;

  /** `viewOf` gives the run as it is now. */
  constructor(delivery: Delivery, viewOf: () => LiveView) {
    this.delivery = delivery;
    this.#viewOf = viewOf;
  }

  moment(run: LiveRun): void {
    const { aggregate } = run;
    const view = this.#viewOf();
    const metrics = metricsOf({
      totals: (kind) => aggregate.totals(kind),
      measuredS: view.measuredS,
      turrets: view.turretCount,
      lostTurrets: view.lostTurrets,
    });
    this.#leftOut = metrics.leftOut;
    const families = [...metrics.families, ...liveFamilies(view)];
    this.delivery.offer({ body: this.render(families, run), units: 1 });
  }

  // The last report has the figures of the run's report.
  end(run: LiveRun): void {
    this.moment(run);
  }

  notes(): readonly string[] {
    return this.#leftOut === 0
      ? []
      : [`${this.delivery.name}: ${this.#leftOut} names are past the first 200 and were not sent`];
  }

  protected abstract render(families: readonly MetricFamily[], run: LiveRun): Payload["body"];
}

/** Prometheus remote write: everything so far, each second. */
export class RemoteWriteOutput extends MetricsOutput {
  protected render(families: readonly MetricFamily[], run: LiveRun): Payload["body"] {
    return remoteWriteBody(families, runLabels(run), run.options.clock.wallMs());
  }
}

/** OpenTelemetry metrics: everything so far, each second. */
export class OtlpOutput extends MetricsOutput {
  protected render(families: readonly MetricFamily[], run: LiveRun): Payload["body"] {
    const { facts, startWallMs, options } = run;
    return otlpBody(families, {
      resource: { "oct.project": facts.project, "oct.run.id": facts.runId },
      version: facts.octVersion,
      startWallMs,
      wallMs: options.clock.wallMs(),
    });
  }
}

/** StatsD: what came in each second. */
export class StatsdOutput implements ToldOutput {
  readonly delivery: Delivery;

  constructor(delivery: Delivery) {
    this.delivery = delivery;
  }

  second(told: ToldSecond): void {
    const lines = statsdLines(told);
    if (lines.length === 0) return;
    this.delivery.offer({ body: datagrams(lines).join(DATAGRAM_MARK), units: 1 });
  }
}

/** Between the datagrams of one report. */
export const DATAGRAM_MARK = "\n\n";

/** InfluxDB's line protocol: what came in each second. */
export class InfluxOutput implements ToldOutput {
  readonly delivery: Delivery;

  constructor(delivery: Delivery) {
    this.delivery = delivery;
  }

  second(told: ToldSecond, run: LiveRun): void {
    const lines = influxLines(told, runLabels(run), run.startWallMs);
    if (lines.length > 0) this.delivery.offer({ body: `${lines.join("\n")}\n`, units: 1 });
  }
}

/** JSON lines: facts, every transaction that has a row, seconds, events, the end. */
export class LinesOutput implements ToldOutput {
  readonly delivery: Delivery;
  #lines: string[] = [];
  #samples = 0;
  #transactions = 0;
  #left: number = JSON_LINES_LIMIT.samplesPerSec;

  constructor(delivery: Delivery) {
    this.delivery = delivery;
  }

  start(run: LiveRun): void {
    this.#lines.push(runLine(run.facts, run.startWallMs));
    this.#flush();
  }

  batch(batch: Batch): void {
    const lines = sampleLines(batch.rows, batch.texts, this.#left);
    this.#left -= lines.length;
    this.#samples += lines.length;
    for (const line of lines) this.#lines.push(line);
  }

  event(event: EventRecord): void {
    this.#lines.push(eventLine(event));
  }

  second(told: ToldSecond, run: LiveRun): void {
    this.#lines.push(secondLine(told, run.startWallMs));
  }

  moment(): void {
    this.#left = JSON_LINES_LIMIT.samplesPerSec;
    this.#flush();
  }

  end(run: LiveRun, outcome: HqOutcome): void {
    const { transactions } = run.aggregate;
    this.#transactions = transactions;
    this.#lines.push(
      endLine({
        verdict: outcome.verdict.word,
        reasons: outcome.verdict.reasons,
        reason: outcome.reason,
        transactions,
        samples: this.#samples,
        samplesLeftOut: transactions - this.#samples,
      }),
    );
    this.#flush();
  }

  notes(): readonly string[] {
    if (this.#samples === this.#transactions) return [];
    const of = `${formatCount(this.#samples)} of ${formatCount(this.#transactions)}`;
    return [`${this.delivery.name}: ${of} transactions have a line of their own`];
  }

  #flush(): void {
    if (this.#lines.length === 0) return;
    this.delivery.offer({ body: `${this.#lines.join("\n")}\n`, units: this.#lines.length });
    this.#lines = [];
  }
}

/** Tells all outputs of a run. */
export class Teller implements RunObserver {
  readonly name = "outputs";
  readonly #outputs: readonly ToldOutput[];
  readonly #window: SecondWindow | undefined;
  #hasStarted = false;

  constructor(outputs: readonly ToldOutput[]) {
    this.#outputs = outputs;
    const wantsSeconds = outputs.some((output) => output.second !== undefined);
    this.#window = wantsSeconds ? new SecondWindow() : undefined;
  }

  onStart(run: LiveRun): void {
    this.#hasStarted = true;
    for (const output of this.#outputs) output.start?.(run);
  }

  onBatch(batch: Batch): void {
    this.#window?.add(batch);
    for (const output of this.#outputs) output.batch?.(batch);
  }

  onEvent(event: EventRecord): void {
    if (!this.#hasStarted) return;
    for (const output of this.#outputs) output.event?.(event);
  }

  onSecond(run: LiveRun): void {
    this.#tellSeconds(this.#window?.settled(run.atUs() / 1e6) ?? [], run);
    for (const output of this.#outputs) output.moment?.(run);
  }

  onEnd(run: LiveRun, outcome: HqOutcome): void {
    if (!this.#hasStarted) return;
    this.#tellSeconds(this.#window?.rest() ?? [], run);
    for (const output of this.#outputs) output.end?.(run, outcome);
  }

  #tellSeconds(seconds: readonly ToldSecond[], run: LiveRun): void {
    for (const told of seconds) {
      for (const output of this.#outputs) output.second?.(told, run);
    }
  }
}
