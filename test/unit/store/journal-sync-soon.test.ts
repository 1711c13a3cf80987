// Journal.syncSoon: what it promises without waiting for the disk.

import { describe, expect, test } from "bun:test";
import { Journal } from "../../../src/store/journal.ts";
import { encodeJsonRecord, RECORD_KIND } from "../../../src/store/records.ts";
import { readJournal } from "../../../src/store/segments.ts";
import { tempFolder } from "../../support/temp.ts";

describe("Journal.syncSoon", () => {
  test("what was appended is in the file at once, however often it is asked", () => {
    using folder = tempFolder();
    using journal = Journal.create(folder.path);
    for (let i = 1; i <= 5; i++) {
      journal.append(RECORD_KIND.event, encodeJsonRecord({ i }));
      journal.syncSoon();
      let count = 0;
      readJournal(folder.path, () => count++);
      expect(count).toBe(i);
    }
  });

  test("a journal may be closed while the disk is still busy", () => {
    using folder = tempFolder();
    const journal = Journal.create(folder.path);
    journal.append(RECORD_KIND.event, encodeJsonRecord({}));
    journal.syncSoon();
    expect(() => journal.close()).not.toThrow();
  });

  test("a full disk is told to the caller, as with flush", () => {
    using folder = tempFolder();
    let isFull = false;
    const write = (_: number, bytes: Uint8Array) => {
      if (isFull) throw Object.assign(new Error("full"), { code: "ENOSPC" });
      return bytes.length;
    };
    const journal = Journal.create(folder.path, { write });
    isFull = true;
    journal.append(RECORD_KIND.event, encodeJsonRecord({}));
    expect(() => journal.syncSoon()).toThrow();
    isFull = false;
    journal.close();
  });
});
