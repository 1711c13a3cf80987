import { describe, expect, test } from "bun:test";
import { bindable, connectable } from "../../../src/zmq/resolve.ts";

describe("connectable", () => {
  test.each([
    ["127.0.0.1", { host: "127.0.0.1", ipv6: false }],
    ["localhost", { host: "localhost", ipv6: false }],
    [" localhost ", { host: "localhost", ipv6: false }],
    ["::1", { host: "[::1]", ipv6: true }],
    ["[::1]", { host: "[::1]", ipv6: true }],
    ["no-such-host.invalid", { host: "no-such-host.invalid", ipv6: false }],
  ])("%p keeps names as names and prefers IPv4", (host, expected) => {
    expect(connectable(host)).toEqual(expected);
  });
});

describe("bindable", () => {
  test.each([
    ["*", { host: "*", ipv6: true }],
    ["", { host: "*", ipv6: true }],
    ["127.0.0.1", { host: "127.0.0.1", ipv6: false }],
    ["0.0.0.0", { host: "0.0.0.0", ipv6: false }],
    ["::", { host: "[::]", ipv6: true }],
    ["[::1]", { host: "[::1]", ipv6: true }],
    ["localhost", { host: "127.0.0.1", ipv6: false }],
    ["lo", { host: "lo", ipv6: false }],
    ["no-such-host.invalid", { host: "no-such-host.invalid", ipv6: false }],
  ])("%p becomes an address that libzmq listens at", (host, expected) => {
    expect(bindable(host)).toEqual(expected);
  });
});
