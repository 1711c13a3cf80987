// A turret on the oct link: joins an HQ, loads what it is assigned, fires at the common instant, hands
// over every batch, and is there for the next run. A polled machine: `tick` is called every few
// milliseconds and nothing else moves it. States and moves: protocol/states.ts.
//
// Losing the HQ: nothing heard for `HQ_SILENCE_US` means hello is said again on a fresh connection;
// nothing heard for the run's `hqLossUs` means the cannons cease, because a load must not go on
// unattended. What was measured is kept and handed over when the same run's HQ is back.

import { MalformedBytes } from "../base/bytes.ts";
import { EXIT } from "../base/errors.ts";
import { formatDuration } from "../base/units.ts";
import { oneLine } from "../config/one-line.ts";
import { decodeHqMessage, encodeTurretMessage } from "../protocol/codec.ts";
import type { HqMessage, TurretMessage } from "../protocol/messages.ts";
import { isBusy, moveTurret, type TurretState } from "../protocol/states.ts";
import { ClockOffset } from "./clock-offset.ts";
import type { TurretOptions } from "./turret-options.ts";
import { type Assignment, NO_TOTALS, TurretRun } from "./turret-run.ts";

const HELLO_US = 1_000_000;
const HEARTBEAT_US = 1_000_000;
const HQ_SILENCE_US = 4_000_000;
/** An HQ says a word every second: less than this is a slow moment and no loss. */
const HQ_LOSS_MIN_US = 2_500_000;
const BYE_US = 1_000_000;
/** After Ctrl-C: how long the HQ has to take what is left. */
const LEAVE_LIMIT_US = 10_000_000;
const FIRST_PINGS = 8;
const FIRST_PING_US = 25_000;
const PING_US = 5_000_000;
const MESSAGES_PER_TICK = 2_000;
/** Characters of an HQ's reason that are shown. */
const REASON_SHOWN = 4_000;

export class Turret {
  readonly #options: TurretOptions;
  readonly #offset = new ClockOffset();
  #state: TurretState = "joining";
  #run: TurretRun | undefined;
  #pendingStart: Extract<HqMessage, { type: "start" }> | undefined;
  #isJoined = false;
  /** The run that the HQ commanded last, and the one whose HQ has let this turret go. */
  #hqRunId = "";
  #leftRunId = "";
  #hasSaidWaiting = false;
  #isLeavingForGood = false;
  #heardUs: number;
  #helloUs = Number.NEGATIVE_INFINITY;
  #heartbeatUs = Number.NEGATIVE_INFINITY;
  #pingUs = Number.NEGATIVE_INFINITY;
  #byeUs = Number.NEGATIVE_INFINITY;
  #leaveByUs = Number.POSITIVE_INFINITY;
  #malformedCount = 0;
  #exitCode: number = EXIT.ok;

  constructor(options: TurretOptions) {
    this.#options = options;
    this.#heardUs = options.clock.nowUs();
  }

  get state(): TurretState {
    return this.#state;
  }

