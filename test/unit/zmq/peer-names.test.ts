import { describe, expect, test } from "bun:test";
import { PeerNames } from "../../../src/zmq/link.ts";

const ID = new Uint8Array([0, 1, 0xfe]);

describe("PeerNames", () => {
  test("a name leads back to its routing id", () => {
    const names = new PeerNames(10);
    expect(names.nameOf(ID)).toBe("0001fe.0");
    expect([...(names.routingIdOf("0001fe.0") ?? [])]).toEqual([...ID]);
  });

  test("a dropped name is none, the id's next name is another", () => {
    const names = new PeerNames(10);
    const first = names.nameOf(ID);
    names.drop(first);
    names.drop(first);
    expect(names.routingIdOf(first)).toBeUndefined();
    const second = names.nameOf(ID);
    expect(second).toBe("0001fe.1");
    expect(names.routingIdOf(second)).toBeDefined();
  });

  test.each(["", ".", "0001fe", "0001fe.", "01f.0", "xyz.0", "0001fe.1", "0001fe.0 "])(
    "%p is no name",
    (name) => {
      expect(new PeerNames(10).routingIdOf(name)).toBeUndefined();
    },
  );

  test("remembers only so many dropped ids, the latest ones", () => {
    const names = new PeerNames(2);
    const ids = [1, 2, 3].map((n) => new Uint8Array([n]));
    for (const id of ids) names.drop(names.nameOf(id));
    expect(ids.map((id) => names.nameOf(id))).toEqual(["01.0", "02.1", "03.1"]);
  });
});
