import { canonicalJson, type Json } from '../../base/json.ts';
import type { Contents, Fact } from '../../manifest/manifest.ts';
import { roleFacts } from './facts.ts';
import { readInventory } from './inventory.ts';
import { quoteIdentifier } from './quote.ts';
import type { Session } from './session.ts';

/** A role, membership or server-wide setting of the backup that the target already has, otherwise. */
export interface RoleConflict {
  readonly what: string;
  /** Names of fields, never their values. */
  readonly differsIn: readonly string[];
}

/**
 * How roles of a backup differ from those of the target that have their names. New roles and what only concerns them is no
 * conflict; neither are the bootstrap role and the role of this session, which a restore never touches. Memberships count where
 * both roles exist: granting one would give an existing role more than it had. What a role is or has only on the target
 * counts too, as far as roles of the backup and predefined ones go: used as it is, it could do more than at the source.
 */
export async function roleConflicts(session: Session, contents: Contents): Promise<readonly RoleConflict[]> {
  const { differing, extra } = await compareRoles(session, contents);
  return [...differing, ...extra.map((fact) => conflict(fact, ['absent in the backup']))];
}

/**
 * Statements that take away the memberships that roles of the backup have only on the target: roles.sql gives and takes none.
 */
export async function revocations(session: Session, contents: Contents): Promise<readonly string[]> {
  const { extra } = await compareRoles(session, contents);
  return extra
    .filter(({ kind }) => kind === 'membership')
    .map(({ value: { role, member, grantor, inherit } }) => {
      const by = inherit === undefined ? '' : ` GRANTED BY ${quoteIdentifier(String(grantor))}`;
      return `REVOKE ${quoteIdentifier(String(role))} FROM ${quoteIdentifier(String(member))}${by} CASCADE`;
    });
}

interface Compared {
  readonly differing: readonly RoleConflict[];
  /** What only the target has. */
  readonly extra: readonly Fact[];
}

async function compareRoles(session: Session, contents: Contents): Promise<Compared> {
  const wanted = contents.inventory.filter(isConcerned);
  const present = (await readTarget(session, contents)).filter(isConcerned);
  const [me] = await session.query<{ role: string }>('SELECT session_user AS role');
  const untouched = new Set(present.filter(({ value }) => value['bootstrap'] === true).map(({ name }) => name));
  if (me !== undefined) untouched.add(me.role);
  const existing = new Set(present.filter(({ kind }) => kind === 'role').map(({ name }) => name));
  const isTouched = (fact: Fact): boolean =>
    fact.value['bootstrap'] !== true && !rolesOf(fact).some((role) => untouched.has(role));
  const isShared = (fact: Fact, others: ReadonlySet<string>): boolean =>
    rolesOf(fact).every((role) => others.has(role) || role.startsWith('pg_'));
  const keyOf = keyOfMembers(wanted);
  const found = new Map(present.map((fact) => [keyOf(fact), fact]));
  const differing: RoleConflict[] = [];
  for (const fact of wanted) {
    // On a server without other roles, a setting for all roles concerns nobody but those of the backup.
    if (rolesOf(fact).length === 0 && existing.isSubsetOf(untouched)) continue;
    if (!isTouched(fact) || !isShared(fact, existing)) continue;
    const differsIn = differingFields(fact, found.get(keyOf(fact)));
    if (differsIn.length > 0) differing.push(conflict(fact, differsIn));
  }
  const asked = new Set(wanted.map(keyOf));
  const backedUp = new Set(roleFacts(contents.inventory).map(({ name }) => name));
  const extra = present.filter(
    (fact) => rolesOf(fact).length > 0 && !asked.has(keyOf(fact)) && isTouched(fact) && isShared(fact, backedUp),
  );
  return { differing, extra };
}

const conflict = ({ kind, name }: Fact, differsIn: readonly string[]): RoleConflict => ({
  what: `${kind} ${JSON.stringify(name)}`,
  differsIn,
});

/** Of the server as a whole. */
const isConcerned = ({ kind, value }: Fact): boolean =>
  ['role', 'membership', 'setting'].includes(kind) && value['inDatabase'] !== true;

/** A membership's name has its grantor from 16 on; where the backup has none of those, it is known by its two roles. */
function keyOfMembers(wanted: readonly Fact[]): (fact: Fact) => string {
  const hasGrantors = wanted.some(({ kind, value }) => kind === 'membership' && value['inherit'] !== undefined);
  return (fact) =>
    JSON.stringify(fact.kind === 'membership' && !hasGrantors ? [fact.kind, ...rolesOf(fact)] : [fact.kind, fact.name]);
}

async function readTarget(session: Session, contents: Contents): Promise<readonly Fact[]> {
  await session.run('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    return await readInventory(session, {
      roles: 'all',
      passwords: roleFacts(contents.inventory).some(({ password }) => password !== undefined),
      only: 'access',
    });
  } finally {
    await session.run('ROLLBACK');
  }
}

function rolesOf({ kind, name, value }: Fact): readonly string[] {
  if (kind === 'role') return [name];
  const names = kind === 'membership' ? [value['role'], value['member']] : [value['role']];
  return names.filter((role) => typeof role === 'string');
}

/** Before 16 the grantor of a membership means nothing. */
function differingFields(expected: Fact, actual: Fact | undefined): readonly string[] {
  // A setting for all roles that the target lacks would change how its other roles work.
  if (actual === undefined) return ['absent on the target'];
  const ignored = expected.kind === 'membership' && expected.value['inherit'] === undefined ? 'grantor' : undefined;
  return Object.keys(expected.value).filter(
    (field) =>
      field !== ignored &&
      canonicalJson((expected.value[field] ?? null) as Json) !== canonicalJson((actual.value[field] ?? null) as Json),
  );
}

/** Roles without which the archive cannot be restored: owners, grantees and grantors, roles of policies and user mappings. */
export function rolesNamedBy(facts: readonly Fact[]): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: unknown): void => {
    if (typeof name === 'string' && !name.startsWith('pg_')) names.add(name);
  };
  for (const { kind, value } of facts) {
    if (!restored.has(kind) || value['extension'] !== undefined) continue;
    add(value['owner']);
    add(value['role']);
    for (const role of (value['roles'] ?? []) as readonly unknown[]) add(role);
    for (const item of (value['items'] ?? []) as readonly { readonly grantee: unknown; readonly grantor: unknown }[]) {
      add(item.grantee);
      add(item.grantor);
    }
  }
  return names;
}

const restored: ReadonlySet<string> = new Set([
  'database',
  'acl',
  'default-acl',
  'object',
  'policy',
  'user-mapping',
  'large-object',
]);
