// Bytes that arrived and were not read yet: one buffer that grows by doubling and is compacted when
// its front is read.

const FIRST_BYTES = 4_096;

export class ByteQueue {
  #buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** All bytes that were ever read, so that places in the queue can be remembered. */
  #taken = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** Place of the first byte that waits, counted from the first that ever came. */
  get position(): number {
    return this.#taken;
  }

  push(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Removes `count` bytes, at most what is there, and skips `skipped` more. */
  take(count: number, skipped = 0): Uint8Array {
    const from = this.#start;
    const to = Math.min(this.#end, from + count);
    const taken = Uint8Array.prototype.slice.call(this.#buffer, from, to);
    const next = Math.min(this.#end, to + skipped);
    this.#taken += next - from;
    this.#start = next;
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
    }
    return taken;
  }

  /** Bytes before `delimiter`, looked for from place `fromPosition` on; -1 if it is not there. */
  find(delimiter: Uint8Array, fromPosition: number): number {
    const offset = Math.max(0, fromPosition - this.#taken);
    const at = this.#buffer.subarray(this.#start + offset, this.#end).indexOf(delimiter);
    return at < 0 ? -1 : at + offset;
  }

  #makeRoom(sizeBytes: number): void {
    const { length } = this;
    if (this.#end + sizeBytes <= this.#buffer.length) return;
    const wanted = length + sizeBytes;
    const isEnough = wanted <= this.#buffer.length / 2;
    const target = isEnough
      ? this.#buffer
      : Buffer.alloc(Math.max(FIRST_BYTES, this.#buffer.length * 2, wanted));
    this.#buffer.copy(target, 0, this.#start, this.#end);
    this.#buffer = target;
    this.#start = 0;
    this.#end = length;
  }
}
