import type { ComparisonRules } from '../../manifest/comparison.ts';
import { accountFlavours } from './account-flavour.ts';
import { accountKinds } from './account-facts.ts';

type Question = Parameters<ComparisonRules['classify']>[0];

export const isSecretOfAccess = (kind: string, field: string): boolean => secretFields.has(`${kind} ${field}`);

/** Every difference of accounts and privileges after a restore that is not strict. */
export function classifyAccess(question: Question): ReturnType<ComparisonRules['classify']> {
  const value = (question.expected ?? question.actual)?.value ?? {};
  if (question.kind === 'role-edge' && value['bootstrap'] === true)
    return {
      class: 'informational',
      because: 'which roles the administrator has belongs to the target and is never changed by a restore',
    };
  if (isAdministrator(question))
    return {
      class: 'informational',
      because: 'an administrator that the target has already is never changed by a restore',
    };
  return undefined;
}

/** Verifiers, and what may hold anything. What PAM or a directory calls somebody is no secret. */
const secretFields: ReadonlySet<string> = new Set([
  'account verifier',
  'account secondVerifier',
  'account usedVerifiers',
  'account attributes',
]);

const administrators: ReadonlySet<string> = new Set(
  Object.values(accountFlavours).flatMap(({ bootstrapUsers }) => bootstrapUsers),
);

/**
 * root from other hosts, which images make with a password of their own. One that did not come back at all is no such thing.
 */
function isAdministrator({ kind, expected, actual }: Question): boolean {
  if (!accountKinds.has(kind) || expected === undefined || actual === undefined) return false;
  const { user, account, grantee } = expected.value as Readonly<Record<string, unknown>>;
  const name = user ?? nameOf(account) ?? nameOf(grantee);
  return typeof name === 'string' && administrators.has(name);
}

const nameOf = (account: unknown): unknown => (account as { readonly user?: unknown } | undefined)?.user;
