// Lines about a pack that takes longer than a moment: that it is being made, and what came of it.

import type { Clock } from "../base/clock.ts";
import { formatBytes, formatDuration } from "../base/units.ts";
import type { Pack } from "../hq/types.ts";
import { oneLine } from "../report/figures.ts";
import type { Screen } from "./screen.ts";

const SILENT_US = 1_000_000;
const AGAIN_US = 10_000_000;

export async function withPackLines(
  parts: { readonly screen: Screen; readonly clock: Clock; readonly name: string },
  make: () => Promise<Pack>,
): Promise<Pack> {
  const { screen, clock } = parts;
  const name = oneLine(parts.name);
  const startUs = clock.nowUs();
  let saidUs = 0;
  const stop = clock.every(SILENT_US, () => {
    const nowUs = clock.nowUs();
    if (saidUs !== 0 && nowUs - saidUs < AGAIN_US) return;
    saidUs = nowUs;
    screen.line(`packing ${name}, ${formatDuration(nowUs - startUs)} so far`);
  });
  try {
    const pack = await make();
    const tookUs = clock.nowUs() - startUs;
    const size = formatBytes(pack.bytes.length);
    if (tookUs >= SILENT_US) screen.line(`packed ${name}: ${size} in ${formatDuration(tookUs)}`);
    return pack;
  } finally {
    stop();
  }
}
