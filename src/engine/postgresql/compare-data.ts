import { createHash } from 'node:crypto';
import type { ContentEntry, Contents } from '../../manifest/manifest.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { CompareOptions, DataCheck } from '../engine.ts';
import { compareLargeObjects } from './compare-large-objects.ts';
import { copyProgram, type CopyProgram } from './copy-program.ts';
import { sameRowsInAnyOrder } from './compare-sorted.ts';
import { databaseFact } from './facts.ts';
import { hashPartitions } from './hash-partitions.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { openScratch } from '../../system/scratch.ts';
import { openRestored } from './restored-session.ts';
import type { Session } from './session.ts';

/** The contract is `Engine.compareData`. One check per table with data in the backup, one per large object. */
export async function compareData(
  target: CleanServer | OpenServer,
  database: string,
  contents: Contents,
  options: CompareOptions,
): Promise<readonly DataCheck[]> {
  const { jobs, dumpDirectory, signal } = options;
  const tables = contents.entries
    .filter(({ kind }) => kind === 'table-data')
    .sort((a, b) => b.plainBytes - a.plainBytes);
  const largeObjects = contents.entries.filter(({ kind }) => kind === 'large-object');
  await using session = await openRestored(target, database, { signal });
  const copyOf = copyStatements(contents, await extensionConditions(session));
  const checks: DataCheck[] = await compareLargeObjects(session, largeObjects);
  await using scratch = await openScratch('compare');
  const { versionNumber } = session;
  const program = await copyProgram({
    server: target,
    database,
    versionNumber,
    settings: copySettings,
    scratch: scratch.path,
    signal,
  });
  const queue = [...tables];
  const work = async (): Promise<void> => {
    await using worker = await openRestored(target, database, { signal });
    await worker.run(copySettings);
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift())
      checks.push(await compareTable(entry, { session: worker, copyOf, program }));
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, tables.length)) }, work));
  const judged = await compareWithoutOrder(checks, {
    tables: new Map(tables.map((entry) => [entry.subject, entry])),
    roots: await hashPartitions(session),
    same: (entries) =>
      sameRowsInAnyOrder({
        entries,
        dumpDirectory,
        copy: (entry) => program.stream(copyOf(entry)),
        signal,
      }),
  });
  return judged.toSorted((a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0));
}

/**
 * What pg_dump sets for its own COPY (`setup_connection` in pg_dump.c), so that the same rows give the same bytes.
 * `synchronize_seqscans`: with it, a scan of a large table starts where another one is.
 */
const copySettings = `
  SET search_path = ''; SET datestyle = ISO; SET intervalstyle = postgres; SET extra_float_digits = 3; SET synchronize_seqscans = off;
  SET row_security = off; SET statement_timeout = 0; SET client_encoding = 'UTF8'; SET "TimeZone" = 'UTC'`;

/** From this size on, starting a program costs less than the driver's work per row. */
const programFromBytes = 16 * 1024 * 1024;

interface TableContext {
  readonly session: Session;
  readonly copyOf: (entry: ContentEntry) => string;
  readonly program: CopyProgram;
}

interface Hashed {
  readonly rows: number;
  readonly digest: string;
}

/** As pg_dump copied: in the columns of the archive and the encoding of the database, whatever the session's own is. */
function copyStatements(
  { inventory }: Contents,
  conditions: ReadonlyMap<string, string>,
): (entry: ContentEntry) => string {
  const encoding = quoteLiteral(databaseFact(inventory)?.encoding ?? 'UTF8');
  return (entry) => {
    const columns = (entry.columns ?? []).map(quoteIdentifier).join(', ');
    const condition = conditions.get(entry.subject);
    const relation =
      condition === undefined
        ? `${entry.subject}${columns === '' ? '' : ` (${columns})`}`
        : `(SELECT ${columns} FROM ONLY ${entry.subject} ${condition})`;
    return `COPY ${relation} TO STDOUT WITH (ENCODING ${encoding})`;
  };
}

