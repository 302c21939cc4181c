import PQueue from 'p-queue';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { diagnosticOf } from '../../base/diagnostic-of.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { ObservedDatabase, ObservedServer } from '../../plan/observed.ts';
import type { ObserveRequest } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { readAccess } from './access.ts';
import { supportedMajors } from './bracket.ts';
import { findClient } from './clients.ts';
import { readExclusions } from './exclusions.ts';
import { preflight } from './preflight.ts';
import { openSession, type Session } from './session.ts';
import { stopped } from '../stopped.ts';

type Reachable = Extract<ObservedServer, { state: 'reachable' }>;

/** Reads one server for a plan, at most four databases at a time. Only an abort is thrown. */
export async function observe(server: ServerAccess, ask: ObserveRequest): Promise<ObservedServer> {
  try {
    await using session = await openSession(server, server.maintenanceDatabase, { signal: ask.signal });
    return await observeReachable(server, session, ask);
  } catch (error) {
    if (ask.signal.aborted) throw stopped(ask.signal);
    if (!(error instanceof OperationError)) throw error;
    return {
      name: server.name,
      state: 'unreachable',
      diagnostic: { ...diagnosticOf(error, { subject: server.name }), code: 'server/unreachable' },
    };
  }
}

async function observeReachable(server: ServerAccess, session: Session, ask: ObserveRequest): Promise<ObservedServer> {
  const [row] = await session.query<{ server: ServerRow }>(serverSql);
  if (row === undefined) throw new TypeError('a query without FROM gave no row');
  const major = Math.floor(session.versionNumber / 10_000);
  const queue = new PQueue({ concurrency: 4 });
  const databases = await Promise.all(
    row.server.databases.map(async (found): Promise<ObservedDatabase> => {
      const database = { name: found.name, bytes: found.bytes ?? 0, allowsConnections: found.allowsConnections };
      const wanted = ask.databases.get(found.name);
      return wanted === undefined
        ? database
        : queue.add(() => observeDatabase(server, database, { ...ask, holds: wanted.holds }));
    }),
  );
  const unsupported: Diagnostic[] =
    major >= supportedMajors.oldest && major <= supportedMajors.newest
      ? []
      : [
          {
            severity: 'error',
            code: 'server/version-unsupported',
            summary: `PostgreSQL ${major} is not supported; supported are ${supportedMajors.oldest} to ${supportedMajors.newest}`,
            subject: server.name,
          },
        ];
  return {
    name: server.name,
    state: 'reachable',
    identity: row.server.identity,
    version: row.server.version,
    versionNumber: session.versionNumber,
    series: String(major),
    login: row.server.login,
    client: await findPrograms(server, major),
    databases,
    diagnostics: unsupported,
  };
}

type DatabaseRequest = ObserveRequest & { readonly holds: Parameters<typeof readAccess>[1]['holds'] };

async function observeDatabase(
  server: ServerAccess,
  database: ObservedDatabase,
  ask: DatabaseRequest,
): Promise<ObservedDatabase> {
  const subject = `${server.name}/${database.name}`;
  if (!database.allowsConnections) {
    return {
      ...database,
      diagnostic: {
        severity: 'error',
        code: 'database/not-connectable',
        summary: 'the database accepts no connections',
        subject,
      },
    };
  }
  try {
    // A plan must not wait behind somebody's ACCESS EXCLUSIVE lock, as some catalog functions would.
    await using session = await openSession(server, database.name, { signal: ask.signal, lockWaitMs: 5_000 });
    await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const ahead = await preflight(session, subject, ask.holds.excludedTables);
    const { excludedTables: excludeTables, excludedTableData: excludeTableData } = ask.holds;
    const left = await readExclusions(session, { excludeTables, excludeTableData });
    const access = await readAccess(session, { holds: ask.holds, digestKey: ask.digestKey, only: 'access' });
    return {
      ...database,
      access: { fingerprint: access.fingerprint, text: access.text, passwords: access.passwords },
      preflight: { degradations: [...ahead.degradations, ...access.degradations, ...left], refused: ahead.refused },
    };
  } catch (error) {
    if (ask.signal.aborted || !(error instanceof OperationError)) throw error;
    return { ...database, diagnostic: { ...diagnosticOf(error, { subject }), code: 'database/not-connectable' } };
  }
}

/** Both programs of a capture are needed; the version is pg_dump's. */
async function findPrograms(server: ServerAccess, major: number): Promise<Reachable['client']> {
  try {
    const found = await findClient('pg_dump', major, server.clients);
    await findClient('pg_restore', major, server.clients);
    return { ok: true, ...found };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { ok: false, diagnostic: diagnosticOf(error, { subject: server.name }) };
  }
}

interface ServerRow {
  readonly identity: string;
  readonly version: string;
  readonly login: Reachable['login'];
  readonly databases: readonly {
    readonly name: string;
    readonly bytes: number | null;
    readonly allowsConnections: boolean;
  }[];
}

/** The size needs CONNECT or pg_read_all_stats; an invalid database (connection limit -2) cannot be connected to. */
const serverSql = `
  SELECT json_build_object(
    'identity', (SELECT system_identifier::text FROM pg_control_system()),
    'version', current_setting('server_version'),
    'login', (SELECT json_build_object('role', rolname, 'superuser', rolsuper) FROM pg_roles WHERE rolname = current_user),
    'databases', (SELECT coalesce(json_agg(json_build_object('name', datname, 'allowsConnections', datallowconn AND datconnlimit <> -2,
        'bytes', CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END) ORDER BY datname), '[]')
      FROM pg_database WHERE datname NOT IN ('template0', 'template1'))) AS server`;
