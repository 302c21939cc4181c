import { formatAddress, type Address } from '../base/address.ts';
import { formatBytes } from '../base/bytes.ts';
import type { EngineName } from '../base/engine-name.ts';
import { OperationError } from '../base/operation-error.ts';
import { mintOpenServer, type OpenServer } from '../engine/clean-server.ts';
import type { RestoreRequest } from '../engine/engine.ts';
import type { ServerAccess } from '../engine/server-access.ts';
import type { BackupId } from '../manifest/keys.ts';
import type { Contents, Manifest } from '../manifest/manifest.ts';
import { readContents, readManifest } from '../repository/catalogue.ts';
import type { Repository } from '../repository/repository.ts';
import { asOperationError } from './apply.ts';
import { artefactSource } from './artefacts.ts';
import type { RestoreOutcome } from './outcome.ts';
import { phaseEvents } from './phases.ts';
import type { Tools } from './tools.ts';

export interface RestoreAsk {
  readonly repository: Repository;
  readonly address: Address;
  readonly backup: BackupId;
  readonly to: ServerAccess;
  /** What kind of server it is. */
  readonly engine: EngineName;
  /** Name of the database to make; the source's own where absent. */
  readonly as?: string;
  readonly jobs: number;
  readonly overwriteRoles: boolean;
  readonly overwriteDatabase: boolean;
  /** Every declared source: the target is none of them, unless `allowSource`. */
  readonly sources: readonly ServerAccess[];
  /** Declared sources that cannot be asked because a secret is not here. */
  readonly sourcesWithoutAccess: readonly string[];
  /** Restore onto the server the backup came from, or onto another source. */
  readonly allowSource: boolean;
  readonly dryRun: boolean;
  /** What the choice of this backup has to say; goes into the outcome. */
  readonly notes: readonly string[];
}

/**
 * Restores one backup onto a server that the user named. Refuses the source itself, an existing database and differing
 * roles unless the ask allows exactly that. With `dryRun` everything is read and checked and nothing is written.
 * What goes wrong is the outcome; throws nothing.
 */
export async function restore(ask: RestoreAsk, tools: Tools): Promise<RestoreOutcome> {
  const key = `restore:${formatAddress(ask.address)}`;
  const since = tools.clock.monotonicMs();
  tools.emit({ kind: 'started', key, title: `restore ${formatAddress(ask.address)} ${ask.backup}` });
  const elapsed = (): number => Math.round(tools.clock.monotonicMs() - since);
  try {
    const outcome = await attempt(ask, key, tools);
    tools.emit({
      kind: 'finished',
      key,
      outcome: 'done',
      ms: elapsed(),
      summary: `${outcome.state} as ${outcome.database}`,
    });
    return outcome.state === 'restored' ? { ...outcome, ms: elapsed() } : outcome;
  } catch (error) {
    const failure = tools.signal.aborted
      ? new OperationError('run/interrupted', 'stopped by a signal', { cause: error })
      : asOperationError(error);
    tools.emit({ kind: 'finished', key, outcome: 'failed', ms: elapsed(), summary: failure.message });
    return { state: 'failed', address: ask.address, backup: ask.backup, error: failure };
  }
}