async function compareTable(entry: ContentEntry, { session, copyOf, program }: TableContext): Promise<DataCheck> {
  const base = { subject: entry.subject, expectedRows: entry.rows };
  const copy = copyOf(entry);
  let hashed: Hashed;
  try {
    hashed = await (entry.plainBytes < programFromBytes ? hashBySession(session, copy) : program.hash(copy));
  } catch (error) {
    if (!isQueryError(error)) throw error;
    return { ...base, actualRows: null, equal: false, method: 'copy-digest', detail: error.message };
  }
  const { rows } = hashed;
  const equal = hashed.digest === entry.digest;
  const detail = equal ? undefined : rows === entry.rows ? 'as many rows, but other content' : 'another number of rows';
  return { ...base, actualRows: rows, equal, method: 'copy-digest', detail };
}

async function hashBySession(session: Session, copy: string): Promise<Hashed> {
  const hash = createHash('sha256');
  const pieces = batched((bytes) => hash.update(bytes));
  let rows = 0;
  // In text format, each row is one message of the server (manual, "COPY Operations").
  await session.copyOut(copy, (piece) => {
    rows += 1;
    pieces.add(piece);
  });
  pieces.end();
  return { rows, digest: hash.digest('hex') };
}

/** Rows are small; a digest is fast on large pieces. */
function batched(take: (bytes: Uint8Array) => void): { add(piece: Buffer): void; end(): void } {
  const buffer = Buffer.allocUnsafe(256 * 1024);
  let used = 0;
  const flush = (): void => {
    if (used > 0) take(buffer.subarray(0, used));
    used = 0;
  };
  return {
    add(piece) {
      if (used + piece.length > buffer.length) flush();
      if (piece.length > buffer.length) take(piece);
      else {
        piece.copy(buffer, used);
        used += piece.length;
      }
    },
    end: flush,
  };
}

const isQueryError = (error: unknown): error is Error & { readonly sqlState: string } =>
  error instanceof Error && 'sqlState' in error && typeof error.sqlState === 'string';

/**
 * Rows that an extension's script makes are not in the dump of its configuration tables (manual, "Extension Configuration
 * Tables").
 */
async function extensionConditions(session: Session): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query<{ name: string; condition: string }>(`
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name, e.extcondition[i] AS condition
    FROM pg_extension e CROSS JOIN LATERAL generate_subscripts(e.extconfig, 1) i
    JOIN pg_class c ON c.oid = e.extconfig[i] JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE e.extcondition[i] <> ''`);
  return new Map(rows.map(({ name, condition }) => [name, condition]));
}

interface Unordered {
  readonly tables: ReadonlyMap<string, ContentEntry>;
  /** Leaf → root of what is partitioned by hash. */
  readonly roots: ReadonlyMap<string, string>;
  readonly same: (entries: readonly ContentEntry[]) => Promise<boolean>;
}

/**
 * A second look at what differs but has as many rows as it had: the same rows in another order are equal. A hash of text or
 * of an enum may give another number on the restored server, so pg_dump loads such partitions through their root and rows
 * may lie in another leaf: there all leaves together are one set.
 */
async function compareWithoutOrder(
  checks: readonly DataCheck[],
  { tables, roots, same }: Unordered,
): Promise<readonly DataCheck[]> {
  const sets = Map.groupBy(
    checks.filter(({ subject }) => tables.has(subject)),
    ({ subject }) => roots.get(subject) ?? subject,
  );
  const equalSets = new Set<string>();
  for (const [name, members] of sets) {
    if (members.every(({ equal }) => equal) || sum(members, 'expectedRows') !== sum(members, 'actualRows')) continue;
    if (await same(members.flatMap(({ subject }) => tables.get(subject) ?? []))) equalSets.add(name);
  }
  return checks.map((check) => {
    const root = roots.get(check.subject);
    if (check.equal || !tables.has(check.subject) || !equalSets.has(root ?? check.subject)) return check;
    const detail =
      root === undefined ? 'the same rows in another order' : `the same rows over all hash partitions of ${root}`;
    return { ...check, equal: true, method: 'order-free', detail };
  });
}

function sum(checks: readonly DataCheck[], field: 'expectedRows' | 'actualRows'): number {
  return checks.reduce((total, check) => total + (check[field] ?? 0), 0);
}
