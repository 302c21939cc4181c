import { messageOf, OperationError } from '../../base/operation-error.ts';
import type { Step } from '../../manifest/manifest.ts';
import { madeOn, type CleanServer, type OpenServer } from '../clean-server.ts';
import type { ArtefactSource, RestoreEvents, RestoreReport, RestoreRequest } from '../engine.ts';
import { roleFacts, settingFacts } from './facts.ts';
import { analyzeDatabase } from './restore-analyze.ts';
import { restoreData } from './restore-data.ts';
import { makeDatabase } from './restore-database.ts';
import { revocations, roleConflicts } from './restore-roles.ts';
import { makeTablespaces, type Tablespaces } from './restore-tablespaces.ts';
import { openRestored } from './restored-session.ts';
import { openSession, type Session } from './session.ts';
import { openSilent } from './silent-session.ts';

/** The contract is `Engine.restore`. */
export async function restore(
  target: CleanServer | OpenServer,
  request: RestoreRequest,
  source: ArtefactSource,
  events: RestoreEvents,
): Promise<RestoreReport> {
  const database = request.as ?? request.manifest.address.database;
  const steps: { phase: Step['phase']; ms: number }[] = [];
  const warned: string[] = [];
  const server = await lookAt(target, request.signal);
  await refuseConflicts(target, request);
  const tablespaces = await guarded('tablespaces', async () => {
    await using session = await openSession(target, target.maintenanceDatabase, { signal: request.signal });
    return await makeTablespaces(session, request, madeOn(target));
  });
  for (const { phase } of request.manifest.steps) {
    events.step(phase);
    const since = performance.now();
    await guarded(phase, () => carryOut(phase, { target, request, source, database, tablespaces, warned, ...server }));
    steps.push({ phase, ms: Math.round(performance.now() - since) });
  }
  return { database, steps, notes: [...tablespaces.notes, ...warned, ...(server.superuser ? [] : [heard])] };
}

const heard =
  'the login is no superuser, so the target’s log could not be switched off: where it logs statements, it now holds the passwords of the backup';

/** Any number that others are unlikely to use: the ASCII codes of `hf-roles`. Held for the session. */
const rolesLock = BigInt(`0x${Buffer.from('hf-roles').toString('hex')}`).toString();

interface StepContext {
  readonly target: CleanServer | OpenServer;
  readonly request: RestoreRequest;
  readonly source: ArtefactSource;
  readonly database: string;
  readonly tablespaces: Tablespaces;
  /** Takes what could not be brought back, though the restore goes on. */
  readonly warned: string[];
  readonly versionNumber: number;
  readonly superuser: boolean;
}

async function carryOut(phase: Step['phase'], context: StepContext): Promise<void> {
  const { target, request, source, database, tablespaces } = context;
  const { signal } = request;
  switch (phase) {
    case 'roles': {
      // One message of several statements is one transaction: all roles or none (manual, "Multiple Statements in a Simple
      // Query").
      await using session = await openSilent(target, target.maintenanceDatabase, { signal });
      // Databases restored at the same time have roles in common, and two sessions cannot make the same one.
      await session.query('SELECT pg_advisory_lock($1::bigint)', [rolesLock]);
      await noteRoles(session, target, request);
      const taken = request.overwriteRoles ? await revocations(session, request.contents) : [];
      await session.run([...taken, await source.text('roles')].join(';\n'));
      return;
    }
    case 'database':
      return makeDatabase(target, {
        facts: request.contents.inventory,
        source: request.manifest.source,
        name: database,
        useDefaultTablespace: tablespaces.useDefault,
        overwrite: request.overwriteDatabase,
        signal,
      });
    case 'data':
      return restoreData(target, {
        database,
        directory: await source.dumpDirectory(),
        jobs: request.jobs,
        versionNumber: context.versionNumber,
        superuser: context.superuser,
        eventTriggers: request.contents.inventory.some(({ kind }) => kind === 'event-trigger'),
        useDefaultTablespace: tablespaces.useDefault,
        signal,
      });
    case 'supplement': {
      await using session = await openRestored(target, database, {
        signal,
        onWarning: (message) => void context.warned.push(message),
      });
      await session.run(await source.text('supplement'));
      return;
    }
    case 'analyze':
      return analyzeDatabase(target, database, { jobs: request.jobs, signal });
    case 'views':
    case 'grants':
      throw new OperationError('restore/failed', `the manifest has a step ${phase}, which PostgreSQL has no use for`);
  }
}

/** On a clean server, what the next script makes is ours to remove again; what somebody made meanwhile is not. */
async function noteRoles(
  session: Session,
  target: CleanServer | OpenServer,
  { contents: { inventory } }: RestoreRequest,
): Promise<void> {
  const made = madeOn(target);
  if (made === undefined) return;
  const rows = await session.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
  const existing = new Set(rows.map(({ name }) => name));
  for (const { name } of roleFacts(inventory)) if (!existing.has(name)) made.roles.add(name);
  for (const { role, inDatabase, settings } of settingFacts(inventory))
    if (role === null && !inDatabase) for (const name of Object.keys(settings)) made.settings.add(name);
}

async function lookAt(
  target: CleanServer | OpenServer,
  signal: AbortSignal,
): Promise<{ readonly versionNumber: number; readonly superuser: boolean }> {
  await using session = await openSession(target, target.maintenanceDatabase, { signal });
  const [row] = await session.query<{ superuser: boolean }>(
    'SELECT to_jsonb(rolsuper) AS superuser FROM pg_roles WHERE rolname = session_user',
  );
  return { versionNumber: session.versionNumber, superuser: row?.superuser === true };
}

/** Before anything is written: roles of a server in use are not changed by the way. */
async function refuseConflicts(
  target: CleanServer | OpenServer,
  { contents, manifest, overwriteRoles, signal }: RestoreRequest,
): Promise<void> {
  if (overwriteRoles || !manifest.steps.some(({ phase }) => phase === 'roles')) return;
  await using session = await openSession(target, target.maintenanceDatabase, { signal });
  const conflicts = await roleConflicts(session, contents);
  if (conflicts.length === 0) return;
  throw new OperationError(
    'restore/role-differs',
    `the target has ${conflicts.map(({ what, differsIn }) => `${what} (${differsIn.join(', ')})`).join('; ')} otherwise than the backup`,
    {
      hint: 'Restore onto a clean server, or let the backup’s roles replace those of the target with --overwrite-roles.',
    },
  );
}

async function guarded<T>(step: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OperationError) || passedOn.has(error.code)) throw error;
    throw new OperationError('restore/failed', `step ${step} failed: ${messageOf(error)}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

const passedOn: ReadonlySet<string> = new Set([
  'restore/failed',
  'restore/database-exists',
  'restore/role-differs',
  'run/interrupted',
  'client/missing',
  'client/too-old',
]);
