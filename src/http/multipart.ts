// Forms with files (multipart/form-data, RFC 7578). The boundary is made from nothing random, so that
// the same form is the same bytes; one that occurs in the content is made longer.

/** A file of a form. */
export interface FilePart {
  readonly content: string | Uint8Array | ArrayBuffer;
  readonly filename: string;
  /** Content type; application/octet-stream unless given. */
  readonly type?: string | undefined;
}

export type FormValue = string | number | boolean | FilePart;
export type FormFields = Readonly<Record<string, FormValue | readonly FormValue[]>>;

const BOUNDARY = "----octFormBoundary";

/** The body and its content type. */
export function encodeMultipart(fields: FormFields): { bytes: Uint8Array; type: string } {
  const parts: { head: string; content: Buffer }[] = [];
  for (const [name, given] of Object.entries(fields)) {
    for (const value of Array.isArray(given) ? given : [given]) parts.push(partOf(name, value));
  }
  let boundary = BOUNDARY;
  while (parts.some((part) => part.content.includes(boundary) || part.head.includes(boundary))) {
    boundary += `${boundary.length}`;
  }
  const pieces = parts.flatMap((part) => [
    Buffer.from(`--${boundary}\r\n${part.head}\r\n\r\n`),
    part.content,
    Buffer.from("\r\n"),
  ]);
  const bytes = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return { bytes, type: `multipart/form-data; boundary=${boundary}` };
}

function partOf(name: string, value: FormValue): { head: string; content: Buffer } {
  const head = `Content-Disposition: form-data; name="${escaped(name)}"`;
  if (typeof value !== "object") return { head, content: Buffer.from(String(value)) };
  const type = (value.type ?? "application/octet-stream").replaceAll(/[\r\n]/g, "");
  return {
    head: `${head}; filename="${escaped(value.filename)}"\r\nContent-Type: ${type}`,
    content: bytesOf(value.content),
  };
}

function bytesOf(content: FilePart["content"]): Buffer {
  if (typeof content === "string") return Buffer.from(content);
  if (content instanceof ArrayBuffer) return Buffer.from(content);
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

// As browsers write them.
function escaped(text: string): string {
  return String(text).replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
