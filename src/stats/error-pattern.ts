// What errors of one kind have in common. What is replaced by "#": UUIDs, hexadecimal ids, numbers. A
// status code is no such number: 503 and 404 stay apart.

const UUID = /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi;
const HEX = /\b(?:0x[\da-f]+|(?=[a-z]*\d)[\da-f]{8,})\b/gi;
const NUMBER = /\d+(?:[.,:]\d+)*/g;
/** What a status code stands after, or before. */
const CODE_AFTER =
  /(?:\b(?:answered|answer|status|code|http|returned|got|responded|with)\b\S*|:)\s*$/i;
const CODE_BEFORE = /^\s+(?:[A-Z][a-z]+|OK\b)/;

/** `text` with "#" for what makes it differ from others of its kind. */
export function errorPattern(text: string): string {
  return text
    .replace(UUID, "#")
    .replace(HEX, "#")
    .replace(NUMBER, (number, at: number, whole: string) =>
      isStatusCode(number, whole.slice(Math.max(0, at - 24), at), whole.slice(at + number.length))
        ? number
        : "#",
    );
}

function isStatusCode(number: string, before: string, after: string): boolean {
  if (!/^[1-5]\d\d$/.test(number)) return false;
  return CODE_AFTER.test(before) || CODE_BEFORE.test(after.slice(0, 24));
}
