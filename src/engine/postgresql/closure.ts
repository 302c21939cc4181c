import { matchesGlob } from '../../base/address.ts';
import type { Degradation, Holds } from '../../manifest/manifest.ts';
import { some } from './preflight.ts';
import type { RoleGraph } from './role-graph.ts';

/** Roles that a backup holds. Predefined roles (pg_*) exist on every server and are no part of it. */
export interface RoleScope {
  readonly roles: 'all' | ReadonlySet<string>;
  /** The same as a list, each with every reason why; without the bootstrap role. */
  readonly why: readonly { readonly name: string; readonly why: readonly string[] }[];
  readonly degradations: readonly Degradation[];
}

/** First OID of roles that a user made; below are the bootstrap superuser (10) and the predefined roles. */
const firstUserOid = 16_384;

/**
 * Which roles belong to a backup. `referenced`: what the database refers to, then downwards (members, transitively: who
 * can use it; login roles are usually only members of the roles that have the grants), then upwards (what those may do),
 * then what their settings and the grantors of their memberships need. Never downwards again from a parent, and never
 * downwards from a predefined role: those reach the whole server.
 */
export function roleScope(graph: RoleGraph, holds: Holds): RoleScope {
  const why = new Map<number, Set<string>>();
  const include = (oid: number, reason: string): boolean => {
    const reasons = why.get(oid);
    if (reasons !== undefined) {
      reasons.add(reason);
      return false;
    }
    if (!graph.names.has(oid)) return false;
    why.set(oid, new Set([reason]));
    return true;
  };
  const named = (patterns: readonly string[]): readonly number[] =>
    [...graph.names].filter(([, name]) => patterns.some((pattern) => matchesGlob(pattern, name))).map(([oid]) => oid);
  for (const { oid, why: reason } of graph.references) include(oid, reason);
  // What is needed for the restore to work at all, whatever the scope says.
  const needed = new Map([...why].map(([oid, reasons]) => [oid, [...reasons]]));

  if (holds.roles !== 'referenced') why.clear();
  if (holds.roles === 'all') for (const oid of graph.names.keys()) include(oid, 'every role');
  if (holds.roles === 'listed') for (const oid of named(holds.include)) include(oid, 'listed');
  if (holds.roles === 'referenced') {
    closeDown(graph, why, include);
    for (const { oid, why: reason } of graph.mentions) include(oid, reason);
    for (const oid of named(holds.include)) include(oid, 'included by the policy');
    closeUp(graph, why, include);
  }
  if (holds.roles !== 'none') for (const oid of named(holds.exclude)) why.delete(oid);

  const outside = [...needed].filter(([oid]) => oid >= firstUserOid && !why.has(oid));
  const isOwn = ([oid]: readonly [number, unknown]): boolean => oid >= firstUserOid;
  const listed = [...why]
    .filter(isOwn)
    .map(([oid, reasons]) => ({ name: graph.names.get(oid) ?? '', why: [...reasons].sort() }));
  return {
    roles: holds.roles === 'all' && holds.exclude.length === 0 ? 'all' : withBootstrap(listed, graph, holds),
    why: listed.sort((a, b) => (a.name < b.name ? -1 : 1)),
    degradations: [
      ...(holds.roles === 'none' && outside.length > 0
        ? [
            {
              code: 'roles-omitted' as const,
              subject: 'roles',
              detail: `the database needs ${outside.length === 1 ? 'a role that is' : `${outside.length} roles that are`} not in this backup, and a restore needs a server that has them: ${some(namesOf(outside, graph))}`,
            },
          ]
        : []),
      ...(holds.roles === 'none' ? [] : outside).map(([oid, reasons]) => ({
        code: 'role-outside-scope' as const,
        subject: graph.names.get(oid) ?? String(oid),
        detail: `the database needs this role (${reasons.join(', ')}), and this backup leaves it out`,
      })),
    ],
  };
}

/** In order, those first that own something: without them nothing can be restored at all. */
function namesOf(roles: readonly (readonly [number, readonly string[]])[], graph: RoleGraph): readonly string[] {
  const owns = (reasons: readonly string[]): boolean => reasons.some((reason) => reason.startsWith('owner in '));
  return roles
    .map(([oid, reasons]) => ({ name: graph.names.get(oid) ?? String(oid), rank: owns(reasons) ? 0 : 1 }))
    .sort((a, b) => a.rank - b.rank || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

type Include = (oid: number, reason: string) => boolean;

function closeDown(graph: RoleGraph, why: ReadonlyMap<number, unknown>, include: Include): void {
  const queue = [...why.keys()];
  for (let oid = queue.pop(); oid !== undefined; oid = queue.pop()) {
    if (oid < firstUserOid) continue;
    for (const { member } of graph.memberships.filter(({ role }) => role === oid)) {
      if (include(member, `member of ${graph.names.get(oid) ?? oid}`)) queue.push(member);
    }
  }
}

/** Parents, the roles that settings switch to, and grantors: each may bring further parents, so until nothing is added. */
function closeUp(graph: RoleGraph, why: ReadonlyMap<number, unknown>, include: Include): void {
  for (let before = -1; before !== why.size;) {
    before = why.size;
    const has = (oid: number): boolean => why.has(oid);
    for (const { role, member } of graph.memberships)
      if (has(member)) include(role, `parent of ${graph.names.get(member) ?? member}`);
    for (const { role, target } of graph.switches)
      if (has(role)) include(target, `setting of ${graph.names.get(role) ?? role}`);
    if (before !== why.size) continue;
    for (const { role, member, grantor } of graph.memberships) {
      if (has(role) && has(member)) include(grantor, `grantor of ${graph.names.get(role) ?? role}`);
    }
  }
}

function withBootstrap(
  listed: readonly { readonly name: string }[],
  graph: RoleGraph,
  holds: Holds,
): ReadonlySet<string> {
  if (holds.roles === 'none') return new Set();
  return new Set([graph.bootstrap, ...listed.map(({ name }) => name)]);
}
