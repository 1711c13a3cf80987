// Unit tests of automatic timer names.

import { describe, expect, test } from "bun:test";
import { timerNameOf } from "../../../src/http/names.ts";

describe("timerNameOf", () => {
  test.each([
    ["http://h/", "/"],
    ["http://h", "/"],
    ["http://h?x=1", "/"],
    ["http://h:80/users/17?full=1#top", "/users/:id"],
    ["/users/17/orders/4-5", "/users/:id/orders/:id"],
    ["/users/ann", "/users/ann"],
    ["/v1/users", "/v1/users"],
    ["/v2.1/x", "/v2.1/x"],
    ["/o/123e4567-e89b-12d3-a456-426614174000", "/o/:id"],
    ["/o/123e4567e89b12d3a456426614174000/x", "/o/:id/x"],
    ["/commit/4740452a9f", "/commit/:id"],
    ["/decade/facade", "/decade/facade"],
    ["/blob/507f1f77bcf86cd799439011", "/blob/:id"],
    ["/t/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/t/:id"],
    ["/t/dGhpcyBpcyBhIHRva2Vu12Ab34", "/t/:id"],
    ["/t/Zm9vYmFyMTIzNDU2Nzg5MA%3D%3D", "/t/:id"],
    ["/static/jquery-3.6.0.min.js", "/static/jquery-3.6.0.min.js"],
    ["/how-to-write-a-load-test-in-2024", "/how-to-write-a-load-test-in-2024"],
    ["/a/2024-11-21", "/a/:id"],
    ["/a;jsession=17", "/a"],
    [`/a/${"x".repeat(61)}`, "/a/:id"],
    ["/-1.5", "/:id"],
    ["/a//b/", "/a//b/"],
  ])("calls %s %s", (url, path) => {
    expect(timerNameOf("GET", url)).toBe(`GET ${path}`);
    expect(timerNameOf("POST", url)).toBe(`POST ${path}`);
  });

  test("is bounded, in length and in what it remembers", () => {
    expect(timerNameOf("GET", `/${"ab/".repeat(1_000)}`).length).toBe(200);
    const names = new Set<string>();
    for (let i = 0; i < 10_000; i++) names.add(timerNameOf("GET", `/item/${i}`));
    expect([...names]).toEqual(["GET /item/:id"]);
  });
});
