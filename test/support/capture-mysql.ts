import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Captured, CaptureBracket, CaptureEvents } from '../../src/engine/engine.ts';
import { flavours } from '../../src/engine/mysql/flavour.ts';
import { openBracket } from '../../src/engine/mysql/bracket.ts';
import type { ServerAccess } from '../../src/engine/server-access.ts';
import type { Holds, TextKind } from '../../src/manifest/manifest.ts';
import type { DumpPolicy } from '../../src/spec/desired.ts';
import { decode } from '../../src/codec/decode.ts';
import { fileChunks } from '../../src/codec/file-chunks.ts';
import { digestKey, dumpPolicy, holdsAll } from './capture.ts';
import type { TestMysql } from './mysql.ts';

/** A capture into a directory that plays the repository. */
export interface KeptMysqlCapture extends AsyncDisposable {
  readonly captured: Captured;
  /** Has the texts as `<kind>.sql` and the dump in `dump`. */
  readonly directory: string;
  text(kind: TextKind): Promise<string>;
  /** One file of the dump, decoded; by the subject of its entry. */
  dumped(subject: string): Promise<string>;
}

export interface MysqlCaptureWish {
  readonly access?: Partial<ServerAccess>;
  readonly holds?: Partial<Holds>;
  readonly dump?: Partial<DumpPolicy>;
  readonly lockInstance?: boolean;
  readonly signal?: AbortSignal;
  readonly events?: CaptureEvents;
}

/** A bracket for these databases. */
export async function openMysqlBracket(
  server: TestMysql,
  databases: readonly string[],
  wish: MysqlCaptureWish = {},
): Promise<CaptureBracket> {
  return openBracket(flavours[server.engine])(
    { ...server.access(), ...wish.access },
    {
      digestKey,
      signal: wish.signal ?? new AbortController().signal,
      lockInstance: wish.lockInstance ?? false,
      planned: databases.map((database) => planned(server, database, wish)),
    },
  );
}

const planned = (server: TestMysql, database: string, { access, holds, dump }: MysqlCaptureWish) => ({
  address: { server: access?.name ?? server.access().name, database },
  holds: { ...holdsAll, ...holds },
  dump: { ...dumpPolicy, ...dump },
});

/** Captures one database; rejects with the engine's error, after which the directory is gone. */
export async function captureMysql(
  server: TestMysql,
  database: string,
  wish: MysqlCaptureWish = {},
): Promise<KeptMysqlCapture> {
  await using bracket = await openMysqlBracket(server, [database], wish);
  return await captureIn(bracket, { server, database, wish });
}

/** Captures one of the databases that a bracket is for. */
export async function captureIn(
  bracket: CaptureBracket,
  {
    server,
    database,
    wish = {},
    within = tmpdir(),
  }: {
    readonly server: TestMysql;
    readonly database: string;
    readonly wish?: MysqlCaptureWish;
    /** Where its directory is made. */
    readonly within?: string;
  },
): Promise<KeptMysqlCapture> {
  const directory = await mkdtemp(join(within, 'hf-capture-'));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    await mkdir(join(directory, 'scratch'));
    await mkdir(join(directory, 'dump'));
    const captured = await bracket.capture(
      {
        ...planned(server, database, wish),
        signal: wish.signal ?? new AbortController().signal,
        events: wish.events ?? { phase: () => undefined, progress: () => undefined },
      },
      {
        begin: () => Promise.resolve({ scratch: join(directory, 'scratch') }),
        file: ({ file, path }) => rename(path, join(directory, 'dump', file)),
        text: (kind, text) => writeFile(join(directory, `${kind}.sql`), text),
      },
    );
    return {
      captured,
      directory,
      text: (kind) => readFile(join(directory, `${kind}.sql`), 'utf8'),
      async dumped(subject) {
        const file = captured.entries.find((entry) => entry.subject === subject)?.file ?? subject;
        const codec = file.endsWith('.zst') ? 'zstd' : file.endsWith('.gz') ? 'gzip' : 'none';
        const chunks: Buffer[] = [];
        await decode(fileChunks(join(directory, 'dump', file)), codec, (chunk) => void chunks.push(Buffer.from(chunk)));
        return Buffer.concat(chunks).toString('utf8');
      },
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
