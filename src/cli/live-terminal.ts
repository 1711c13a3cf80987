// The run in the terminal while it goes: on a terminal a block that is drawn over, with keys below it;
// elsewhere OCT's line at every interval. The wheel of the run turns it, so it returns at once.

import { formatCount } from "../base/units.ts";
import type { ProjectConfig, TurretDefinition } from "../config/project.ts";
import { HAND_OVER_US } from "../hq/run.ts";
import type { HqPhase, HqSnapshot, LiveRun } from "../hq/types.ts";
import type { LiveState } from "../live/state.ts";
import type { LiveHistory, LiveView } from "../live/types.ts";
import { formatElapsed, oneLine } from "../report/figures.ts";
import type { Env } from "./env.ts";
import { KeyDesk, type LoadKind } from "./keys.ts";
import { renderLiveBlock } from "./live-block.ts";
import type { Screen } from "./screen.ts";

const FRAME_US = 250_000;
/** More than the widest row draws. */
const POINTS = 100;
/** What takes less is not worth a word. */
const SILENT_US = 1_000_000;
/** On a pipe, a line of what is waited for. */
const WAIT_LINE_US = 10_000_000;

export interface LiveTerminalParts {
  readonly env: Env;
  readonly screen: Screen;
  readonly live: LiveState;
  readonly config: ProjectConfig;
  /** Every event, and every turret's line. */
  readonly isVerbose: boolean;
}

export class LiveTerminal {
  readonly #parts: LiveTerminalParts;
  #run: LiveRun | undefined;
  #desk: KeyDesk | undefined;
  #closers: (() => void)[] = [];
  #isBlock = false;
  #hasKeys = false;
  #frameUs = Number.NEGATIVE_INFINITY;
  #lineUs = Number.NEGATIVE_INFINITY;
  #nextEvent = 0;
  #seen: { readonly view: LiveView; readonly history: LiveHistory } | undefined;
  #phase: HqPhase = "gathering";
  #phaseUs = 0;

  constructor(parts: LiveTerminalParts) {
    this.#parts = parts;
  }

