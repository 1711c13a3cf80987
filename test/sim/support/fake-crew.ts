// A crew that fires nothing: a test says what its cannons did and when.

import { OctError } from "../../../src/base/errors.ts";
import type { ControlSegment } from "../../../src/pace/control.ts";
import { BatchBuilder } from "../../../src/stats/batch.ts";
import { CELL_KIND } from "../../../src/stats/cell.ts";
import type { CrewEvents, Job, LoadCrew } from "../../../src/turret/crew-contract.ts";
import { OUTBOX_LIMIT } from "../../../src/turret/outbox.ts";

export class FakeCrews {
  readonly jobs: Job[] = [];
  readonly crews: FakeCrew[] = [];
  loadError = "";

  readonly load: LoadCrew = async (job, events) => {
    this.jobs.push(job);
    if (this.loadError !== "") throw new OctError(this.loadError);
    const crew = new FakeCrew(job, events);
    this.crews.push(crew);
    return crew;
  };

  get last(): FakeCrew {
    return this.crews.at(-1) as FakeCrew;
  }
}

export class FakeCrew {
  readonly #events: CrewEvents;
  readonly #builder: BatchBuilder;
  readonly #slot: number;
  startUs: number | undefined;
  /** Each list of segments that it was told. */
  readonly controls: (readonly ControlSegment[])[] = [];
  stopGraceUs: number | undefined;
  context: object = {};
  isRowWanted = true;
  isClosed = false;
  fired = 0;

  constructor(job: Job, events: CrewEvents) {
    this.#events = events;
    this.#builder = new BatchBuilder({ turretName: job.turretName });
    this.#slot = this.#builder.slot(CELL_KIND.timer, "");
  }

  start(startUs: number): void {
    this.startUs = startUs;
  }

  control(segments: readonly ControlSegment[]): void {
    this.controls.push(segments);
  }

  stop(graceUs: number): void {
    this.stopGraceUs = graceUs;
  }

  grantOnce(): void {}

  tellOnce(): void {}

  setContext(context: object): void {
    this.context = { ...this.context, ...context };
  }

  wantRows(isWanted: boolean): void {
    this.isRowWanted = isWanted;
    this.#builder.wantRows = isWanted;
  }

  stats() {
    return { transactions: this.fired };
  }

  close(): void {
    this.isClosed = true;
  }

  /** Hands over one batch of `count` transactions of `second`. */
  fire(count: number, second = 0): void {
    for (let i = 0; i < count; i++) {
      this.#builder.countTransaction();
      this.#builder.record(this.#slot, second, 1000 + i, false);
      this.#builder.row({
        elapsedS: second,
        epochS: 1_700_000_000 + second,
        scriptrunS: 0.001,
        responseS: Number.NaN,
        error: "",
        timers: ["a timer", 0.001],
      });
    }
    this.fired += count;
    const taken = this.#builder.take();
    if (taken !== undefined) this.#events.onBatch(taken.bytes, taken.transactions);
  }

  /** Hands over `count` transactions in a batch that is larger than any may be. */
  fireOversize(count: number): void {
    this.fired += count;
    this.#events.onBatch(new Uint8Array(OUTBOX_LIMIT.batchBytes + 1), count);
  }

  /** All cannons have ended; `lost` finished transactions went with their thread. */
  done(parts: DoneParts = {}): void {
    const { unfinished = 0, lost = 0, dropped = 0, replaced = 0 } = parts;
    const started = this.fired + lost + unfinished;
    this.#events.onDone({
      transactions: this.fired + lost,
      planned: started + dropped,
      started,
      dropped,
      unfinished,
      lostTransactions: lost,
      threadsReplaced: replaced,
    });
  }

  /** Says something that people should read. */
  event(level: "info" | "warn" | "error", text: string): void {
    this.#events.onEvent(level, text);
  }
}

interface DoneParts {
  readonly unfinished?: number;
  readonly lost?: number;
  readonly dropped?: number;
  readonly replaced?: number;
}
