// Messages of the oct link to bytes and back. The frame is described in messages.ts. Decoding is total:
// any bytes give a message or MalformedBytes, and another version gives ForeignVersion, so that an HQ
// can say why it refuses. `refused` is read whatever its version: its code and its fields never change,
// so that a turret of any version learns why it is not taken.

import { ByteReader, ByteWriter, MalformedBytes } from "../base/bytes.ts";
import { isJsonObject, type JsonObject } from "../base/json.ts";
import { CONTROL_KINDS, CONTROL_LIMIT } from "../pace/control.ts";
import {
  booleanField,
  countField,
  type FieldTable,
  listField,
  nestedField,
  numberField,
  objectField,
  readFields,
  textField,
  wordField,
} from "./fields.ts";
import { type HqMessage, LINK_LIMIT, LINK_VERSION, type TurretMessage } from "./messages.ts";

/** A frame of a peer that speaks another version of the link. */
export class ForeignVersion extends MalformedBytes {
  readonly version: number;
  constructor(version: number) {
    super(`link version ${version}, this side speaks ${LINK_VERSION}`);
    this.version = version;
  }
}

interface Format {
  /** On the wire: never reuse one. */
  readonly code: number;
  readonly fields: FieldTable;
  readonly hasBytes?: true;
}

const TEXT = textField(4096);
const ONCE = { name: TEXT, isOk: booleanField, text: textField(3_500_000) };
const NAME = textField(LINK_LIMIT.nameBytes);
const PLACE = countField(1_000_000);
const RUN = { runId: textField(64) };
const TIME_US = numberField(-1e15, 1e15);
const DURATION_US = numberField(0, 1e15);
const COUNT = countField();
const REVISION = countField(CONTROL_LIMIT.segments);
const SEGMENTS = listField(CONTROL_LIMIT.segments, {
  atUs: DURATION_US,
  kind: wordField(CONTROL_KINDS),
  definition: NAME,
  value: numberField(0, 1e9),
  isPercent: booleanField,
});

const TURRET_FORMATS: Readonly<Record<TurretMessage["type"], Format>> = {
  hello: {
    code: 1,
    fields: {
      octVersion: NAME,
      uuid: textField(64),
      name: NAME,
      host: NAME,
      pid: COUNT,
      cores: countField(65_536),
      platform: NAME,
      runId: textField(64),
      state: textField(32),
    },
  },
  ping: { code: 2, fields: { sentTurretUs: TIME_US } },
  "pack-wanted": {
    code: 3,
    fields: { hash: textField(64), offsetBytes: countField(LINK_LIMIT.packBytes) },
  },
  ready: { code: 4, fields: { ...RUN, error: TEXT } },
  started: { code: 5, fields: { ...RUN, error: TEXT } },
  heartbeat: { code: 6, fields: { ...RUN, state: textField(32), stats: objectField } },
  batch: {
    code: 7,
    fields: { ...RUN, sequence: countField(0xffff_ffff), transactions: COUNT },
    hasBytes: true,
  },
  event: { code: 8, fields: { ...RUN, level: textField(16), text: TEXT } },
  "once-wanted": { code: 10, fields: { ...RUN, name: TEXT } },
  "once-done": { code: 11, fields: { ...RUN, ...ONCE } },
  controlled: { code: 12, fields: { ...RUN, revision: REVISION, error: TEXT } },
  bye: {
    code: 9,
    fields: {
      ...RUN,
      reason: TEXT,
      totals: nestedField({
        batches: COUNT,
        transactions: COUNT,
        planned: COUNT,
        started: COUNT,
        dropped: COUNT,
        unfinished: COUNT,
        lostBatches: COUNT,
        lostTransactions: COUNT,
        threadsReplaced: COUNT,
      }),
    },
  },
};

