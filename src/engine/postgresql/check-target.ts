import type { Diagnostic } from '../../base/diagnostic.ts';
import { diagnosticOf } from '../../base/diagnostic-of.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { Contents } from '../../manifest/manifest.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { RestoreRequest } from '../engine.ts';
import { findClient } from './clients.ts';
import { databaseFact, roleFacts, settingFacts, tablespaceFacts } from './facts.ts';
import { roleConflicts, rolesNamedBy } from './restore-roles.ts';
import { mayReplace } from './restore-database.ts';
import { listOf } from './server-settings.ts';
import { openSession, type Session } from './session.ts';

/**
 * The contract is `Engine.checkTarget`. Errors are what a restore would certainly fail at; warnings, what would come back
 * otherwise.
 */
export async function checkTarget(
  target: CleanServer | OpenServer,
  request: RestoreRequest,
): Promise<readonly Diagnostic[]> {
  await using session = await openSession(target, target.maintenanceDatabase, { signal: request.signal });
  const found = [
    ...versions(session, request),
    ...(await client(target, session)),
    ...(await extensions(session, request)),
    ...(await locales(session, request.contents)),
    ...(await libraries(session, request)),
    ...(await roles(session, request)),
    ...(await nameLength(session, request)),
    ...(await database(target, request)),
    ...(await tablespaces(session, request)),
  ];
  return found.map((diagnostic) => ({ ...diagnostic, subject: target.name }));
}

function versions(session: Session, { manifest }: RestoreRequest): readonly Diagnostic[] {
  const source = Math.floor(manifest.source.versionNumber / 10_000);
  const major = Math.floor(session.versionNumber / 10_000);
  if (major === source) return [];
  return [
    major < source
      ? {
          severity: 'error',
          code: 'target/version',
          summary: `the backup is from PostgreSQL ${source}, the target is ${major}`,
          help: 'A dump cannot be restored into an older major version.',
        }
      : {
          severity: 'warning',
          code: 'target/version',
          summary: `the backup is from PostgreSQL ${source}, the target is ${major}`,
          help: 'Definitions read differently in another major version, so that a comparison proves less.',
        },
  ];
}

/** Missed only when the rows are due, it would leave an empty database, and nothing of the one that was replaced. */
async function client(target: CleanServer | OpenServer, session: Session): Promise<readonly Diagnostic[]> {
  try {
    await findClient('pg_restore', Math.floor(session.versionNumber / 10_000), target.clients);
    return [];
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return [diagnosticOf(error)];
  }
}

async function extensions(session: Session, { manifest }: RestoreRequest): Promise<readonly Diagnostic[]> {
  const rows = await session.query<{ name: string; version: string }>(
    'SELECT name, version FROM pg_available_extension_versions',
  );
  const available = Map.groupBy(rows, ({ name }) => name);
  return manifest.source.extensions.flatMap(({ name, version }): readonly Diagnostic[] => {
    const versionsHere = available.get(name)?.map((row) => row.version);
    if (versionsHere === undefined)
      return [
        {
          severity: 'error',
          code: 'target/lacks-extension',
          summary: `extension ${name} is not available`,
          help: `Install the package that brings ${name} ${version} on the target.`,
        },
      ];
    if (versionsHere.includes(version)) return [];
    return [
      {
        severity: 'info',
        code: 'target/lacks-extension',
        summary: `extension ${name} comes in version ${versionsHere.join(', ')} instead of ${version}`,
      },
    ];
  });
}

/**
 * A locale exists where the server lets us use it for money: that checks it with setlocale(3) and writes nothing. Also those
 * that settings of the database or its roles name (`lc_time`), which the server does not take otherwise.
 */
async function locales(session: Session, contents: Contents): Promise<readonly Diagnostic[]> {
  const database = databaseFact(contents.inventory);
  const collations = contents.inventory
    .filter(({ kind, value }) => kind === 'collation' && value['provider'] === 'c')
    .flatMap(({ value }) => [value['collate'], value['ctype']]);
  const settings = settingFacts(contents.inventory).flatMap((setting) => Object.entries(setting.settings));
  const formats = settings.filter(([name, value]) => name.startsWith('lc_') && value !== '').map(([, value]) => value);
  const libc = new Set(
    [database?.collate, database?.ctype, ...collations, ...formats].filter((locale) => typeof locale === 'string'),
  );
  const missing: Diagnostic[] = [];
  for (const locale of libc) {
    try {
      await session.query("SELECT set_config('lc_monetary', $1, false)", [locale]);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      missing.push({
        severity: 'error',
        code: 'target/lacks-locale',
        summary: `locale ${JSON.stringify(locale)} is not installed`,
        help: 'Generate it on the target (locale-gen, localedef) and restart the server.',
      });
    }
  }
  const usesIcu =
    database?.provider === 'icu' ||
    contents.inventory.some(({ kind, value }) => kind === 'collation' && value['provider'] === 'i');
  const icu = usesIcu ? await session.query("SELECT FROM pg_collation WHERE collprovider = 'i' LIMIT 1") : [{}];
  if (icu.length === 0)
    missing.push({
      severity: 'error',
      code: 'target/lacks-locale',
      summary: 'the target was built without ICU',
      help: 'Use a build of PostgreSQL with ICU.',
    });
  return missing;
}

