// The wheel of a run: HQ and, in a local run, its turrets are turned every few milliseconds; Ctrl-C
// once asks for a clean stop, twice ends at once.

import { EXIT } from "../base/errors.ts";
import type { HqRun } from "../hq/run.ts";
import type { Compactor } from "../store/compact.ts";
import type { Journal } from "../store/journal.ts";
import type { Env } from "./env.ts";
import type { Interrupts } from "./interrupts.ts";
import type { LiveTerminal } from "./live-terminal.ts";
import type { Wires } from "./run-wires.ts";
import type { Screen } from "./screen.ts";

/** How long results wait before they are read, journaled and acknowledged. */
const TURN_US = 5_000;
/** Until it fires: nothing else is to be done, and every step waits for a turn. */
const FIRST_TURN_US = 1_000;
/** A turn that took longer leaves no time for the compaction of the journal. */
const BUSY_TURN_US = 2_000;

export interface WheelOptions {
  /** The process fires itself, and only this run, at instants that it has to keep to. */
  readonly givesWay?: boolean;
  readonly hq: HqRun;
  readonly wires: Wires;
  readonly journal: Journal;
  readonly compactor: Compactor;
  readonly env: Env;
  /** Closed when the wheel stands still. */
  readonly interrupts: Interrupts;
  readonly screen: Screen;
  /** Shows the run while it goes. */
  readonly terminal?: LiveTerminal | undefined;
}

/** Resolves when the run is over; rejects with what a turn threw. */
export function turnWheel(options: WheelOptions): Promise<void> {
  const { hq, wires, env, interrupts, screen, journal, compactor, terminal } = options;
  return new Promise((resolve, reject) => {
    let count = 0;
    const end = (thrown?: unknown) => {
      stopTurning();
      interrupts.close();
      terminal?.end();
      if (thrown === undefined) resolve();
      else reject(thrown);
    };
    const interrupt = () => {
      count++;
      if (count > 1) {
        terminal?.end();
        screen.always("stopped at once; the journal keeps what was received");
        env.exit(EXIT.interrupted);
      }
      screen.line(
        `${screen.isTerminal ? "" : "\n"}Stopping test, sending stop command to turrets (Ctrl-C again to stop at once)`,
      );
      hq.requestStop("interrupted");
    };
    let stopTurning = () => {};
    interrupts.handOver(interrupt);
    terminal?.begin(hq, interrupt);
    const turn = () => {
      try {
        const startUs = env.clock.nowUs();
        hq.tick();
        wires.tick();
        terminal?.turn();
        if (hq.isOver) return end();
        if (env.clock.nowUs() - startUs < BUSY_TURN_US) compactor.step(journal.segmentNumber);
      } catch (thrown) {
        end(thrown);
      }
    };
    const stopFirst = env.clock.every(FIRST_TURN_US, () => {
      turn();
      if (hq.phase === "gathering" || hq.phase === "arming" || hq.isOver) return;
      stopFirst();
      if (options.givesWay === true && hq.phase === "firing") env.giveWay();
      stopTurning = env.clock.every(TURN_US, turn);
    });
    stopTurning = stopFirst;
  });
}
