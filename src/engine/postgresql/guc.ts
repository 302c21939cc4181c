import { quoteIdentifier, quoteLiteral } from './quote.ts';

/**
 * Settings whose value is a list of names that the server stores already quoted (GUC_LIST_QUOTE): each element must be a
 * literal of its own, or the whole list comes back as one name. The same list as in pg_dump's dumputils.c.
 */
const quotedLists = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** `"name" TO value, …`: the part after `SET` of `ALTER ROLE` and `ALTER DATABASE`, from what pg_db_role_setting stores. */
export function settingClause(name: string, value: string): string {
  const elements = quotedLists.has(name.toLowerCase()) ? splitNames(value) : undefined;
  const literals = elements === undefined ? quoteLiteral(value) : elements.map(quoteLiteral).join(', ');
  return `${quoteIdentifier(name)} TO ${literals === '' ? "''" : literals}`;
}

/** `app, "Weird, Schema", ""` → its names; undefined where it is no such list, which the server would not have stored. */
export function splitNames(list: string): readonly string[] | undefined {
  const names: string[] = [];
  const element = /\s*(?:"((?:[^"]|"")*)"|([^\s,"]+))\s*(,|$)/y;
  for (let more = list.trim() !== ''; more;) {
    const match = element.exec(list);
    if (match === null) return undefined;
    names.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    more = match[3] === ',';
    if (!more && element.lastIndex !== list.length) return undefined;
  }
  return names;
}
