// One of every message of the oct link, and arbitraries that make any of them. The tables name every
// type, so a new message does not compile until it is here.

import fc from "fast-check";
import type { JsonObject } from "../../src/base/json.ts";
import { CONTROL_KINDS, CONTROL_LIMIT } from "../../src/pace/control.ts";
import { type HqMessage, LONE_PLACE, type TurretMessage } from "../../src/protocol/messages.ts";

type Samples<M extends { readonly type: string }> = {
  readonly [T in M["type"]]: Extract<M, { readonly type: T }>;
};

const RUN_ID = "2026.11.21_09.44.00_000001";
const HASH = "0123456789abcdef".repeat(4);

export const TURRET_SAMPLES: Samples<TurretMessage> = {
  hello: {
    type: "hello",
    octVersion: "1.2.3",
    uuid: "04b17e53-3b04-4a52-b2f6-01a496b29fa3",
    name: "navigation",
    host: "box-é",
    pid: 4711,
    cores: 8,
    platform: "linux-x64",
    runId: "",
    state: "joining",
  },
  ping: { type: "ping", sentTurretUs: 1234.5 },
  "pack-wanted": { type: "pack-wanted", hash: HASH, offsetBytes: 262_144 },
  ready: { type: "ready", runId: RUN_ID, error: "" },
  started: { type: "started", runId: RUN_ID, error: "no threads" },
  heartbeat: {
    type: "heartbeat",
    runId: RUN_ID,
    state: "firing",
    stats: { cannons: 4, transactions: 1200, clock_error_us: 85 },
  },
  batch: {
    type: "batch",
    runId: RUN_ID,
    sequence: 7,
    transactions: 3,
    bytes: new Uint8Array([0, 1, 2, 253, 254, 255]),
  },
  event: { type: "event", runId: RUN_ID, level: "warn", text: 'v_user.ts:3:5: "late"\n' },
  "once-wanted": { type: "once-wanted", runId: RUN_ID, name: "token" },
  "once-done": { type: "once-done", runId: RUN_ID, name: "token", isOk: true, text: '{"a":1}' },
  controlled: { type: "controlled", runId: RUN_ID, revision: 3, error: "its load has ended" },
  bye: {
    type: "bye",
    runId: RUN_ID,
    reason: "done",
    totals: {
      batches: 41,
      transactions: 1195,
      planned: 1210,
      started: 1200,
      dropped: 10,
      unfinished: 2,
      lostBatches: 1,
      lostTransactions: 3,
      threadsReplaced: 1,
    },
  },
};

export const HQ_SAMPLES: Samples<HqMessage> = {
  refused: { type: "refused", reason: "another version: link version 2, this side speaks 1" },
  pong: { type: "pong", sentTurretUs: 1234.5, hqUs: 99_000.25 },
  assign: {
    type: "assign",
    runId: RUN_ID,
    turretIndex: 2,
    definition: { name: "navigation", cannons: 4, rampup: 0, script: "test_scripts/v_user.ts" },
    context: { token: "t", list: [1, null, true] },
    packHash: HASH,
    packBytes: 600_000,
    runTimeUs: 30_000_000,
    seed: 4_294_967_295,
    graceUs: 5_000_000,
    hqLossUs: 10_000_000,
  },
  "pack-chunk": {
    type: "pack-chunk",
    hash: HASH,
    offsetBytes: 0,
    bytes: new Uint8Array([31, 139, 8, 0]),
  },
  start: {
    type: "start",
    runId: RUN_ID,
    startHqUs: 5_000_000.5,
    startWallMs: 1_795_233_483_469.63,
    place: { ...LONE_PLACE, index: 1, parts: 3 },
  },
  stop: { type: "stop", runId: RUN_ID, graceUs: 5_000_000, reason: "premature stop" },
  ack: { type: "ack", runId: RUN_ID, sequence: 4_294_967_295, wantRows: false },
  heartbeat: { type: "heartbeat", runId: RUN_ID },
  released: { type: "released", runId: RUN_ID },
  "once-granted": { type: "once-granted", runId: RUN_ID, name: "token" },
  control: {
    type: "control",
    runId: RUN_ID,
    revision: 3,
    segments: [
      { atUs: 1_500_000, kind: "pause", definition: "", value: 0, isPercent: false },
      { atUs: 2_500_000, kind: "resume", definition: "", value: 0, isPercent: false },
      { atUs: 9_000_000, kind: "rate", definition: "checkout", value: 150, isPercent: true },
    ],
  },
  "once-told": { type: "once-told", runId: RUN_ID, name: "token", isOk: false, text: "no" },
};

type Made<M> = fc.Arbitrary<M>;
type Arbitraries<M extends { readonly type: string }> = {
  readonly [T in M["type"]]: Made<Extract<M, { readonly type: T }>>;
};

