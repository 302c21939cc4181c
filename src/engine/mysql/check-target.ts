import type { Diagnostic } from '../../base/diagnostic.ts';
import { diagnosticOf } from '../../base/diagnostic-of.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { RestoreRequest } from '../engine.ts';
import { findAccounts } from './account-conflicts.ts';
import { checkAccounts } from './check-accounts.ts';
import { checkPrivileges } from './check-privileges.ts';
import { checkSettings, readVariables } from './check-settings.ts';
import { checkSpace } from './check-space.ts';
import { findClient } from './clients.ts';
import { seriesOf, type Flavour } from './flavour.ts';
import { mayReplace } from './restore-database.ts';
import { openSession, type Session } from './session.ts';
import { tiedTriggers } from './tied-triggers.ts';
import { namedTimeZones } from './time-zones.ts';

/**
 * The contract is `Engine.checkTarget`. Errors are what a restore would certainly fail at; warnings, what would come back
 * otherwise.
 */
export const checkTarget =
  (flavour: Flavour) =>
  async (target: CleanServer | OpenServer, request: RestoreRequest): Promise<readonly Diagnostic[]> => {
    const { signal } = request;
    await using session = await openSession(target, flavour, { signal });
    const foreign = await vendor(session, flavour);
    const variables = await readVariables(session);
    const found =
      foreign.length > 0
        ? foreign
        : [
            ...series(session, flavour, request),
            ...(await client(target, session, flavour)),
            ...checkSettings(variables, request, { isClean: 'made' in target }),
            ...(await checkPrivileges(session, flavour, { variables, request })),
            ...(await engines(session, request)),
            ...(await checkAccounts(session, request, { isClean: 'made' in target })),
            ...(await accounts(session, flavour, request)),
            ...(await timeZones(session, request)),
            ...(await checkSpace(target, session, request)),
            ...(await database(target, flavour, request)),
            ...tiedTriggers(request),
          ];
    return found.map((diagnostic) => ({ ...diagnostic, subject: target.name }));
  };

async function vendor(session: Session, flavour: Flavour): Promise<readonly Diagnostic[]> {
  const [row] = await session.query<{ version: string }>('SELECT VERSION() AS version');
  const version = row?.version ?? '';
  if (flavour.serverVersion.test(version)) return [];
  return [
    {
      severity: 'error',
      code: 'target/engine',
      summary: `the backup is of ${flavour.product}, the target is ${version}`,
    },
  ];
}

function series(session: Session, { product }: Flavour, { manifest }: RestoreRequest): readonly Diagnostic[] {
  const source = seriesOf(manifest.source.versionNumber);
  const here = seriesOf(session.versionNumber);
  if (here === source) return [];
  const isOlder = session.versionNumber < manifest.source.versionNumber;
  return [
    {
      severity: isOlder ? 'error' : 'warning',
      code: 'target/version',
      summary: `the backup is from ${product} ${source}, the target is ${here}`,
      help: isOlder
        ? 'A dump cannot be restored into an older series.'
        : 'Definitions read differently in another series, so that a comparison proves less.',
    },
  ];
}

async function engines(session: Session, { contents }: RestoreRequest): Promise<readonly Diagnostic[]> {
  const rows = await session.query<{ name: string }>(
    "SELECT engine AS name FROM information_schema.engines WHERE support IN ('YES', 'DEFAULT')",
  );
  const known = new Set(rows.map(({ name }) => name.toLowerCase()));
  const wanted = contents.inventory
    .filter(({ kind }) => kind === 'table')
    .map(({ value }) => value['engine'])
    .filter((name) => typeof name === 'string');
  return [...new Set(wanted)]
    .filter((name) => !known.has(name.toLowerCase()))
    .sort()
    .map((name) => lacks(`storage engine ${name}`));
}

async function accounts(session: Session, flavour: Flavour, request: RestoreRequest): Promise<readonly Diagnostic[]> {
  const { contents, manifest, overwriteRoles } = request;
  if (overwriteRoles || !manifest.steps.some(({ phase }) => phase === 'roles')) return [];
  const database = request.as ?? manifest.address.database;
  const { conflicts } = await findAccounts(session, flavour, { contents, database });
  return conflicts.map(({ what, differsIn }) => ({
    severity: 'error',
    code: 'restore/role-differs',
    summary: `${what} exists otherwise: ${differsIn.join(', ')}`,
    help: 'Restore onto a clean server, or with --overwrite-roles.',
  }));
}

const lacks = (what: string): Diagnostic => ({
  severity: 'error',
  code: 'target/lacks-extension',
  summary: `${what} is not available`,
  help: 'Install the package that brings it, and load it on the target with INSTALL SONAME or INSTALL PLUGIN.',
});

/** Names of time zones mean something only to a server whose tables have them (manual, "MySQL Server Time Zone Support"). */
async function timeZones(session: Session, { contents }: RestoreRequest): Promise<readonly Diagnostic[]> {
  const missing: Diagnostic[] = [];
  for (const zone of namedTimeZones(contents.inventory)) {
    const [row] = await session.query<{ time: string | null }>(
      "SELECT CONVERT_TZ('2000-01-01 00:00:00', '+00:00', ?) AS time",
      [zone],
    );
    if (typeof row?.time === 'string') continue;
    missing.push({
      severity: 'error',
      code: 'target/lacks-locale',
      summary: `the target does not know the time zone ${zone} of an event`,
      help: 'Load the time zones into the target’s tables (mysql_tzinfo_to_sql, mariadb-tzinfo-to-sql).',
    });
  }
  return missing;
}

async function client(
  target: CleanServer | OpenServer,
  session: Session,
  flavour: Flavour,
): Promise<readonly Diagnostic[]> {
  try {
    await findClient(flavour, 'client', { versionNumber: session.versionNumber, folder: target.clients });
    return [];
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return [diagnosticOf(error)];
  }
}

async function database(
  target: CleanServer | OpenServer,
  flavour: Flavour,
  request: RestoreRequest,
): Promise<readonly Diagnostic[]> {
  const name = request.as ?? request.manifest.address.database;
  try {
    await mayReplace(target, flavour, { name, overwrite: request.overwriteDatabase, signal: request.signal });
    return [];
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'restore/database-exists') throw error;
    return [diagnosticOf(error)];
  }
}
