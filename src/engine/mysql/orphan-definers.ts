import type { Degradation, Fact } from '../../manifest/manifest.ts';
import { accountKey } from './account-book.ts';
import { definerOf } from './definers.ts';
import { accountName, type Account } from './quote.ts';
import type { Session } from './session.ts';

/**
 * Accounts that views, routines, triggers or events run as and that do not exist: what runs as one fails when it is used, on
 * the source as on a restored server, and some statements fail for it. Reads mysql.user, which a capture may.
 */
export async function readOrphanDefiners(session: Session, facts: readonly Fact[]): Promise<readonly Degradation[]> {
  const accounts = await session.query<{ user: string; host: string }>(
    'SELECT User AS `user`, Host AS `host` FROM mysql.user',
  );
  const known = new Set(accounts.map(accountKey));
  const objects = new Map<string, { readonly account: Account; readonly names: string[] }>();
  for (const { kind, name, value } of facts) {
    if (typeof value['definer'] !== 'string') continue;
    const account = definerOf(value['definer']);
    const key = accountKey(account);
    if (known.has(key)) continue;
    const entry = objects.get(key) ?? { account, names: [] };
    entry.names.push(kind === 'routine' ? name : `${kind} ${name}`);
    objects.set(key, entry);
  }
  return [...objects.values()].map(({ account, names }) => ({
    code: 'orphan-definer',
    subject: accountName(account),
    detail: `no such account exists, and in its name ${names.length === 1 ? 'runs' : 'run'} ${some(names)}`,
  }));
}

const few = 5;

function some(names: readonly string[]): string {
  const sorted = names.toSorted();
  const rest = sorted.length - few;
  return sorted.slice(0, few).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