const text = (limit: number) => fc.string({ maxLength: Math.min(limit, 40), unit: "binary" });
const count = fc.maxSafeNat();
const runId = text(64);
const bytes = fc.uint8Array({ maxLength: 200 });
const timeUs = fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((us) => us + 0);
const durationUs = fc.double({ min: 0, max: 1e15, noNaN: true }).map((us) => us + 0);
const sequence = fc.nat({ max: 0xffff_ffff });
// JSON has one zero, and no more of a number than its digits.
const json = fc
  .dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const place = fc.nat({ max: 1_000_000 });

const onceFields = { name: text(255), isOk: fc.boolean(), text: text(4096) };

/** Any message that a turret may say. */
export const TURRET_ARBITRARIES: Arbitraries<TurretMessage> = {
  hello: fc.record({
    type: fc.constant("hello"),
    octVersion: text(255),
    uuid: text(64),
    name: text(255),
    host: text(255),
    pid: count,
    cores: fc.nat({ max: 65_536 }),
    platform: text(255),
    runId,
    state: fc.string({ maxLength: 16 }),
  }),
  ping: fc.record({ type: fc.constant("ping"), sentTurretUs: timeUs }),
  "pack-wanted": fc.record({
    type: fc.constant("pack-wanted"),
    hash: text(64),
    offsetBytes: fc.nat({ max: 1 << 30 }),
  }),
  ready: fc.record({ type: fc.constant("ready"), runId, error: text(4096) }),
  started: fc.record({ type: fc.constant("started"), runId, error: text(4096) }),
  heartbeat: fc.record({
    type: fc.constant("heartbeat"),
    runId,
    state: fc.string({ maxLength: 16 }),
    stats: json,
  }),
  batch: fc.record({ type: fc.constant("batch"), runId, sequence, transactions: count, bytes }),
  event: fc.record({
    type: fc.constant("event"),
    runId,
    level: fc.string({ maxLength: 8 }),
    text: text(4096),
  }),
  "once-wanted": fc.record({ type: fc.constant("once-wanted"), runId, name: text(255) }),
  "once-done": fc.record({ type: fc.constant("once-done"), runId, ...onceFields }),
  controlled: fc.record({
    type: fc.constant("controlled"),
    runId,
    revision: fc.nat({ max: CONTROL_LIMIT.segments }),
    error: text(4096),
  }),
  bye: fc.record({
    type: fc.constant("bye"),
    runId,
    reason: text(4096),
    totals: fc.record({
      batches: count,
      transactions: count,
      planned: count,
      started: count,
      dropped: count,
      unfinished: count,
      lostBatches: count,
      lostTransactions: count,
      threadsReplaced: count,
    }),
  }),
};

/** Any message that an HQ may say. */
export const HQ_ARBITRARIES: Arbitraries<HqMessage> = {
  refused: fc.record({ type: fc.constant("refused"), reason: text(4096) }),
  pong: fc.record({ type: fc.constant("pong"), sentTurretUs: timeUs, hqUs: timeUs }),
  assign: fc.record({
    type: fc.constant("assign"),
    runId,
    turretIndex: fc.nat({ max: 0xffff_fffe }),
    definition: json,
    context: json,
    packHash: text(64),
    packBytes: fc.nat({ max: 1 << 30 }),
    runTimeUs: durationUs,
    seed: sequence,
    graceUs: durationUs,
    hqLossUs: durationUs,
  }),
  "pack-chunk": fc.record({
    type: fc.constant("pack-chunk"),
    hash: text(64),
    offsetBytes: fc.nat({ max: 1 << 30 }),
    bytes,
  }),
  start: fc.record({
    type: fc.constant("start"),
    runId,
    startHqUs: timeUs,
    startWallMs: fc.double({ min: 0, max: 1e14, noNaN: true }),
    place: fc.record({
      index: place,
      parts: place,
      definitionIndex: place,
      definitionParts: place,
    }),
  }),
  stop: fc.record({ type: fc.constant("stop"), runId, graceUs: durationUs, reason: text(4096) }),
  ack: fc.record({ type: fc.constant("ack"), runId, sequence, wantRows: fc.boolean() }),
  heartbeat: fc.record({ type: fc.constant("heartbeat"), runId }),
  control: fc.record({
    type: fc.constant("control"),
    runId,
    revision: fc.nat({ max: CONTROL_LIMIT.segments }),
    segments: fc.array(
      fc.record({
        atUs: durationUs,
        kind: fc.constantFrom(...CONTROL_KINDS),
        definition: text(255),
        value: fc.double({ min: 0, max: 1e9, noNaN: true }).map((value) => value + 0),
        isPercent: fc.boolean(),
      }),
      { maxLength: 20 },
    ),
  }),
  "once-granted": fc.record({ type: fc.constant("once-granted"), runId, name: text(255) }),
  "once-told": fc.record({ type: fc.constant("once-told"), runId, ...onceFields }),
  released: fc.record({ type: fc.constant("released"), runId }),
};
