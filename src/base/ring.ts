// A bounded first-in first-out queue. Full means refused: the caller counts and shows it.

export class Ring<T> {
  readonly capacity: number;
  readonly #items: (T | undefined)[];
  #head = 0;
  #length = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#items = new Array(Math.min(capacity, 16));
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length === this.capacity;
  }

  /** Adds at the end; false, and nothing changed, when the ring is full. */
  push(item: T): boolean {
    if (this.isFull) return false;
    if (this.#length === this.#items.length) this.#grow();
    this.#items[(this.#head + this.#length) % this.#items.length] = item;
    this.#length++;
    return true;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#items[this.#head];
  }

  /** The item `index` places behind the first, or undefined. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#items[(this.#head + index) % this.#items.length];
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#items.length;
    this.#length--;
    return item;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#length; i++) {
      yield this.#items[(this.#head + i) % this.#items.length] as T;
    }
  }

  #grow(): void {
    const ordered = [...this];
    const size = Math.min(this.capacity, Math.max(16, this.#items.length * 2));
    this.#items.length = size;
    this.#items.fill(undefined);
    ordered.forEach((item, i) => {
      this.#items[i] = item;
    });
    this.#head = 0;
  }
}