  /** From here on the terminal is the run's; `interrupt` is what Ctrl-C asks for. */
  begin(run: LiveRun, interrupt: () => void): void {
    const { env, screen, live, config } = this.#parts;
    this.#run = run;
    this.#phaseUs = env.clock.nowUs();
    this.#lineUs = this.#phaseUs;
    if (!screen.isTerminal) return;
    this.#desk = new KeyDesk({
      loads: [...new Set(config.turrets.map(kindOf))],
      nowUs: () => env.clock.nowUs(),
      isPaused: () => live.view().isPaused,
      segments: () => run.snapshot().segments,
      control: (action) => run.control(action, "terminal"),
      interrupt,
      suspend: () => this.#suspend(),
    });
    this.#open();
  }

  /** Draws what is due. */
  turn(): void {
    const run = this.#run;
    const nowUs = this.#parts.env.clock.nowUs();
    if (run === undefined || nowUs - this.#frameUs < FRAME_US) return;
    this.#frameUs = nowUs;
    const snapshot = run.snapshot();
    if (snapshot.phase !== this.#phase) {
      this.#phase = snapshot.phase;
      this.#phaseUs = nowUs;
    }
    this.#tellEvents();
    if (this.#isBlock) this.#draw(run, snapshot);
    else this.#sayLine(snapshot, nowUs);
  }

  /** Gives the terminal back. */
  end(): void {
    if (this.#run !== undefined) this.#tellEvents();
    this.#run = undefined;
    this.#close();
  }

  #open(): void {
    const { env, screen, config } = this.#parts;
    this.#isBlock = config.progressBar && env.isForeground();
    if (!this.#isBlock) return;
    const stopKeys = env.onKeys((typed) => {
      this.#desk?.take(typed);
      this.#turnNow();
    });
    const stopResize = env.onResize(() => {
      screen.resized();
      this.#turnNow();
    });
    const stopExit = env.onExit(() => screen.clearStatus());
    this.#closers = [stopKeys ?? (() => {}), stopResize, stopExit];
    this.#hasKeys = stopKeys !== undefined;
  }

  #turnNow(): void {
    this.#frameUs = Number.NEGATIVE_INFINITY;
    this.turn();
  }

  #close(): void {
    for (const close of this.#closers) close();
    this.#closers = [];
    this.#isBlock = false;
    this.#parts.screen.clearStatus();
  }

  // Ctrl-Z: the shell gets its terminal as it was, and whoever comes back finds the block again.
  #suspend(): void {
    this.#close();
    this.#parts.env.suspend();
    if (this.#run !== undefined) this.#open();
  }

  #draw(run: LiveRun, snapshot: HqSnapshot): void {
    const { env, screen, live, isVerbose } = this.#parts;
    const nowUs = env.clock.nowUs();
    const isQuick = snapshot.phase !== "firing" && nowUs - this.#phaseUs < SILENT_US;
    // A local run gathers and drains in no time: a block of nothing would only flash.
    if (isQuick && (snapshot.phase === "gathering" || snapshot.phase === "arming")) return;
    const view = live.view();
    const elapsedS = snapshot.phase === "firing" ? Math.max(0, run.atUs() / 1e6) : view.elapsedS;
    const lines = renderLiveBlock({ ...view, elapsedS }, this.#historyOf(view), {
      columns: screen.columns(),
      rows: screen.rows(),
      color: env.useColor(env.stdout),
      isVerbose,
      state: this.#state(snapshot, view, nowUs),
      foot: this.#hasKeys ? this.#desk?.foot : undefined,
    });
    screen.block(lines);
  }

  // A view lasts for a second, and the block shows no more than the last points.
  #historyOf(view: LiveView): LiveHistory {
    if (view === this.#seen?.view) return this.#seen.history;
    const stepS = this.#seen?.history.stepS ?? 1;
    const from = Math.max(0, Math.floor(view.elapsedS / stepS) - POINTS);
    const history = this.#parts.live.history(from);
    this.#seen = { view, history };
    return history;
  }

  /** What is waited for; undefined while it fires. */
  #state(snapshot: HqSnapshot, view: LiveView, nowUs: number): string | undefined {
    const { config } = this.#parts;
    const here = snapshot.turrets.filter((turret) => !turret.isLost && !turret.hasEnded);
    if (snapshot.phase === "gathering") {
      const ready = here.filter(({ status }) => isReady(status)).length;
      const wanted = formatCount(config.minTurrets);
      return `waiting for turrets: ${formatCount(ready)} of ${wanted} are ready, ${since(nowUs - this.#phaseUs)}`;
    }
    if (snapshot.phase === "arming") {
      const loading = here.filter(({ status }) => !isReady(status)).length;
      return `${formatCount(loading)} of ${formatCount(here.length)} turrets load, ${since(nowUs - this.#phaseUs)}`;
    }
    if (snapshot.phase !== "draining") return undefined;
    const leftUs = config.graceUs + HAND_OVER_US - (nowUs - this.#phaseUs);
    return [
      `draining: ${formatCount(here.length)} of ${formatCount(snapshot.turretCount)} turrets still hand over`,
      `${formatCount(view.inFlight)} in flight`,
      `${formatCount(Math.max(0, Math.ceil(leftUs / 1e6)))} s left`,
    ].join(", ");
  }

  #sayLine(snapshot: HqSnapshot, nowUs: number): void {
    const { screen, config, live } = this.#parts;
    if (snapshot.phase === "firing") {
      if (nowUs - this.#lineUs < config.intervalS * 1e6) return;
      this.#lineUs = nowUs;
      return screen.line(progressLine(snapshot));
    }
    if (snapshot.phase !== "draining") return;
    const isFirst = this.#lineUs < this.#phaseUs;
    const isDue = isFirst
      ? nowUs - this.#phaseUs >= SILENT_US
      : nowUs - this.#lineUs >= WAIT_LINE_US;
    if (!isDue) return;
    this.#lineUs = nowUs;
    screen.line(this.#state(snapshot, live.view(), nowUs) ?? "");
  }

  #tellEvents(): void {
    const { live, screen, isVerbose } = this.#parts;
    for (const { number, atS, level, who, text } of live.events(this.#nextEvent)) {
      this.#nextEvent = number + 1;
      // Whatever else everybody should know, the HQ says in a line of its own.
      if (!isVerbose && level !== "note") continue;
      if (level !== "note" && screen.hasSaid(text)) continue;
      const said = level === "note" ? `note: ${text}` : text;
      screen.line(
        oneLine(`${formatElapsed(Math.trunc(atS))}  ${who === "HQ" ? "" : `${who}: `}${said}`),
      );
    }
  }
}

function kindOf({ load }: TurretDefinition): LoadKind {
  return load.model.kind === "open" ? "rate" : "cannons";
}

function isReady(status: string): boolean {
  return status.toLowerCase() === "ready";
}

function since(durationUs: number): string {
  return `${formatCount(Math.floor(durationUs / 1e6))} s`;
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
