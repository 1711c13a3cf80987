// Snappy's block format and Prometheus' WriteRequest, read from their descriptions: to hold what oct
// writes against.

export function snappyText(block: Uint8Array): Uint8Array {
  let at = 0;
  const byte = (): number => {
    const value = block[at++];
    if (value === undefined) throw new Error("the block ends early");
    return value;
  };
  const little = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++) value += byte() * 2 ** (8 * i);
    return value;
  };
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const next = byte();
    length += (next & 127) * 2 ** shift;
    if (next < 128) break;
  }
  const out = new Uint8Array(length);
  let size = 0;
  const copy = (offset: number, count: number) => {
    if (offset === 0 || offset > size) throw new Error("a copy from before the start");
    for (let i = 0; i < count; i++, size++) out[size] = out[size - offset] as number;
  };
  while (at < block.length) {
    const tag = byte();
    switch (tag & 3) {
      case 0: {
        const short = tag >>> 2;
        const count = (short < 60 ? short : little(short - 59)) + 1;
        if (at + count > block.length) throw new Error("a literal past the end");
        out.set(block.subarray(at, at + count), size);
        at += count;
        size += count;
        break;
      }
      case 1:
        copy(((tag >>> 5) << 8) | byte(), ((tag >>> 2) & 7) + 4);
        break;
      case 2:
        copy(little(2), (tag >>> 2) + 1);
        break;
      default:
        copy(little(4), (tag >>> 2) + 1);
    }
  }
  if (size !== length) throw new Error(`${size} bytes instead of ${length}`);
  return out;
}

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = bytes[at++];
      if (next === undefined) throw new Error("the message ends early");
      value += (next & 127) * 2 ** shift;
      if (next < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    if (key % 8 === 0) {
      fields.push({ number, value: varint() });
    } else if (key % 8 === 1) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
      fields.push({ number, value: view.getFloat64(0, true) });
      at += 8;
    } else {
      const length = varint();
      if (at + length > bytes.length) throw new Error("a field past the end");
      fields.push({ number, value: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

export interface WrittenSeries {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
  readonly timeMs: number;
}

/** The series of a body of remote write. */
export function writtenSeries(body: Uint8Array): WrittenSeries[] {
  const text = (field: Field | undefined) => new TextDecoder().decode(field?.value as Uint8Array);
  return fieldsOf(snappyText(body)).map((series) => {
    const fields = fieldsOf(series.value as Uint8Array);
    const labels = fields
      .filter((field) => field.number === 1)
      .map((field): [string, string] => {
        const pair = fieldsOf(field.value as Uint8Array);
        return [text(pair[0]), text(pair[1])];
      });
    const sample = fieldsOf(fields.find((field) => field.number === 2)?.value as Uint8Array);
    return { labels, value: sample[0]?.value as number, timeMs: sample[1]?.value as number };
  });
}
