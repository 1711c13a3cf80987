// Headers of an answer, parsed from the kept bytes only when somebody looks at them.

/** Names are compared without regard to case, as in HTTP. */
export class HeaderList {
  readonly #head: Uint8Array;
  #lines: (readonly [name: string, value: string])[] | undefined;

  /** `head` is the status line and the header lines, already checked by the parser. */
  constructor(head: Uint8Array) {
    this.#head = head;
  }

  /** The value, several joined with ", "; null when there is none (as in fetch). */
  get(name: string): string | null {
    const values = this.getAll(name);
    return values.length === 0 ? null : values.join(", ");
  }

  /** Every value of a repeated header, such as `set-cookie`. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#parsed()
      .filter(([known]) => known === wanted)
      .map(([, value]) => value);
  }

  has(name: string): boolean {
    const wanted = name.toLowerCase();
    return this.#parsed().some(([known]) => known === wanted);
  }

  /** Names in lower case and values, in the order of the answer. */
  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    yield* this.#parsed();
  }

  toJSON(): Record<string, string> {
    const names = new Set(this.#parsed().map(([name]) => name));
    return Object.fromEntries([...names].map((name) => [name, this.get(name) as string]));
  }

  #parsed(): readonly (readonly [name: string, value: string])[] {
    if (this.#lines !== undefined) return this.#lines;
    const lines: (readonly [string, string])[] = [];
    for (const line of latin1(this.#head).split("\n").slice(1)) {
      const colon = line.indexOf(":");
      if (colon > 0) lines.push([line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]);
    }
    this.#lines = lines;
    return lines;
  }
}

/** Bytes as the characters of the same numbers: header values are not UTF-8. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
