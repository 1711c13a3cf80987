import { describe, expect, test } from "bun:test";
import { holderOf } from "../../../src/zmq/listen.ts";
import { freePorts } from "../../support/binary.ts";

describe("holderOf", () => {
  test("names the process that listens on a port", () => {
    const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    try {
      expect(holderOf(server.port)).toMatch(new RegExp(`^\\S.* \\(process ${process.pid}\\)$`));
    } finally {
      server.stop(true);
    }
  });

  test("names nobody for a free port", () => {
    expect(holderOf(freePorts(1)[0] as number)).toBeUndefined();
  });
});
