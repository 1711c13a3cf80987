// Colour in a terminal: a few styles, each switched on and off around its own text, so that a text
// without them is the same text.

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
export type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

const plain: Paint = (_, text) => text;

const colored: Paint = (style, text) => {
  if (text === "") return "";
  const [on, off] = CODES[style];
  return `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Paints where colour is wanted. */
export function painter(isColor: boolean | undefined): Paint {
  return isColor === true ? colored : plain;
}
