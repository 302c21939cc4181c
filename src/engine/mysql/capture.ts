import { createHash } from 'node:crypto';
import { formatAddress } from '../../base/address.ts';
import type { Secret } from '../../base/secret.ts';
import type { Degradation, Fact, Step, TextKind } from '../../manifest/manifest.ts';
import type { DumpPolicy } from '../../spec/desired.ts';
import type { Captured, CaptureRequest, CaptureSink } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { accountsText } from './accounts-sql.ts';
import { ofUnchangedTables } from './changed.ts';
import { checkBodies } from './check-bodies.ts';
import type { FoundClient } from './clients.ts';
import { checkCounts, countTables } from './counts.ts';
import { readsNamesLiterally } from './database-grants.ts';
import { databaseSql } from './database-sql.ts';
import { describe, refuseChanged } from './describe.ts';
import { dumpDatabase } from './dump.ts';
import type { EntryWithoutParts } from './dump-files.ts';
import { readFloatLoss } from './float-loss.ts';
import type { Flavour } from './flavour.ts';
import { widenCounters } from './inventory-counters.ts';
import { readLosses } from './losses.ts';
import type { DumpShare, Prepared } from './prepare.ts';
import { snapshotNotShared } from './preflight.ts';
import { hashTables } from './server-hashes.ts';
import { openSession, type Session } from './session.ts';
import { readSource } from './source.ts';
import { stopped } from '../stopped.ts';
import { phaseTimer } from '../phase-timer.ts';
import { readViews } from './views.ts';

export interface CaptureContext {
  readonly server: ServerAccess;
  readonly flavour: Flavour;
  readonly digestKey: Secret | undefined;
  readonly program: FoundClient;
  /** Starts a dump of these objects outside of the snapshot: for structure alone. */
  readonly dumpStructure: (
    database: string,
    objects: readonly string[],
    options: { readonly arguments: readonly string[]; readonly signal: AbortSignal },
  ) => Promise<DumpShare['process']>;
}

/**
 * One database whose snapshot stands, from its dumps to the proof. A failure anywhere ends its programs and throws, so that
 * nothing half can be committed.
 */
export async function captureDatabase(
  context: CaptureContext,
  prepared: Prepared,
  request: CaptureRequest,
  sink: CaptureSink,
): Promise<Captured> {
  const { server, flavour } = context;
  const { database } = request.address;
  const { objects, snapshot } = prepared;
  const failed = new AbortController();
  const signal = AbortSignal.any([request.signal, failed.signal]);
  signal.addEventListener('abort', () => prepared.abandon(stopped(signal)), { once: true });
  const timings: Record<string, number> = { locked: prepared.lockedMs };
  const phase = phaseTimer(timings, (name) => request.events.phase(name));
  try {
    phase('snapshot');
    const { scratch } = await sink.begin(snapshot.timeMs);
    phase('dump');
    const structureOnly = objects.tables.filter(({ excluded }) => excluded === 'data');
    const dumping = dumpDatabase({
      shares: prepared.shares,
      structure:
        structureOnly.length === 0
          ? undefined
          : async () => ({
              tables: structureOnly,
              process: await context.dumpStructure(
                database,
                structureOnly.map(({ table }) => table),
                { arguments: ['--no-data', '--triggers'], signal },
              ),
            }),
      tables: objects.tables,
      policy: request.dump,
      scratch,
      sink,
      events: request.events,
      signal,
    });
    const counting = ofUnchangedTables(() => measureTables(prepared, request.dump));
    for (const work of [dumping, counting]) work.catch((error: unknown) => failed.abort(error));
    const [dumped, counted] = await Promise.allSettled([dumping, counting]);
    if (failed.signal.aborted && !request.signal.aborted) throw failed.signal.reason;
    if (dumped.status === 'rejected') throw dumped.reason;
    if (counted.status === 'rejected') throw counted.reason;

    phase('proof');
    const different = checkCounts(counted.value.counts, objects.tables, {
      entries: dumped.value.entries,
      shared: snapshot.shared,
    });
    const views =
      objects.views.length === 0
        ? undefined
        : await readViews(
            await context.dumpStructure(database, objects.views, {
              arguments: ['--no-data', '--skip-triggers'],
              signal,
            }),
          );
    await using session = await openSession(server, flavour, {
      database,
      signal,
      lockWaitMs: request.dump.lockWait,
    });
    const { holds } = request;
    const described = await describe(session, flavour, { database, holds, digestKey: context.digestKey });
    refuseChanged(prepared.before.digest, described, formatAddress(request.address));
    checkBodies(described.facts, dumped.value.bodies);
    const { access } = described;
    const { facts, degradations } = await readLosses(session, flavour, {
      database,
      objects,
      facts: widenCounters([...described.facts.filter(isNoCounter), ...prepared.before.counters], described.facts),
    });
    const texts = await textsOf(session, { flavour, database, facts, views, request });
    const entries: EntryWithoutParts[] = [];
    for (const [kind, text] of Object.entries(texts) as [TextKind, string][]) {
      await sink.text(kind, text);
      entries.push(textEntry(kind, text));
    }
    const source = await readSource(session, flavour, { database, facts });
    phase(undefined);
    return {
      engine: flavour.name,
      source,
      clients: [{ program: programName(context.program.path), version: context.program.version }],
      snapshot: { time: new Date(snapshot.timeMs).toISOString(), position: snapshot.position },
      access: { fingerprint: access.fingerprint, passwords: access.passwords },
      degradations: [
        ...lookedAhead(prepared).map((each) => withDifferences(each, different)),
        ...access.degradations,
        ...degradations,
        ...counted.value.floatLoss,
      ],
      steps: stepsOf(texts),
      entries: [...entries, ...dumped.value.entries],
      inventory: [...facts, ...counted.value.hashes],
      accessText: access.text,
      roles: access.scope.why.map(({ name, why }) => ({ name, why: [...why] })),
      timings,
    };
  } catch (error) {
    if (request.signal.aborted) throw stopped(request.signal);
    throw error;
  }
}

