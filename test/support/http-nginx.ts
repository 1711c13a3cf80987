// nginx on a free port, from a configuration and a folder of its own that go with it.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { closedPort, TEST_TLS } from "./http-servers.ts";
import { until } from "./wait.ts";

export interface Nginx extends AsyncDisposable {
  readonly url: string;
  readonly secureUrl: string;
}

const LOCATIONS = `
  location /file { alias FOLDER/file.txt; }
  location /gzip { alias FOLDER/file.txt; gzip on; gzip_types *; gzip_min_length 1; gzip_http_version 1.0; }
  location /empty { return 204; }
  location /moved { return 302 /file; }
  location /loop { return 302 /loop; }
  location /close { keepalive_timeout 0; alias FOLDER/file.txt; }
  location /large { alias FOLDER/large.bin; }
  location /protocol { return 200 "$server_protocol $ssl_server_name $request_method"; }
  location /client { return 200 "$ssl_client_verify $ssl_client_s_dn"; }
  location /secret { auth_basic "shop"; auth_basic_user_file FOLDER/users; alias FOLDER/file.txt; }
  location /cookie { add_header Set-Cookie "seen=$cookie_seen.x; Path=/"; return 200 "$http_cookie"; }
  location /error { return 503; }
`;

/** Starts nginx with static files, a redirect, compression, TLS with HTTP/2. */
export async function startNginx(): Promise<Nginx> {
  const folder = mkdtempSync(path.join(tmpdir(), "oct-nginx-"));
  const [port, securePort] = [await closedPort(), await closedPort()];
  // Its workers may be another user.
  chmodSync(folder, 0o755);
  mkdirSync(path.join(folder, "temp"));
  writeFileSync(path.join(folder, "file.txt"), "hello from nginx");
  writeFileSync(path.join(folder, "large.bin"), new Uint8Array(3_000_000).fill(7));
  writeFileSync(path.join(folder, "users"), "ann:{PLAIN}pass word\n");
  writeFileSync(path.join(folder, "cert.pem"), TEST_TLS.cert);
  writeFileSync(path.join(folder, "key.pem"), TEST_TLS.key);
  const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/temp/${name};`)
    .join("\n");
  const locations = LOCATIONS.replaceAll("FOLDER", folder);
  writeFileSync(
    path.join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 512; }
http { access_log off; ${temps}
server { listen 127.0.0.1:${port}; ${locations} }
server { listen 127.0.0.1:${securePort} ssl http2; ssl_certificate ${folder}/cert.pem;
  ssl_certificate_key ${folder}/key.pem; ssl_client_certificate ${folder}/cert.pem;
  ssl_verify_client optional; ${locations} } }`,
  );
  const args = ["nginx", "-p", folder, "-c", `${folder}/nginx.conf`];
  const child = Bun.spawn(args, { stdout: "ignore", stderr: "ignore" });
  await until(() => answers(port), { what: "nginx to listen" });
  return {
    url: `http://127.0.0.1:${port}`,
    secureUrl: `https://localhost:${securePort}`,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  try {
    (await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } })).end();
    return true;
  } catch {
    return false;
  }
}
