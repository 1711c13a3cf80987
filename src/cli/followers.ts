// What options make follow a run: outputs, the live page, the terminal. Each observes the run while it
// goes, has its say when the report's figures are made, and is closed whatever happened.

import { clip } from "../base/errors.ts";
import type { RunObserver } from "../hq/types.ts";
import { LiveState } from "../live/state.ts";
import { openDashboard } from "./dashboard.ts";
import type { FinishedRun, Follower, FollowerParts, OpenerParts } from "./follower.ts";
import { openOutputs } from "./outputs.ts";
import { openPublisher } from "./publish.ts";
import type { Screen } from "./screen.ts";

type Opener = (parts: OpenerParts) => Promise<Follower | undefined>;

/** In the order in which they are opened, and have their say. */
const OPENERS: readonly Opener[] = [openOutputs, openPublisher, openDashboard];

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
    this.#screen.always(`${follower.observer.name} failed: ${clip(reason, 500)}`);
  }
}