  get isOver(): boolean {
    return this.#state === "gone" || this.#state === "refused";
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  /** Messages from the HQ that could not be read. */
  get malformedCount(): number {
    return this.#malformedCount;
  }

  /** One turn: what has arrived, what is due, what is to be sent. */
  tick(): void {
    if (this.isOver) return;
    const nowUs = this.#options.clock.nowUs();
    for (let i = 0; i < MESSAGES_PER_TICK && !this.isOver; i++) {
      const frame = this.#options.link.receive();
      if (frame === undefined) break;
      this.#take(frame, nowUs);
    }
    if (this.isOver) return;
    this.#watchHq(nowUs);
    this.#sayHello(nowUs);
    if (this.#isJoined) this.#keepUp(nowUs);
    if (nowUs > this.#leaveByUs) this.#endForGood();
  }

  /** Ends the turret: cannons finish, results are handed over, then it is gone. */
  stop(reason: string): void {
    if (this.isOver) return;
    this.#isLeavingForGood = true;
    this.#leaveByUs = this.#options.clock.nowUs() + LEAVE_LIMIT_US;
    const run = this.#run;
    if (this.#state === "firing" && run !== undefined) {
      this.#leaveByUs += run.assignment.graceUs;
      this.#drain(run.assignment.graceUs);
      return;
    }
    if (isBusy(this.#state)) return;
    this.#send({ type: "bye", runId: run?.runId ?? "", reason, totals: NO_TOTALS });
    this.#endForGood();
  }

  /** Frees threads and opened packs at once. */
  close(): void {
    this.#run?.close();
    this.#run = undefined;
    this.#options.packStore.close();
  }

  #take(frame: Uint8Array, nowUs: number): void {
    let message: HqMessage;
    try {
      message = decodeHqMessage(frame);
    } catch (thrown) {
      if (!(thrown instanceof MalformedBytes)) throw thrown;
      this.#malformedCount++;
      return;
    }
    this.#heardUs = nowUs;
    this.#obey(message);
  }

  #obey(message: HqMessage): void {
    switch (message.type) {
      case "refused":
        return this.#refused(message.reason);
      case "pong":
        this.#offset.add({
          sentUs: message.sentTurretUs,
          hqUs: message.hqUs,
          receivedUs: this.#options.clock.nowUs(),
        });
        return this.#startIfPending();
      case "heartbeat":
        return this.#welcome(message.runId);
      case "assign":
        return this.#assigned(message);
      case "pack-chunk":
        return this.#run?.takeChunk(message);
      case "start":
        return this.#start(message);
      case "stop":
        return this.#stopRun(message.runId, message.graceUs);
      case "ack":
        return this.#acknowledged(message);
      case "control":
        if (this.#run?.runId === message.runId) this.#run.takeControl(message, this.#state);
        return;
      case "once-granted":
      case "once-told":
        if (this.#run?.runId === message.runId) this.#run.takeOnce(message);
        return;
      case "released":
        return this.#released(message.runId);
    }
  }

  #refused(reason: string): void {
    this.#options.onLine(`refused by the HQ: ${oneLine(reason, REASON_SHOWN)}`);
    this.#exitCode = EXIT.failed;
    this.#dropRun();
    this.#move(this.#state === "firing" || this.#state === "draining" ? "gone" : "refused");
  }

  /** The HQ answered; `runId` is the run it commands. */
  #welcome(runId: string): void {
    if (runId === this.#leftRunId) return;
    this.#hqRunId = runId;
    if (!this.#isJoined) {
      this.#isJoined = true;
      this.#hasSaidWaiting = false;
      this.#pingUs = Number.NEGATIVE_INFINITY;
      this.#options.onLine(`joined the HQ at ${this.#options.shownHq}`);
    }
    if (this.#state === "joining") this.#move("idle");
    const run = this.#run;
    if (run === undefined || run.runId === runId) return;
    if (this.#state === "firing") this.#drain(0);
    else if (!isBusy(this.#state)) this.#dropRun();
  }

  #assigned(assignment: Assignment): void {
    this.#welcome(assignment.runId);
    if (this.#run?.runId === assignment.runId && this.#state !== "failed") return;
    if (this.#state === "firing" || this.#state === "draining") return;
    this.#dropRun();
    this.#move("loading");
    this.#pendingStart = undefined;
    const run = new TurretRun(assignment, {
      clock: this.#options.clock,
      loadCrew: this.#options.loadCrew,
      packStore: this.#options.packStore,
      cores: this.#options.cores,
      send: (message) => this.#send(message),
      onLine: this.#options.onLine,
      onLoaded: (loaded, error) => this.#loaded(loaded, error),
      onDrained: (drained) => this.#drained(drained),
    });
    this.#run = run;
    run.load();
  }

  #loaded(run: TurretRun, error: string): void {
    if (run !== this.#run || this.#state !== "loading") return;
    const name = run.turretName;
    this.#options.onLine(error === "" ? `${name}: ready` : `${name}: Aborted: ${error}`);
    this.#move(error === "" ? "ready" : "failed");
    this.#sayReady(run, error);
    this.#startIfPending();
  }

  #startIfPending(): void {
    if (this.#pendingStart !== undefined) this.#start(this.#pendingStart);
  }

  #readyError = "";

  #sayReady(run: TurretRun, error: string): void {
    this.#readyError = error.slice(0, 4000);
    this.#send({ type: "ready", runId: run.runId, error: this.#readyError });
  }

  #start(message: Extract<HqMessage, { type: "start" }>): void {
    const run = this.#run;
    if (run === undefined || run.runId !== message.runId) return;
    // Without a measured offset the HQ's instant means nothing here: the next pong is awaited.
    if (this.#state === "loading" || (this.#state === "ready" && this.#offset.count === 0)) {
      this.#pendingStart = message;
      return;
    }
    if (this.#state !== "ready") return;
    this.#pendingStart = undefined;
    this.#move("firing");
    this.#options.onLine(`${run.turretName}: Running`);
    run.start(message, this.#offset.offsetUs);
    this.#send({ type: "started", runId: run.runId, error: "" });
  }

  #stopRun(runId: string, graceUs: number): void {
    const run = this.#run;
    if (run === undefined || run.runId !== runId) return;
    if (this.#state === "firing") return this.#drain(graceUs);
    if (this.#state !== "loading" && this.#state !== "ready" && this.#state !== "failed") return;
    this.#send({ type: "bye", runId, reason: "not started", totals: NO_TOTALS });
    this.#dropRun();
    this.#move("idle");
  }

  #drain(graceUs: number): void {
    this.#move("draining");
    this.#run?.stop(graceUs);
  }

  #drained(run: TurretRun): void {
    if (run !== this.#run) return;
    // The cannons ended by themselves at the end of the run time, before the HQ said stop.
    if (this.#state === "firing") this.#move("draining");
    if (this.#state !== "draining") return;
    this.#move("leaving");
    this.#byeUs = Number.NEGATIVE_INFINITY;
    this.#options.onLine(`${run.turretName}: fired ${run.totals().transactions} transactions`);
  }

  #acknowledged(message: Extract<HqMessage, { type: "ack" }>): void {
    const run = this.#run;
    if (run === undefined || run.runId !== message.runId) return;
    this.#welcome(message.runId);
    run.acknowledge(message.sequence, message.wantRows);
  }

  #released(runId: string): void {
    if (this.#state === "idle" && runId === this.#hqRunId) return this.#seekNext(runId);
    const run = this.#run;
    if (run === undefined || run.runId !== runId || this.#state !== "leaving") return;
    this.#dropRun();
    if (this.#isLeavingForGood) return this.#endForGood();
    this.#move("idle");
    this.#options.onLine("ready for the next run");
    this.#seekNext(runId);
  }

  // An HQ commands one run and ends with it. Who waited for it to fall silent would be deaf to the next
  // HQ for seconds: hello goes out from now on, and what the last one still says is no answer to it.
  #seekNext(runId: string): void {
    this.#leftRunId = runId;
    this.#isJoined = false;
    this.#offset.clear();
    this.#helloUs = this.#options.clock.nowUs();
  }

  #dropRun(): void {
    const lost = this.#run?.undelivered() ?? "";
    if (lost !== "") this.#options.onLine(lost);
    this.#run?.close();
    this.#run = undefined;
  }

  #watchHq(nowUs: number): void {
    const silentUs = nowUs - this.#heardUs;
    const run = this.#run;
    const lossUs = Math.max(HQ_LOSS_MIN_US, run?.assignment.hqLossUs ?? 0);
    if (this.#state === "firing" && run !== undefined && silentUs > lossUs) {
      const limit = formatDuration(lossUs);
      this.#options.onLine(`the HQ was lost for ${limit}: stopping fire, results are kept`);
      this.#drain(run.assignment.graceUs);
    }
    if (!this.#isJoined || silentUs <= HQ_SILENCE_US) return;
    this.#isJoined = false;
    this.#offset.clear();
    this.#options.link.reset();
    this.#helloUs = Number.NEGATIVE_INFINITY;
    this.#run?.outbox.rewind();
    if (isBusy(this.#state)) {
      this.#options.onLine("the HQ is silent: trying to join it again");
      return;
    }
    this.#dropRun();
    if (this.#state !== "joining") this.#move("joining");
  }

  #sayHello(nowUs: number): void {
    if (this.#isJoined || nowUs - this.#helloUs < HELLO_US) return;
    const isFirst = this.#helloUs === Number.NEGATIVE_INFINITY;
    this.#helloUs = nowUs;
    if (!isFirst && !this.#hasSaidWaiting) {
      this.#hasSaidWaiting = true;
      this.#options.onLine(`waiting for the HQ at ${this.#options.shownHq}`);
    }
    const { octVersion, uuid, name, host, pid, cores, platform } = this.#options;
    this.#send({
      type: "hello",
      octVersion,
      uuid,
      name,
      host,
      pid,
      cores,
      platform,
      runId: this.#run?.runId ?? "",
      state: this.#state,
    });
  }

  #keepUp(nowUs: number): void {
    const run = this.#run;
    const pingUs = this.#offset.count < FIRST_PINGS ? FIRST_PING_US : PING_US;
    if (nowUs - this.#pingUs >= pingUs) {
      this.#pingUs = nowUs;
      this.#send({ type: "ping", sentTurretUs: this.#options.clock.nowUs() });
    }
    if (nowUs - this.#heartbeatUs >= HEARTBEAT_US) {
      this.#heartbeatUs = nowUs;
      const { errorUs } = this.#offset;
      const isTold = Number.isFinite(errorUs);
      const stats = {
        ...(run?.stats() ?? {}),
        ...(isTold ? { clock_error_us: Math.round(errorUs) } : {}),
      };
      this.#send({ type: "heartbeat", runId: run?.runId ?? "", state: this.#state, stats });
      // Said again until the start comes: the first may have been lost with a connection.
      if (run !== undefined && (this.#state === "ready" || this.#state === "failed")) {
        this.#send({ type: "ready", runId: run.runId, error: this.#readyError });
      }
    }
    run?.tick(nowUs);
    run?.sendBatches();
    if (run !== undefined && this.#state === "leaving") this.#sayBye(run, nowUs);
  }

  #sayBye(run: TurretRun, nowUs: number): void {
    if (!run.outbox.isAllSent || nowUs - this.#byeUs < BYE_US) return;
    this.#byeUs = nowUs;
    const reason = this.#isLeavingForGood ? "stopped by its operator" : "done";
    this.#send({ type: "bye", runId: run.runId, reason, totals: run.totals() });
  }

  #endForGood(): void {
    if (this.#run?.outbox.isEmpty === false) this.#exitCode = EXIT.dataMissing;
    this.#dropRun();
    this.#state = "gone";
  }

  #move(to: TurretState): void {
    this.#state = moveTurret(this.#state, to);
  }

  #send(message: TurretMessage): boolean {
    return this.#options.link.send(encodeTurretMessage(message));
  }
}
