// once() inside a thread: cannons of the thread share one question to the crew for each name.

import type { OnceScope } from "../api/context.ts";
import { errorText } from "../base/errors.ts";
import type { JsonValue } from "../base/json.ts";
import type { OnceOutcome } from "../protocol/once.ts";
import type { FromThread } from "./thread-messages.ts";

interface Question {
  readonly run: () => Promise<JsonValue>;
  readonly resolve: (value: JsonValue) => void;
  readonly reject: (error: Error) => void;
  readonly answer: Promise<JsonValue>;
}

export class ThreadOnce {
  readonly #questions = new Map<string, Question>();
  readonly #post: (message: FromThread) => void;
  readonly #onResult: (name: string, value: JsonValue) => void;

  /** `onResult` is told of each result, before who asked. */
  constructor(
    post: (message: FromThread) => void,
    onResult: (name: string, value: JsonValue) => void,
  ) {
    this.#post = post;
    this.#onResult = onResult;
  }

  ask(scope: OnceScope, name: string, run: () => Promise<JsonValue>): Promise<JsonValue> {
    const known = this.#questions.get(name);
    if (known !== undefined) return known.answer;
    const { promise, resolve, reject } = Promise.withResolvers<JsonValue>();
    this.#questions.set(name, { run, resolve, reject, answer: promise });
    this.#post({ type: "once-wanted", scope, name });
    return promise;
  }

  /** It is this thread that does it. */
  async granted(name: string): Promise<void> {
    const question = this.#questions.get(name);
    if (question === undefined) return;
    let outcome: OnceOutcome;
    try {
      outcome = { isOk: true, value: await question.run() };
    } catch (thrown) {
      outcome = { isOk: false, error: errorText(thrown) };
    }
    this.#post({ type: "once-done", name, outcome });
    this.told(name, outcome);
  }

  told(name: string, outcome: OnceOutcome): void {
    const question = this.#questions.get(name);
    this.#questions.delete(name);
    if (outcome.isOk) {
      this.#onResult(name, outcome.value);
      question?.resolve(outcome.value);
    } else question?.reject(new Error(outcome.error));
  }
}
