// Unit tests of what a session makes of calls: defaults, cookies, redirects, authorization, retries.

import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { type RawServer, rawServer } from "../../support/http-servers.ts";
import { kindOf, testSession } from "../../support/http-session.ts";

/** Answers by path. */
async function serverOf(
  answers: Readonly<Record<string, (request: string) => string>>,
): Promise<RawServer> {
  return rawServer((socket, text) => {
    const path = text.split(" ")[1]?.split("?")[0] ?? "";
    const answer = answers[path]?.(text);
    socket.write(Buffer.from(answer ?? answerOf(404, ""), "latin1"));
  });
}

function answerOf(status: number, headers: string, body = ""): string {
  return `HTTP/1.1 ${status} x\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function headerOf(request: string | undefined, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)\r$`, "im").exec(request ?? "")?.[1];
}

const ok = () => answerOf(200, "", "ok");

describe("HttpSession defaults", () => {
  test.each([
    ["/a", undefined, "/base/a"],
    ["a", undefined, "/base/a"],
    ["", undefined, "/base"],
    ["?x=1", { y: 2 }, "/base?x=1&y=2"],
    ["/a?x=1#top", { y: "ä/" }, "/base/a?x=1&y=%C3%A4%2F"],
    ["/a", { y: [1, true], none: undefined }, "/base/a?y=1&y=true"],
    ["/a", new URLSearchParams("q=1"), "/base/a?q=1"],
  ])("put the base before %j with %j", async (url, query, path) => {
    using server = await serverOf({});
    using one = testSession({ baseUrl: `${server.url}base` });
    await one.http.get(url, query === undefined ? undefined : { query });
    expect(server.received[0]?.split(" ")[1]).toBe(path);
  });

  test("leave whole URLs alone", async () => {
    using server = await serverOf({ "/x": ok });
    using one = testSession({ baseUrl: "http://elsewhere.test/" });
    expect((await one.http.get(`${server.url}x`)).text()).toBe("ok");
  });

  test("send headers with every request, replaced by those of a request", async () => {
    using server = await serverOf({ "/": ok });
    using one = testSession({ baseUrl: server.url, headers: { "X-A": "1", "x-b": "2" } });
    await one.http.get("/");
    await one.http.get("/", { headers: { "X-B": "3" } });
    one.http.headers = { "X-C": "4" };
    await one.http.get("/");
    const seen = server.received.map((text) => ["x-a", "x-b", "x-c"].map((n) => headerOf(text, n)));
    expect(seen).toEqual([
      ["1", "2", undefined],
      ["1", "3", undefined],
      [undefined, undefined, "4"],
    ]);
    expect(one.http.headers).toEqual({ "X-C": "4" });
  });

  test("name timers by request", async () => {
    using server = await serverOf({ "/users/17": ok });
    using one = testSession({ baseUrl: server.url });
    await one.http.get("/users/17?token=x");
    await one.http.get("/users/17", { name: "one user" });
    expect(one.hits).toEqual(["GET /users/:id 200", "one user 200"]);
  });
});

describe("HttpSession cookies", () => {
  test("are kept by path, changed, and forgotten when they run out or are cleared", async () => {
    const set = (cookie: string) => () => answerOf(200, `Set-Cookie: ${cookie}\r\n`);
    using server = await serverOf({
      "/in": () => answerOf(200, "Set-Cookie: a=1; Path=/\r\nset-cookie: b=2; Path=/shop\r\n"),
      "/change": set("a=9; Path=/"),
      "/out": set("a=; Path=/; Max-Age=0"),
      "/foreign": set("c=1; Domain=other.test"),
      "/shop/x": ok,
    });
    using one = testSession({ baseUrl: server.url });
    const sent = async (path: string) => {
      await one.http.get(path);
      return headerOf(server.received.at(-1), "cookie");
    };
    expect(await sent("/in")).toBeUndefined();
    expect(await sent("/shop/x")).toBe("b=2; a=1");
    expect(await sent("/change")).toBe("a=1");
    expect(await sent("/shop/x")).toBe("b=2; a=9");
    expect(await sent("/foreign")).toBe("a=9");
    expect(await sent("/out")).toBe("a=9");
    expect(await sent("/shop/x")).toBe("b=2");
    await one.http.cookies.set(`${server.url}shop`, "own=1; Path=/");
    expect(await sent("/shop/x")).toBe("b=2; own=1");
    expect(one.http.cookies.all(`${server.url}shop/x`).map((cookie) => cookie.name)).toEqual([
      "b",
      "own",
    ]);
    await one.http.get("/shop/x", { headers: { cookie: "mine=1" } });
    expect(headerOf(server.received.at(-1), "cookie")).toBe("mine=1");
    one.http.cookies.clear();
    expect(await sent("/shop/x")).toBeUndefined();
  });

  test("are never another session's", async () => {
    using server = await serverOf({ "/": () => answerOf(200, "Set-Cookie: a=1\r\n") });
    using one = testSession({ baseUrl: server.url });
    using other = testSession({ baseUrl: server.url });
    await one.http.get("/");
    await other.http.get("/");
    expect(headerOf(server.received[1], "cookie")).toBeUndefined();
    expect([
      one.http.cookies.get(server.url, "a"),
      other.http.cookies.get(server.url, "b"),
    ]).toEqual(["1", undefined]);
  });

  test("come with redirects, sent to where they lead", async () => {
    using server = await serverOf({
      "/login": () => answerOf(303, "Set-Cookie: id=7; Path=/\r\nLocation: /home\r\n"),
      "/home": (request) => answerOf(200, "", headerOf(request, "cookie")),
    });
    using one = testSession({ baseUrl: server.url });
    expect((await one.http.post("/login", { form: { user: "ann" } })).text()).toBe("id=7");
    expect(one.hits).toEqual(["POST /login 303", "GET /home 200"]);
  });
});

