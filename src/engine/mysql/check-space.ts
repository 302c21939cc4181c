import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes } from '../../base/bytes.ts';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { RestoreRequest } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import type { Session } from './session.ts';

/**
 * Whether the database fits onto the disk of the target. It can only be seen where the server is on this machine, reached
 * through its socket, and we may look into its data directory. A warning: the server may have other disks for tables, and a
 * socket may lead into a container with the same paths.
 */
export async function checkSpace(
  { connection }: ServerAccess,
  session: Session,
  { manifest }: RestoreRequest,
): Promise<readonly Diagnostic[]> {
  if (!connection.host.startsWith('/')) return [];
  const [row] = await session.query<{ directory: string }>('SELECT @@datadir AS directory');
  const directory = row?.directory ?? '';
  const free = await freeBytes(directory).catch(() => undefined);
  const { databaseBytes } = manifest.source;
  if (free === undefined || free >= databaseBytes) return [];
  return [
    {
      severity: 'warning',
      code: 'target/no-space',
      summary: `the database had ${formatBytes(databaseBytes)}, and ${formatBytes(free)} are free where the target keeps its data`,
      help: `Free some space in ${directory}, or restore onto another server.`,
    },
  ];
}

async function freeBytes(directory: string): Promise<number> {
  // Of every server with InnoDB.
  await stat(join(directory, 'ibdata1'));
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
