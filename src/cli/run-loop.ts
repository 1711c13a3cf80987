// The wheel of a run: HQ and, in a local run, its turrets are turned every few milliseconds; Ctrl-C
// once asks for a clean stop, twice ends at once.

import { EXIT } from "../base/errors.ts";
import { formatCount } from "../base/units.ts";
import type { ProjectConfig } from "../config/project.ts";
import type { HqRun, HqSnapshot } from "../hq/run.ts";
import type { Compactor } from "../store/compact.ts";
import type { Journal } from "../store/journal.ts";
import type { Env } from "./env.ts";
import type { Wires } from "./run-wires.ts";
import type { Screen } from "./screen.ts";

/** How long results wait before they are read, journaled and acknowledged. */
const TURN_US = 5_000;
/** Until it fires: nothing else is to be done, and every step waits for a turn. */
const FIRST_TURN_US = 1_000;
const REDRAW_US = 250_000;
/** A turn that took longer leaves no time for the compaction of the journal. */
const BUSY_TURN_US = 2_000;

export interface WheelOptions {
  readonly hq: HqRun;
  readonly wires: Wires;
  readonly journal: Journal;
  readonly compactor: Compactor;
  readonly env: Env;
  readonly screen: Screen;
  readonly config: ProjectConfig;
}

/** Resolves when the run is over; rejects with what a turn threw. */
export function turnWheel(options: WheelOptions): Promise<void> {
  const { hq, wires, env, screen, journal, compactor } = options;
  return new Promise((resolve, reject) => {
    const progress = new ProgressLines(options);
    let interrupts = 0;
    const end = (thrown?: unknown) => {
      stopTurning();
      stopListening();
      screen.clearStatus();
      if (thrown === undefined) resolve();
      else reject(thrown);
    };
    const stopListening = env.onInterrupt(() => {
      interrupts++;
      if (interrupts > 1) {
        screen.line("stopped at once; the journal keeps what was received");
        env.exit(EXIT.interrupted);
      }
      screen.line(
        "\nStopping test, sending stop command to turrets (Ctrl-C again to stop at once)",
      );
      hq.requestStop("interrupted");
    });
    let stopTurning = () => {};
    const turn = () => {
      try {
        const startUs = env.clock.nowUs();
        hq.tick();
        wires.tick();
        progress.show(hq.snapshot());
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
      stopTurning = env.clock.every(TURN_US, turn);
    });
    stopTurning = stopFirst;
  });
}

class ProgressLines {
  readonly #options: WheelOptions;
  #shownUs = 0;
  #lineUs = 0;

  constructor(options: WheelOptions) {
    this.#options = options;
  }

  show(snapshot: HqSnapshot): void {
    if (snapshot.phase !== "firing") return;
    const { env, screen, config } = this.#options;
    const nowUs = env.clock.nowUs();
    if (env.stdout.isTerminal) {
      if (nowUs - this.#shownUs < REDRAW_US) return;
      this.#shownUs = nowUs;
      screen.status(progressLine(snapshot));
      return;
    }
    if (nowUs - this.#lineUs < config.intervalS * 1e6) return;
    this.#lineUs = nowUs;
    screen.line(progressLine(snapshot));
  }
}

/** OCT's line: `turrets: 1, elapsed: 20.0   transactions: 4906  timers: 4906  errors: 0`. */
function progressLine(snapshot: HqSnapshot): string {
  const elapsedS = Math.max(0, snapshot.elapsedUs) / 1e6;
  const lost = snapshot.lostTurrets > 0 ? ` (${formatCount(snapshot.lostTurrets)} lost)` : "";
  return (
    `turrets: ${snapshot.turretCount}${lost}, elapsed: ${elapsedS.toFixed(1)}` +
    `   transactions: ${snapshot.transactions}  timers: ${snapshot.timers}  errors: ${snapshot.errors}`
  );
}
