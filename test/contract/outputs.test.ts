// What leaves oct against what takes it in: Prometheus, InfluxDB and collectd as Debian has them, and
// receivers that answer badly, late or not at all.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { systemClock } from "../../src/base/clock.ts";
import { fileTransport, httpTransport, udpTransport } from "../../src/cli/out-transports.ts";
import { Delivery, DeliveryError, type Transport } from "../../src/output/delivery.ts";
import { influxLines } from "../../src/output/influx.ts";
import { metricsOf } from "../../src/output/metrics.ts";
import { seriesOf } from "../../src/output/prometheus-text.ts";
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from "../../src/output/remote-write.ts";
import { SecondWindow, type ToldSecond } from "../../src/output/second-window.ts";
import { datagrams, statsdLines, statsdName } from "../../src/output/statsd.ts";
import { DATAGRAM_MARK } from "../../src/output/told.ts";
import { Aggregate } from "../../src/stats/aggregate.ts";
import { CELL_KIND } from "../../src/stats/cell.ts";
import { freePorts } from "../support/binary.ts";
import { outputBatch } from "../support/output-samples.ts";
import { startCollectd, startInflux, startPosts, startPrometheus } from "../support/receivers.ts";
import { HOSTILE_NAMES } from "../support/report-samples.ts";
import { tempFolder } from "../support/temp.ts";
import { until } from "../support/wait.ts";

const clock = systemClock();
const BATCH = outputBatch([
  { second: 0, us: 1_234, responseUs: 2_345, timers: ["Login page", 1_001], status: "GET 200" },
  { second: 0, us: 9_876_543, error: "no", timers: ["Login page", 800], check: ["is ok", false] },
  ...HOSTILE_NAMES.map((name) => ({ second: 0, us: 2_000, timers: [name, 700] })),
]);

function told(): ToldSecond {
  const window = new SecondWindow();
  window.add(BATCH);
  return window.rest()[0] as ToldSecond;
}

const send = (transport: Transport, body: string | Uint8Array<ArrayBuffer>) =>
  transport.send({ body, units: 1 }, new AbortController().signal);

async function failureOf(sending: Promise<void>): Promise<DeliveryError> {
  try {
    await sending;
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(DeliveryError);
    return thrown as DeliveryError;
  }
  throw new Error("it was taken");
}

describe("Prometheus", () => {
  test("takes remote write, and gives back every series to the digit", async () => {
    await using prometheus = await startPrometheus();
    const aggregate = new Aggregate();
    aggregate.add(BATCH, 0);
    const { families } = metricsOf({
      totals: (kind) => aggregate.totals(kind),
      measuredS: 7,
      turrets: 1,
      lostTurrets: 0,
    });
    const common = { project: "shop", run: "r-1" };
    const transport = httpTransport({
      name: "prometheus",
      url: new URL(prometheus.writeUrl),
      headers: REMOTE_WRITE_HEADERS,
    });
    await send(transport, remoteWriteBody(families, common, clock.wallMs()));
    const sent = families.flatMap((family) => seriesOf(family, common));
    const got = await prometheus.query('{run="r-1"}');
    const keyOf = (name: string, labels: Readonly<Record<string, string>>) =>
      JSON.stringify(
        Object.entries({ ...labels, __name__: name })
          .filter(([, value]) => value !== "")
          .map(([key, value]) => [key, value.toWellFormed()])
          .sort(),
      );
    const found = new Map(
      got.map(({ labels, value }) => [keyOf(labels["__name__"] ?? "", labels), value]),
    );
    expect(found.size).toBe(sent.length);
    const wrong = sent.filter(
      ({ name, labels, value }) => found.get(keyOf(name, labels)) !== value,
    );
    expect(wrong).toEqual([]);
  }, 90_000);

  test("what it refuses is told in its words, and never sent again", async () => {
    await using prometheus = await startPrometheus();
    const transport = httpTransport({
      name: "prometheus",
      url: new URL(prometheus.writeUrl),
      headers: REMOTE_WRITE_HEADERS,
    });
    const failure = await failureOf(send(transport, "no snappy"));
    expect(failure.isFinal).toBe(true);
    expect(failure.message).toStartWith("answered 400 (snappy");
  }, 90_000);
});

