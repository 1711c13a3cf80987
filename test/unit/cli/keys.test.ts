import { describe, expect, test } from "bun:test";
import { KeyDesk, type KeyParts, type LoadKind, readKeys } from "../../../src/cli/keys.ts";
import type { BlockFoot } from "../../../src/cli/live-block.ts";
import type { ControlAction, ControlReply } from "../../../src/hq/types.ts";
import type { ControlKind, ControlSegment } from "../../../src/pace/control.ts";

/** A run that does what it is asked, and notes it. */
class Run implements KeyParts {
  readonly loads: readonly LoadKind[];
  readonly asked: (ControlAction | "interrupt" | "suspend")[] = [];
  timeUs = 0;
  isRunPaused = false;
  changes: ControlSegment[] = [];
  /** What is refused, with the reason. */
  refused = new Map<string, string>();

  constructor(loads: readonly LoadKind[] = ["cannons"]) {
    this.loads = loads;
  }

  nowUs(): number {
    return this.timeUs;
  }

  isPaused(): boolean {
    return this.isRunPaused;
  }

  segments(): readonly ControlSegment[] {
    return this.changes;
  }

  readonly control = (action: ControlAction): ControlReply => {
    this.asked.push(action);
    const why = this.refused.get(action.kind);
    if (why === undefined && (action.kind === "rate" || action.kind === "cannons")) {
      const isPercent = "percent" in action && action.percent !== undefined;
      const value = isPercent
        ? Number(action.percent)
        : Number((action as { value: number }).value);
      const { kind, turret: definition = "" } = action;
      this.changes.push({ atUs: 0, kind, definition, value, isPercent });
    }
    return { isDone: why === undefined, text: why ?? `done: ${action.kind}`, atUs: 0 };
  };

  interrupt(): void {
    this.asked.push("interrupt");
  }

  suspend(): void {
    this.asked.push("suspend");
  }
}

function typed(...texts: readonly string[]): { run: Run; desk: KeyDesk } {
  const run = new Run();
  const desk = new KeyDesk(run);
  for (const text of texts) desk.take(text);
  return { run, desk };
}

function said(foot: BlockFoot): string {
  if (foot.kind === "keys") return foot.keys.join("  ");
  return foot.kind === "help" ? foot.lines.join("\n") : foot.text;
}

describe("+ and -", () => {
  const set = (kind: ControlKind, value: number, definition = ""): ControlSegment => {
    return { atUs: 0, kind, definition, value, isPercent: false };
  };

  test("go on from what somebody else has set", () => {
    const run = new Run(["cannons", "rate"]);
    run.changes.push(set("cannons", 40), set("rate", 2, "search"));
    const desk = new KeyDesk(run);
    desk.take("+");
    desk.take("-");
    expect(run.asked).toEqual([
      { kind: "cannons", value: 44 },
      { kind: "rate", value: 2.2, turret: "search" },
      { kind: "cannons", value: 40 },
      { kind: "rate", value: 1.98, turret: "search" },
    ]);
  });

  test("change few cannons by one, and never to none", () => {
    const run = new Run();
    run.changes.push(set("cannons", 2));
    const desk = new KeyDesk(run);
    for (const key of "--+") desk.take(key);
    expect(run.asked.map((action) => (action as { value: number }).value)).toEqual([1, 1, 2]);
  });
});

describe("readKeys", () => {
  test.each([
    ["p", [{ kind: "text", text: "p" }]],
    ["\u0003", [{ kind: "interrupt" }]],
    ["\u001a", [{ kind: "suspend" }]],
    ["\u001b", [{ kind: "escape" }]],
    ["a\r", [{ kind: "text", text: "a" }, { kind: "enter" }]],
    ["\u001b[A\u001bOP\u001b[<0;10;20M\u001b[200~x", [{ kind: "text", text: "x" }]],
    [
      "ö🚀",
      [
        { kind: "text", text: "ö" },
        { kind: "text", text: "🚀" },
      ],
    ],
    ["\u0000\u0007\u0090", []],
    ["\u007f\b\u0015", [{ kind: "backspace" }, { kind: "backspace" }, { kind: "clear" }]],
    ["", []],
  ] as const)("%j", (text, keys) => {
    expect(readKeys(text)).toEqual([...keys]);
  });
});

