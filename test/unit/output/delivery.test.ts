import { describe, expect, test } from "bun:test";
import { ManualClock } from "../../../src/base/clock.ts";
import {
  DELIVERY_LIMIT,
  Delivery,
  DeliveryError,
  type Payload,
  type Transport,
} from "../../../src/output/delivery.ts";

type Behaviour = (payload: Payload) => Promise<void>;

/** A receiver that does what it is told, and a delivery to it on a clock that is moved by hand. */
function deliveryTo(first: Behaviour) {
  const clock = new ManualClock();
  const taken: string[] = [];
  const told: string[] = [];
  let behaviour = first;
  let attempts = 0;
  let isClosed = false;
  const transport: Transport = {
    name: "statsd host:1",
    async send(payload) {
      attempts++;
      await behaviour(payload);
      taken.push(String(payload.body));
    },
    close: () => {
      isClosed = true;
    },
  };
  const delivery = new Delivery({
    transport,
    clock,
    noun: "reports",
    onFailure: (line) => told.push(line),
  });
  return {
    clock,
    delivery,
    taken,
    told,
    attempts: () => attempts,
    isClosed: () => isClosed,
    becomes: (next: Behaviour) => {
      behaviour = next;
    },
    offer: (count: number, from = 0) => {
      for (let i = from; i < from + count; i++) delivery.offer({ body: `r${i}`, units: 1 });
    },
  };
}

const takes: Behaviour = async () => {};
const refuses: Behaviour = async () => {
  throw new DeliveryError("connection refused", false);
};
const hangs: Behaviour = () => new Promise(() => {});

/** Lets everything that is ready run, without time going on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** Time in steps, with what it sets off. */
async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 2; i++) {
    clock.advance(500_000);
    await settle();
  }
}

describe("Delivery", () => {
  test("hands over everything, in order", async () => {
    const { delivery, taken, told, offer, isClosed } = deliveryTo(takes);
    offer(5);
    await settle();
    offer(5, 5);
    const line = await delivery.finish();
    expect(taken).toEqual(Array.from({ length: 10 }, (_, i) => `r${i}`));
    expect(line).toBe("statsd host:1: 10 reports delivered");
    expect(delivery.isWhole).toBe(true);
    expect(told).toEqual([]);
    expect(isClosed()).toBe(true);
  });

  test("offering never waits, whatever the receiver does", () => {
    const { offer, attempts } = deliveryTo(hangs);
    offer(1_000);
    expect(attempts()).toBe(1);
  });

  test("a dead receiver costs one warning, and its reports are counted at the end", async () => {
    const { clock, delivery, told, offer, attempts } = deliveryTo(refuses);
    for (let second = 0; second < 30; second++) {
      offer(1, second);
      await pass(clock, 1);
    }
    const line = await delivery.finish();
    expect(line).toBe("statsd host:1: 30 of 30 reports not delivered: connection refused");
    expect(told).toEqual([
      "statsd host:1: connection refused; the run goes on, what is not delivered is counted",
    ]);
    // It is asked again, ever more seldom.
    expect(attempts()).toBeGreaterThan(3);
    expect(attempts()).toBeLessThan(15);
  });

  test("a receiver that comes back gets what has waited", async () => {
    const { clock, delivery, taken, offer, becomes } = deliveryTo(refuses);
    offer(20);
    await pass(clock, 3);
    expect(taken).toEqual([]);
    becomes(takes);
    await pass(clock, 9);
    expect(taken).toHaveLength(20);
    expect(await delivery.finish()).toBe("statsd host:1: 20 reports delivered");
  });

  test("the oldest are dropped when there is no more room", async () => {
    const { clock, delivery, taken, offer, becomes } = deliveryTo(refuses);
    offer(100);
    await pass(clock, 1);
    becomes(takes);
    await pass(clock, 10);
    const line = await delivery.finish();
    expect(taken.at(-1)).toBe("r99");
    expect(taken.length).toBeLessThanOrEqual(DELIVERY_LIMIT.reports);
    expect(taken.length).toBeGreaterThanOrEqual(DELIVERY_LIMIT.reports - 1);
    expect(line).toBe(
      `statsd host:1: ${100 - taken.length} of 100 reports not delivered: connection refused`,
    );
  });

  test("what waits is bounded in bytes too", async () => {
    const { delivery, taken, becomes, clock } = deliveryTo(refuses);
    const body = "x".repeat(DELIVERY_LIMIT.bytes / 4);
    for (let i = 0; i < 20; i++) delivery.offer({ body, units: 7 });
    becomes(takes);
    await pass(clock, 10);
    await delivery.finish();
    expect(taken.length).toBeLessThanOrEqual(5);
    expect(delivery.isWhole).toBe(false);
  });

  test("a hanging receiver is given up after a while, report by report", async () => {
    const { clock, delivery, told, offer, attempts, becomes, taken } = deliveryTo(hangs);
    offer(1);
    await pass(clock, 4.5);
    expect(told).toEqual([]);
    await pass(clock, 0.5);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("no answer in time");
    becomes(takes);
    await pass(clock, 2);
    expect(attempts()).toBe(2);
    expect(taken).toEqual(["r0"]);
    expect(await delivery.finish()).toContain("1 reports delivered");
  });

  test("the end waits for a hanging receiver, but not long", async () => {
    const { clock, delivery, offer, isClosed } = deliveryTo(hangs);
    offer(3);
    let line = "";
    const end = delivery.finish().then((text) => {
      line = text;
    });
    await pass(clock, 4);
    expect(line).toBe("");
    await pass(clock, 2);
    await end;
    expect(line).toBe("statsd host:1: 3 of 3 reports not delivered: no answer in time");
    expect(isClosed()).toBe(true);
  });

  test("a report that is refused for good is not sent again, the next one is", async () => {
    const { delivery, offer, attempts, becomes, taken } = deliveryTo(async ({ body }) => {
      if (body === "r1") throw new DeliveryError("answered 400 (out of order)", true);
    });
    offer(3);
    await settle();
    becomes(takes);
    expect(await delivery.finish()).toBe(
      "statsd host:1: 1 of 3 reports not delivered: answered 400 (out of order)",
    );
    expect(taken).toEqual(["r0", "r2"]);
    expect(attempts()).toBe(3);
  });

  test("units are what is counted", async () => {
    const { delivery } = deliveryTo(takes);
    delivery.offer({ body: "a\nb\nc\n", units: 3 });
    delivery.offer({ body: "d\n", units: 1 });
    expect(await delivery.finish()).toBe("statsd host:1: 4 reports delivered");
  });

  test("after close nothing is taken and nothing is sent", async () => {
    const { delivery, offer, attempts, clock } = deliveryTo(refuses);
    offer(1);
    await settle();
    delivery.close();
    offer(5);
    await pass(clock, 10);
    expect(attempts()).toBe(1);
  });

  test("a transport that throws anything is a failure like others", async () => {
    const { delivery, offer, told } = deliveryTo(async () => {
      throw "no words";
    });
    offer(1);
    await settle();
    expect(await delivery.finish()).toContain("not delivered: no words");
    expect(told).toHaveLength(1);
  });
});
