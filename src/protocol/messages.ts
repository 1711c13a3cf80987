// Every message of the oct link. A frame on the wire is
//
//   u8 LINK_VERSION | u8 message type | u32 size of the JSON | JSON (UTF-8) | binary tail
//
// so that a new field costs nothing and bulk (packs, batches) is never base64. codec.ts turns frames
// into these unions and back; decoding is total and bounded. States and order: states.ts.
//
// Times named `...HqUs` are HQ monotonic microseconds (Clock.nowUs of the HQ).

import type { JsonObject } from "../base/json.ts";
import type { ControlSegment } from "../pace/control.ts";

/** Raised when either side could misread the other; an HQ refuses other versions with a reason. */
export const LINK_VERSION = 1;

export const LINK_LIMIT = {
  frameBytes: 64 * 1024 * 1024,
  jsonBytes: 4 * 1024 * 1024,
  packChunkBytes: 256 * 1024,
  packBytes: 1024 * 1024 * 1024,
  nameBytes: 255,
} as const;

/** Turret to HQ. `bytes` is the binary tail. */
export type TurretMessage =
  | {
      readonly type: "hello";
      readonly octVersion: string;
      /** Random v4, one per turret process: survives reconnects, tells restarts apart. */
      readonly uuid: string;
      /** The operator's `--name`, or "" to be assigned the least served definition. */
      readonly name: string;
      readonly host: string;
      readonly pid: number;
      readonly cores: number;
      readonly platform: string;
      /** The run this turret still holds results of, or "". */
      readonly runId: string;
      readonly state: string;
    }
  | { readonly type: "ping"; readonly sentTurretUs: number }
  | { readonly type: "pack-wanted"; readonly hash: string; readonly offsetBytes: number }
  | { readonly type: "ready"; readonly runId: string; readonly error: string }
  | { readonly type: "started"; readonly runId: string; readonly error: string }
  | {
      readonly type: "heartbeat";
      readonly runId: string;
      readonly state: string;
      readonly stats: JsonObject;
    }
  | {
      readonly type: "batch";
      readonly runId: string;
      /** 1, 2, 3, ... per turret and run, without gaps. */
      readonly sequence: number;
      /** Transactions counted in the batch. */
      readonly transactions: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: "event";
      readonly runId: string;
      readonly level: string;
      readonly text: string;
    }
  /** A script's once() for the whole run: may this turret do it? Asked again until it is told. */
  | { readonly type: "once-wanted"; readonly runId: string; readonly name: string }
  | ({ readonly type: "once-done"; readonly runId: string } & OnceResult)
  /** The turret fires by the segments of this revision, or why it cannot: "" for none. */
  | {
      readonly type: "controlled";
      readonly runId: string;
      readonly revision: number;
      readonly error: string;
    }
  | {
      readonly type: "bye";
      readonly runId: string;
      readonly reason: string;
      readonly totals: TurretTotals;
    };

/** What came out of work that is done once: JSON text, or the text of an error. */
export interface OnceResult {
  readonly name: string;
  readonly isOk: boolean;
  readonly text: string;
}

/** What a turret says it made in a run; the HQ holds its own count against it. */
export interface TurretTotals {
  readonly batches: number;
  readonly transactions: number;
  /** Started = finished + unfinished; planned = started + dropped. */
  readonly planned: number;
  readonly started: number;
  readonly dropped: number;
  readonly unfinished: number;
  /** Batches and transactions given up because the outbox was full or a thread died. */
  readonly lostBatches: number;
  readonly lostTransactions: number;
  readonly threadsReplaced: number;
}

/**
 * A turret's place among those that were ready at the start: among all of them (`index` of `parts`),
 * and among those of its own definition, who divide a load that is split. `parts` is 0 for a turret
 * that came later.
 */
export interface TurretPlace {
  readonly index: number;
  readonly parts: number;
  readonly definitionIndex: number;
  readonly definitionParts: number;
}

/** The place of a turret that is alone. */
export const LONE_PLACE: TurretPlace = {
  index: 0,
  parts: 1,
  definitionIndex: 0,
  definitionParts: 1,
};

/** HQ to turret. */
export type HqMessage =
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "pong"; readonly sentTurretUs: number; readonly hqUs: number }
  | {
      readonly type: "assign";
      readonly runId: string;
      /** Number of this turret in the run, from 0; the id it has in journal and database. */
      readonly turretIndex: number;
      /** The turret definition of the config with everything merged: what the script sees as `config`. */
      readonly definition: JsonObject;
      readonly context: JsonObject;
      readonly packHash: string;
      readonly packBytes: number;
      readonly runTimeUs: number;
      readonly seed: number;
      readonly graceUs: number;
      /** After so long without a word from the HQ the turret stops firing. */
      readonly hqLossUs: number;
    }
  | {
      readonly type: "pack-chunk";
      readonly hash: string;
      readonly offsetBytes: number;
      readonly bytes: Uint8Array;
    }
  | {
      readonly type: "start";
      readonly runId: string;
      readonly startHqUs: number;
      readonly startWallMs: number;
      readonly place: TurretPlace;
    }
  | {
      readonly type: "stop";
      readonly runId: string;
      readonly graceUs: number;
      readonly reason: string;
    }
  /** Everything up to `sequence` is in the journal; raw rows are wanted or no longer. */
  | {
      readonly type: "ack";
      readonly runId: string;
      readonly sequence: number;
      readonly wantRows: boolean;
    }
  | { readonly type: "heartbeat"; readonly runId: string }
  /** It is this turret that does the work of a once(). */
  | { readonly type: "once-granted"; readonly runId: string; readonly name: string }
  | ({ readonly type: "once-told"; readonly runId: string } & OnceResult)
  /**
   * All that was asked of the run while it goes. Said again until `controlled` says this revision or a
   * later one; a turret of an oct without it counts the message as malformed and fires on.
   */
  | {
      readonly type: "control";
      readonly runId: string;
      readonly revision: number;
      readonly segments: readonly ControlSegment[];
    }
  /** The HQ has the turret's totals and all its batches: the turret is free for the next run. */
  | { readonly type: "released"; readonly runId: string };
