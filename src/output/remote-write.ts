// Prometheus remote write 1.0: a protobuf message in a snappy block.
//
//   WriteRequest = repeated TimeSeries 1
//   TimeSeries   = repeated Label 1 { string name 1, string value 2 }, by name
//                | repeated Sample 2 { double value 1, int64 timestamp 2 in ms }

import { ByteWriter } from "../base/bytes.ts";
import type { Labels, MetricFamily } from "./metrics.ts";
import { type Series, seriesOf } from "./prometheus-text.ts";
import { snappyBlock } from "./snappy.ts";

export const REMOTE_WRITE_HEADERS = {
  "Content-Type": "application/x-protobuf",
  "Content-Encoding": "snappy",
  "X-Prometheus-Remote-Write-Version": "0.1.0",
} as const;

const LENGTH_DELIMITED = 2;
const FIXED_64 = 1;
const VARINT = 0;

const key = (field: number, type: number): number => (field << 3) | type;

/** All families at one moment. */
export function remoteWriteBody(
  families: readonly MetricFamily[],
  common: Labels,
  timeMs: number,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(64 * 1024);
  for (const family of families) {
    for (const series of seriesOf(family, common)) {
      writeMessage(writer, 1, seriesBytes(series, timeMs));
    }
  }
  return snappyBlock(writer.finish());
}

function seriesBytes(series: Series, timeMs: number): Uint8Array {
  const writer = new ByteWriter(256);
  // An empty label is the same as none, and receivers may refuse it.
  const labels = Object.entries({ ...series.labels, __name__: series.name })
    .filter(([, value]) => value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of labels) {
    const label = new ByteWriter(64);
    writeMessage(label, 1, utf8(name));
    writeMessage(label, 2, utf8(value));
    writeMessage(writer, 1, label.finish());
  }
  const sample = new ByteWriter(24);
  sample.u8(key(1, FIXED_64));
  sample.f64(series.value);
  sample.u8(key(2, VARINT));
  sample.varint(Math.round(timeMs));
  writeMessage(writer, 2, sample.finish());
  return writer.finish();
}

function writeMessage(writer: ByteWriter, field: number, bytes: Uint8Array): void {
  writer.u8(key(field, LENGTH_DELIMITED));
  writer.varint(bytes.length);
  writer.raw(bytes);
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array {
  return encoder.encode(text.toWellFormed());
}