describe("KeyDesk", () => {
  test.each([
    ["s", [{ kind: "stop" }]],
    ["q", [{ kind: "stop" }]],
    ["p", [{ kind: "pause" }]],
    [" ", [{ kind: "pause" }]],
    ["+", [{ kind: "cannons", percent: 110 }]],
    ["-", [{ kind: "cannons", percent: 90 }]],
    ["++-", [110, 120, 110].map((percent) => ({ kind: "cannons", percent }))],
    ["\u0003", ["interrupt"]],
    ["\u001a", ["suspend"]],
    ["ndeploy\r", [{ kind: "note", text: "deploy" }]],
    ["nsqp+\u0003", ["interrupt"]],
    ["n  \r", []],
    ["ngone\u001b", []],
    ["nab\u007fc\r", [{ kind: "note", text: "ac" }]],
    ["nab\u0015c\r", [{ kind: "note", text: "c" }]],
    ["h?x\u001b", []],
  ] as const)("%j asks for %j", (text, asked) => {
    expect(typed(text).run.asked as unknown[]).toEqual([...asked]);
  });

  test("the last line is the keys, what came of one for some seconds, help, or what is typed", () => {
    const { run, desk } = typed();
    expect(said(desk.foot)).toContain("p pause");
    run.isRunPaused = true;
    expect(said(desk.foot)).toContain("p resume");
    desk.take("s");
    expect(desk.foot).toEqual({ kind: "message", text: "done: stop" });
    run.timeUs = 6_000_000;
    expect(desk.foot.kind).toBe("keys");
    desk.take("h");
    expect(said(desk.foot)).toContain("pause, and go on");
    desk.take("n");
    expect(said(desk.foot)).toContain("Enter keeps it");
    desk.take("it's ");
    expect(desk.foot).toEqual({ kind: "prompt", text: "note: it's ▏" });
    desk.take("\u001b");
    expect(desk.foot.kind).toBe("help");
    desk.take("\u001b");
    expect(desk.foot.kind).toBe("keys");
    desk.take("7");
    expect(said(desk.foot)).toContain("h shows");
  });

  test("a note has a limit", () => {
    const { run } = typed("n", "x".repeat(5_000), "\r");
    expect(run.asked).toEqual([{ kind: "note", text: "x".repeat(300) }]);
  });

  test("pressed twice before a pause takes effect, it is taken back", () => {
    const run = new Run();
    const desk = new KeyDesk(run);
    desk.take("p");
    run.refused.set("pause", "the run is paused already");
    desk.take("p");
    expect(run.asked).toEqual([{ kind: "pause" }, { kind: "pause" }, { kind: "resume" }]);
    expect(said(desk.foot)).toBe("done: resume");
    run.refused.set("resume", "the run is not paused");
    desk.take("p");
    expect(said(desk.foot)).toBe("the run is paused already");
  });

  test("a load that cannot be changed says why, and the next press asks for the same", () => {
    const run = new Run(["rate", "cannons"]);
    const desk = new KeyDesk(run);
    run.refused.set("rate", "no rate").set("cannons", "no cannons");
    desk.take("+");
    expect(said(desk.foot)).toBe("no rate; no cannons");
    run.refused.clear();
    desk.take("+");
    expect(run.asked.slice(2)).toEqual([
      { kind: "rate", percent: 110 },
      { kind: "cannons", percent: 110 },
    ]);
  });

  test("less than nothing cannot be fired", () => {
    const { run, desk } = typed("-".repeat(12));
    const percents = run.asked.map((action) => (action as { percent: number }).percent);
    expect(percents).toEqual([90, 80, 70, 60, 50, 40, 30, 20, 10]);
    expect(said(desk.foot)).toContain("is a pause");
  });
});
