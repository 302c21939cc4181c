import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { TestServer } from './postgresql.ts';
import type { ServerUser } from './server-user.ts';

const main = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Ran {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An operator's working directory: a spec, a repository beside it, and the tool as a real process. */
export interface Workspace extends AsyncDisposable {
  readonly path: string;
  readonly repository: string;
  /** Runs `backup …` to its end. */
  backup(args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** `backup`, and its JSON answer. Throws where it exits otherwise than `code` (0 where absent). */
  json<T>(args: readonly string[], options?: RunOptions & { readonly code?: number }): Promise<T>;
  /** Starts `backup …`, for tests that stop it half-way. */
  start(args: readonly string[], options?: RunOptions): { readonly child: ChildProcess; readonly ended: Promise<Ran> };
  /** Writes another backup.yaml. */
  spec(document: object): Promise<void>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another user to run the tool as; only for root. */
  readonly user?: ServerUser;
}

/**
 * A fresh working directory with `document` as backup.yaml; `repositories.main` at ./repository is added. Nothing is made
 * yet.
 */
export async function openWorkspace(document: object): Promise<Workspace> {
  const path = await mkdtemp(join(tmpdir(), 'hf-work-'));
  const spec = (content: object): Promise<void> =>
    writeFile(
      join(path, 'backup.yaml'),
      stringify({ version: 1, repositories: { main: { type: 'filesystem', path: './repository' } }, ...content }),
    );
  const start: Workspace['start'] = (args, options = {}) => {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: path,
      XDG_CACHE_HOME: join(path, 'cache'),
      CI: 'true',
      // One for all, so that not every short process compiles everything anew.
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
      ...options.env,
    };
    const child = spawn(process.execPath, [main, ...args], {
      cwd: options.cwd ?? path,
      env,
      ...options.user,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<Ran>((done, fail) => {
      child.on('error', fail);
      child.on('close', (code) => done({ code, stdout, stderr }));
    });
    return { child, ended };
  };
  await spec(document);
  const backup: Workspace['backup'] = (args, options) => start(args, options).ended;
  return {
    path,
    repository: join(path, 'repository'),
    backup,
    start,
    spec,
    async json<T>(args: readonly string[], options: RunOptions & { readonly code?: number } = {}) {
      const ran = await backup([...args, '--json'], options);
      if (ran.code !== (options.code ?? 0))
        throw new Error(`backup ${args.join(' ')} exited with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
      return JSON.parse(ran.stdout) as T;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** A server of the spec, reached as its bootstrap role. */
export function declaredServer(server: TestServer): object {
  return { engine: 'postgresql', host: server.socket, port: server.port, user: server.user, clients: server.binaries };
}

/** A drill target from the same binaries as the server's. */
export function localTarget(server: TestServer): object {
  return { engine: 'postgresql', local: { binaries: server.binaries } };
}

/** Makes the repository and takes the backups that the spec asks for. Throws where one of them does not succeed. */
export async function backUpAll(workspace: Workspace): Promise<void> {
  for (const args of [
    ['repository', 'init'],
    ['apply', '--auto-approve'],
  ]) {
    const ran = await workspace.backup(args);
    if (ran.code !== 0)
      throw new Error(`backup ${args.join(' ')} exited with ${ran.code}:\n${ran.stderr}${ran.stdout}`);
  }
}
