// A terminal in memory: applies what is written to it and can be read as rows of text. It knows the
// sequences that oct may use and refuses every other, so that a clear-screen cannot creep in.

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const SEQUENCE = /\u001b(?:\[([?\d;]*)([A-Za-z])|[^[])/y;
const MODES: ReadonlySet<string> = new Set(["?25h", "?25l", "?2026h", "?2026l"]);

export class VtScreen {
  #columns: number;
  #rows: number;
  /** Cells; a wide character is followed by an empty cell. */
  #lines: string[][];
  #x = 0;
  #y = 0;
  #isCursorShown = true;
  #isInFrame = false;
  #rest = "";
  /** Lines that have left the screen at its top. */
  readonly scrolled: string[] = [];
  /** Rows that were begun because the one before was full. */
  wraps = 0;
  /** Frames that were drawn. */
  frames = 0;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#lines = Array.from({ length: rows }, () => []);
  }

  get isCursorShown(): boolean {
    return this.#isCursorShown;
  }

  get isInFrame(): boolean {
    return this.#isInFrame;
  }

  /** The rows as text, without spaces at their ends. */
  get text(): string[] {
    return this.#lines.map(textOf);
  }

  /** Everything that was ever on the screen and is still known, without empty rows at the end. */
  get all(): string {
    return [...this.scrolled, ...this.text].join("\n").trimEnd();
  }

  /** Cut or filled at the right and at the bottom, as a terminal that does not move text. */
  resize(columns: number, rows: number): void {
    this.#columns = columns;
    while (this.#y >= rows) {
      this.scrolled.push(textOf(this.#lines.shift() as string[]));
      this.#y--;
    }
    this.#lines = Array.from({ length: rows }, (_, y) => (this.#lines[y] ?? []).slice(0, columns));
    this.#rows = rows;
    this.#x = Math.min(this.#x, columns - 1);
  }

  feed(text: string): void {
    const all = this.#rest + text;
    // What is not whole yet waits for its rest.
    const cut = /\u001b(\[[?\d;]*)?$/.exec(all);
    this.#rest = cut === null ? "" : cut[0];
    const whole = cut === null ? all : all.slice(0, cut.index);
    for (let i = 0; i < whole.length; ) {
      const char = whole[i] as string;
      if (char === "\u001b") {
        SEQUENCE.lastIndex = i;
        const found = SEQUENCE.exec(whole);
        if (found === null)
          throw new Error(`a broken sequence: ${JSON.stringify(whole.slice(i, i + 20))}`);
        this.#apply(found[0], found[1] ?? "", found[2] ?? "");
        i += found[0].length;
        continue;
      }
      if (char < " ") {
        this.#control(char);
        i++;
        continue;
      }
      const end = whole.slice(i).search(/[\u0000-\u001f]/);
      const printed = end === -1 ? whole.slice(i) : whole.slice(i, i + end);
      for (const { segment } of segmenter.segment(printed)) this.#print(segment);
      i += printed.length;
    }
  }

  #apply(sequence: string, argument: string, letter: string): void {
    const count = Math.max(1, Number(argument) || 1);
    const mode = argument + letter;
    if (letter === "m") return;
    if (letter === "A") {
      this.#y = Math.max(0, this.#y - count);
      return;
    }
    if (letter === "K" && argument === "") {
      this.#line().length = Math.min(this.#line().length, this.#x);
      return;
    }
    if (letter === "J" && argument === "") {
      this.#line().length = Math.min(this.#line().length, this.#x);
      for (let y = this.#y + 1; y < this.#rows; y++) this.#lines[y] = [];
      return;
    }
    if (!MODES.has(mode)) throw new Error(`not a sequence of oct: ${JSON.stringify(sequence)}`);
    if (mode === "?2026h") this.frames++;
    if (mode.startsWith("?25")) this.#isCursorShown = letter === "h";
    else this.#isInFrame = letter === "h";
  }

  #control(char: string): void {
    if (char === "\r") this.#x = 0;
    else if (char === "\n") {
      this.#x = 0;
      this.#down();
    } else throw new Error(`not a character of oct: ${JSON.stringify(char)}`);
  }

  #print(segment: string): void {
    const cells = Bun.stringWidth(segment);
    if (this.#x + cells > this.#columns) {
      this.wraps++;
      this.#x = 0;
      this.#down();
    }
    const line = this.#line();
    while (line.length < this.#x) line.push(" ");
    line[this.#x] = segment;
    for (let i = 1; i < cells; i++) line[this.#x + i] = "";
    this.#x += cells;
  }

  #down(): void {
    this.#y++;
    if (this.#y < this.#rows) return;
    this.scrolled.push(textOf(this.#lines.shift() as string[]));
    this.#lines.push([]);
    this.#y--;
  }

  #line(): string[] {
    return this.#lines[this.#y] as string[];
  }
}

function textOf(line: readonly string[]): string {
  return line.join("").trimEnd();
}
