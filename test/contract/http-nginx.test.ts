// The engine against nginx, over HTTP/1.1, TLS and HTTP/2.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Nginx, startNginx } from "../support/http-nginx.ts";
import { TEST_TLS } from "../support/http-servers.ts";
import { kindOf, testSession } from "../support/http-session.ts";

let nginx: Nginx;

beforeAll(async () => {
  nginx = await startNginx();
});

afterAll(async () => {
  await nginx[Symbol.asyncDispose]();
});

const WAYS = [
  ["HTTP/1.1", () => nginx.url, {}],
  ["HTTP/1.1 over TLS", () => nginx.secureUrl, { ca: TEST_TLS.cert }],
  ["HTTP/2", () => nginx.secureUrl, { ca: TEST_TLS.cert, http2: true }],
] as const;

describe.each(WAYS)("nginx over %s", (way, base, options) => {
  test("gives bodies whole, small and large, again and again", async () => {
    using one = testSession({ ...options, baseUrl: base() });
    for (let i = 0; i < 5; i++) {
      expect((await one.http.get("/file")).text()).toBe("hello from nginx");
    }
    const large = await one.http.get("/large");
    expect([large.bytes().length, large.bytes()[2_999_999]]).toEqual([3_000_000, 7]);
    expect(large.request.isReused).toBe(true);
    expect(one.pool.openCount).toBe(1);
    const all = await Promise.all(Array.from({ length: 30 }, () => one.http.get("/file")));
    expect(all.every((answer) => answer.text() === "hello from nginx")).toBe(true);
    expect(one.pool.openCount).toBe(way === "HTTP/2" ? 1 : 30);
  });

  test("says which protocol it is, and answers without a body", async () => {
    using one = testSession({ ...options, baseUrl: base() });
    const [protocol, name] = (await one.http.get("/protocol")).text().split(" ");
    expect(protocol).toBe(way === "HTTP/2" ? "HTTP/2.0" : "HTTP/1.1");
    expect(name).toBe(way === "HTTP/1.1" ? "" : "localhost");
    const head = await one.http.head("/file");
    expect([head.status, head.header("content-length"), head.bytes().length]).toEqual([
      200,
      "16",
      0,
    ]);
    expect([(await one.http.get("/empty")).status, (await one.http.get("/error")).status]).toEqual([
      204, 503,
    ]);
  });

  test("is decoded when read, and counted as it came", async () => {
    using one = testSession({ ...options, baseUrl: base(), compressed: true });
    const answer = await one.http.get("/gzip");
    expect(answer.header("content-encoding")).toBe("gzip");
    expect(answer.text()).toBe("hello from nginx");
    expect(answer.rawBytes().length).toBe(answer.bodyBytes);
    expect(answer.bodyBytes).not.toBe(16);
  });

  test("redirects are hits of their own, and end", async () => {
    using one = testSession({ ...options, baseUrl: base() });
    const answer = await one.http.get("/moved");
    expect([answer.text(), answer.request.url]).toEqual(["hello from nginx", `${base()}/file`]);
    expect(one.hits).toEqual(["GET /moved 302", "GET /file 200"]);
    expect(await kindOf(one.http.get("/loop", { redirects: 3 }))).toBe("too-many-redirects");
    expect(one.hits.slice(2)).toEqual(Array(4).fill("GET /loop 302"));
    expect((await one.http.get("/moved", { redirects: 0 })).status).toBe(302);
  });

  test("keeps cookies and passwords", async () => {
    using one = testSession({ ...options, baseUrl: base() });
    expect((await one.http.get("/cookie")).text()).toBe("");
    expect((await one.http.get("/cookie")).text()).toBe("seen=.x");
    expect((await one.http.get("/cookie")).text()).toBe("seen=.x.x");
    expect((await one.http.get("/cookie", { cookies: false })).text()).toBe("");
    expect((await one.http.get("/secret")).status).toBe(401);
    const auth = { user: "ann", password: "pass word" };
    expect((await one.http.get("/secret", { auth })).text()).toBe("hello from nginx");
  });

  test("has its phases timed, that of making a connection only once", async () => {
    using one = testSession({ ...options, baseUrl: base() });
    const [first, second] = [await one.http.get("/file"), await one.http.get("/file")];
    expect(first.request.isReused).toBe(false);
    expect(second.timings).toMatchObject({ dnsUs: 0, connectUs: 0, tlsUs: 0 });
    expect(first.timings.connectUs).toBeGreaterThan(0);
    expect(first.timings.tlsUs > 0).toBe(way !== "HTTP/1.1");
    for (const answer of [first, second]) {
      const sum = Object.values(answer.timings).reduce((a, b) => a + b, 0);
      expect(Number.isInteger(sum)).toBe(true);
      expect(answer.durationUs).toBeGreaterThan(0);
      expect(sum).toBeLessThanOrEqual(answer.durationUs + 6);
    }
  });
});

describe("nginx", () => {
  test("closes a connection when it says so", async () => {
    using one = testSession({ baseUrl: nginx.url });
    for (let i = 0; i < 3; i++) expect((await one.http.get("/close")).text()).toContain("hello");
    expect(one.pool.openCount).toBe(0);
  });

  test.each([[false], [true]])("knows our certificate (HTTP/2: %p)", async (http2) => {
    const { cert, key } = TEST_TLS;
    using one = testSession({ baseUrl: nginx.secureUrl, ca: cert, http2 });
    expect((await one.http.get("/client")).text()).toBe("NONE ");
    one.http.configure({ cert, key });
    expect((await one.http.get("/client")).text()).toBe("SUCCESS CN=localhost");
  });

  test.each([[false], [true]])("is not trusted without a reason (HTTP/2: %p)", async (http2) => {
    using one = testSession({ baseUrl: nginx.secureUrl, http2 });
    expect(await kindOf(one.http.get("/file"))).toBe("tls");
    one.http.configure({ ca: TEST_TLS.cert, serverName: "other.test" });
    expect(await kindOf(one.http.get("/file"))).toBe("tls");
    one.http.configure({ insecure: true });
    expect((await one.http.get("/file")).status).toBe(200);
    one.http.configure({ insecure: false, serverName: "localhost" });
    expect((await one.http.get("/file")).status).toBe(200);
  });

  test("is spoken to in HTTP/1.1 where it knows no HTTP/2 without TLS", async () => {
    using one = testSession({ baseUrl: nginx.url, http2: true });
    expect(await kindOf(one.http.get("/file"))).toBe("http2");
    one.http.configure({ http2: false });
    expect((await one.http.get("/file")).text()).toBe("hello from nginx");
  });

  test("gives large bodies piece by piece", async () => {
    using one = testSession({ baseUrl: nginx.url });
    const sizes: number[] = [];
    const answer = await one.http.get("/large", { onChunk: (bytes) => sizes.push(bytes.length) });
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(3_000_000);
    expect(sizes.length).toBeGreaterThan(1);
    expect([answer.bodyBytes, answer.bytes().length]).toEqual([3_000_000, 0]);
    const thrown = await one.http.get("/large", { discardBody: true });
    expect([thrown.bodyBytes, thrown.text()]).toEqual([3_000_000, ""]);
    expect(await kindOf(one.http.get("/large", { maxBodyBytes: 1_000 }))).toBe("body-too-large");
    const givingUp = one.http.get("/large", {
      onChunk: () => {
        throw new Error("enough");
      },
    });
    expect(await kindOf(givingUp)).toBe("given-up");
  });
});
