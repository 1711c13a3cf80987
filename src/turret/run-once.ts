// once() of scripts for the whole run, between a turret's crew and its HQ. What may have been lost on
// the wire is said again every second until the HQ has told what came out.

import type { TurretMessage } from "../protocol/messages.ts";
import { type OnceOutcome, onceResult } from "../protocol/once.ts";

const AGAIN_US = 1_000_000;

interface Question {
  saidUs: number;
  outcome: OnceOutcome | undefined;
}

export class RunOnce {
  readonly #runId: string;
  readonly #send: (message: TurretMessage) => void;
  readonly #questions = new Map<string, Question>();

  constructor(runId: string, send: (message: TurretMessage) => void) {
    this.#runId = runId;
    this.#send = send;
  }

  ask(name: string, nowUs: number): void {
    const question = { saidUs: nowUs, outcome: undefined };
    this.#questions.set(name, question);
    this.#say(name, question);
  }

  /** This turret has done it. */
  done(name: string, outcome: OnceOutcome, nowUs: number): void {
    const question = { saidUs: nowUs, outcome };
    // A failure is over with the telling: whoever asks next tries again.
    if (outcome.isOk) this.#questions.set(name, question);
    else this.#questions.delete(name);
    this.#say(name, question);
  }

  /** The HQ told it: nothing is left to say. True where it was waited for. */
  told(name: string): boolean {
    return this.#questions.delete(name);
  }

  /** True while a question is open that this turret has not answered itself. */
  isAsking(name: string): boolean {
    const question = this.#questions.get(name);
    return question !== undefined && question.outcome === undefined;
  }

  tick(nowUs: number): void {
    for (const [name, question] of this.#questions) {
      if (nowUs - question.saidUs < AGAIN_US) continue;
      question.saidUs = nowUs;
      this.#say(name, question);
    }
  }

  #say(name: string, { outcome }: Question): void {
    const runId = this.#runId;
    if (outcome === undefined) this.#send({ type: "once-wanted", runId, name });
    else this.#send({ type: "once-done", runId, ...onceResult(name, outcome) });
  }
}