interface Measured {
  readonly counts: ReadonlyMap<string, number>;
  readonly floatLoss: readonly Degradation[];
  readonly hashes: readonly Fact[];
}

/** What the server itself says of the rows, in the snapshot. */
async function measureTables({ session, objects, address }: Prepared, policy: DumpPolicy): Promise<Measured> {
  const { database } = address;
  const tables = objects.tables.filter(({ excluded, hasRows }) => excluded === 'no' && hasRows);
  const counts = await countTables(session, database, tables);
  const names = tables.map(({ table }) => table);
  return {
    counts,
    floatLoss: await readFloatLoss(session, { database, tables }),
    hashes: policy.serverHashes ? await hashTables(session, { database, tables: names }) : [],
  };
}

const isNoCounter = ({ kind }: Fact): boolean => kind !== 'auto-increment' && kind !== 'sequence-state';

const programName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

interface TextRequest {
  readonly flavour: Flavour;
  readonly database: string;
  readonly facts: readonly Fact[];
  readonly views: string | undefined;
  readonly request: CaptureRequest;
}

async function textsOf(
  session: Session,
  { flavour, database, facts, views, request: { holds } }: TextRequest,
): Promise<Partial<Record<TextKind, string>>> {
  const accounts =
    holds.roles === 'none'
      ? undefined
      : accountsText(facts, {
          flavour,
          database,
          literalNames: await readsNamesLiterally(session, flavour),
          passwords: holds.passwords,
        });
  return {
    ...(accounts === undefined ? {} : { roles: accounts.pre }),
    database: databaseSql(facts, database),
    ...(accounts === undefined ? {} : { supplement: accounts.post }),
    ...(views === undefined ? {} : { views }),
  };
}

/** Where the login has the privilege, the server may refuse the lock all the same. */
const lookedAhead = ({ ahead, snapshot }: Prepared): readonly Degradation[] =>
  snapshot.shared || !ahead.mayLock
    ? ahead.degradations
    : [...ahead.degradations, snapshotNotShared('the server refuses the lock to this login')];

const withDifferences = (each: Degradation, different: readonly string[]): Degradation =>
  each.code !== 'snapshot-not-shared' || different.length === 0
    ? each
    : { ...each, detail: `${each.detail}; rows differ: ${different.slice(0, 20).join(', ')}` };

/** `file` is the name that a person unpacks it to. */
function textEntry(kind: TextKind, text: string): EntryWithoutParts {
  const bytes = Buffer.from(text, 'utf8');
  const digest = createHash('sha256').update(bytes).digest('hex');
  const file = `${kind}.sql`;
  return { kind, subject: file, file, rows: null, columns: null, plainBytes: bytes.byteLength, digest };
}

function stepsOf(texts: Partial<Record<TextKind, string>>): readonly Step[] {
  const hasAccounts = texts.roles !== undefined;
  return [
    ...(hasAccounts ? [{ phase: 'roles' as const, tool: 'sql' as const, subjects: ['roles'] }] : []),
    { phase: 'database', tool: 'sql', subjects: ['database'] },
    { phase: 'data', tool: 'mysql', subjects: ['dump-section', 'table-data'] },
    ...(hasAccounts ? [{ phase: 'supplement' as const, tool: 'sql' as const, subjects: ['supplement'] }] : []),
    ...(texts.views === undefined ? [] : [{ phase: 'views' as const, tool: 'sql' as const, subjects: ['views'] }]),
    ...(hasAccounts && texts.views !== undefined
      ? [{ phase: 'grants' as const, tool: 'sql' as const, subjects: ['supplement'] }]
      : []),
    { phase: 'analyze', tool: 'analyze', subjects: [] },
  ];
}
