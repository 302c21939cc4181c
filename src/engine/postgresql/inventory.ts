import type { Fact } from '../../manifest/manifest.ts';
import { droppedMeanwhile } from './dropped-objects.ts';
import { aclQueries } from './inventory-acl.ts';
import { codeQueries } from './inventory-code.ts';
import { readMaterializedRows } from './inventory-materialized.ts';
import { objectQueries } from './inventory-objects.ts';
import { operatorQueries } from './inventory-operators.ts';
import { outsideQueries } from './inventory-outside.ts';
import type { InventoryQuery, InventoryServer } from './inventory-query.ts';
import { relationQueries } from './inventory-relations.ts';
import { roleQueries } from './inventory-roles.ts';
import { readSequenceStates, sequenceQueries } from './inventory-sequences.ts';
import { textSearchQueries } from './inventory-text-search.ts';
import { typeQueries } from './inventory-types.ts';
import type { Session } from './session.ts';

export interface InventoryOptions {
  /**
   * Roles whose attributes, memberships and settings count. The bootstrap role and predefined roles always go with them; an
   * empty set means no role at all.
   */
  readonly roles: 'all' | ReadonlySet<string>;
  /**
   * Whether to read password verifiers, where the login may. The field `password` is absent otherwise; null means that there
   * is none.
   */
  readonly passwords: boolean;
  /** `access`: only who may do what, which is cheap and enough for `accessText`. Everything by default. */
  readonly only?: 'access';
}

/**
 * What is so in one database and in the part of its server that belongs to it, as facts. Runs in the caller's transaction,
 * which should be `REPEATABLE READ READ ONLY`; it changes nothing but settings of that transaction. The same code reads the
 * source and the restored database, so equal databases of one major version give equal facts: OIDs, collation versions and
 * the order of options are left out. Throws what the session throws; an object dropped by someone else meanwhile can be such
 * an error, and is worth a second try in a new snapshot.
 */
export async function readInventory(session: Session, options: InventoryOptions): Promise<Fact[]> {
  await session.run(settings);
  const [server] = await session.query<{ version: InventoryServer }>(capabilities);
  if (server === undefined) return [];
  const features = { ...server.version, verifiers: options.passwords && server.version.verifiers };
  const facts: Fact[] = [];
  for (const query of queries) {
    if (options.only === 'access' && !query.access) continue;
    for (const fact of await session.query<Named>(query.sql(features)))
      facts.push(...inScope(named(fact), options.roles));
  }
  if (options.only !== 'access')
    facts.push(...(await readSequenceStates(session)), ...(await readMaterializedRows(session)));
  return facts.sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name));
}

/** The server takes argument types from its newest catalogs, and a function without any has no name. */
type Named = Omit<Fact, 'name'> & { readonly name: string | null };

function named({ kind, name, value }: Named): Fact {
  if (name === null) throw droppedMeanwhile(`an object of kind ${kind}`);
  return { kind, name, value };
}

const queries: readonly InventoryQuery[] = [
  ...roleQueries,
  ...aclQueries,
  ...objectQueries,
  ...relationQueries,
  ...codeQueries,
  ...typeQueries,
  ...operatorQueries,
  ...textSearchQueries,
  ...sequenceQueries,
  ...outsideQueries,
];

/**
 * Everything that changes how the server writes a value; `jit` because compiling such queries takes longer than running them.
 */
const settings = `
  SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL "TimeZone" = 'UTC'; SET LOCAL datestyle = 'ISO, MDY'; SET LOCAL intervalstyle = 'postgres';
  SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL xmlbinary = 'base64'; SET LOCAL lc_monetary = 'C';
  SET LOCAL quote_all_identifiers = off; SET LOCAL jit = off`;

const capabilities = `
  SELECT jsonb_build_object(
    'version', current_setting('server_version_num')::int,
    'verifiers', has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT'),
    'largeObjects', has_table_privilege('pg_catalog.pg_largeobject', 'SELECT'),
    'connectionStrings', has_column_privilege('pg_catalog.pg_subscription', 'subconninfo', 'SELECT')) AS version`;

/** The fact, where it concerns roles in scope; without the items that concern others; nothing where none are left. */
function inScope(fact: Fact, roles: InventoryOptions['roles']): readonly Fact[] {
  if (roles === 'all') return [fact];
  const isIn = (role: unknown): boolean => typeof role === 'string' && (roles.has(role) || role.startsWith('pg_'));
  const when = (condition: boolean): readonly Fact[] => (condition ? [fact] : []);
  const { value } = fact;
  switch (fact.kind) {
    case 'role':
      return when(roles.has(fact.name));
    case 'membership':
      return when(isIn(value['role']) && isIn(value['member']));
    case 'setting':
      return when(value['role'] === null ? value['inDatabase'] === true || roles.size > 0 : isIn(value['role']));
    case 'parameter-acl': {
      const items = (value['items'] as readonly { readonly grantee: string | null }[]).filter(({ grantee }) =>
        grantee === null ? roles.size > 0 : isIn(grantee),
      );
      return items.length === 0 ? [] : [{ ...fact, value: { ...value, items } }];
    }
    default:
      return [fact];
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