describe("InfluxDB", () => {
  test("takes the line protocol: every point, with names as they were", async () => {
    await using influx = await startInflux();
    const url = new URL(`${influx.writeUrl}&precision=ns`);
    const transport = httpTransport({ name: "influx", url, headers: {} });
    const lines = influxLines(told(), { project: "web shop", run: "r=1" }, 1_795_243_200_000);
    await send(transport, `${lines.join("\n")}\n`);
    const all = await influx.query(
      "SELECT count, errors, p95_us, mean_us FROM oct_transactions WHERE clock = 'service'",
    );
    const count = 2 + HOSTILE_NAMES.length;
    expect(all).toEqual([
      {
        time: "2026-11-21T06:40:00Z",
        count,
        errors: 1,
        p95_us: told().find(CELL_KIND.timer, "")?.histogram?.percentile(95),
        mean_us: (1_234 + 9_876_543 + 2_000 * HOSTILE_NAMES.length) / count,
      },
    ]);
    const timers = await influx.query("SELECT count FROM oct_timer GROUP BY timer");
    const names = told()
      .of(CELL_KIND.timer)
      .filter((total) => total.name !== "");
    expect(timers).toHaveLength(new Set(names.map((total) => total.name)).size);
    expect(timers.find((row) => row["timer"] === "Login page")).toMatchObject({ count: 2 });
    expect((await influx.query("SELECT * FROM oct_check"))[0]).toMatchObject({
      check: "is ok",
      passed: 0,
      failed: 1,
      project: "web shop",
      run: "r=1",
    });
  }, 90_000);
});

describe("a StatsD server", () => {
  test("collectd counts what was counted, and has the gauges", async () => {
    await using collectd = await startCollectd();
    const transport = udpTransport({
      name: "statsd",
      host: "localhost",
      port: collectd.port,
      clock,
    });
    const second = told();
    await send(transport, datagrams(statsdLines(second)).join(DATAGRAM_MARK));
    transport.close?.();
    const total = 2 + HOSTILE_NAMES.length;
    const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);
    const written = () =>
      sum(collectd.values("count", "oct.transactions")) === total &&
      collectd.values("gauge", "oct.cannons").length > 0;
    // It writes metric by metric: the second time the first is there, so are all.
    await until(() => written() && collectd.values("count", "oct.errors").length > 1, {
      timeoutMs: 30_000,
      what: "collectd to write what was counted",
    });
    expect(sum(collectd.values("count", "oct.errors"))).toBe(1);
    expect(collectd.values("gauge", "oct.transaction.p50_ms").at(-1)).toBe(2.345);
    const login = statsdName("Login page");
    expect(sum(collectd.values("count", `oct.timer.${login}.values`))).toBe(2);
    expect(collectd.values("gauge", `oct.timer.${login}.max_ms`).at(-1)).toBe(1.001);
  }, 60_000);

  test("nobody there: a refusal, told", async () => {
    const [port = 0] = freePorts(1);
    const transport = udpTransport({ name: "statsd", host: "127.0.0.1", port, clock });
    const failure = await failureOf(send(transport, "a:1|c"));
    expect(failure).toMatchObject({ message: "connection refused", isFinal: true });
    transport.close?.();
  });

  test("no such host: told, and looked up again later", async () => {
    const transport = udpTransport({
      name: "statsd",
      host: "no-such-host.invalid",
      port: 1,
      clock,
    });
    const failure = await failureOf(send(transport, "a:1|c"));
    expect(failure.isFinal).toBe(false);
    expect(failure.message).toMatch(/no such host|cannot be looked up/);
  });
});

