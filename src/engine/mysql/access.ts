import { createHash, createHmac } from 'node:crypto';
import { canonicalJson, type Json } from '../../base/json.ts';
import type { Secret } from '../../base/secret.ts';
import type { Contents, Degradation, Fact, Holds } from '../../manifest/manifest.ts';
import { accessText } from './access-text.ts';
import { accountFacts, accountFactsOf, accountKinds } from './account-facts.ts';
import { plainName } from './account-name.ts';
import { isPublic, readAccounts } from './accounts.ts';
import { accountScope, type AccountScope } from './closure.ts';
import { accountKey, type AccountBook } from './account-book.ts';
import type { Flavour } from './flavour.ts';
import type { Session } from './session.ts';

export interface Access {
  readonly scope: AccountScope;
  readonly facts: readonly Fact[];
  readonly text: string;
  /** sha256 of `text`, hex. */
  readonly fingerprint: string;
  readonly passwords: { readonly keyId: string; readonly digest: string } | null;
  readonly degradations: readonly Degradation[];
  /** In whose name the database's code runs, whether they exist or not. */
  readonly definers: AccountBook['definers'];
  /**
   * sha256 of everything here that belongs into a backup: two readings of unchanged accounts have the same. Covers passwords:
   * never shown.
   */
  readonly digest: string;
}

export interface AccessRequest {
  readonly database: string;
  readonly holds: Holds;
  readonly digestKey: Secret | undefined;
}

/**
 * Who may do what in a database, as the policy's scope of roles sees it. Throws `capture/refused` where the login may not
 * read the grant tables.
 */
export async function readAccess(session: Session, flavour: Flavour, request: AccessRequest): Promise<Access> {
  const { database, holds, digestKey } = request;
  const book = await readAccounts(session, flavour, database);
  const scope = accountScope(book, holds, database);
  const wanted = holds.passwords === 'hashes' && holds.roles !== 'none';
  const facts = accountFactsOf(book, {
    scope,
    database,
    passwords: wanted,
    isPublic: (account) => isPublic(flavour, account),
  });
  const unreadable = wanted && !book.passwordsReadable && scope.accounts.size > 0;
  const text = accessText(facts);
  return {
    scope,
    facts,
    text,
    fingerprint: sha256(text),
    passwords: digestKey === undefined || !wanted || unreadable ? null : passwordDigest(facts, digestKey),
    degradations: [
      ...scope.degradations,
      ...staleGrants(book, scope),
      ...(unreadable ? [passwordsUnreadable] : []),
      ...(holds.passwords === 'omit' && holds.roles !== 'none' ? [passwordsOmitted] : []),
    ],
    definers: book.definers,
    digest: sha256(canonicalJson([facts as unknown as Json, book.definers as unknown as Json])),
  };
}

/**
 * The accounts of a restored database, read as the source's were: exactly those that the backup holds, passwords where it
 * holds any.
 */
export async function restoredAccess(
  session: Session,
  flavour: Flavour,
  { database, contents }: { readonly database: string; readonly contents: Contents },
): Promise<readonly Fact[]> {
  const backedUp = accountFacts(contents.inventory);
  const book = await readAccounts(session, flavour, database);
  const accounts = new Set(backedUp.map(accountKey));
  return accountFactsOf(book, {
    scope: { accounts, everybody: backsUpAccess(contents), why: [], degradations: [] },
    database,
    passwords: backedUp.some(({ verifier }) => verifier !== undefined),
    isPublic: (account) => isPublic(flavour, account),
  });
}

const backsUpAccess = ({ inventory }: Contents): boolean => inventory.some(({ kind }) => accountKinds.has(kind));

const passwordsUnreadable: Degradation = {
  code: 'passwords-unreadable',
  subject: 'roles',
  detail: 'the login may not read the passwords in mysql.user, so nobody can log in to the accounts that come back',
};

const passwordsOmitted: Degradation = {
  code: 'passwords-omitted',
  subject: 'roles',
  detail:
    'the policy leaves passwords out; accounts that a restore makes get one that nobody knows until somebody sets it',
};

/** GRANT refuses objects that do not exist. */
function staleGrants({ stale }: AccountBook, { accounts }: AccountScope): readonly Degradation[] {
  return stale
    .filter(({ grantee }) => accounts.has(accountKey(grantee)))
    .map(({ grantee, what }) => ({
      code: 'object-not-restorable',
      subject: `${plainName(grantee)} on ${what}`,
      detail: 'a privilege on an object that does not exist any more, which no statement can grant',
    }));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * A keyed digest, because one without a key would let anybody try passwords offline against it. `keyId` tells two keys apart
 * and nothing else.
 */
function passwordDigest(facts: readonly Fact[], key: Secret): { readonly keyId: string; readonly digest: string } {
  const hmac = (): ReturnType<typeof createHmac> => createHmac('sha256', key.reveal());
  const digest = hmac().update('holdfast password digest 1\n');
  for (const account of accountFacts(facts)) {
    const secret = [account.verifier ?? [], account.secondVerifier ?? null, account.usedVerifiers ?? []];
    digest.update(`${JSON.stringify([plainName(account), ...secret])}\n`);
  }
  return { keyId: hmac().update('holdfast key id').digest('hex').slice(0, 8), digest: digest.digest('hex') };
}
