// What options make follow a run: outputs, the live page, the terminal. Each observes the run while it
// goes, has its say when the report's figures are made, and is closed whatever happened.

import { clip } from "../base/errors.ts";
import type { ProjectConfig } from "../config/project.ts";
import type { HqOutcome, RunObserver } from "../hq/types.ts";
import { LiveState } from "../live/state.ts";
import type { CommandInput } from "./command.ts";
import type { Env } from "./env.ts";
import type { RunFigures } from "./make-report.ts";
import type { Screen } from "./screen.ts";
import type { GivenValues } from "./values.ts";

export interface FinishedRun extends RunFigures {
  readonly outcome: HqOutcome;
  /** What the process is going to end with. */
  readonly exitCode: number;
  readonly databasePath: string;
  /** The folder of the results; undefined where nothing is kept. */
  readonly results: string | undefined;
}

export interface Follower {
  readonly observer: RunObserver;
  /** After the run, once its figures are made; returns lines for people. */
  finish?(finished: FinishedRun): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface FollowerParts {
  readonly input: CommandInput;
  readonly env: Env;
  readonly config: ProjectConfig;
  readonly screen: Screen;
  readonly values: GivenValues;
  /** The folder of the results; undefined where nothing is kept. */
  readonly results: string | undefined;
}

/** What an option's follower is opened with. */
export interface OpenerParts extends FollowerParts {
  /** The run while it goes; it sees everything before the follower does. */
  readonly live: LiveState;
}

type Opener = (parts: OpenerParts) => Promise<Follower | undefined>;

/** In the order in which they are opened, and have their say. */
const OPENERS: readonly Opener[] = [];

/** Opens what the options ask for; what cannot be opened ends the command before anything is fired. */
export async function openFollowers(parts: FollowerParts): Promise<Followers> {
  const opened: Follower[] = [];
  const live = new LiveState();
  const followers = new Followers(opened, parts.screen, live);
  try {
    for (const open of OPENERS) {
      const follower = await open({ ...parts, live });
      if (follower !== undefined) opened.push(follower);
    }
  } catch (thrown) {
    await followers.close();
    throw thrown;
  }
  return followers;
}

export class Followers {
  readonly #followers: readonly Follower[];
  readonly #screen: Screen;
  readonly live: LiveState;

  constructor(followers: readonly Follower[], screen: Screen, live: LiveState) {
    this.#followers = followers;
    this.#screen = screen;
    this.live = live;
  }

  get observers(): readonly RunObserver[] {
    return [this.live, ...this.#followers.map((follower) => follower.observer)];
  }

  /** True where somebody needs the figures of the finished run. */
  get wantsModel(): boolean {
    return this.#followers.some((follower) => follower.finish !== undefined);
  }

  /** Nobody's failure here costs the run anything. */
  async finish(finished: FinishedRun): Promise<void> {
    for (const follower of this.#followers) {
      try {
        for (const line of (await follower.finish?.(finished)) ?? []) this.#screen.line(line);
      } catch (thrown) {
        this.#sayFailure(follower, thrown);
      }
    }
  }

  async close(): Promise<void> {
    for (const follower of this.#followers) {
      await follower.close().catch((thrown: unknown) => this.#sayFailure(follower, thrown));
    }
  }

  #sayFailure(follower: Follower, thrown: unknown): void {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    this.#screen.line(`${follower.observer.name} failed: ${clip(reason, 500)}`);
  }
}