async function attempt(
  ask: RestoreAsk,
  key: string,
  tools: Tools,
): Promise<Exclude<RestoreOutcome, { state: 'failed' }>> {
  const manifest = await readManifest(ask.repository, ask.address, ask.backup);
  if (manifest.engine !== ask.engine)
    throw new OperationError('target/engine', `${ask.to.name} is ${ask.engine}, the backup is of ${manifest.engine}`, {
      hint: 'Name a server of the same kind with --to.',
    });
  const phases = ['check', 'fetch', ...manifest.steps.map(({ phase }) => phase)];
  const events = phaseEvents(key, formatAddress(ask.address), phases, tools);
  events.enter('check');
  const contents = await readContents(ask.repository, manifest);
  const engine = tools.engine(manifest.engine);
  const { server, notes } = await guard(ask, manifest, tools);
  const request = restoreRequest(ask, manifest, contents, tools);
  const found = await engine.checkTarget(server, request);
  const [first, ...more] = found.filter((diagnostic) => diagnostic.severity === 'error');
  if (first !== undefined)
    throw new OperationError(
      first.code,
      [first, ...more].map((diagnostic) => diagnostic.summary).join('; '),
      first.help === undefined ? {} : { hint: first.help },
    );
  const database = ask.as ?? ask.address.database;
  const done = { address: ask.address, backup: ask.backup, database };
  const warnings = [...ask.notes, ...notes, ...found.map((diagnostic) => diagnostic.summary)];
  if (ask.dryRun) return { ...done, state: 'planned', steps: stepsOf(manifest, contents, database), notes: warnings };
  events.enter('fetch');
  await using source = await artefactSource(ask.repository, contents);
  await source.dumpDirectory();
  const report = await engine.restore(server, request, source, { step: (phase) => events.enter(phase) });
  events.leave();
  return { ...done, state: 'restored', ms: 0, notes: [...warnings, ...report.notes] };
}

interface Guarded {
  readonly server: OpenServer;
  readonly notes: readonly string[];
}

/** A source is written to only when the user says so. After a disaster sources are silent; that holds up nothing. */
async function guard(ask: RestoreAsk, manifest: Manifest, tools: Tools): Promise<Guarded> {
  const engine = tools.engine(manifest.engine);
  const seen = await engine.observe(ask.to, { databases: new Map(), digestKey: undefined, signal: tools.signal });
  if (seen.state === 'unreachable') {
    const { summary, help } = seen.diagnostic;
    throw new OperationError('server/unreachable', summary, help === undefined ? {} : { hint: help });
  }
  if (seen.state !== 'reachable')
    throw new OperationError('server/unreachable', `server ${ask.to.name} was not observed`);
  if (ask.allowSource) return { server: mintOpenServer(ask.to), notes: [] };
  if (seen.identity === manifest.source.identity)
    throw isSource(`${ask.to.name} is the server that this backup was taken from`);
  const { same, silent } = await engine.findSource(ask.to, { sources: ask.sources, signal: tools.signal });
  if (same !== undefined) throw isSource(`${ask.to.name} is the declared source ${same}`);
  const unasked = [...ask.sourcesWithoutAccess, ...silent];
  return {
    server: mintOpenServer(ask.to),
    notes:
      unasked.length === 0
        ? []
        : [`${unasked.join(', ')} did not answer, so only the name in the spec says that the target is another server`],
  };
}

const isSource = (summary: string): OperationError =>
  new OperationError('target/is-source', summary, {
    hint: 'To restore onto it all the same, add --allow-source; an existing database also needs --overwrite-database, or --as with another name.',
  });

function restoreRequest(ask: RestoreAsk, manifest: Manifest, contents: Contents, tools: Tools): RestoreRequest {
  return {
    manifest,
    contents,
    ...(ask.as === undefined ? {} : { as: ask.as }),
    jobs: ask.jobs,
    overwriteRoles: ask.overwriteRoles,
    overwriteDatabase: ask.overwriteDatabase,
    signal: tools.signal,
  };
}

function stepsOf(manifest: Manifest, contents: Contents, database: string): readonly string[] {
  return manifest.steps.map((step) => {
    const entries = contents.entries.filter((entry) => step.subjects.includes(entry.kind));
    const bytes = entries.reduce((sum, entry) => sum + entry.plainBytes, 0);
    const tool = step.tool === step.phase ? '' : ` with ${step.tool}`;
    // Roles belong to the server; steps like `analyze` read nothing of the backup.
    const where = step.phase === 'roles' ? '' : ` into ${database}`;
    const what = entries.length === 1 ? '1 entry' : `${entries.length} entries`;
    return entries.length === 0
      ? `${step.phase}${tool}`
      : `${step.phase}${tool}${where}: ${what}, ${formatBytes(bytes)}`;
  });
}