describe("HttpSession redirects", () => {
  test.each([
    [301, "POST", "GET"],
    [302, "POST", "GET"],
    [302, "PUT", "PUT"],
    [303, "PUT", "GET"],
    [303, "HEAD", "HEAD"],
    [307, "POST", "POST"],
    [308, "DELETE", "DELETE"],
  ])("of %i turn %s into %s", async (status, method, next) => {
    using server = await serverOf({
      "/a": () => answerOf(status, "Location: b?x=1\r\n"),
      "/b": () => answerOf(204, "").replace(/Content.*\r\n/, ""),
    });
    using one = testSession({ baseUrl: server.url });
    await one.http.request(method, "/a", { body: "text", headers: { "Content-Type": "a/b" } });
    const [head = "", body] = (server.received[1] ?? "").split("\r\n\r\n");
    expect(head.split(" ").slice(0, 2)).toEqual([next, "/b?x=1"]);
    const keeps = method === next;
    expect([body, headerOf(`${head}\r\n`, "content-type")]).toEqual(
      keeps ? ["text", "a/b"] : ["", undefined],
    );
  });

  test("to another origin leave passwords behind, to the same one take them along", async () => {
    using other = await serverOf({ "/": ok });
    using server = await serverOf({
      "/away": () => answerOf(302, `Location: ${other.url}\r\n`),
      "/near": () => answerOf(302, "Location: /here\r\n"),
      "/here": ok,
    });
    using one = testSession({ baseUrl: server.url, auth: { bearer: "t0ken" } });
    await one.http.get("/away");
    await one.http.get("/near");
    await one.http.get(`${server.url.replace("//", "//ann:pw@")}near`, { auth: false });
    expect(headerOf(other.received[0], "authorization")).toBeUndefined();
    const basic = `Basic ${Buffer.from("ann:pw").toString("base64")}`;
    expect(server.received.map((text) => headerOf(text, "authorization"))).toEqual([
      "Bearer t0ken",
      "Bearer t0ken",
      "Bearer t0ken",
      basic,
      basic,
    ]);
  });

  test.each([
    ["ftp://elsewhere/", "bad-url"],
    ["http://", "bad-url"],
    ["javascript:alert(1)", "bad-url"],
  ])("to %s are refused", async (location, kind) => {
    using server = await serverOf({ "/": () => answerOf(302, `Location: ${location}\r\n`) });
    using one = testSession({ baseUrl: server.url });
    expect(await kindOf(one.http.get("/"))).toBe(kind);
  });

  test("without a place to go are answers", async () => {
    using server = await serverOf({ "/": () => answerOf(304, ""), "/b": () => answerOf(302, "") });
    using one = testSession({ baseUrl: server.url });
    const statuses = [(await one.http.get("/")).status, (await one.http.get("/b")).status];
    expect(statuses).toEqual([304, 302]);
  });
});

describe("HttpSession authorization", () => {
  test("answers a digest challenge, then counts on", async () => {
    const md5 = (text: string) => createHash("md5").update(text).digest("hex");
    const challenge = 'Digest realm="shop", nonce="n1", qop="auth,auth-int", opaque="o,1"';
    using server = await serverOf({
      "/a": (request) => {
        const given = headerOf(request, "authorization") ?? "";
        const part = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(given)?.[1];
        const expected = md5(
          `${md5("ann:shop:pw")}:n1:${part("nc")}:${part("cnonce")}:auth:${md5("GET:/a?x=1")}`,
        );
        return part("response") === expected && given.includes('opaque="o,1"')
          ? answerOf(200, "", part("nc"))
          : answerOf(
              401,
              `WWW-Authenticate: Basic realm="x"\r\nWWW-Authenticate: ${challenge}\r\n`,
            );
      },
    });
    using one = testSession({ baseUrl: server.url });
    const auth = { user: "ann", password: "pw", scheme: "digest" } as const;
    expect((await one.http.get("/a?x=1", { auth })).text()).toBe("00000001");
    expect((await one.http.get("/a?x=1", { auth })).text()).toBe("00000002");
    expect(one.hits).toEqual(["GET /a 401", "GET /a 200", "GET /a 200"]);
    const wrong = { ...auth, password: "no" };
    expect((await one.http.get("/a?x=1", { auth: wrong })).status).toBe(401);
  });

  test("is left out where a request says so", async () => {
    using server = await serverOf({ "/": ok });
    using one = testSession({ baseUrl: server.url, auth: { user: "a", password: "b" } });
    await one.http.get("/");
    await one.http.get("/", { auth: false });
    await one.http.get("/", { auth: { bearer: "x" } });
    expect(server.received.map((text) => headerOf(text, "authorization"))).toEqual([
      "Basic YTpi",
      undefined,
      "Bearer x",
    ]);
  });
});

describe("HttpSession retries", () => {
  test("are off unless asked for, and counted", async () => {
    let left = 0;
    using server = await rawServer((socket) => {
      if (left-- > 0) socket.end();
      else socket.write(ok());
    });
    using one = testSession();
    left = 1;
    expect(await kindOf(one.http.get(server.url))).toBe("closed");
    left = 2;
    expect((await one.http.get(server.url, { retries: 2 })).text()).toBe("ok");
    left = 9;
    expect(await kindOf(one.http.get(server.url, { retries: 2 }))).toBe("closed");
    expect(one.hits.map((hit) => hit.slice(6))).toEqual([
      "closed",
      ...["closed", "closed", "200"],
      // The connection of the answer before is the server's to close.
      ...["resent", "closed", "closed", "closed"],
    ]);
  });
});