async function libraries(session: Session, { manifest }: RestoreRequest): Promise<readonly Diagnostic[]> {
  const [row] = await session.query<{ loaded: string }>("SELECT current_setting('shared_preload_libraries') AS loaded");
  const loaded = new Set(listOf(row?.loaded ?? ''));
  const missing = listOf(manifest.source.settings['shared_preload_libraries'] ?? '').filter(
    (library) => !loaded.has(library),
  );
  return missing.length === 0
    ? []
    : [
        {
          severity: 'warning',
          code: 'target/lacks-extension',
          summary: `the source preloads ${missing.join(', ')}, the target does not`,
          help: 'Extensions that need it work after it is added to shared_preload_libraries.',
        },
      ];
}

async function roles(
  session: Session,
  { contents, manifest, overwriteRoles }: RestoreRequest,
): Promise<readonly Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  const rows = await session.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
  const known = new Set([
    ...rows.map(({ name }) => name),
    ...roleFacts(contents.inventory)
      .filter(({ bootstrap }) => bootstrap !== true)
      .map(({ name }) => name),
  ]);
  const missing = [...rolesNamedBy(contents.inventory)].filter((name) => !known.has(name)).sort();
  if (missing.length > 0) {
    diagnostics.push({
      severity: 'error',
      code: 'restore/role-differs',
      summary: `roles that objects of the backup belong to or are granted to are neither in it nor on the target: ${missing.map((name) => JSON.stringify(name)).join(', ')}`,
      help: missing.includes(manifest.source.bootstrapRole)
        ? 'Make the server with the source’s bootstrap role (initdb --username), or create that role as a superuser.'
        : 'Create them on the target first.',
    });
  }
  if (overwriteRoles || !manifest.steps.some(({ phase }) => phase === 'roles')) return diagnostics;
  for (const { what, differsIn } of await roleConflicts(session, contents)) {
    diagnostics.push({
      severity: 'error',
      code: 'restore/role-differs',
      summary: `${what} exists otherwise: ${differsIn.join(', ')}`,
      help: 'Restore onto a clean server, or with --overwrite-roles.',
    });
  }
  return diagnostics;
}

/** The server cuts a longer name, with a notice only, and the database would have another one than was told. */
async function nameLength(session: Session, { as: name = '' }: RestoreRequest): Promise<readonly Diagnostic[]> {
  const [row] = await session.query<{ most: string }>("SELECT current_setting('max_identifier_length') AS most");
  const bytes = Buffer.byteLength(name);
  return bytes <= Number(row?.most)
    ? []
    : [
        {
          severity: 'error',
          code: 'usage/invalid',
          summary: `the name of the database has ${bytes} bytes, the server takes ${row?.most}`,
          help: 'Give a shorter one with --as.',
        },
      ];
}

async function database(target: CleanServer | OpenServer, request: RestoreRequest): Promise<readonly Diagnostic[]> {
  const name = request.as ?? request.manifest.address.database;
  try {
    await mayReplace(target, name, { overwrite: request.overwriteDatabase, signal: request.signal });
    return [];
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'restore/database-exists') throw error;
    return [diagnosticOf(error)];
  }
}

async function tablespaces(
  session: Session,
  { contents, tablespaceRoot }: RestoreRequest,
): Promise<readonly Diagnostic[]> {
  if (tablespaceRoot !== undefined) return [];
  const rows = await session.query<{ name: string }>('SELECT spcname AS name FROM pg_tablespace');
  const missing = tablespaceFacts(contents.inventory).filter(({ name }) => !rows.some((row) => row.name === name));
  return missing.length === 0
    ? []
    : [
        {
          severity: 'warning',
          code: 'target/unavailable',
          summary: `tablespaces ${missing.map(({ name }) => name).join(', ')} do not exist, so everything goes to the default tablespace`,
          help: 'Create them on the target first to keep them.',
        },
      ];
}
