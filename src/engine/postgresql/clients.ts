import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { runCommand } from '../../system/run.ts';

export type ClientProgram = 'pg_dump' | 'pg_restore' | 'psql';

export interface FoundClient {
  readonly path: string;
  /** As the program says it: `17.11`. */
  readonly version: string;
}

/**
 * Minor versions that must not be gone below, by major version. Before them, a hostile object name in a dump runs code
 * on the machine that restores it (CVE-2025-8714, CVE-2025-8715: fixed in 13.22, 14.19, 15.14, 16.10, 17.6 on 14 August
 * 2025, https://www.postgresql.org/support/security/CVE-2025-8714/), and a hostile server ran SQL as the superuser that
 * dumps it (CVE-2024-7348, fixed in 12.20 to 16.4).
 */
export const minimumMinor: Readonly<Record<number, number>> = { 15: 14, 16: 10, 17: 6, 18: 0 };

/**
 * Finds a client program of the server's own major version: an older one refuses the server, and the archive of a newer
 * one cannot be read by the server's. `folder` is looked in first and alone where given.
 * Throws `client/missing` or `client/too-old`.
 */
export async function findClient(program: ClientProgram, major: number, folder?: string): Promise<FoundClient> {
  const seen: string[] = [];
  let old: FoundClient | undefined;
  for (const directory of folder === undefined ? await usualFolders(major) : [folder, join(folder, 'bin')]) {
    const path = join(directory, program);
    if (!(await isFile(path))) continue;
    const version = await versionOf(path);
    if (version === undefined || Number.parseInt(version, 10) !== major) {
      seen.push(`${path} is ${version ?? 'of an unknown version'}`);
      continue;
    }
    if (isSafe(version)) return { path, version };
    old ??= { path, version };
  }
  if (old !== undefined) {
    throw new OperationError(
      'client/too-old',
      `${program} ${old.version} is older than the minimum safe version ${major}.${minimumMinor[major]}`,
      {
        hint: `Update ${old.path}, or name a folder with a newer version with servers.<name>.clients or, of a restore, --clients.`,
      },
    );
  }
  throw new OperationError('client/missing', `no ${program} of major version ${major} was found`, {
    hint: `${seen.length > 0 ? `${seen.join('; ')}. ` : ''}Install postgresql-client-${major}, or name its folder with servers.<name>.clients or, of a restore, --clients.`,
  });
}

/** Whether a client of this version may be used. Majors after the newest known one were never affected. */
function isSafe(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return minor >= (minimumMinor[major] ?? 0);
}

/** PATH, then where Debian, Red Hat (PGDG), Alpine, SUSE, Homebrew, Postgres.app and FreeBSD put a major version. */
async function usualFolders(major: number): Promise<readonly string[]> {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory.startsWith('/'));
  const fixed = [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/usr/libexec/postgresql${major}`,
    `/usr/lib/postgresql${major}/bin`,
    `/opt/homebrew/opt/libpq@${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
    `/Applications/Postgres.app/Contents/Versions/${major}/bin`,
    '/usr/local/bin',
  ];
  // Debian's /usr/bin/pg_dump is a wrapper that chooses by cluster; the real programs come first.
  return [...new Set([...fixed.slice(0, -1), ...path, ...fixed.slice(-1)])];
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

/** `pg_dump (PostgreSQL) 17.11 (Debian 17.11-1)` → `17.11`; undefined where the program does not say. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await runCommand({ program: path, args: ['--version'], stdout: 'text', timeoutMs: 10_000 });
    return /\(PostgreSQL\) (\d+(?:\.\d+)?(?:beta\d+|rc\d+|devel)?)/.exec(stdout)?.[1];
  } catch (error) {
    // That says nothing of the program.
    if (error instanceof OperationError && error.code === 'process/no-scratch') throw error;
    return undefined;
  }
}
