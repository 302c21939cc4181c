import { stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { OperationError } from '../../base/operation-error.ts';
import { runCommand } from '../../system/run.ts';
import { seriesOf, versionNumberOf, type Flavour } from './flavour.ts';

export interface FoundClient {
  readonly path: string;
  /** As the program says it: `11.8.6`. */
  readonly version: string;
}

/**
 * Finds a client program of the server's own vendor and release series: MariaDB's mysqldump exits 0 on a MySQL server and
 * leaves tables out of what can be restored, and the dump of a newer series may need what the server does not know.
 * `folder` is looked in first and alone where given. Throws `client/missing` or `client/too-old`.
 */
export async function findClient(
  flavour: Flavour,
  which: 'dump' | 'client',
  { versionNumber, folder }: { readonly versionNumber: number; readonly folder?: string | undefined },
): Promise<FoundClient> {
  const series = seriesOf(versionNumber);
  const seen: string[] = [];
  let old: FoundClient | undefined;
  for (const directory of folder === undefined ? usualFolders(flavour, series) : [folder, join(folder, 'bin')]) {
    for (const program of flavour.programs[which]) {
      const path = join(directory, program);
      if (!(await isFile(path))) continue;
      const version = await versionOf(path, flavour);
      if (version === undefined || seriesOf(versionNumberOf(version)) !== series) {
        seen.push(`${path} is ${version === undefined ? `not ${flavour.product}'s` : version}`);
        continue;
      }
      if (versionNumberOf(version) % 100 >= (flavour.oldestPatch[series] ?? 0)) return { path, version };
      old ??= { path, version };
    }
  }
  const [program = ''] = flavour.programs[which];
  if (old !== undefined) {
    throw new OperationError(
      'client/too-old',
      `${program} ${old.version} is older than the minimum safe version ${series}.${flavour.oldestPatch[series]}`,
      {
        hint: `Update ${old.path}, or name a folder with a newer version with servers.<name>.clients or, of a restore, --clients.`,
      },
    );
  }
  throw new OperationError('client/missing', `no ${program} of ${flavour.product} ${series} was found`, {
    hint: `${seen.length > 0 ? `${seen.join('; ')}. ` : ''}Install the client programs of ${flavour.product} ${series}, or name their folder with servers.<name>.clients or, of a restore, --clients.`,
  });
}

/**
 * Whether this dump program runs a statement before everything else (`Flavour.firstStatement`): mysqldump has the option from
 * 9 on.
 */
export async function takesFirstStatement(flavour: Flavour, path: string): Promise<boolean> {
  if (flavour.firstStatement === 'connection-string') return true;
  const { stdout } = await runCommand({
    program: path,
    args: ['--no-defaults', '--help'],
    stdout: 'text',
    timeoutMs: 10_000,
  });
  return stdout.includes('--init-command');
}

/** PATH, then where Debian, Red Hat, the vendors' archives, Homebrew and FreeBSD put them. */
function usualFolders({ name }: Flavour, series: string): readonly string[] {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => directory.startsWith('/'));
  return [
    ...new Set([
      ...path,
      '/usr/bin',
      '/usr/local/bin',
      `/usr/local/${name}/bin`,
      `/opt/homebrew/opt/${name}@${series}/bin`,
      `/opt/homebrew/opt/${name}-client@${series}/bin`,
      `/opt/homebrew/opt/${name}/bin`,
    ]),
  ];
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

/** Undefined where it is another vendor's, or does not say. */
async function versionOf(path: string, flavour: Flavour): Promise<string | undefined> {
  try {
    const { stdout } = await runCommand({ program: path, args: ['--version'], stdout: 'text', timeoutMs: 10_000 });
    return flavour.versionText.exec(stdout)?.[1];
  } catch (error) {
    // That says nothing of the program.
    if (error instanceof OperationError && error.code === 'process/no-scratch') throw error;
    return undefined;
  }
}
