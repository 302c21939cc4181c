import type { Diagnostic } from '../../base/diagnostic.ts';
import type { RestoreRequest } from '../engine.ts';
import type { Session } from './session.ts';

/** System variables of a server by name; what its series does not know is missing. */
export type Variables = ReadonlyMap<string, string>;

/** Settings by which accounts have roles, or use them, that nobody granted to them or made their default. */
const rolesOfAll = ['mandatory_roles', 'activate_all_roles_on_login'] as const;

const asked = [
  'lower_case_table_names',
  'partial_revokes',
  'innodb_page_size',
  'sql_require_primary_key',
  'read_only',
  'super_read_only',
  'event_scheduler',
  'log_bin',
  'log_bin_trust_function_creators',
  ...rolesOfAll,
] as const;

export async function readVariables(session: Session): Promise<Variables> {
  const rows = await session.query<{ Variable_name: string; Value: string }>(
    `SHOW GLOBAL VARIABLES WHERE Variable_name IN (${asked.map((name) => `'${name}'`).join(', ')})`,
  );
  return new Map(rows.map(({ Variable_name: name, Value }) => [name, Value]));
}

/** Settings that have to be as on the source, and those that events would run by. */
export function checkSettings(
  variables: Variables,
  request: RestoreRequest,
  { isClean }: { readonly isClean: boolean },
): readonly Diagnostic[] {
  return [
    ...letterCase(variables, request),
    ...partialRevokes(variables, request),
    ...rolesOfEverybody(variables, request),
    ...pageSize(variables, request),
    ...events(variables, request, isClean),
  ];
}

function letterCase(variables: Variables, { manifest, contents }: RestoreRequest): readonly Diagnostic[] {
  const source = manifest.source.settings['lower_case_table_names'];
  const here = variables.get('lower_case_table_names');
  if (source === undefined || here === undefined || source === here) return [];
  const named = contents.inventory.filter(({ kind }) => kind === 'table' || kind === 'view');
  const changed = source === '0' ? named.filter(({ name }) => name !== name.toLowerCase()) : [];
  return [
    {
      severity: changed.length > 0 ? 'error' : 'warning',
      code: 'target/unavailable',
      summary: `lower_case_table_names is ${here} on the target and ${source} on the source${changed.length > 0 ? `, so ${changed.map(({ name }) => name).join(', ')} would get other names` : ''}`,
      help: 'It can only be chosen when a server is made.',
    },
  ];
}

/**
 * Where they are on, names of databases in grants are names; elsewhere patterns (MySQL manual, "Privilege Restriction Using
 * Partial Revokes").
 */
function partialRevokes(variables: Variables, { manifest, contents }: RestoreRequest): readonly Diagnostic[] {
  const source = manifest.source.settings['partial_revokes'];
  const here = variables.get('partial_revokes');
  if (source === undefined || here === undefined || source === here) return [];
  const needs = source === 'ON' && contents.inventory.some(({ kind }) => kind === 'partial-revoke');
  return [
    {
      severity: needs ? 'error' : 'warning',
      code: 'target/unavailable',
      summary: `partial_revokes is ${here} on the target and ${source} on the source`,
      help: needs
        ? 'Run on the target: SET PERSIST partial_revokes = ON.'
        : 'Wildcards in the database names of grants mean something else there.',
    },
  ];
}

/** They are the server's and not the database's, so that a restore does not set them. Empty ones are not in a manifest. */
function rolesOfEverybody(variables: Variables, { manifest }: RestoreRequest): readonly Diagnostic[] {
  if (!manifest.steps.some(({ phase }) => phase === 'roles')) return [];
  return rolesOfAll.flatMap((name): readonly Diagnostic[] => {
    const source = manifest.source.settings[name];
    const here = variables.get(name);
    if (source === undefined || here === undefined || source === here) return [];
    return [
      {
        severity: 'warning',
        code: 'target/unavailable',
        summary: `${name} is ${here === '' ? 'empty' : here} on the target and ${source} on the source`,
        help: 'Accounts may do less or more there than they could by roles of the source.',
      },
    ];
  });
}

/** Only what a page can hold depends on it: long index keys and rows (manual, "InnoDB Limits"). */
function pageSize(variables: Variables, { manifest }: RestoreRequest): readonly Diagnostic[] {
  const source = manifest.source.settings['innodb_page_size'];
  const here = variables.get('innodb_page_size');
  if (source === undefined || here === undefined || Number(here) >= Number(source)) return [];
  return [
    {
      severity: 'warning',
      code: 'target/unavailable',
      summary: `innodb_page_size is ${here} on the target and ${source} on the source`,
      help: 'Tables with long rows or index keys may be refused.',
    },
  ];
}

/** Events of a backup must never run on a drill server; where somebody restores them for use, they are named. */
function events(variables: Variables, { contents }: RestoreRequest, isClean: boolean): readonly Diagnostic[] {
  const enabled = contents.inventory.filter(({ kind, value }) => kind === 'event' && value['status'] === 'ENABLED');
  if (enabled.length === 0 || variables.get('event_scheduler') !== 'ON') return [];
  const names = enabled.map(({ name }) => name).join(', ');
  return [
    isClean
      ? {
          severity: 'error',
          code: 'target/unavailable',
          summary: `the event scheduler of the target is on, and the backup has enabled events: ${names}`,
          help: 'Run on the target: SET GLOBAL event_scheduler = OFF.',
        }
      : {
          severity: 'warning',
          code: 'target/unavailable',
          summary: `the event scheduler of the target is on, so these events run from now on: ${names}`,
          help: 'Switch the scheduler off before, if the source still runs them.',
        },
  ];
}
