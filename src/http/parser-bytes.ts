// The bytes of HTTP/1.1: what is a line, a name, a digit.

export const LF = 10;
export const TAB = 9;
export const CR = 13;
export const SPACE = 32;
export const COLON = 58;
export const DIGIT_0 = 48;

// Offset after the empty line that ends a head, or 0. `from` is where the search may begin.
export function headEnd(bytes: Uint8Array, start: number, from: number): number {
  let lineEnd = bytes.indexOf(LF, Math.max(start, from));
  while (lineEnd >= 0) {
    const next = bytes[lineEnd + 1];
    if (next === LF) return lineEnd + 2;
    if (next === CR && bytes[lineEnd + 2] === LF) return lineEnd + 3;
    lineEnd = bytes.indexOf(LF, lineEnd + 1);
  }
  return 0;
}

export function fieldText(bytes: Uint8Array, colon: number, end: number): string {
  let text = "";
  for (let i = colon + 1; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text.trim();
}

export function isName(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const byte = bytes[start + i] as number;
    const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
    if (lower !== name.charCodeAt(i)) return false;
  }
  return true;
}

const TOKEN_BYTES = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN_BYTES[char.charCodeAt(0)] = 1;
}

export function isTokenByte(byte: number): boolean {
  return TOKEN_BYTES[byte] === 1;
}

export function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
