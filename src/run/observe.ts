import { formatAddress } from '../base/address.ts';
import { diagnosticOf } from '../base/diagnostic-of.ts';
import { OperationError } from '../base/operation-error.ts';
import type {
  BackupSummary,
  Observed,
  ObservedDatabase,
  ObservedRepository,
  ObservedServer,
} from '../plan/observed.ts';
import { databasesToObserve } from '../plan/resolve-databases.ts';
import { readCatalogue, readContents, readManifest } from '../repository/catalogue.ts';
import type { Repository } from '../repository/repository.ts';
import type { Desired, DesiredRepository, DesiredServer } from '../spec/desired.ts';
import { accessTo, readDigestKey, type Tools } from './tools.ts';

export interface ObserveRequest {
  readonly desired: Desired;
  /** False: look only into the repositories, connect to no server (`--refresh=false`). */
  readonly refresh: boolean;
  /** Globs over `server/database`; absent: everything. */
  readonly only?: readonly string[];
}

export interface Observation {
  readonly observed: Observed;
  /** The repositories that could be opened, by their name in the spec. */
  readonly repositories: ReadonlyMap<string, Repository>;
}

/**
 * Looks at repositories and servers; writes nothing and takes no lock. What cannot be reached is a part of the result.
 * Throws only `secret/missing`: a spec that cannot be resolved is no state of the world.
 */
export async function observe(request: ObserveRequest, tools: Tools): Promise<Observation> {
  const { desired, refresh, only } = request;
  const at = tools.clock.now();
  const looked = await Promise.all([...desired.repositories.values()].map((repository) => lookInto(repository, tools)));
  const repositories = new Map(
    looked.flatMap(({ name, repository }) => (repository === undefined ? [] : [[name, repository] as const])),
  );
  const first: Observed = {
    at,
    repositories: looked.map(({ observed }) => observed),
    servers: notAsked(desired),
  };
  if (!refresh) return { observed: first, repositories };
  const digestKey = await readDigestKey(desired, tools.secrets);
  const ask = async (
    server: DesiredServer,
    databases: Parameters<ReturnType<Tools['engine']>['observe']>[1]['databases'],
  ): Promise<ObservedServer> =>
    tools
      .engine(server.engine)
      .observe(await accessTo(server, tools.secrets), { databases, digestKey, signal: tools.signal });
  const listed = await Promise.all([...desired.servers.values()].map((server) => ask(server, new Map())));
  const wanted = databasesToObserve(desired, { ...first, servers: listed }, only);
  const servers = await Promise.all(
    listed.map(async (server) => {
      const declared = desired.servers.get(server.name);
      const databases = wanted.get(server.name);
      return server.state !== 'reachable' || declared === undefined || databases === undefined
        ? server
        : ask(declared, databases);
    }),
  );
  const newest = newestByAddress(first.repositories);
  const withAccess = await Promise.all(servers.map((server) => withBackedUpAccess(server, newest, repositories)));
  return { observed: { ...first, servers: withAccess }, repositories };
}

const notAsked = (desired: Desired): ObservedServer[] =>
  [...desired.servers.keys()].map((name) => ({ name, state: 'not-asked' }));

interface Looked {
  readonly name: string;
  readonly repository: Repository | undefined;
  readonly observed: ObservedRepository;
}

async function lookInto({ name, path, place }: DesiredRepository, tools: Tools): Promise<Looked> {
  try {
    const repository = await tools.openRepository(path);
    const catalogue = await readCatalogue(repository, { cacheDirectory: tools.cacheDirectory });
    return {
      name,
      repository,
      observed: {
        name,
        location: repository.location,
        state: 'ready',
        id: repository.id,
        ...catalogue,
        diagnostics: [],
      },
    };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const diagnostic = diagnosticOf(error, { subject: name, place });
    return {
      name,
      repository: undefined,
      observed: {
        name,
        location: path,
        state: error.code === 'repository/not-initialised' ? 'absent' : 'unreachable',
        diagnostic,
      },
    };
  }
}

/**
 * Adds the access text of the newest backup to each database whose fingerprint differs from it, so that a plan can show what
 * changed.
 */
async function withBackedUpAccess(
  server: ObservedServer,
  known: ReadonlyMap<string, Newest>,
  open: ReadonlyMap<string, Repository>,
): Promise<ObservedServer> {
  if (server.state !== 'reachable') return server;
  const databases = await Promise.all(
    server.databases.map(async (database): Promise<ObservedDatabase> => {
      if (database.access === undefined) return database;
      const newest = known.get(formatAddress({ server: server.name, database: database.name }));
      if (newest === undefined || newest.backup.accessFingerprint === database.access.fingerprint) return database;
      const repository = open.get(newest.repository);
      if (repository === undefined) return database;
      const text = await accessTextOf(repository, newest.backup);
      return text === undefined ? database : { ...database, backedUpAccess: { backup: newest.backup.id, text } };
    }),
  );
  return { ...server, databases };
}

interface Newest {
  readonly repository: string;
  readonly backup: BackupSummary;
}

/** The newest backup of every address, found in one pass. */
function newestByAddress(seen: readonly ObservedRepository[]): ReadonlyMap<string, Newest> {
  const newest = new Map<string, Newest>();
  for (const repository of seen) {
    if (repository.state !== 'ready') continue;
    for (const backup of repository.backups) {
      const address = formatAddress(backup.address);
      const known = newest.get(address);
      if (known === undefined || backup.snapshotAt > known.backup.snapshotAt)
        newest.set(address, { repository: repository.name, backup });
    }
  }
  return newest;
}

/** Undefined where the backup's contents are damaged: then there is nothing to compare with, and verify will say so. */
async function accessTextOf(repository: Repository, backup: BackupSummary): Promise<string | undefined> {
  try {
    return (await readContents(repository, await readManifest(repository, backup.address, backup.id))).accessText;
  } catch (error) {
    if (error instanceof OperationError) return undefined;
    throw error;
  }
}
