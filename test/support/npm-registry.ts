// A package registry on loopback: metadata and tarballs of the packages it is given.

import { createHash } from "node:crypto";
import { writeTarGz } from "../../src/pack/archive.ts";

export interface RegistryPackage {
  readonly name: string;
  readonly version: string;
  /** More keys of its package.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Texts by name. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Registry extends AsyncDisposable {
  readonly url: string;
  /** What was asked for, in order: method and path. */
  readonly asked: readonly string[];
}

/** Serves `packages` until it is disposed of. */
export async function serveRegistry(packages: readonly RegistryPackage[]): Promise<Registry> {
  const served = new Map<string, { manifest: object; tarball: Uint8Array }>();
  for (const each of packages) {
    const manifest = { name: each.name, version: each.version, ...each.manifest };
    const files = { "package.json": JSON.stringify(manifest), ...each.files };
    const members = Object.entries(files).map(([name, text]) => {
      return { name: `package/${name}`, bytes: Buffer.from(text) };
    });
    served.set(each.name, { manifest, tarball: await writeTarGz(members) });
  }
  const asked: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname, origin } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      const name = decodeURIComponent(pathname.slice(1)).replace(/\/-\/.*$/, "");
      const found = served.get(name);
      if (found === undefined) return new Response("{}", { status: 404 });
      const bytes = Buffer.from(found.tarball);
      if (pathname.endsWith(".tgz")) return new Response(bytes);
      const { version } = found.manifest as { version: string };
      const dist = {
        tarball: `${origin}/${name}/-/package.tgz`,
        integrity: `sha512-${createHash("sha512").update(bytes).digest("base64")}`,
      };
      return Response.json({
        name,
        "dist-tags": { latest: version },
        versions: { [version]: { ...found.manifest, dist } },
      });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    asked,
    [Symbol.asyncDispose]: async () => {
      await server.stop(true);
    },
  };
}
