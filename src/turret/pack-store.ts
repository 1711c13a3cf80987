// Where a turret keeps the packs it has opened; handed in, because it is a matter of files.

export interface PackStore {
  has(hash: string): boolean;
  /** Opens a pack whose hash was checked; rejects with an OctError when it is not one. */
  open(hash: string, bytes: Uint8Array): Promise<{ readonly directory: string }>;
  directoryOf(hash: string): string | undefined;
  close(): void;
}
