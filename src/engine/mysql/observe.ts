import PQueue from 'p-queue';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { diagnosticOf } from '../../base/diagnostic-of.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { Holds } from '../../manifest/manifest.ts';
import type { ObservedDatabase, ObservedServer } from '../../plan/observed.ts';
import type { ObserveRequest } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { findClient } from './clients.ts';
import { describe } from './describe.ts';
import { readDumpObjects } from './dump-tables.ts';
import { seriesOf, type Flavour } from './flavour.ts';
import { loginPrivileges } from './login-privileges.ts';
import { readLosses } from './losses.ts';
import { preflight } from './preflight.ts';
import { quoteName } from './quote.ts';
import { serverIdentity } from './same-server.ts';
import { openSession, type Session } from './session.ts';
import { stopped } from '../stopped.ts';

type Reachable = Extract<ObservedServer, { state: 'reachable' }>;

/** Reads one server for a plan, at most four databases at a time. Only an abort is thrown. */
export const observe =
  (flavour: Flavour) =>
  async (server: ServerAccess, ask: ObserveRequest): Promise<ObservedServer> => {
    try {
      await using session = await openSession(server, flavour, { signal: ask.signal, lockWaitMs: planWaitMs });
      return await observeReachable({ server, flavour, ask }, session);
    } catch (error) {
      if (ask.signal.aborted) throw stopped(ask.signal);
      if (!(error instanceof OperationError)) throw error;
      return {
        name: server.name,
        state: 'unreachable',
        diagnostic: { ...diagnosticOf(error, { subject: server.name }), code: 'server/unreachable' },
      };
    }
  };

/** A plan must not wait behind somebody's ALTER TABLE. */
const planWaitMs = 5_000;

interface Context {
  readonly server: ServerAccess;
  readonly flavour: Flavour;
  readonly ask: ObserveRequest;
}

async function observeReachable({ server, flavour, ask }: Context, session: Session): Promise<ObservedServer> {
  const found = await readDatabases(session, flavour);
  const queue = new PQueue({ concurrency: 4 });
  const databases = await Promise.all(
    found.map(async (database): Promise<ObservedDatabase> => {
      const wanted = ask.databases.get(database.name);
      return wanted === undefined
        ? database
        : queue.add(() => observeDatabase({ server, flavour, ask }, database, wanted.holds));
    }),
  );
  const { version, versionNumber } = session;
  const { oldest, newest } = flavour.supported;
  const unsupported: Diagnostic[] =
    versionNumber >= oldest && versionNumber <= newest
      ? []
      : [
          {
            severity: 'error',
            code: 'server/version-unsupported',
            summary: `${flavour.product} ${version} is not supported; supported are ${seriesOf(oldest)} and newer`,
            subject: server.name,
          },
        ];
  return {
    name: server.name,
    state: 'reachable',
    identity: await serverIdentity(session, flavour),
    version,
    versionNumber,
    series: seriesOf(versionNumber),
    login: await readLogin(session),
    client: await findProgram(server, flavour, versionNumber),
    databases,
    diagnostics: unsupported,
  };
}

async function observeDatabase(
  { server, flavour, ask }: Context,
  database: ObservedDatabase,
  holds: Holds,
): Promise<ObservedDatabase> {
  const subject = `${server.name}/${database.name}`;
  const { name } = database;
  try {
    await using session = await openSession(server, flavour, { signal: ask.signal, lockWaitMs: planWaitMs });
    const ahead = await preflight(session, flavour, { database: name, subject, excludeTables: holds.excludedTables });
    // What cannot be backed up need not be compared, and a login that is short of one thing may be of another.
    if (ahead.refused.length > 0) return { ...database, preflight: ahead };
    await session.run(`USE ${quoteName(name)}`);
    const { access, facts } = await describe(session, flavour, { database: name, holds, digestKey: ask.digestKey });
    const objects = await readDumpObjects(session, name, {
      excludeTables: holds.excludedTables,
      excludeTableData: holds.excludedTableData,
    });
    const { degradations } = await readLosses(session, flavour, { database: name, objects, facts });
    return {
      ...database,
      access: { fingerprint: access.fingerprint, text: access.text, passwords: access.passwords },
      preflight: {
        degradations: [...ahead.degradations, ...access.degradations, ...degradations],
        refused: [],
      },
    };
  } catch (error) {
    if (ask.signal.aborted || !(error instanceof OperationError)) throw error;
    return { ...database, diagnostic: { ...diagnosticOf(error, { subject }), code: 'database/not-connectable' } };
  }
}

/** Every database that the login can see but the server's own, with the bytes of its tables. */
async function readDatabases(session: Session, flavour: Flavour): Promise<readonly ObservedDatabase[]> {
  const rows = await session.query<{ name: string; bytes: string | null }>(
    `SELECT s.SCHEMA_NAME AS name, SUM(COALESCE(t.DATA_LENGTH, 0) + COALESCE(t.INDEX_LENGTH, 0)) AS bytes
     FROM information_schema.SCHEMATA s
     LEFT JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = s.SCHEMA_NAME AND t.TABLE_TYPE <> 'VIEW'
     GROUP BY s.SCHEMA_NAME`,
  );
  return rows
    .filter(({ name }) => !flavour.ownDatabases.includes(name.toLowerCase()))
    .map(({ name, bytes }) => ({ name, bytes: Number(bytes ?? 0), allowsConnections: true }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function readLogin(session: Session): Promise<Reachable['login']> {
  const [row] = await session.query<{ role: string }>('SELECT CURRENT_USER() AS role');
  const may = await loginPrivileges(session);
  return { role: row?.role ?? '', superuser: ['SUPER', 'CREATE USER', 'GRANT OPTION'].every(may.everywhere) };
}

async function findProgram(
  server: ServerAccess,
  flavour: Flavour,
  versionNumber: number,
): Promise<Reachable['client']> {
  try {
    return { ok: true, ...(await findClient(flavour, 'dump', { versionNumber, folder: server.clients })) };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { ok: false, diagnostic: diagnosticOf(error, { subject: server.name }) };
  }
}
