import { formatAddress } from '../base/address.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { ResolvedDatabase } from './resolve-databases.ts';
import type { Store } from './stores.ts';

/**
 * Why a back-up of this database cannot succeed now, so that none is planned; undefined where nothing is known to stand in
 * its way.
 */
export function obstacleTo(
  { address, entry, server, presence, observed }: ResolvedDatabase,
  store: Store | undefined,
): Diagnostic | undefined {
  const subject = formatAddress(address);
  if (store?.trouble !== undefined) return store.trouble;
  if (server.state === 'not-asked') return undefined;
  if (server.state === 'unreachable') return { place: entry.place, subject, ...server.diagnostic };
  if (presence === 'missing') {
    return {
      severity: entry.select.kind === 'name' ? 'error' : 'warning',
      code: 'database/missing',
      summary: `database ${address.database} does not exist on ${address.server}`,
      help: 'Its backups are kept. Remove the entry from the spec if it was dropped on purpose.',
      subject,
      place: entry.place,
    };
  }
  if (!server.client.ok) return { place: entry.place, ...server.client.diagnostic };
  if (observed?.allowsConnections === false) {
    return {
      severity: 'error',
      code: 'database/not-connectable',
      summary: `database ${address.database} does not accept connections`,
      help: 'ALTER DATABASE … ALLOW_CONNECTIONS true, or remove it from the spec.',
      subject,
      place: entry.place,
    };
  }
  if (observed?.diagnostic !== undefined) return { place: entry.place, subject, ...observed.diagnostic };
  const refused = observed?.preflight?.refused[0];
  return refused === undefined ? undefined : { place: entry.place, subject, ...refused };
}
