// What a turret on the oct link is given: its link, its clock, and what it says about itself.

import type { Clock } from "../base/clock.ts";
import type { TurretLink } from "../protocol/link.ts";
import type { LoadCrew } from "./crew-contract.ts";
import type { PackStore } from "./pack-store.ts";

export interface TurretOptions {
  readonly clock: Clock;
  readonly link: TurretLink;
  readonly loadCrew: LoadCrew;
  readonly packStore: PackStore;
  /** The definition asked for, or "". */
  readonly name: string;
  readonly cores: number;
  readonly host: string;
  readonly pid: number;
  readonly platform: string;
  readonly octVersion: string;
  readonly uuid: string;
  /** The HQ's address for people. */
  readonly shownHq: string;
  onLine(text: string): void;
}
