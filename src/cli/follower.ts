// What follows a run because options ask for it, as types: what it is opened with, what it is told, and
// what it knows of a finished run.

import type { ProjectConfig } from "../config/project.ts";
import type { HqOutcome, RunObserver } from "../hq/types.ts";
import type { LiveState } from "../live/state.ts";
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