describe("HTTP receivers", () => {
  const to = (url: string, refusal?: (answer: string) => string) =>
    httpTransport({
      name: "otlp",
      url: new URL(url),
      headers: { "X-One": "1" },
      ...(refusal === undefined ? {} : { refusal }),
    });

  test("get body, headers and the user part as a header", async () => {
    using posts = startPosts();
    await send(to(posts.url.replace("http://", "http://ann:p%40ss@")), '{"a":1}');
    expect(posts.text(0)).toBe('{"a":1}');
    expect(posts.headers[0]?.get("authorization")).toBe(`Basic ${btoa("ann:p@ss")}`);
    expect(posts.headers[0]?.get("x-one")).toBe("1");
  });

  test.each([
    [500, false],
    [503, false],
    [429, false],
    [408, false],
    [400, true],
    [404, true],
    [302, true],
  ])("answer %d: final %p", async (status, isFinal) => {
    using posts = startPosts(
      () => new Response("why\n\u0007not", { status, headers: { Location: "/elsewhere" } }),
    );
    const failure = await failureOf(send(to(posts.url), "x"));
    expect(failure).toMatchObject({ message: `answered ${status} (why ↵ ␇not)`, isFinal });
    expect(posts.bodies).toHaveLength(1);
  });

  test("an answer without end is not read to its end", async () => {
    using posts = startPosts(
      () =>
        new Response(
          new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(4_096)) }),
        ),
    );
    await send(to(posts.url), "x");
    expect(posts.bodies).toHaveLength(1);
  });

  test("success that is none is a failure", async () => {
    using posts = startPosts(() => new Response("3 rejected"));
    const failure = await failureOf(
      send(
        to(posts.url, (answer) => answer),
        "x",
      ),
    );
    expect(failure).toMatchObject({ message: "3 rejected", isFinal: true });
  });

  test("nobody there: told in words", async () => {
    const [port = 0] = freePorts(1);
    const failure = await failureOf(send(to(`http://127.0.0.1:${port}/`), "x"));
    expect(failure).toMatchObject({ message: "connection refused", isFinal: false });
  });

  test("one that never answers is let go when it is told so", async () => {
    const never = Promise.withResolvers<Response>();
    using posts = startPosts(() => never.promise);
    const stop = new AbortController();
    const sending = to(posts.url).send({ body: "x", units: 1 }, stop.signal);
    await until(() => posts.bodies.length === 1, { what: "the report to arrive" });
    stop.abort();
    expect((await failureOf(sending)).isFinal).toBe(false);
    never.resolve(new Response(""));
  });

  test("a receiver that comes back gets all reports, each once", async () => {
    let isUp = false;
    using posts = startPosts(() => new Response("", { status: isUp ? 200 : 503 }));
    const told: string[] = [];
    const delivery = new Delivery({
      transport: to(posts.url),
      clock,
      noun: "reports",
      onFailure: (line) => told.push(line),
    });
    for (let i = 0; i < 5; i++) delivery.offer({ body: `report ${i}`, units: 1 });
    await until(() => posts.bodies.length > 0, { what: "the first attempt" });
    isUp = true;
    await until(() => delivery.isWhole, { what: "all to be delivered" });
    expect(await delivery.finish()).toBe("otlp: 5 reports delivered");
    expect(told).toHaveLength(1);
    const taken = posts.bodies.map((_, i) => posts.text(i)).slice(-5);
    expect(taken).toEqual(Array.from({ length: 5 }, (_, i) => `report ${i}`));
  });
});

describe("files", () => {
  test("get what is sent, one after the other, compressed where the name says so", async () => {
    using folder = tempFolder();
    for (const name of ["lines.jsonl", "lines.jsonl.gz"]) {
      const transport = await fileTransport(folder.file(name), name);
      await send(transport, "one\n");
      await send(transport, new TextEncoder().encode("two €\n"));
      transport.close?.();
    }
    expect(readFileSync(folder.file("lines.jsonl"), "utf8")).toBe("one\ntwo €\n");
    const packed = readFileSync(folder.file("lines.jsonl.gz"));
    expect(gunzipSync(packed).toString()).toBe("one\ntwo €\n");
  });

  test("one that cannot be made is told at once", async () => {
    using folder = tempFolder();
    const making = fileTransport(folder.file("no/such/file"), "file");
    await expect(making).rejects.toThrow("can not write: no such file or folder");
  });

  test("a full disk is a failure that may pass", async () => {
    const transport = await fileTransport("/dev/full", "full");
    const failure = await failureOf(send(transport, "x"));
    expect(failure).toMatchObject({ message: "the disk is full", isFinal: false });
    transport.close?.();
  });
});
