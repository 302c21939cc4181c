import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { duration } from '../../src/base/duration.ts';
import { Secret } from '../../src/base/secret.ts';
import type { Captured, CapturePhase, CaptureRequest, Engine } from '../../src/engine/engine.ts';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import { postgresql } from '../../src/engine/postgresql/postgresql.ts';
import type { Holds, TextKind } from '../../src/manifest/manifest.ts';
import type { DumpPolicy } from '../../src/spec/desired.ts';

export const holdsAll: Holds = {
  roles: 'referenced',
  passwords: 'hashes',
  include: [],
  exclude: [],
  excludedTables: [],
  excludedTableData: [],
};

export const dumpPolicy: DumpPolicy = {
  jobs: 2,
  compression: 'auto',
  timeout: duration(120_000),
  lockWait: duration(60_000),
  excludeTables: [],
  excludeTableData: [],
  serverHashes: false,
};

/** A capture into a directory that plays the repository. */
export interface KeptCapture extends AsyncDisposable {
  readonly captured: Captured;
  readonly directory: string;
  readonly phases: readonly CapturePhase[];
  /** Names handed to the sink, in order. */
  readonly stored: readonly string[];
  text(kind: TextKind): Promise<string>;
}

export interface CaptureWish {
  /** PostgreSQL's where absent. */
  readonly engine?: Engine;
  readonly holds?: Partial<Holds>;
  readonly dump?: Partial<DumpPolicy>;
  readonly signal?: AbortSignal;
  readonly events?: CaptureRequest['events'];
}

export const digestKey = new Secret('a key of the tests');

/** Captures one database; rejects with the engine's error, after which the directory is gone. */
export async function captureInto(
  server: ServerAccess,
  database: string,
  wish: CaptureWish = {},
): Promise<KeptCapture> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-capture-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const signal = wish.signal ?? new AbortController().signal;
  const phases: CapturePhase[] = [];
  const stored: string[] = [];
  const engine = wish.engine ?? postgresql();
  const planned = {
    address: { server: server.name, database },
    holds: { ...holdsAll, ...wish.holds },
    dump: { ...dumpPolicy, ...wish.dump },
  };
  try {
    await mkdir(join(directory, 'scratch'));
    await mkdir(join(directory, 'dump'));
    await using bracket = await engine.openBracket(server, {
      digestKey,
      signal,
      planned: [planned],
      lockInstance: false,
    });
    const captured = await bracket.capture(
      {
        ...planned,
        signal,
        events: wish.events ?? { phase: (phase) => void phases.push(phase), progress: () => undefined },
      },
      {
        begin: () => Promise.resolve({ scratch: join(directory, 'scratch') }),
        async file({ file, path }) {
          await rename(path, join(directory, 'dump', file));
          stored.push(file);
        },
        async text(kind, text) {
          await writeFile(join(directory, `${kind}.sql`), text);
          stored.push(`${kind}.sql`);
        },
      },
    );
    return {
      captured,
      directory,
      phases,
      stored,
      text: (kind) => readFile(join(directory, `${kind}.sql`), 'utf8'),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
