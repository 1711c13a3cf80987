import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { OctError } from "../../../src/base/errors.ts";
import { JOURNAL_LIMIT, SEGMENT_HEADER_BYTES } from "../../../src/store/frames.ts";
import { Journal, readJournal, removeJournal } from "../../../src/store/journal.ts";
import { RECORD_KIND, type RecordKind } from "../../../src/store/records.ts";
import { listSegments } from "../../../src/store/segments.ts";
import { tempFolder } from "../../support/temp.ts";

const { batch, event } = RECORD_KIND;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function readAll(directory: string): { records: [RecordKind, string][]; tornBytes: number } {
  const records: [RecordKind, string][] = [];
  const { tornBytes } = readJournal(directory, (kind, payload) => {
    records.push([kind, new TextDecoder().decode(payload)]);
  });
  return { records, tornBytes };
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code });
}

/** A disk that takes `roomBytes` bytes, at most `pieceBytes` in a write. */
function smallDisk(options: { roomBytes: number; pieceBytes?: number }) {
  const disk = {
    roomBytes: options.roomBytes,
    write(fd: number, data: Uint8Array): number {
      if (disk.roomBytes === 0) throw systemError("ENOSPC");
      const size = Math.min(data.length, disk.roomBytes, options.pieceBytes ?? data.length);
      disk.roomBytes -= size;
      return writeSync(fd, data.subarray(0, size));
    },
  };
  return disk;
}

describe("Journal", () => {
  test("gives back what was appended and flushed, in order", () => {
    using folder = tempFolder();
    using journal = Journal.create(folder.path);
    journal.append(batch, bytes("one"));
    journal.append(event, bytes(""));
    journal.flush();
    journal.append(batch, bytes("not yet flushed"));
    expect(readAll(folder.path)).toEqual({
      records: [
        [batch, "one"],
        [event, ""],
      ],
      tornBytes: 0,
    });
    expect(statSync(listSegments(folder.path)[0]?.path ?? "").size).toBe(8 + 9 + 3 + 9);
  });

  test("counts all its bytes, also those that wait", () => {
    using folder = tempFolder();
    using journal = Journal.create(folder.path, { segmentBytes: 20 });
    for (let i = 0; i < 3; i++) {
      journal.append(batch, bytes("0123456789"));
      journal.flush();
    }
    journal.append(batch, bytes("x"));
    expect(journal.sizeBytes).toBe(3 * (8 + 19) + 10);
    expect(journal.segmentNumber).toBe(3);
    journal.sync();
    expect(journal.segmentNumber).toBe(4);
    expect(readAll(folder.path).records.length).toBe(4);
  });

  test("writes by itself what would grow its buffer past the limit", () => {
    using folder = tempFolder();
    using journal = Journal.create(folder.path);
    const large = new Uint8Array(JOURNAL_LIMIT.bufferBytes);
    journal.append(batch, large);
    expect(statSync(listSegments(folder.path)[0]?.path ?? "").size).toBeGreaterThan(large.length);
  });

  test("takes a record of 64 MiB and refuses a larger one as a bug", () => {
    using folder = tempFolder();
    using journal = Journal.create(folder.path);
    journal.append(batch, new Uint8Array(64 * 1024 * 1024));
    const sizes: number[] = [];
    readJournal(folder.path, (_, payload) => sizes.push(payload.length));
    expect(sizes).toEqual([64 * 1024 * 1024]);
    expect(() => journal.append(batch, new Uint8Array(JOURNAL_LIMIT.payloadBytes + 1))).toThrow();
  });

  test("takes a disk that writes in pieces", () => {
    using folder = tempFolder();
    const disk = smallDisk({ roomBytes: 1_000, pieceBytes: 3 });
    using journal = Journal.create(folder.path, { write: disk.write });
    journal.append(batch, bytes("in many pieces"));
    journal.flush();
    expect(readAll(folder.path).records).toEqual([[batch, "in many pieces"]]);
  });

  test("says that the disk is full, keeps what was written, and goes on when there is room", () => {
    using folder = tempFolder();
    const disk = smallDisk({ roomBytes: SEGMENT_HEADER_BYTES + 12 + 5 });
    using journal = Journal.create(folder.path, { write: disk.write });
    journal.append(batch, bytes("abc"));
    journal.flush();
    journal.append(batch, bytes("too much"));
    expect(() => journal.flush()).toThrow("the disk is full");
    expect(readAll(folder.path)).toEqual({ records: [[batch, "abc"]], tornBytes: 0 });
    try {
      journal.flush();
    } catch (error) {
      expect(error).toBeInstanceOf(OctError);
      expect((error as OctError).where).toEndWith("000001.octj");
      expect((error as OctError).hint).toContain("oct rebuild");
    }
    disk.roomBytes = 1_000;
    journal.append(event, bytes("again"));
    journal.flush();
    expect(readAll(folder.path).records.map(([, text]) => text)).toEqual([
      "abc",
      "too much",
      "again",
    ]);
  });

  test("keeps its records when the next segment can not be opened", () => {
    using folder = tempFolder();
    const disk = smallDisk({ roomBytes: SEGMENT_HEADER_BYTES + 19 });
    using journal = Journal.create(folder.path, { segmentBytes: 20, write: disk.write });
    journal.append(batch, bytes("0123456789"));
    journal.flush();
    journal.append(batch, bytes("second"));
    expect(() => journal.flush()).toThrow("the disk is full");
    expect(listSegments(folder.path).length).toBe(1);
    disk.roomBytes = 1_000;
    journal.flush();
    expect(readAll(folder.path).records.map(([, text]) => text)).toEqual(["0123456789", "second"]);
  });

  test("can be closed twice", () => {
    using folder = tempFolder();
    const journal = Journal.create(folder.path);
    journal.append(batch, bytes("last"));
    journal.close();
    journal.close();
    expect(readAll(folder.path).records).toEqual([[batch, "last"]]);
  });

  test("refuses a folder that holds a journal, reopen goes on in a new segment", () => {
    using folder = tempFolder();
    const first = Journal.create(folder.path);
    first.append(batch, bytes("a"));
    first.close();
    expect(() => Journal.create(folder.path)).toThrow("already holds the journal of a run");
    using second = Journal.reopen(folder.path);
    second.append(batch, bytes("b"));
    second.flush();
    expect(second.segmentNumber).toBe(2);
    expect(readAll(folder.path).records.map(([, text]) => text)).toEqual(["a", "b"]);
  });

  test("says what is wrong with a folder", () => {
    using folder = tempFolder();
    writeFileSync(folder.file("file"), "");
    expect(() => Journal.create(folder.file("file"))).toThrow(OctError);
    expect(() => Journal.create("/proc/none")).toThrow(OctError);
  });
});

