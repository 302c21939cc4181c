import type { Diagnostic } from '../../base/diagnostic.ts';
import type { RestoreRequest } from '../engine.ts';
import type { Variables } from './check-settings.ts';
import { loginPrivileges, type LoginPrivileges } from './login-privileges.ts';
import type { Flavour } from './flavour.ts';
import type { Session } from './session.ts';

/** What the login must be allowed besides making a database, and what the server would refuse it. */
export async function checkPrivileges(
  session: Session,
  flavour: Flavour,
  { variables, request }: { readonly variables: Variables; readonly request: RestoreRequest },
): Promise<readonly Diagnostic[]> {
  const may = await loginPrivileges(session);
  const [row] = await session.query<{ me: string }>('SELECT CURRENT_USER() AS me');
  return [
    ...readOnly(variables, may),
    ...definers(may, request, row?.me ?? ''),
    ...(await systemDefiners(session, flavour, { may, request })),
    ...functions(variables, may, request),
    ...primaryKeys(variables, may, request),
  ];
}

/** MySQL 8.4 split SET_USER_ID; MariaDB calls it SET USER. */
const definerPrivileges = ['SUPER', 'SET_ANY_DEFINER', 'SET_USER_ID', 'SET USER'];

/**
 * Whoever makes a view, routine, trigger or event in another's name needs a privilege for it (error 1227 in the middle of a
 * restore).
 */
function definers(may: LoginPrivileges, { contents }: RestoreRequest, me: string): readonly Diagnostic[] {
  if (definerPrivileges.some(may.everywhere)) return [];
  const others = new Set(
    contents.inventory
      .map(({ value }) => value['definer'])
      .filter((definer) => typeof definer === 'string' && definer !== me),
  );
  if (others.size === 0) return [];
  return [
    {
      severity: 'error',
      code: 'target/unavailable',
      summary: `the login may not make objects in the name of ${[...others].sort().join(', ')}`,
      help: 'Grant it SET_ANY_DEFINER and ALLOW_NONEXISTENT_DEFINER (MySQL) or SET USER (MariaDB), or use an administrator.',
    },
  ];
}

/** An administrator of MySQL that is no SYSTEM_USER may not even name one. */
async function systemDefiners(
  session: Session,
  { systemAccountsSql }: Flavour,
  { may, request: { contents } }: { readonly may: LoginPrivileges; readonly request: RestoreRequest },
): Promise<readonly Diagnostic[]> {
  if (systemAccountsSql === undefined || may.everywhere('SYSTEM_USER')) return [];
  const rows = await session.query<{ account: string }>(systemAccountsSql);
  const system = new Set(rows.map(({ account }) => account));
  const used = new Set(
    contents.inventory.map(({ value }) => value['definer']).filter((one) => system.has(String(one))),
  );
  if (used.size === 0) return [];
  return [
    {
      severity: 'error',
      code: 'target/unavailable',
      summary: `the login may not make objects in the name of ${[...used].map(String).sort().join(', ')}, which are system accounts`,
      help: 'Grant it SYSTEM_USER, or use an administrator that has it.',
    },
  ];
}

function readOnly(variables: Variables, may: LoginPrivileges): readonly Diagnostic[] {
  const passes = ['SUPER', 'CONNECTION_ADMIN', 'READ_ONLY ADMIN', 'READ ONLY ADMIN'].some(may.everywhere);
  const name = isOn(variables, 'super_read_only') ? 'super_read_only' : 'read_only';
  if (name === 'read_only' && !isOn(variables, 'read_only')) return [];
  const refused = name === 'super_read_only' || !passes;
  return [
    {
      severity: refused ? 'error' : 'warning',
      code: 'target/unavailable',
      summary: `the target is read-only (${name})`,
      help: 'It may be a replica: what is written to it is not on its primary.',
    },
  ];
}

/** Error 1419 (MySQL manual, "Stored Program Binary Logging"). */
function functions(variables: Variables, may: LoginPrivileges, { contents }: RestoreRequest): readonly Diagnostic[] {
  if (!isOn(variables, 'log_bin') || isOn(variables, 'log_bin_trust_function_creators') || may.everywhere('SUPER'))
    return [];
  const has = contents.inventory.some(
    ({ kind, name }) => kind === 'trigger' || (kind === 'routine' && name.startsWith('function ')),
  );
  if (!has) return [];
  return [
    {
      severity: 'error',
      code: 'target/unavailable',
      summary: 'the target has a binary log and lets only administrators make functions and triggers',
      help: 'Run on the target: SET GLOBAL log_bin_trust_function_creators = ON.',
    },
  ];
}

/** A restore switches it off for itself where it may. */
function primaryKeys(variables: Variables, may: LoginPrivileges, { contents }: RestoreRequest): readonly Diagnostic[] {
  const sets = ['SUPER', 'SYSTEM_VARIABLES_ADMIN', 'SESSION_VARIABLES_ADMIN'].some(may.everywhere);
  if (sets || !isOn(variables, 'sql_require_primary_key')) return [];
  const keyed = new Set(
    contents.inventory
      .filter(({ kind, name }) => kind === 'index' && name.endsWith('.`PRIMARY`'))
      .map(({ name }) => name.slice(0, -'.`PRIMARY`'.length)),
  );
  const without = contents.inventory.filter(({ kind, name }) => kind === 'table' && !keyed.has(name));
  if (without.length === 0) return [];
  return [
    {
      severity: 'error',
      code: 'target/unavailable',
      summary: `the target wants a primary key, and these tables have none: ${without.map(({ name }) => name).join(', ')}`,
      help: 'Grant the login SESSION_VARIABLES_ADMIN, or switch sql_require_primary_key off.',
    },
  ];
}

const isOn = (variables: Variables, name: string): boolean => ['ON', '1'].includes(variables.get(name) ?? '');
