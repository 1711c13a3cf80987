// A run on the oct link with scripted turrets, up to the moment that a test is about.

import { HqWorld, type HqWorldOptions, type LinkPeer } from "./hq-world.ts";

/** A world whose one scripted turret fires. */
export async function firing(
  directory: string,
  options: HqWorldOptions = {},
): Promise<{ world: HqWorld; peer: LinkPeer }> {
  const world = new HqWorld(directory, options);
  const peer = world.addPeer();
  await join(world, peer);
  await world.until(() => world.hq.phase === "firing");
  await world.pass(400_000);
  peer.started();
  peer.heard();
  await world.turn();
  return { world, peer };
}

export async function join(world: HqWorld, peer: LinkPeer): Promise<void> {
  peer.hello();
  await world.turn();
  peer.ready();
  await world.turn();
}
