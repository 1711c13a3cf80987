import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  contextOf,
  formatOrder,
  formatResult,
  formatStatus,
  type OrderCommand,
  parseOrder,
  START_MESSAGE,
  STATUS,
  STOP_MESSAGE,
} from "../../../src/protocol/protocol1.ts";
import {
  asPython,
  capturedOrders,
  capturedResults,
  capturedStatuses,
} from "../../support/wire-capture.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe("formatOrder", () => {
  test.each<readonly [OrderCommand, string | null | Record<string, never>, string]>([
    ["status_request", null, ' {"command":"status_request","msg":null}'],
    ["set_transaction_context", {}, ' {"command":"set_transaction_context","msg":{}}'],
    ["start", START_MESSAGE, ' {"command":"start","msg":"open fire"}'],
    ["stop", STOP_MESSAGE, ' {"command":"stop","msg":"premature stop"}'],
  ])("%s is the frame a stock HQ sends, byte for byte", (command, message, frame) => {
    expect(formatOrder(command, message)).toBe(frame);
    expect(capturedOrders).toContain(frame);
  });

  test("both keys are always there: a stock turret dies without msg", () => {
    expect(JSON.parse(formatOrder("kill", null))).toEqual({ command: "kill", msg: null });
  });
});

describe("parseOrder", () => {
  test("every captured order is read", () => {
    expect(capturedOrders.length).toBeGreaterThan(5);
    for (const frame of capturedOrders) {
      const { command, msg } = JSON.parse(frame.trim()) as { command: string; msg: null };
      expect(parseOrder(bytesOf(frame))).toEqual({ command, message: msg });
    }
  });

  const START = '{"command":"start","msg":"open fire"}';
  test.each([
    ["no blank in front", START],
    ["blanks", `   ${START}`],
    ["a channel word", `04b17e53-3b04-4a52-b2f6-01a496b29fa3 ${START}`],
    ["a byte order mark", `\ufeff ${START}`],
    ["blanks behind", `${START}\r\n`],
    ["further keys", '{"command":"start","msg":"open fire","id":1}'],
    ["Python's blanks", ' {"command": "start", "msg": "open fire"}'],
  ])("an order with %s", (_, text) => {
    expect(parseOrder(bytesOf(text))).toEqual({ command: "start", message: "open fire" });
  });

  test("an order without msg has null", () => {
    expect(parseOrder(bytesOf('{"command":"stop"}'))).toEqual({ command: "stop", message: null });
  });

  test("an unknown command is an order; whoever obeys decides", () => {
    expect(parseOrder(bytesOf(' {"command":"dance","msg":1}'))?.command).toBe("dance");
  });

  test.each([
    ["nothing", ""],
    ["a word", "status_request"],
    ["broken JSON", ' {"command":"stop"'],
    ["two orders in one frame", `${START}${START}`],
    ["no command", ' {"msg":"stop"}'],
    ["a command that is a number", ' {"command":1,"msg":null}'],
    ["an array", ' [{"command":"stop"}]'],
    ["a context that nests too deep", ` {"command":"x","msg":${"[".repeat(99)}${"]".repeat(99)}}`],
    ["a context that never ends", ` {"command":"x","msg":${"[".repeat(100_000)}`],
  ])("%s is none", (_, text) => {
    expect(parseOrder(bytesOf(text))).toBeUndefined();
  });

  test("an order of more than 4 MiB is none", () => {
    const message = "x".repeat(4 * 1024 * 1024);
    expect(parseOrder(bytesOf(formatOrder("start", message)))).toBeUndefined();
  });

  test("any bytes are an order or none, and never an error", () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.uint8Array({ maxLength: 40 }).map((tail) => new Uint8Array([...bytesOf(' {"'), ...tail])),
      fc.json().map(bytesOf),
    );
    fc.assert(
      fc.property(noise, (frame) => {
        const order = parseOrder(frame);
        if (order !== undefined) expect(typeof order.command).toBe("string");
      }),
      { numRuns: 500 },
    );
  });

  test("what formatOrder writes is read again", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const message = JSON.parse(JSON.stringify(value));
        const order = parseOrder(bytesOf(formatOrder("set_transaction_context", message)));
        expect(order).toEqual({ command: "set_transaction_context", message });
      }),
      { numRuns: 200 },
    );
  });
});

