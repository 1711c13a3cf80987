// What is sent to everybody who looks: the whole of it when they come or when its shape changes (the
// points became longer, a turret came), else the run now and the points and events that are new.

import type { LiveState } from "../live/state.ts";
import type { LiveView } from "../live/types.ts";
import type { Feed, FeedEvent } from "./feed.ts";

export class Pulse {
  readonly #live: LiveState;
  readonly #feed: Feed;
  #nextEvent = 0;
  #markCount = 0;
  #shape = "";
  #whole: { readonly view: LiveView; readonly data: string } | undefined;

  constructor(live: LiveState, feed: Feed) {
    this.#live = live;
    this.#feed = feed;
  }

  /** All that a page needs to begin with. */
  whole(): FeedEvent {
    const live = this.#live;
    const view = live.view();
    // Many who come at once are told the same; what is newer comes to them with the next beat.
    if (this.#whole?.view !== view) {
      const [events, marks] = [live.events(), live.marks()];
      const data = JSON.stringify({ view, points: live.history(), events, marks });
      this.#whole = { view, data };
    }
    return { name: "whole", data: this.#whole.data };
  }

  beat(): void {
    const live = this.#live;
    const from = live.takeChangedPoint();
    const points = live.history(from);
    const events = live.events(this.#nextEvent);
    const marks = live.marks();
    const shape = `${points.stepS} ${points.turretsPerSec.length}`;
    const isSame = shape === this.#shape;
    const hasMarks = marks.length > this.#markCount;
    this.#shape = shape;
    this.#markCount = marks.length;
    this.#nextEvent = (events.at(-1)?.number ?? this.#nextEvent - 1) + 1;
    if (this.#feed.clientCount === 0) return;
    if (!isSame) {
      this.#whole = undefined;
      return this.#feed.send(this.whole());
    }
    const news = { view: live.view(), points, events, ...(hasMarks ? { marks } : {}) };
    this.#feed.send({ name: "tick", data: JSON.stringify(news) });
  }

  /** The last of it. */
  end(): void {
    this.#feed.close({ ...this.whole(), name: "over" });
  }
}
