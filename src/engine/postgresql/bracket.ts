import { OperationError } from '../../base/operation-error.ts';
import type { BracketOptions, CaptureBracket } from '../engine.ts';
import type { ServerAccess } from '../server-access.ts';
import { captureDatabase } from './capture.ts';
import { findClient } from './clients.ts';
import { openSession } from './session.ts';

/** Oldest and newest major version that captures and restores are tested with. */
export const supportedMajors = { oldest: 15, newest: 18 } as const;

/**
 * One control session for the server. Snapshots are opened per database when its turn comes: all at once would be no more
 * consistent (databases share no transactions), and an idle snapshot holds back vacuum.
 * Throws `source/connect`, `server/version-unsupported`, `client/missing`, `client/too-old`.
 */
export async function openBracket(server: ServerAccess, options: BracketOptions): Promise<CaptureBracket> {
  const control = await openSession(server, server.maintenanceDatabase, { signal: options.signal });
  try {
    const major = Math.floor(control.versionNumber / 10_000);
    if (major < supportedMajors.oldest || major > supportedMajors.newest) {
      throw new OperationError(
        'server/version-unsupported',
        `${server.name} is PostgreSQL ${major}, supported are ${supportedMajors.oldest} to ${supportedMajors.newest}`,
      );
    }
    const dump = await findClient('pg_dump', major, server.clients);
    const restore = await findClient('pg_restore', major, server.clients);
    return {
      capture: (request, sink) =>
        captureDatabase({ server, digestKey: options.digestKey, dump, restore }, request, sink),
      [Symbol.asyncDispose]: () => control[Symbol.asyncDispose](),
    };
  } catch (error) {
    await control[Symbol.asyncDispose]();
    throw error;
  }
}
