// What scripts may say about TCP connections and TLS.

/** Options of TLS. */
export interface TlsOptions {
  /** Name that the certificate must have (default: the host). */
  readonly serverName?: string;
  /** True: the server's certificate is not checked. */
  readonly insecure?: boolean;
  /** Certificates that are trusted, PEM. */
  readonly ca?: string;
  /** Client certificate and its key, PEM. */
  readonly cert?: string;
  readonly key?: string;
}

/** Where to connect, and how. */
export interface TcpOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean | TlsOptions;
  /** Seconds until the connect fails (default 60). */
  readonly timeout?: number;
  /** Begins the name of its timer (default "TCP", or "TLS": "TCP connect"). */
  readonly name?: string;
}

/** Options of a read or a write. */
export interface SocketWaitOptions {
  /** Seconds until it fails (default 60). */
  readonly timeout?: number;
}

/** True where TLS is wanted. */
export function isSecure({ tls }: TcpOptions): boolean {
  return tls !== undefined && tls !== false;
}

/** Options of TLS in the runtime's words. */
export function tlsOf(host: string, options: TlsOptions): Bun.TLSOptions {
  const { serverName = host, insecure = false, ca, cert, key } = options;
  return {
    serverName,
    rejectUnauthorized: !insecure,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
