import { matchesGlob } from '../../base/address.ts';
import { accountFlavours } from './account-flavour.ts';
import type { Flavour } from './flavour.ts';
import { accountName, quoteAccount, quoteName, type Account } from './quote.ts';

/**
 * An account for people and as the name of facts: `app@%`, `role`. No two accounts have the same; a role's name with an `@`
 * in it is quoted.
 */
export const plainName = (account: Account): string =>
  account.host === '' && account.user.includes('@') ? quoteName(account.user) : accountName(account);

/**
 * An account as statements of this kind of server take it. MySQL has accounts with an empty host, which are not those of `%`.
 */
export const quoteGrantee = (flavour: Flavour, account: Account): string =>
  accountFlavours[flavour.name].rolesHaveHosts && account.host === ''
    ? `${quoteName(account.user)}@\`\``
    : quoteAccount(account);

/**
 * Whether a policy means this account: by `user@host`, or by user alone for all of its hosts. `*` and `?` stand for anything.
 */
export const isMeant = (patterns: readonly string[], account: Account): boolean =>
  patterns.some((pattern) => matchesGlob(pattern, accountName(account)) || matchesGlob(pattern, account.user));