const HQ_FORMATS: Readonly<Record<HqMessage["type"], Format>> = {
  // The same in every version of the link.
  refused: { code: 65, fields: { reason: TEXT } },
  pong: { code: 66, fields: { sentTurretUs: TIME_US, hqUs: TIME_US } },
  assign: {
    code: 67,
    fields: {
      ...RUN,
      turretIndex: countField(0xffff_fffe),
      definition: objectField,
      context: objectField,
      packHash: textField(64),
      packBytes: countField(LINK_LIMIT.packBytes),
      runTimeUs: DURATION_US,
      seed: countField(0xffff_ffff),
      graceUs: DURATION_US,
      hqLossUs: DURATION_US,
    },
  },
  "pack-chunk": {
    code: 68,
    fields: { hash: textField(64), offsetBytes: countField(LINK_LIMIT.packBytes) },
    hasBytes: true,
  },
  start: {
    code: 69,
    fields: {
      ...RUN,
      startHqUs: TIME_US,
      startWallMs: numberField(0, 1e14),
      place: nestedField({
        index: PLACE,
        parts: PLACE,
        definitionIndex: PLACE,
        definitionParts: PLACE,
      }),
    },
  },
  stop: { code: 70, fields: { ...RUN, graceUs: DURATION_US, reason: TEXT } },
  ack: { code: 71, fields: { ...RUN, sequence: countField(0xffff_ffff), wantRows: booleanField } },
  heartbeat: { code: 72, fields: RUN },
  released: { code: 73, fields: RUN },
  "once-granted": { code: 74, fields: { ...RUN, name: TEXT } },
  "once-told": { code: 75, fields: { ...RUN, ...ONCE } },
  control: { code: 76, fields: { ...RUN, revision: REVISION, segments: SEGMENTS } },
};

type FormatTable = Readonly<Record<string, Format>>;

const TURRET_TYPES = typesByCode(TURRET_FORMATS);
const HQ_TYPES = typesByCode(HQ_FORMATS);

function typesByCode(formats: FormatTable): ReadonlyMap<number, string> {
  return new Map(Object.entries(formats).map(([type, format]) => [format.code, type]));
}

export function encodeTurretMessage(message: TurretMessage): Uint8Array {
  return encode(message, TURRET_FORMATS);
}

export function encodeHqMessage(message: HqMessage): Uint8Array {
  return encode(message, HQ_FORMATS);
}

/** The message in `frame`; throws MalformedBytes or ForeignVersion. `bytes` is a view of the frame. */
export function decodeTurretMessage(frame: Uint8Array): TurretMessage {
  return decode(frame, TURRET_FORMATS, TURRET_TYPES) as TurretMessage;
}

/** True for a frame of our version that would be a hello, readable or not. */
export function isHelloFrame(frame: Uint8Array): boolean {
  return frame[0] === LINK_VERSION && frame[1] === TURRET_FORMATS.hello.code;
}

/** The message in `frame`; throws MalformedBytes or ForeignVersion. `bytes` is a view of the frame. */
export function decodeHqMessage(frame: Uint8Array): HqMessage {
  return decode(frame, HQ_FORMATS, HQ_TYPES) as HqMessage;
}

const jsonEncoder = new TextEncoder();
const jsonDecoder = new TextDecoder("utf-8", { fatal: true });

function encode(message: TurretMessage | HqMessage, formats: FormatTable): Uint8Array {
  const { type, ...rest } = message as { type: string; bytes?: Uint8Array };
  const { bytes, ...fields } = rest;
  const json = jsonEncoder.encode(JSON.stringify(fields));
  const writer = new ByteWriter(6 + json.length + (bytes?.length ?? 0));
  writer.u8(LINK_VERSION);
  writer.u8((formats[type] as Format).code);
  writer.u32(json.length);
  writer.raw(json);
  if (bytes !== undefined) writer.raw(bytes);
  return writer.view();
}

function decode(
  frame: Uint8Array,
  formats: FormatTable,
  types: ReadonlyMap<number, string>,
): unknown {
  if (frame.length > LINK_LIMIT.frameBytes) throw new MalformedBytes("frame too large");
  const reader = new ByteReader(frame);
  const version = reader.u8();
  const isRefusal = frame[1] === HQ_FORMATS.refused.code && types === HQ_TYPES;
  if (version !== LINK_VERSION && !isRefusal) throw new ForeignVersion(version);
  const code = reader.u8();
  const type = types.get(code);
  if (type === undefined) throw new MalformedBytes(`unknown message type ${code}`);
  const format = formats[type] as Format;
  const jsonBytes = reader.u32();
  if (jsonBytes > LINK_LIMIT.jsonBytes) throw new MalformedBytes("JSON too large");
  const fields = readFields(parseObject(reader.raw(jsonBytes)), format.fields);
  if (format.hasBytes) return { type, ...fields, bytes: reader.raw(reader.remaining) };
  reader.end();
  return { type, ...fields };
}

function parseObject(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(jsonDecoder.decode(bytes));
  } catch {
    throw new MalformedBytes("not JSON");
  }
  if (!isJsonObject(value)) throw new MalformedBytes("not a JSON object");
  return value;
}