describe("contextOf", () => {
  test.each([
    ["an object", { a: 1 }, { a: 1 }],
    ["an array", [1], undefined],
    ["null", null, undefined],
    ["a text", "a", undefined],
  ])("of %s", (_, message, context) => {
    expect(contextOf({ command: "set_transaction_context", message })).toEqual(context);
  });
});

describe("formatStatus", () => {
  test("every captured status comes out as it was, but for Python's blanks", () => {
    expect(capturedStatuses.length).toBeGreaterThan(5);
    for (const text of capturedStatuses) {
      const parts = JSON.parse(text) as Parameters<typeof formatStatus>[0];
      expect(asPython(formatStatus(parts))).toBe(text);
    }
  });

  test("the words are OCT's", () => {
    expect(STATUS).toEqual({
      ready: "ready",
      running: "Running",
      aborted: "Aborted",
      killed: "Killed",
    });
    const words = new Set(capturedStatuses.map((text) => JSON.parse(text).status));
    expect([...words].sort()).toEqual([STATUS.running, STATUS.ready].sort());
  });

  test("six fields and no more, whatever it is given", () => {
    const parts = {
      turret: "t",
      status: "ready",
      uuid: "u",
      rampup: 0,
      script: "s",
      cannons: 1,
      extra: 1,
    };
    expect(Object.keys(JSON.parse(formatStatus(parts)))).toEqual([
      "turret",
      "status",
      "uuid",
      "rampup",
      "script",
      "cannons",
    ]);
  });
});

const RESULT = {
  turretName: "navigation",
  elapsedS: 15.342452764511108,
  epochS: 1_795_233_504,
  scriptrunS: 0.4127781391143799,
  error: "",
  timers: { home: 0.27834415435791016 },
};

describe("formatResult", () => {
  test("every captured result comes out with the same keys in the same order, and turret_name", () => {
    expect(capturedResults.length).toBeGreaterThan(50);
    for (const text of capturedResults) {
      const captured = JSON.parse(text);
      const ours = JSON.parse(
        formatResult({
          turretName: "navigation",
          elapsedS: captured.elapsed,
          epochS: captured.epoch,
          scriptrunS: captured.scriptrun_time,
          error: captured.error,
          timers: captured.custom_timers,
        }),
      );
      expect(Object.keys(ours)).toEqual(["turret_name", ...Object.keys(captured)]);
      expect(ours).toEqual({ turret_name: "navigation", ...captured });
    }
  });

  test.each([
    ["an error", { error: "status 500" }],
    ["a timer", { timers: { "get status": 0.5 } }],
    ["the turret's name", { turretName: "statusturret" }],
    ["several", { error: "status status", timers: { status: 1 } }],
    ["behind a backslash", { error: "\\status" }],
  ])("the word that an old HQ takes for a status is not in the text: %s", (_, parts) => {
    const given = { ...RESULT, ...parts };
    const text = formatResult(given);
    expect(text).not.toContain("status");
    expect(JSON.parse(text)).toMatchObject({
      turret_name: given.turretName,
      error: given.error,
      custom_timers: given.timers,
    });
  });

  test("an error text is cut at its limit", () => {
    const { error } = JSON.parse(formatResult({ ...RESULT, error: "e".repeat(10_000) }));
    expect(error).toHaveLength(4096);
  });

  test("any texts survive the way", () => {
    const timers = fc.dictionary(
      fc.string({ maxLength: 12 }),
      fc.double({ noNaN: true, min: 0, max: 1e6 }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), timers, (error, values) => {
        const text = formatResult({ ...RESULT, error, timers: values });
        expect(JSON.parse(text).error).toBe(error);
        expect(JSON.parse(text).custom_timers).toEqual(JSON.parse(JSON.stringify(values)));
      }),
      { numRuns: 200 },
    );
  });
});
