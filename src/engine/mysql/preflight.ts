import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Degradation } from '../../manifest/manifest.ts';
import type { Flavour } from './flavour.ts';
import { loginPrivileges } from './login-privileges.ts';
import { quoteAccount, quoteName } from './quote.ts';
import type { Session } from './session.ts';
import { readUndumpable } from './undumpable.ts';

/** What a dump with this login would lack, and what makes a complete one impossible. Both name objects, never rows. */
export interface Preflight {
  readonly degradations: readonly Degradation[];
  readonly refused: readonly Diagnostic[];
  /** Whether the login may lock all tables, so that every snapshot is the same. */
  readonly mayLock: boolean;
}

/** On the database: without them the dump programs leave things out and exit 0 (measured), or fail. */
const onDatabase = ['SELECT', 'SHOW VIEW', 'TRIGGER', 'EVENT'] as const;

export async function preflight(
  session: Session,
  flavour: Flavour,
  {
    database,
    subject,
    excludeTables,
  }: { readonly database: string; readonly subject: string; readonly excludeTables: readonly string[] },
): Promise<Preflight> {
  const may = await loginPrivileges(session);
  const login = await currentAccount(session);
  const refuse = (summary: string, help: string): Diagnostic => ({
    severity: 'error',
    code: 'capture/refused',
    summary,
    help,
    subject,
  });
  const refused: Diagnostic[] = [];
  const lacking = onDatabase.filter((privilege) => !may.onDatabase(privilege, database));
  if (lacking.length > 0) {
    refused.push(
      refuse(
        `the login lacks ${lacking.join(', ')}, so that rows, views, triggers or events would be missing without a word`,
        `Run: GRANT ${lacking.join(', ')} ON ${quotePattern(database)}.* TO ${login};`,
      ),
    );
  }
  const readsRoutines = flavour.routinePrivileges.some(({ privilege, on }) => {
    if (on === 'database') return may.onDatabase(privilege, database);
    return on === '*.*' ? may.everywhere(privilege) : may.onTable(privilege, 'mysql', 'proc');
  });
  if (!readsRoutines) {
    const [usual] = flavour.routinePrivileges;
    refused.push(
      refuse(
        'the login may not read the definitions of routines, so that they would be missing without a word',
        `Run: GRANT ${usual?.privilege} ON ${usual?.on} TO ${login};`,
      ),
    );
  }
  // The whole database: the table exists only where a component made it, and the server says denied of one that does not.
  for (const { database: other, table, since } of flavour.dumpReads) {
    if (session.versionNumber < since || may.onTable('SELECT', other, table)) continue;
    refused.push(
      refuse(
        `the login may not read ${other}.${table}, of which the dump program dumps what belongs to tables`,
        `Run: GRANT SELECT ON ${other}.* TO ${login};`,
      ),
    );
  }
  for (const { summary, help } of await readUndumpable(session, flavour, { database, excludeTables }))
    refused.push(refuse(summary, help));
  const [lock = ''] = flavour.lockPrivileges;
  const mayLock = flavour.lockPrivileges.some((privilege) => may.everywhere(privilege));
  return {
    refused,
    mayLock,
    degradations: mayLock
      ? []
      : [snapshotNotShared(`the login lacks ${lock}; GRANT ${lock} ON *.* TO ${login} changes that`)],
  };
}

/** What it means that the tables could not be locked, and why they could not. */
export const snapshotNotShared = (why: string): Degradation => ({
  code: 'snapshot-not-shared',
  subject: 'snapshot',
  detail: `the tables cannot be locked for the moment of the snapshot, so rows are counted at another moment than they are dumped: ${why}`,
});

/** A database's name in GRANT is a pattern (MySQL manual, GRANT, "Database Privileges"). */
const quotePattern = (database: string): string => quoteName(database.replaceAll(/[\\_%]/g, '\\$&'));

async function currentAccount(session: Session): Promise<string> {
  const [row] = await session.query<{ account: string }>('SELECT CURRENT_USER() AS account');
  const account = row?.account ?? '';
  const at = account.lastIndexOf('@');
  return quoteAccount({ user: account.slice(0, at), host: account.slice(at + 1) });
}
