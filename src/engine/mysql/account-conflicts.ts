import { canonicalJson, type Json } from '../../base/json.ts';
import { OperationError } from '../../base/operation-error.ts';
import type { Contents, Fact } from '../../manifest/manifest.ts';
import type { CleanServer, OpenServer } from '../clean-server.ts';
import type { RestoreRequest } from '../engine.ts';
import { accountKey } from './account-book.ts';
import { accountFlavours } from './account-flavour.ts';
import { restoredAccess } from './access.ts';
import type { Flavour } from './flavour.ts';
import { definerOf } from './definers.ts';
import type { Account } from './quote.ts';
import { openSession, type Session } from './session.ts';

/** What a restore finds of the backup’s accounts on the server that it writes to. */
export interface AccountsFound {
  /** Facts of the backup that are so already, and those that no restore touches. */
  readonly settled: ReadonlySet<string>;
  /** Accounts that the server has. */
  readonly existing: ReadonlySet<string>;
  /** What it has otherwise: which fact, and the names of the fields. */
  readonly conflicts: readonly { readonly what: string; readonly differsIn: readonly string[] }[];
}

export const factKey = ({ kind, name }: Fact): string => `${kind}\0${name}`;

/**
 * Compares the accounts of a backup with those of a server. New accounts and what only concerns them is no conflict; neither
 * are the server's own, an administrator that exists and the account of this session, which a restore never touches. Grants
 * on the database come with the database. Other privileges count where the account exists: a restore would give it more than
 * it had.
 */
export async function findAccounts(
  session: Session,
  flavour: Flavour,
  { contents, database }: { readonly contents: Contents; readonly database: string },
): Promise<AccountsFound> {
  const [row] = await session.query<{ me: string }>('SELECT CURRENT_USER() AS me');
  const me = accountKey(definerOf(row?.me ?? ''));
  const rows = await session.query<Account>('SELECT User AS user, Host AS host FROM mysql.user');
  const existing = new Set(rows.map(accountKey));
  const { bootstrapUsers, bootstrapAccounts, publicRole } = accountFlavours[flavour.name];
  const untouched = (account: Account): boolean =>
    accountKey(account) === me ||
    (existing.has(accountKey(account)) &&
      (bootstrapUsers.includes(account.user) || bootstrapAccounts.includes(`${account.user}@${account.host}`)));
  const exists = (account: Account): boolean =>
    existing.has(accountKey(account)) || (account.user === publicRole && account.host === '');
  const actual = await restoredAccess(session, flavour, { database, contents });
  const found = new Map(actual.map((fact) => [factKey(fact), fact]));
  const settled = new Set<string>();
  const conflicts: { what: string; differsIn: readonly string[] }[] = [];
  for (const fact of contents.inventory) {
    const accounts = accountsOf(fact);
    if (accounts === undefined) continue;
    const differsIn = differingFields(fact, found.get(factKey(fact)));
    if (differsIn.length === 0 || accounts.some(untouched)) settled.add(factKey(fact));
    else if (accounts.every(exists) && !comesWithDatabase(fact))
      conflicts.push({ what: `${fact.kind} ${JSON.stringify(fact.name)}`, differsIn });
  }
  return { settled, existing, conflicts };
}

/** Before anything is written: accounts of a server in use are not changed by the way. Throws `restore/role-differs`. */
export async function refuseAccountConflicts(
  target: CleanServer | OpenServer,
  flavour: Flavour,
  request: RestoreRequest,
): Promise<void> {
  const { contents, manifest, overwriteRoles, signal } = request;
  if (overwriteRoles || !manifest.steps.some(({ phase }) => phase === 'roles')) return;
  await using session = await openSession(target, flavour, { signal });
  const database = request.as ?? manifest.address.database;
  const { conflicts } = await findAccounts(session, flavour, { contents, database });
  if (conflicts.length === 0) return;
  throw new OperationError(
    'restore/role-differs',
    `the target has ${conflicts.map(({ what, differsIn }) => `${what} (${differsIn.join(', ')})`).join('; ')} otherwise than the backup`,
    {
      hint: 'Restore onto a clean server, or let the backup’s roles replace those of the target with --overwrite-roles.',
    },
  );
}

/** Whom a fact concerns; undefined for facts of other things. */
function accountsOf({ kind, value }: Fact): readonly Account[] | undefined {
  const fact = value as Readonly<Record<string, Account>>;
  switch (kind) {
    case 'account':
      return [value as unknown as Account];
    case 'role-edge':
      return [fact['role'], fact['member']].filter((account) => account !== undefined);
    case 'default-role':
    case 'proxy':
    case 'partial-revoke':
      return [fact['account']].filter((account) => account !== undefined);
    case 'grant':
      return [fact['grantee']].filter((account) => account !== undefined);
    default:
      return undefined;
  }
}

/** On the database, on its objects, and what takes a privilege away there. */
const comesWithDatabase = ({ kind, value }: Fact): boolean =>
  (kind === 'grant' && (value['level'] === 'object' || (value['level'] === 'database' && value['pattern'] === null))) ||
  (kind === 'partial-revoke' && value['database'] === null);

function differingFields(expected: Fact, actual: Fact | undefined): readonly string[] {
  if (actual === undefined) return ['absent on the target'];
  return Object.keys(expected.value).filter(
    (field) =>
      canonicalJson((expected.value[field] ?? null) as Json) !== canonicalJson((actual.value[field] ?? null) as Json),
  );
}