describe("readJournal", () => {
  const whole = 3;

  function threeRecords(directory: string): string {
    using journal = Journal.create(directory);
    for (const text of ["first", "second", "third"]) journal.append(batch, bytes(text));
    journal.flush();
    return listSegments(directory)[0]?.path ?? "";
  }

  test("stops at a cut anywhere, and counts what is torn", () => {
    using folder = tempFolder();
    const path = threeRecords(folder.path);
    const full = readFileSync(path);
    const ends = [0, SEGMENT_HEADER_BYTES, 22, 37, full.length];
    for (let size = 0; size < full.length; size++) {
      writeFileSync(path, full.subarray(0, size));
      const { records, tornBytes } = readAll(folder.path);
      const end = ends.findLast((one) => one <= size) as number;
      expect([size, records.length]).toEqual([size, Math.max(0, ends.indexOf(end) - 1)]);
      expect(tornBytes).toBe(size - end);
    }
    expect(ends.length - 2).toBe(whole);
  });

  test("takes no wrong byte for a right one, wherever it is", () => {
    using folder = tempFolder();
    const path = threeRecords(folder.path);
    const full = readFileSync(path);
    for (let at = SEGMENT_HEADER_BYTES; at < full.length; at++) {
      const wrong = Buffer.from(full);
      wrong[at] = (wrong[at] as number) ^ 0x80;
      writeFileSync(path, wrong);
      const { records, tornBytes } = readAll(folder.path);
      expect(records.map(([, text]) => text)).toEqual(
        ["first", "second", "third"].slice(0, at < 22 ? 0 : at < 37 ? 1 : 2),
      );
      expect(tornBytes).toBeGreaterThan(0);
    }
  });

  const tails = [
    ["zeros, as a power cut leaves", new Uint8Array(4_096)],
    ["a length of 4 GiB", Uint8Array.of(0xff, 0xff, 0xff, 0xff, 4, 0, 0, 0, 0)],
    ["noise", Uint8Array.from({ length: 100 }, (_, i) => (i * 73) & 255)],
  ] as const;
  test.each(tails)("ends before %s", (_, tail) => {
    using folder = tempFolder();
    const path = threeRecords(folder.path);
    writeFileSync(path, Buffer.concat([readFileSync(path), tail]));
    const { records, tornBytes } = readAll(folder.path);
    expect(records.length).toBe(whole);
    expect(tornBytes).toBe(tail.length);
  });

  test("goes on with the next segment after a torn one", () => {
    using folder = tempFolder();
    const path = threeRecords(folder.path);
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    using journal = Journal.reopen(folder.path);
    journal.append(event, bytes("later"));
    journal.flush();
    expect(readAll(folder.path).records.map(([, text]) => text)).toEqual([
      "first",
      "second",
      "later",
    ]);
  });

  test("takes a file of something else as torn, and refuses another version", () => {
    using folder = tempFolder();
    const path = threeRecords(folder.path);
    const full = readFileSync(path);
    writeFileSync(path, "no journal at all");
    expect(readAll(folder.path)).toEqual({ records: [], tornBytes: 17 });
    full[4] = 9;
    writeFileSync(path, full);
    expect(() => readAll(folder.path)).toThrow("this journal is of version 9");
  });

  test("reads nothing where there is nothing, and ignores other files", () => {
    using folder = tempFolder();
    expect(readAll(folder.path)).toEqual({ records: [], tornBytes: 0 });
    mkdirSync(folder.file("journal"));
    for (const name of [".000001.octc.part", "1.octj", "000001.txt"]) {
      writeFileSync(folder.file("journal", name), "x");
    }
    expect(readAll(folder.path)).toEqual({ records: [], tornBytes: 0 });
  });

  test("prefers the compacted one of two files of a segment", () => {
    using folder = tempFolder();
    const path = threeRecords(folder.path);
    writeFileSync(path.replace(".octj", ".octc"), readFileSync(path).subarray(0, 22));
    expect(readAll(folder.path).records).toEqual([[batch, "first"]]);
  });

  test("tells how far it is", () => {
    using folder = tempFolder();
    const path = threeRecords(folder.path);
    const size = statSync(path).size;
    const seen: number[][] = [];
    readJournal(folder.path, () => {}, { onProgress: (done, total) => seen.push([done, total]) });
    expect(seen).toEqual([[size, size]]);
  });
});

describe("removeJournal", () => {
  test("deletes the journal and nothing else, and bears that there is none", () => {
    using folder = tempFolder();
    Journal.create(folder.path).close();
    writeFileSync(folder.file("results.sqlite"), "");
    removeJournal(folder.path);
    removeJournal(folder.path);
    expect(listSegments(folder.path)).toEqual([]);
    expect(statSync(folder.file("results.sqlite")).size).toBe(0);
  });
});
