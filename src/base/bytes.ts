// Bounds-checked little-endian reading and writing. Integers are LEB128 varints where they are
// usually small; everything that comes from outside goes through ByteReader, which never reads past
// its end and never trusts a length.

/** Bytes that do not hold what their format says. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

const MAX_SAFE_HIGH = 0x1fffff; // 2^53 / 2^32
const utf8Decoder = new TextDecoder("utf-8", { fatal: true });
const utf8Encoder = new TextEncoder();

export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(initialSizeBytes = 1024) {
    this.#bytes = new Uint8Array(initialSizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** The written bytes as a view that the next write may overwrite. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The written bytes as a copy of their own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.#length, value, true);
    this.#length += 2;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  f64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Unsigned LEB128 of a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.#reserve(8);
    const bytes = this.#bytes;
    let rest = value;
    while (rest > 0x7fffffff) {
      bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      bytes[this.#length++] = (rest & 127) | 0x80;
      rest >>>= 7;
    }
    bytes[this.#length++] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A varint length and the UTF-8 bytes. */
  text(value: string): void {
    const bytes = utf8Encoder.encode(value);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  /** Overwrites four bytes written earlier, for lengths known only afterwards. */
  patchU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 56; shift += 7) {
      const byte = this.u8();
      const bits = byte & 127;
      if (shift < 28) low += bits * 2 ** shift;
      else high += bits * 2 ** (shift - 28);
      if (byte < 128) {
        const value = low + high * 2 ** 28;
        if (value > MAX_SAFE_HIGH * 2 ** 32 + 0xffffffff) break;
        return value;
      }
    }
    throw new MalformedBytes(`number too large at byte ${this.#offset}`);
  }

  /** A varint that must not exceed `limit`. */
  count(limit: number, what: string): number {
    const value = this.varint();
    if (value > limit)
      throw new MalformedBytes(`${value} ${what}, more than the limit of ${limit}`);
    return value;
  }

  /** A view of the next `sizeBytes` bytes. */
  raw(sizeBytes: number): Uint8Array {
    const start = this.#take(sizeBytes);
    return this.#bytes.subarray(start, start + sizeBytes);
  }

  text(limitBytes: number): string {
    const bytes = this.raw(this.count(limitBytes, "bytes of text"));
    try {
      return utf8Decoder.decode(bytes);
    } catch {
      throw new MalformedBytes(`text at byte ${this.#offset} is not UTF-8`);
    }
  }

  /** Throws unless everything was read: leftovers are an error, not a curiosity. */
  end(): void {
    if (this.remaining !== 0) throw new MalformedBytes(`${this.remaining} bytes too many`);
  }

  #take(sizeBytes: number): number {
    const start = this.#offset;
    if (sizeBytes < 0 || start + sizeBytes > this.#bytes.length) {
      throw new MalformedBytes(`needs ${sizeBytes} bytes at ${start}, has ${this.remaining}`);
    }
    this.#offset = start + sizeBytes;
    return start;
  }
}
