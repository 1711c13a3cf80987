import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import type { Output } from "../../../src/cli/env.ts";
import { Screen } from "../../../src/cli/screen.ts";
import { VtScreen } from "../../support/vt-screen.ts";

/** A terminal of a size, and what was written to it. */
class Terminal implements Output {
  readonly isTerminal: boolean;
  readonly vt: VtScreen;
  readonly writes: string[] = [];
  #columns: number;
  #rows: number;

  constructor(columns = 40, rows = 8, isTerminal = true) {
    this.#columns = columns;
    this.#rows = rows;
    this.isTerminal = isTerminal;
    this.vt = new VtScreen(columns, rows);
  }

  resize(columns: number, rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
    this.vt.resize(columns, rows);
  }

  write(text: string): void {
    this.writes.push(text);
    this.vt.feed(text);
  }

  columns(): number {
    return this.#columns;
  }

  rows(): number {
    return this.#rows;
  }
}

function makeScreen(terminal: Terminal, isQuiet = false): { screen: Screen; clock: ManualClock } {
  const clock = new ManualClock();
  return { screen: new Screen(terminal, clock, { isQuiet }), clock };
}

describe("Screen", () => {
  test("draws a block over itself, in one write a frame, and only what is new", () => {
    const terminal = new Terminal();
    const { screen } = makeScreen(terminal);
    screen.line("before");
    screen.block(["one", "two", "three"]);
    expect(terminal.vt.text.slice(0, 4)).toEqual(["before", "one", "two", "three"]);
    terminal.writes.length = 0;
    screen.block(["one", "two", "three"]);
    expect(terminal.writes).toEqual([]);
    screen.block(["1", "2"]);
    expect(terminal.writes).toHaveLength(1);
    expect(terminal.vt.text).toEqual(["before", "1", "2", "", "", "", "", ""]);
    expect(terminal.vt.isInFrame).toBe(false);
  });

  test("lines that stay appear above the block", () => {
    const terminal = new Terminal();
    const { screen } = makeScreen(terminal);
    screen.block(["block of the run", "second"]);
    screen.line("a");
    screen.line("two\nrows");
    expect(terminal.vt.text.slice(0, 5)).toEqual([
      "a",
      "two",
      "rows",
      "block of the run",
      "second",
    ]);
    screen.line("w".repeat(95));
    expect(terminal.vt.text).toEqual([
      "a",
      "two",
      "rows",
      "w".repeat(40),
      "w".repeat(40),
      "w".repeat(15),
      "block of the run",
      "second",
    ]);
  });

  test("scrolls at the bottom without leaving a piece of the block behind", () => {
    const terminal = new Terminal(40, 5);
    const { screen } = makeScreen(terminal);
    for (let i = 0; i < 20; i++) {
      screen.block([`block ${i}`, "second", "third"]);
      screen.line(`line ${i}`);
    }
    screen.clearStatus();
    expect(terminal.vt.all).toBe(Array.from({ length: 20 }, (_, i) => `line ${i}`).join("\n"));
  });

  test("hides the cursor while there is a block, and shows it again", () => {
    const terminal = new Terminal();
    const { screen } = makeScreen(terminal);
    screen.status("one line of progress");
    expect(terminal.vt.isCursorShown).toBe(true);
    screen.block(["one", "two"]);
    expect(terminal.vt.isCursorShown).toBe(false);
    screen.clearStatus();
    expect(terminal.vt.isCursorShown).toBe(true);
    expect(terminal.vt.all).toBe("");
  });

  test("draws again in another size, over whatever the terminal made of the old block", () => {
    const terminal = new Terminal(40, 8);
    const { screen } = makeScreen(terminal);
    screen.line("above");
    screen.block(["a".repeat(39), "b".repeat(39), "c".repeat(39)]);
    terminal.resize(20, 3);
    screen.resized();
    screen.block(["a".repeat(19), "b".repeat(19)]);
    expect(terminal.vt.text).toEqual(["above", "a".repeat(19), "b".repeat(19)]);
    terminal.resize(40, 8);
    screen.resized();
    screen.block(["a".repeat(19), "b".repeat(19)]);
    expect(terminal.vt.text.slice(0, 4)).toEqual(["above", "a".repeat(19), "b".repeat(19), ""]);
    expect(terminal.vt.wraps).toBe(0);
  });

  test("knows what it has said lately", () => {
    const { screen } = makeScreen(new Terminal());
    screen.line("turret web-1: lost");
    expect([screen.hasSaid("lost"), screen.hasSaid("back")]).toEqual([true, false]);
    for (let i = 0; i < 100; i++) screen.line(`line ${i}`);
    expect([screen.hasSaid("lost"), screen.hasSaid("line 99")]).toEqual([false, true]);
  });

  test("on a pipe there are lines alone", () => {
    const terminal = new Terminal(80, 24, false);
    const { screen } = makeScreen(terminal);
    screen.block(["one", "two"]);
    screen.status("status");
    screen.line("line");
    screen.clearStatus();
    expect(terminal.writes).toEqual(["line\n"]);
  });

  test("quiet leaves out everything but what is always said", () => {
    const terminal = new Terminal();
    const { screen, clock } = makeScreen(terminal, true);
    const progress = screen.progress("long step");
    clock.advance(5_000_000);
    progress(1, 2);
    screen.block(["one", "two"]);
    screen.status("status");
    screen.line("line");
    screen.always("summary");
    screen.clearStatus();
    expect(terminal.writes).toEqual(["summary\n"]);
  });
});

describe("Screen.progress", () => {
  test("says nothing of a step that takes less than a second", () => {
    const terminal = new Terminal(80, 24, false);
    const { screen, clock } = makeScreen(terminal);
    const progress = screen.progress("building the database");
    for (let i = 0; i < 9; i++) {
      clock.advance(100_000);
      progress(i, 10);
    }
    expect(terminal.writes).toEqual([]);
  });

  test("on a terminal it is one line that is drawn over, some times a second", () => {
    const terminal = new Terminal();
    const { screen, clock } = makeScreen(terminal);
    const progress = screen.progress("building the database");
    for (let i = 0; i <= 1_000; i++) {
      clock.advance(10_000);
      progress(i, 1_000);
    }
    expect(terminal.vt.text[0]).toMatch(/^building the database (98|99|100) %$/);
    expect(terminal.writes.length).toBeLessThan(60);
    screen.clearStatus();
    expect(terminal.vt.all).toBe("");
  });

  test("on a pipe it is a line for each quarter, or each ten seconds", () => {
    const terminal = new Terminal(80, 24, false);
    const { screen, clock } = makeScreen(terminal);
    const progress = screen.progress("writing rows");
    for (let i = 0; i <= 400; i++) {
      clock.advance(20_000);
      progress(i, 400);
    }
    expect(terminal.writes).toEqual([
      "writing rows 25 %\n",
      "writing rows 50 %\n",
      "writing rows 75 %\n",
      "writing rows 100 %\n",
    ]);
    terminal.writes.length = 0;
    const slow = screen.progress("slow");
    for (let i = 0; i < 60; i++) {
      clock.advance(1_000_000);
      slow(i, 10_000);
    }
    expect(terminal.writes.length).toBeGreaterThanOrEqual(5);
    expect(terminal.writes.length).toBeLessThanOrEqual(6);
  });
});
