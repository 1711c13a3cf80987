// Messages that could not be used: counted by kind, the first few of each kept for the report.

import type { MalformedRecord } from "../store/records.ts";

const KEPT_OF_EACH = 3;
const KEPT_BYTES = 4096;
const KINDS_MAX = 100;

export class MalformedLog {
  readonly #counts = new Map<string, number>();
  readonly #keep: (record: MalformedRecord) => void;
  #total = 0;

  /** `keep` is handed the first few of each kind. */
  constructor(keep: (record: MalformedRecord) => void) {
    this.#keep = keep;
  }

  get total(): number {
    return this.#total;
  }

  add(kind: string, atUs: number, bytes: Uint8Array, sizeBytes = bytes.length): void {
    if (this.count(kind)) this.keep(kind, atUs, bytes, sizeBytes);
  }

  /** Counts one; true when it should be kept too. */
  count(kind: string): boolean {
    this.#total++;
    const known = this.#counts.get(kind) ?? 0;
    if (known === 0 && this.#counts.size >= KINDS_MAX) return false;
    this.#counts.set(kind, known + 1);
    return known < KEPT_OF_EACH;
  }

  keep(kind: string, atUs: number, bytes: Uint8Array, sizeBytes: number): void {
    const sampleBase64 = Buffer.from(bytes.subarray(0, KEPT_BYTES)).toString("base64");
    this.#keep({ kind, atUs, sizeBytes, sampleBase64 });
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
