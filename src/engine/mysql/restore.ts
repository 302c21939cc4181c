import { messageOf, OperationError } from '../../base/operation-error.ts';
import type { Step } from '../../manifest/manifest.ts';
import { madeOn, type CleanServer, type OpenServer } from '../clean-server.ts';
import type { ArtefactSource, RestoreEvents, RestoreReport, RestoreRequest } from '../engine.ts';
import { grantFacts, type GrantFact } from './account-facts.ts';
import { accountFlavours } from './account-flavour.ts';
import { refuseAccountConflicts } from './account-conflicts.ts';
import { findClient, type FoundClient } from './clients.ts';
import { sequenceDefaults } from './database-sql.ts';
import type { Flavour } from './flavour.ts';
import { quoteAccount } from './quote.ts';
import { restoreAccounts, restoreObjectGrants } from './restore-accounts.ts';
import { analyzeDatabase } from './restore-analyze.ts';
import { restoreData } from './restore-data.ts';
import { makeDatabase } from './restore-database.ts';
import { lookAtTarget, type TargetServer } from './restore-session.ts';
import { runClient, textScript } from './run-client.ts';
import { openSession } from './session.ts';

/** The contract is `Engine.restore`. */
export const restore =
  (flavour: Flavour) =>
  async (
    target: CleanServer | OpenServer,
    request: RestoreRequest,
    source: ArtefactSource,
    events: RestoreEvents,
  ): Promise<RestoreReport> => {
    const database = request.as ?? request.manifest.address.database;
    const server = await lookAtTarget(target, flavour, { signal: request.signal });
    const client = await findClient(flavour, 'client', {
      versionNumber: server.versionNumber,
      folder: target.clients,
    });
    await refuseAccountConflicts(target, flavour, request);
    const steps: { phase: Step['phase']; ms: number }[] = [];
    for (const { phase } of request.manifest.steps) {
      events.step(phase);
      const since = performance.now();
      await guarded(phase, () => carryOut(phase, { flavour, client, target, request, source, database, server }));
      steps.push({ phase, ms: Math.round(performance.now() - since) });
    }
    return { database, steps, notes: madeOn(target) === undefined ? notesOf(request, server) : [] };
  };

interface StepContext {
  readonly flavour: Flavour;
  readonly client: FoundClient;
  readonly target: CleanServer | OpenServer;
  readonly request: RestoreRequest;
  readonly source: ArtefactSource;
  readonly database: string;
  readonly server: TargetServer;
}

async function carryOut(phase: Step['phase'], context: StepContext): Promise<void> {
  const { flavour, client, target, request, source, database, server } = context;
  const { signal, jobs } = request;
  const { preamble } = server;
  const common = { flavour, client, database, preamble, signal };
  switch (phase) {
    case 'roles':
      notePublic(target, flavour, request);
      return restoreAccounts(target, flavour, { request, preamble });
    case 'database':
      return makeDatabase(target, flavour, {
        facts: request.contents.inventory,
        name: database,
        overwrite: request.overwriteDatabase,
        signal,
      });
    case 'data':
      await restoreData(target, {
        ...common,
        directory: await source.dumpDirectory(),
        entries: request.contents.entries,
        jobs,
      });
      return renameSequences(context);
    case 'views':
      return runClient(target, {
        ...common,
        scripts: [
          textScript('settings of the restore', preamble.map((statement) => `${statement};\n`).join('')),
          textScript('views', await source.text('views')),
        ],
      });
    case 'supplement':
    case 'grants':
      return restoreObjectGrants(target, flavour, { request, preamble });
    case 'analyze':
      return analyzeDatabase(target, flavour, { database, jobs, signal });
    default:
      return phase satisfies never;
  }
}

/** What everybody was given on a clean server is taken from everybody again. */
function notePublic(target: CleanServer | OpenServer, flavour: Flavour, { contents }: RestoreRequest): void {
  const { publicRole } = accountFlavours[flavour.name];
  const isPublic = ({ grantee }: GrantFact): boolean => grantee.user === publicRole && grantee.host === '';
  for (const { grantee } of grantFacts(contents.inventory).filter(isPublic))
    madeOn(target)?.roles.add(quoteAccount(grantee));
}

/** The dump names sequences with the source's database, and under another name that is none or, worse, the source's own. */
async function renameSequences({ flavour, target, request, database, server }: StepContext): Promise<void> {
  if (database === request.manifest.address.database) return;
  await using session = await openSession(target, flavour, { database, signal: request.signal });
  for (const statement of [...server.preamble, ...sequenceDefaults(request.contents.inventory)])
    await session.run(statement);
}

/** What a restore does to a server in use besides what was asked for. */
function notesOf({ contents, manifest }: RestoreRequest, { logsChanges, silent }: TargetServer): readonly string[] {
  const running = contents.inventory.filter(({ kind, value }) => kind === 'event' && value['status'] === 'ENABLED');
  return [
    ...(logsChanges ? ['the target has a binary log: its replicas restore the database as well'] : []),
    ...(running.length === 0
      ? []
      : [
          `${running.length} ${running.length === 1 ? 'event' : 'events'} came back enabled, as on the source: ${running.map(({ name }) => name).join(', ')}`,
        ]),
    ...(silent || !manifest.steps.some(({ phase }) => phase === 'roles')
      ? []
      : [
          'the login may not switch the general log off for itself: where the target has one, it now holds the hashes and rows of the backup',
        ]),
  ];
}

async function guarded(step: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
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
