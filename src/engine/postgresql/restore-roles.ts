import { canonicalJson, type Json } from '../../base/json.ts';
import type { Contents, Fact } from '../../manifest/manifest.ts';
import { roleFacts } from './facts.ts';
import { readInventory } from './inventory.ts';
import type { Session } from './session.ts';

/** A role, membership or server-wide setting of the backup that the target already has, otherwise. */
export interface RoleConflict {
  readonly what: string;
  /** Names of fields, never their values. */
  readonly differsIn: readonly string[];
}

/**
 * What restoring the roles of a backup would change about roles that the target has already. New roles and what only
 * concerns them is no conflict; neither are the bootstrap role and the role of this session, which a restore never
 * touches. Memberships count where both roles exist: granting one would give an existing role more than it had.
 */
export async function roleConflicts(session: Session, contents: Contents): Promise<readonly RoleConflict[]> {
  const wanted = contents.inventory.filter(({ kind, value }) => concerned.has(kind) && value['inDatabase'] !== true);
  const [me] = await session.query<{ role: string }>('SELECT session_user AS role');
  const present = await readTarget(session, contents);
  const untouched = new Set(
    present.filter(({ kind, value }) => kind === 'role' && value['bootstrap'] === true).map(({ name }) => name),
  );
  const existing = new Set(present.filter(({ kind }) => kind === 'role').map(({ name }) => name));
  const found = new Map(present.map((fact) => [`${fact.kind}\0${fact.name}`, fact]));
  const conflicts: RoleConflict[] = [];
  for (const fact of wanted) {
    const roles = rolesOf(fact);
    if (fact.value['bootstrap'] === true || roles.some((role) => untouched.has(role) || role === me?.role)) continue;
    // On a server without other roles, a setting for all roles concerns nobody but those of the backup.
    if (roles.length === 0 && [...existing].every((role) => untouched.has(role) || role === me?.role)) continue;
    if (!roles.every((role) => existing.has(role) || role.startsWith('pg_'))) continue;
    const differsIn = differingFields(fact, found.get(`${fact.kind}\0${fact.name}`));
    if (differsIn.length > 0) conflicts.push({ what: `${fact.kind} ${JSON.stringify(fact.name)}`, differsIn });
  }
  return conflicts;
}

const concerned: ReadonlySet<string> = new Set(['role', 'membership', 'setting']);

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
