// What is sent to everybody who looks: the whole of it when they come or when its shape changes (the
// points became longer, a turret came), else the run now and the points and events that are new.

import type { LiveState } from "../live/state.ts";
import type { Feed, FeedEvent } from "./feed.ts";

export class Pulse {
  readonly #live: LiveState;
  readonly #feed: Feed;
  #nextEvent = 0;
  #markCount = 0;
  #shape = "";

  constructor(live: LiveState, feed: Feed) {
    this.#live = live;
    this.#feed = feed;
  }

  /** All that a page needs to begin with. */
  whole(): FeedEvent {
    const live = this.#live;
    return {
      name: "whole",
      data: JSON.stringify({
        view: live.view(),
        points: live.history(),
        events: live.events(),
        marks: live.marks(),
      }),
    };
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
    if (!isSame) return this.#feed.send(this.whole());
    const news = { view: live.view(), points, events, ...(hasMarks ? { marks } : {}) };
    this.#feed.send({ name: "tick", data: JSON.stringify(news) });
  }

  /** The last of it. */
  end(): void {
    this.#feed.close({ ...this.whole(), name: "over" });
  }
}
