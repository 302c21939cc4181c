import type { Writable } from 'node:stream';

/** What a command may touch of the process it runs in. */
export interface Context {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stdin: NodeJS.ReadStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborts at SIGINT or SIGTERM; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** The command line without secrets, for leases and evidence. */
  readonly command: string;
}
