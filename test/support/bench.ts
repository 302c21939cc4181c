import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startPostgresql, type TestServer, type TestServerOptions } from './postgresql.ts';
import { declaredServer, localTarget, openWorkspace, type Ran, type RunOptions, type Workspace } from './workspace.ts';

/** A workspace with a server, where the tool's scratch space is the test's alone, so that every leftover can be found. */
export interface Bench<Server = TestServer> extends AsyncDisposable {
  readonly server: Server;
  readonly work: Workspace;
  /** TMPDIR of the tool. Its name is in the environment, the working directory or an open file of every process it starts. */
  readonly temporary: string;
  /** Environment of every run. */
  readonly env: Readonly<Record<string, string>>;
  backup(args: readonly string[], options?: RunOptions): Promise<Ran>;
  start(args: readonly string[], options?: RunOptions): ReturnType<Workspace['start']>;
  /** Ids of all manifests that there are. */
  committed(): Promise<readonly string[]>;
  /** The same, after `verify --all` has found every one of them and nothing wrong with any. */
  sound(): Promise<readonly string[]>;
  /** `apply` that must succeed; ids of all backups afterwards. */
  applies(): Promise<readonly string[]>;
  /** Waits until no process and no scratch directory of the tool is left; fails with what is. */
  nothingLeft(): Promise<void>;
}

export interface BenchOptions {
  readonly server?: TestServerOptions;
  /** Statements for the database `shop`. */
  readonly sql?: string;
  /** Merged over the declared server. */
  readonly declared?: object;
  readonly policy?: object;
  /** More of the spec's top level. */
  readonly spec?: object;
  readonly env?: Readonly<Record<string, string>>;
}

export const shopSql = `
  CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS note FROM generate_series(1, 5000) i;
  CREATE TABLE small (a int); INSERT INTO small VALUES (1), (2)`;

/** The spec that `openBench` starts with: the database `shop` of server `main`, backed up by every apply. */
export function shopSpec(server: TestServer, options: BenchOptions = {}): object {
  return {
    servers: { main: { ...declaredServer(server), ...options.declared } },
    targets: { local: localTarget(server) },
    databases: { shop: { server: 'main', drill: { target: 'local' }, ...options.policy } },
    ...options.spec,
  };
}

export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  return openBenchOn(
    async () => {
      const server = await startPostgresql(options.server);
      await server.sql('postgres', 'CREATE DATABASE shop');
      await server.sql('shop', options.sql ?? shopSql);
      return server;
    },
    { spec: (server) => shopSpec(server, options), ...(options.env === undefined ? {} : { env: options.env }) },
  );
}

/** The same on any kind of server. */
export async function openBenchOn<Server extends AsyncDisposable>(
  start: () => Promise<Server>,
  options: { readonly spec: (server: Server) => object; readonly env?: Readonly<Record<string, string>> },
): Promise<Bench<Server>> {
  await using made = new AsyncDisposableStack();
  const server = made.use(await start());
  const work = made.use(await openWorkspace(options.spec(server)));
  const temporary = await mkdtemp(join(tmpdir(), 'hf'));
  made.defer(() => rm(temporary, { recursive: true, force: true, maxRetries: 5 }));
  const env = { TMPDIR: temporary, ...options.env };
  const withEnv = (run: RunOptions = {}): RunOptions => ({ ...run, env: { ...env, ...run.env } });
  const backup: Bench['backup'] = (args, run) => work.backup(args, withEnv(run));
  const initialised = await backup(['repository', 'init']);
  if (initialised.code !== 0) throw new Error(initialised.stderr);
  const committed = async (): Promise<readonly string[]> => {
    const names = await readdir(join(work.repository, 'manifests'), { recursive: true }).catch(() => []);
    return names.flatMap((name) => /([^/]+)\.json$/.exec(name)?.[1] ?? []).sort();
  };
  const sound = async (): Promise<readonly string[]> => {
    const ids = await committed();
    if (ids.length === 0) return ids;
    const verified = await work.json<{ backups: { backup: string }[] }>(['verify', '--all'], withEnv());
    expect(verified.backups.map(({ backup: id }) => id).sort()).toEqual(ids);
    return ids;
  };
  const owned = made.move();
  return {
    server,
    work,
    temporary,
    env,
    backup,
    start: (args, run) => work.start(args, withEnv(run)),
    committed,
    sound,
    async applies() {
      const { code, stdout, stderr } = await backup(['apply', '--auto-approve', '--now']);
      expect(code, stderr + stdout).toBe(0);
      return committed();
    },
    async nothingLeft() {
      const left = async (): Promise<readonly string[]> => [
        ...(await processesOf([temporary, work.path])),
        ...(await scratchOf(temporary)),
      ];
      await expect.poll(left).toEqual([]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Processes that mention any of `marks` in their arguments, environment, working directory, mounts or open files. */
export async function processesOf(marks: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    // Kernel threads, and what has ended and waits for its parent, have none.
    if (command === '') continue;
    const texts = await Promise.all([
      readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
      openFilesOf(pid),
    ]);
    if (marks.some((mark) => [command, ...texts].some((text) => text.includes(mark))))
      found.push(`${pid} ${command.replaceAll('\0', ' ').slice(0, 200)}`);
  }
  return found;
}

async function openFilesOf(pid: string): Promise<string> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')));
  return links.join('\n');
}

async function scratchOf(temporary: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of await readdir(temporary)) {
    if (!/^holdfast-\d+$/.test(name)) found.push(name);
    else found.push(...(await readdir(join(temporary, name))));
  }
  // Not ours: node's compile cache. And whoever is killed while the watcher's pipe still has a name leaves it to a later sweep.
  return found.filter((name) => name !== 'node-compile-cache' && !name.startsWith('holdfast-watch-'));
}
