import { OperationError } from '../../base/operation-error.ts';
import type { Fact } from '../../manifest/manifest.ts';
import { madeOn, type CleanServer, type OpenServer } from '../clean-server.ts';
import type { RestoreRequest } from '../engine.ts';
import { aboutStatement } from './about-statement.ts';
import { accountKey } from './account-book.ts';
import { factKey, findAccounts } from './account-conflicts.ts';
import { accountFacts, accountKinds } from './account-facts.ts';
import { loadPlugins } from './account-plugins.ts';
import { accountsSql, type AccountsSql } from './accounts-sql.ts';
import { readsNamesLiterally } from './database-grants.ts';
import type { Flavour } from './flavour.ts';
import { QueryError } from './query-error.ts';
import { quoteAccount } from './quote.ts';
import { openSession, type Session } from './session.ts';

export interface RestoreAccountsOptions {
  readonly request: RestoreRequest;
  /** Statements that sessions of the restore begin with (`TargetServer.preamble`). */
  readonly preamble: readonly string[];
}

/**
 * The step `roles`: makes the accounts of a backup and gives them what is not theirs through objects. The same statements as
 * the stored text, without those for accounts that are so already or must not be touched, and for the name that the
 * database gets. On a clean server, what is made is noted, and the plugins that accounts log in with are loaded.
 */
export async function restoreAccounts(
  target: CleanServer | OpenServer,
  flavour: Flavour,
  { request, preamble }: RestoreAccountsOptions,
): Promise<void> {
  await using session = await openSession(target, flavour, { signal: request.signal });
  // Databases restored at the same time have accounts in common, and two sessions cannot make the same one.
  await session.query("SELECT GET_LOCK('holdfast-accounts', 3600)");
  for (const statement of preamble) await session.run(statement);
  const { inventory } = request.contents;
  const made = madeOn(target);
  if (made !== undefined) await loadPlugins(session, inventory);
  const { existing, settled } = await findAccounts(session, flavour, {
    contents: request.contents,
    database: nameOf(request),
  });
  for (const account of accountFacts(inventory))
    if (!existing.has(accountKey(account))) made?.roles.add(quoteAccount(account));
  const { pre } = await statementsFor(session, flavour, { request, without: (fact) => settled.has(factKey(fact)) });
  for (const statement of pre) await carryOut(session, statement);
}

/** The steps `supplement` and `grants`: privileges on objects, as far as the objects are there. */
export async function restoreObjectGrants(
  target: CleanServer | OpenServer,
  flavour: Flavour,
  { request, preamble }: RestoreAccountsOptions,
): Promise<void> {
  await using session = await openSession(target, flavour, { signal: request.signal });
  for (const statement of preamble) await session.run(statement);
  const { post } = await statementsFor(session, flavour, { request });
  for (const statement of post) await carryOut(session, statement);
}

/** Says which statement failed, as far as that is no secret. Throws `restore/failed`. */
async function carryOut(session: Session, statement: string): Promise<void> {
  try {
    await session.run(statement);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new OperationError('restore/failed', `${aboutStatement(statement)}: ${error.message}`, {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    });
  }
}

const nameOf = ({ as, manifest }: RestoreRequest): string => as ?? manifest.address.database;

async function statementsFor(
  session: Session,
  flavour: Flavour,
  { request, without }: { readonly request: RestoreRequest; readonly without?: (fact: Fact) => boolean },
): Promise<AccountsSql> {
  const { manifest, contents, as } = request;
  return accountsSql(
    contents.inventory.filter(({ kind }) => accountKinds.has(kind)),
    {
      flavour,
      database: manifest.address.database,
      ...(as === undefined || as === manifest.address.database ? {} : { as }),
      literalNames: await readsNamesLiterally(session, flavour),
      passwords: manifest.holds.passwords,
      ...(without === undefined ? {} : { without }),
    },
  );
}
